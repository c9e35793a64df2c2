"""`softmax-cli report`: its options, its formats, its gates, and what it says when something is wrong."""

import json
import math

import numpy as np
import pytest

from softmax_cli.evaluation.reporting.report import report

FIGURES = "accuracy, balanced_accuracy, lowest_recall, macro_f1, top_5, loss, perplexity, bits, units, "


@pytest.fixture
def digits(samples):
    return samples / "digits_logits.csv", samples / "digits_labels.csv"


def figures(outcome):
    """The figures of the whole, by their names."""
    return {line[0]: line[1] for line in outcome.lines[1:] if line[6] == line[5] == ""}


def test_tsv_has_every_digit_and_a_signature(run, digits):
    outcome = run("report", *digits)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.lines[0] == ["quantity", "value", "standard_error", "low", "high", "row", "class", "signature"]
    found = figures(outcome)
    for name, value in report(*digits).quantities().items():
        assert found[name] == str(value)
    assert {line[-1] for line in outcome.lines[1:]} == {report(*digits).signature_line()}


def test_tsv_has_every_class_pair_bin_and_row(run, digits):
    lines = run("report", *digits, "--worst", "3", "--bins", "4").lines
    kinds = {}
    for line in lines[1:]:
        kinds.setdefault(line[0], []).append(line)
    assert [line[6] for line in kinds["recall"]] == digits[0].read_text().splitlines()[0].split(",")
    assert kinds["confused"][0][1:7] == ["3", "", "", "", "", "eight:one"]
    assert [(line[3], line[4]) for line in kinds["bin_rows"]] == [
        ("0.0", "0.25"), ("0.25", "0.5"), ("0.5", "0.75"), ("0.75", "1.0"),
    ]  # fmt: skip
    assert sum(int(line[1]) for line in kinds["bin_rows_equal_mass"]) == 500
    assert [line[5] for line in kinds["row_loss"]] == ["331", "181", "118"]


def test_the_loss_is_that_of_loss(run, digits):
    for options in ((), ("--temperature", "2"), ("--dtype", "float32")):
        assert figures(run("report", *digits, *options))["loss"] == run("loss", "-q", *digits, *options).out.strip()


def test_the_best_temperature_gives_loss_that_loss(run, digits):
    found = figures(run("report", *digits))
    loss = float(run("loss", "-q", *digits, "-T", found["temperature"]).out)
    assert loss == pytest.approx(float(found["loss_at_temperature"]), rel=1e-14)


def test_json(run, digits):
    found = json.loads(run("report", *digits, "--format", "json").out)
    assert found["rows"] == found["counted"] == 500
    assert found["classes"][8]["name"] == "eight"
    assert found["figures"]["accuracy"]["value"] == 0.956
    assert found["figures"]["loss"]["standard_error"] == pytest.approx(0.01801961466, rel=1e-9)
    assert found["temperature"]["temperature"] == pytest.approx(0.4829278663, rel=1e-9)
    assert sum(found["row_losses"]["counts"]) == 500
    assert found["row_losses"]["edges"][-1] == "inf"
    assert found["bins"][0]["accuracy"] == "nan"


def test_a_table_fits_a_terminal(run, digits):
    out = run("report", *digits, "--format", "table").out
    assert max(map(len, out.splitlines())) <= 80
    for words in ("top_5", "least loss", "the lowest recall first", "classes confused most often", "331", "│"):
        assert words in out
    assert "…" not in out


def test_markdown_to_a_file(run, digits, tmp_path):
    path = tmp_path / "report.md"
    outcome = run("report", *digits, "-o", path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    assert path.read_text("utf-8").startswith("**predictions, 500 rows of 10 classes**")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "x.txt"], "x.txt: unknown suffix '.txt' for the output; the suffixes are .html, .md, .svg, .png"),
        (["-o", "x.md", "-f", "tsv"], "-o takes the format from the file's suffix; leave --format out"),
        (["--bins", "0"], "--bins 0: a whole number from 1 to 1000 is needed"),
        (["--top-k", "0"], "--top-k 0: a whole number from 1 to 1000000 is needed"),
        (["--worst", "-1"], "--worst -1: a whole number from 0 to 100000 is needed"),
        (["--dtype", "float16"], "report computes in float32 or float64, not in 'float16'"),
        (["-T", "0"], "--temperature 0.0: a positive number is needed"),
        (["--fail-if", "ece"], "--fail-if 'ece': write it as 'ece > 0.05'"),
        (["--fail-if", "top_3 < 1"], "--fail-if 'top_3 < 1': there is no 'top_3'; there are " + FIGURES),
        (["--fail-if", "torch:ece > 1"], "--fail-if 'torch:ece > 1': there is no 'torch:ece'; there are " + FIGURES),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_read(run, tmp_path, options, message):
    outcome = run("report", tmp_path / "missing.csv", tmp_path / "missing.csv", *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.count("\n") == 1


def test_a_dtype_from_the_environment_is_not_ignored(run, digits, monkeypatch):
    monkeypatch.setenv("SOFTMAX_CLI_DTYPE", "bfloat16")
    told = "error: report computes in float32 or float64, not in 'bfloat16'"
    assert run("report", *digits).err == f"{told} (from the environment: SOFTMAX_CLI_DTYPE=bfloat16)\n"
    assert run("report", *digits, "--dtype", "float32").status == 0


@pytest.mark.parametrize(
    ("conditions", "status", "failures"),
    [
        (["ece > 0.2"], 0, []),
        (["ece > 0.05"], 1, ["ece is 0.1111958125592"]),
        (["accuracy < 0.96", "top_5 < 0.9", "counted < 501"], 1, ["accuracy is 0.956,", "counted is 500,"]),
        (["temperature != 1"], 1, ["temperature is 0.48292"]),
    ],
)
def test_gates(run, digits, conditions, status, failures):
    outcome = run("report", *digits, *(word for text in conditions for word in ("--fail-if", text)))
    assert outcome.status == status
    assert outcome.out.startswith("quantity\t")
    assert all(failure in outcome.err for failure in failures)
    assert outcome.err.count("which meets") == len(failures)


def test_a_file_is_written_before_its_gate_fails(run, digits, tmp_path):
    assert run("report", *digits, "-o", tmp_path / "r.md", "--fail-if", "ece > 0").status == 1
    assert (tmp_path / "r.md").exists()


def test_no_gate_is_passed_by_what_is_undefined(run, tmp_path):
    (tmp_path / "x.csv").write_text("1,nan\n0,2\n1,0\n")
    (tmp_path / "y.csv").write_text("0\n1\n1\n")
    outcome = run("report", tmp_path / "x.csv", tmp_path / "y.csv", "--fail-if", "ece > 0.9", "--fail-if", "loss > 99")
    assert outcome.status == 1
    assert "ece is nan" in outcome.err
    assert "loss is nan" in outcome.err
    assert "note: 1 row has no softmax (nan or +inf among the logits, or nothing but -inf), first row 0" in outcome.err


def test_a_figure_that_these_classes_do_not_have(run, samples):
    outcome = run("report", samples / "logits.csv", samples / "labels.csv", "--fail-if", "top_5 < 1")
    assert outcome.status == 2
    assert outcome.err.startswith("error: top_5 was not computed; there are accuracy, ")


def test_chosen_depths(run, digits):
    found = figures(run("report", *digits, "--top-k", "3", "--top-k", "2", "--fail-if", "top_3 < 0.5"))
    assert [name for name in found if name.startswith("top_")] == ["top_2", "top_3"]


@pytest.mark.parametrize("options", [[], ["-f", "json"], ["-f", "table"], ["-o", "r.html"], ["--fail-if", "loss > 1"]])
def test_where_no_row_counts_only_the_error_is_printed(run, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("1,2\n2,1\n")
    (tmp_path / "y.csv").write_text("7\n7\n")
    outcome = run("report", "x.csv", "y.csv", "--ignore-index", "7", *options)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: y.csv: no row counts: all 2 labels are ignored\n"
    assert not (tmp_path / "r.html").exists()


def test_a_nan_from_the_values_is_a_result(run, tmp_path):
    (tmp_path / "x.csv").write_text("nan,2\nnan,1\n")
    (tmp_path / "y.csv").write_text("0\n1\n")
    outcome = run("report", tmp_path / "x.csv", tmp_path / "y.csv")
    assert outcome.status == 0
    assert figures(outcome)["loss"] == "nan"
    assert run("report", tmp_path / "x.csv", tmp_path / "y.csv", "--fail-if", "loss > 100").status == 1


def test_one_hot_rows_are_read_as_their_classes(run, digits, tmp_path):
    names = digits[0].read_text().splitlines()[0].split(",")
    labels = digits[1].read_text().split()[1:]
    rows = np.eye(10, dtype=int)[[int(label) for label in labels]]
    path = tmp_path / "one_hot.csv"
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows.tolist())]) + "\n")
    outcome = run("report", digits[0], path)
    assert figures(outcome) == figures(run("report", *digits))
    assert outcome.err == "note: the labels are one-hot rows: each is read as the class that has the 1\n"


def test_labels_that_are_probabilities(run, tmp_path):
    (tmp_path / "q.csv").write_text("0,1\n1,0\n0.5,0.5\n")
    outcome = run("report", tmp_path / "q.csv", tmp_path / "q.csv")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == (
        f"error: {tmp_path / 'q.csv'}:3: the label is spread over several classes, and report counts rows that are "
        "right; give each row one class, or a single 1; loss takes probabilities\n"
    )


def test_files_as_they_come(run):
    text = "id;개;[b];y\n7;1;2;1\n8;3;1;2\n9;0;2;2\n"
    options = ("--label-column", "y", "--logit-columns", "개,[b]", "--label-base", "1", "--delimiter", ";", "--header")
    outcome = run("report", "-", *options, stdin=text.encode())
    assert outcome.status == 0
    assert figures(outcome)["accuracy"] == str(1 / 3)
    assert [line[6] for line in outcome.lines if line[0] == "recall"] == ["개", "[b]"]


def test_more_axes(run, samples):
    files = samples / "sequence_logits.npy", samples / "sequence_labels.npy"
    one, other = run("report", *files), run("report", *files, "--class-axis", "2")
    assert one.out == other.out
    assert "classes on axis 2" in one.err
    logits, labels = map(np.load, files)
    assert float(figures(one)["accuracy"]) == np.mean(logits.argmax(axis=2) == labels)


def test_the_perfect_file_has_no_best_temperature(run, tmp_path):
    (tmp_path / "x.csv").write_text("3,1\n1,2\n")
    (tmp_path / "y.csv").write_text("0\n1\n")
    out = run("report", tmp_path / "x.csv", tmp_path / "y.csv", "-f", "table").out
    assert "No best temperature: in every row the label has the largest logit" in out
    assert "least loss" not in out
    assert math.isnan(float(figures(run("report", tmp_path / "x.csv", tmp_path / "y.csv"))["loss_at_temperature"]))
