"""`softmax-cli compare`: what it prints, what it fails at, and what it refuses."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from rich.cells import cell_len

from softmax_cli.reports.compare import QUANTITIES

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture
def files(samples, tmp_path):
    """The digits as they are, rounded to float16, and with noise; and their labels."""
    logits = np.loadtxt(samples / "digits_logits.csv", delimiter=",", skiprows=1)
    np.save(tmp_path / "half.npy", logits.astype(np.float16))
    np.save(tmp_path / "noisy.npy", logits + np.random.default_rng(0).normal(size=logits.shape))
    return samples / "digits_logits.csv", tmp_path / "half.npy", tmp_path / "noisy.npy", samples / "digits_labels.csv"


def figures(outcome):
    header, *lines = outcome.lines
    assert header == ["quantity", "value", "standard_error", "low", "high", "row", "class", "signature"]
    return {line[0]: line[1:] for line in lines}


def test_a_figure_a_line_each_with_its_signature(run, files):
    digits, half, _, labels = files
    outcome = run("compare", digits, half, labels)
    assert (outcome.status, outcome.err) == (0, "note: B is A cast to float16.\n")
    found = figures(outcome)
    assert tuple(found) == tuple(name for name in QUANTITIES if name != "outside")
    expected = np.abs(np.loadtxt(digits, delimiter=",", skiprows=1) - np.load(half).astype(float))
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    assert found["max_abs_diff"][:1] == [str(float(expected.max()))]
    assert found["max_abs_diff"][4:6] == [str(row), DIGITS[column]]
    assert {line[-1] for line in found.values()} == {run("compare", digits, half, labels).lines[1][-1]}
    assert "|dtype:float64|a:float64|b:float16|" in found["kl"][-1]


def test_a_file_and_itself(run, files):
    digits, _, _, labels = files
    outcome = run(
        "compare", digits, digits, labels, "--atol", 0, "--fail-if", "max_abs_diff > 0", "--fail-if", "js > 0",
        "--fail-if", "top1_agreement < 1", "--fail-if", "loss_change != 0",
    )  # fmt: skip
    assert (outcome.status, outcome.err) == (0, "")
    table = run("compare", digits, digits, labels, "-f", "table")
    assert table.status == 0
    assert "No logit differs." in table.out
    assert "rows that changed most" not in table.out


def test_the_table_fits_80_columns_and_has_every_part(run, files):
    digits, _, noisy, labels = files
    out = run("compare", digits, noisy, labels, "-f", "table").out
    body = out[out.index("|A - B|") :]
    assert max(map(len, body.splitlines())) <= 80
    for part in (
        "500 rows of 10 classes",
        "distances per row, KL and Jensen-Shannon in nats",
        "predicted classes",
        "with the labels of 500 rows",
        "rows that changed most",
        "McNemar's p is",
    ):
        assert part in out
    unlabelled = run("compare", digits, noisy, "-f", "table").out
    assert "by the labels" not in unlabelled
    assert "loss A" not in unlabelled


def test_the_table_fits_with_large_row_numbers_and_wide_names(run, tmp_path):
    logits = np.zeros((100_001, 2))
    changed = logits.copy()
    changed[-1] = [-1, 5]
    for name, rows in (("a", logits), ("b", changed)):
        lines = ["고양이,a long name of a class", *(",".join(map(str, row)) for row in rows.tolist())]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    np.save(tmp_path / "y.npy", np.zeros(len(logits), int))
    out = run("compare", tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "y.npy", "-f", "table").out
    changed_most = out[out.index("rows that changed most") :].splitlines()[3]
    assert changed_most.split()[0] == "100000"
    assert "고양이" in changed_most
    assert max(map(cell_len, out[out.index("|A - B|") :].splitlines())) <= 80


def test_the_figures_by_the_labels_stand_side_by_side_for_a_perplexity_of_hundreds(run, tmp_path):
    a = np.random.default_rng(3).standard_normal((60, 300))
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", a.astype(np.float16))
    np.save(tmp_path / "y.npy", np.arange(60))
    out = run("compare", tmp_path / "a.npy", tmp_path / "b.npy", tmp_path / "y.npy", "-f", "table").out
    by_labels = out[out.index("with the labels of 60 rows") :].splitlines()
    assert by_labels[1].split() == ["figure", "A", "B", "B", "-", "A", "±se", "95", "%", "from", "to"]
    perplexity = by_labels[4].split()
    assert (perplexity[0], float(perplexity[1]) > 100, len(perplexity)) == ("perplexity", True, 7)


def test_json_has_everything(run, files):
    digits, _, noisy, labels = files
    found = json.loads(run("compare", digits, noisy, labels, "-f", "json", "--top", 7, "--atol", 9).out)
    assert tuple(found["figures"]) == QUANTITIES
    assert len(found["changed_rows"]) == 7
    assert set(found["figures"]["loss_change"]) == {"value", "standard_error", "low", "high"}
    assert found["mcnemar"]["exact"] is True
    assert found["oddities"]["first"] is None
    assert found["signature"]["seed"] == 0
    assert (found["rows"], found["classes"]) == (500, 10)


def test_json_of_what_is_not_finite(run, tmp_path):
    np.save(tmp_path / "a.npy", np.float32([[1.5, np.nan], [1, 0.1]]))
    np.save(tmp_path / "b.npy", np.float32([[1.5, 2], [1, 0.2]]))
    outcome = run("compare", tmp_path / "a.npy", tmp_path / "b.npy", "-f", "json", "--atol", 0.01)
    found = json.loads(outcome.out)
    assert found["oddities"]["first"] == {"row": 0, "class_name": "1", "a": "nan", "b": 2.0}
    assert found["figures"]["kl"]["value"] == "nan"
    assert (
        "note: 1 logit is nan or infinite in only one file, first in row 0, class 1: nan in A, 2.0 in B." in outcome.err
    )
    assert outcome.status == 1


@pytest.mark.parametrize("name", ["tsv", "csv", "jsonl"])
def test_the_rows_that_changed_most_are_the_records_where_they_are_asked_for(run, files, name):
    digits, _, noisy, labels = files
    out = run("compare", digits, noisy, labels, "--top", 3, "-f", name).out
    if name == "jsonl":
        rows = [json.loads(line) for line in out.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(out), delimiter="\t" if name == "tsv" else ","))
    assert len(rows) == 3
    kl = [float(row["kl"]) for row in rows]
    assert kl == sorted(kl, reverse=True)
    assert set(rows[0]) == {
        *("row", "label", "prediction_a", "p_a", "prediction_b", "p_b", "kl", "js"),
        *("max_abs_diff", "max_prob_diff", "loss_a", "loss_b"),
    }


def test_of_no_rows_asked_for_the_figures_are_left(run, files):
    digits, _, noisy, _ = files
    assert run("compare", digits, noisy, "--top", 0).out == run("compare", digits, noisy).out
    assert "rows that changed most" not in run("compare", digits, noisy, "--top", 0, "-f", "table").out


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--atol", "1e-2"), 0),
        (("--atol", "1e-4"), 1),
        (("--rtol", "1e-3"), 0),  # half a unit in the last place of float16 is 2^-11
        (("--rtol", "1e-4"), 1),
        (("--atol", "1e-4", "--rtol", "5e-4"), 0),
        (("--fail-if", "kl > 0.01"), 0),
        (("--fail-if", "kl > 1e-9"), 1),
        (("--fail-if", "top1_agreement < 0.999"), 0),
        (("--fail-if", "p99_abs_diff > 1e-3"), 1),
        (("--fail-if", "accuracy_change < -0.01", "--fail-if", "max_prob_diff > 1e-4"), 1),
        (("--fail-if", "outside > 50000", "--atol", "1"), 0),
    ],
)
def test_gates(run, files, options, status):
    digits, half, _, labels = files
    outcome = run("compare", digits, half, labels, *options)
    assert outcome.status == status
    assert len(outcome.lines) > 40  # the figures are printed either way
    assert ("error: " in outcome.err) == (status == 1)


def test_a_failed_tolerance_says_where_and_what_would_do(run, files):
    digits, half, *_ = files
    outcome = run("compare", digits, half, "--atol", "1e-3", "--fail-if", "js > 1e-10")
    a, b = np.loadtxt(digits, delimiter=",", skiprows=1), np.load(half)
    row, column = np.argwhere(np.abs(a - b) > 1e-3)[0]
    number = np.count_nonzero(np.abs(a - b) > 1e-3)
    assert outcome.status == 1
    assert f"error: {number} of 5,000 logits differ by more than 0.001, first in row {row}, class " in outcome.err
    assert f"{a[row, column]} in A, {b[row, column]} in B; --atol " in outcome.err
    assert "meets --fail-if 'js > 1e-10'" in outcome.err
    sufficient = outcome.err.split("--atol ")[1].split()[0]
    assert run("compare", digits, half, "--atol", sufficient).status == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fail-if", "klx > 1"), "--fail-if 'klx > 1': there is no 'klx'; there are mean_abs_diff, "),
        (("--fail-if", "kl"), "write it as 'max_abs_diff > 1e-3'"),
        (("--fail-if", "loss_change > 0"), "--fail-if 'loss_change > 0' needs labels"),
        (("--fail-if", "mcnemar_p < 0.05"), "needs labels; give their file, or --label-column"),
        (("--fail-if", "outside > 0"), "outside was not computed"),
        (("--top-k", "0"), "--top-k 0: a whole number from 1 to 1000000"),
        (("--atol", "-1"), "--atol -1.0: a finite number from 0 on"),
        (("--ignore-index", "1"), "--ignore-index is a label, and there are no labels"),
        (("-f", "xml"), "there is no format 'xml'"),
    ],
)
def test_usage_errors(run, files, options, message):
    outcome = run("compare", *files[:2], *options)
    assert outcome.status == 2
    assert message in outcome.err


def test_bad_input_prints_nothing(run, files, tmp_path):
    np.save(tmp_path / "short.npy", np.zeros((499, 10)))
    outcome = run("compare", files[1], tmp_path / "short.npy")
    assert (outcome.status, outcome.out) == (3, "")
    assert "short.npy: shape 499x10, and" in outcome.err
    assert "half.npy has 500x10" in outcome.err


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_file_may_come_from_standard_input(run, files, place):
    digits, half, _, labels = files
    given = [digits, half, labels]
    content = given[place].read_bytes()
    expected = run("compare", *given).out
    given[place] = "-"
    assert run("compare", *given, stdin=content).out == expected


def test_a_column_of_labels_in_both_files(run, files, tmp_path):
    digits, _, _, labels = files
    lines = digits.read_text("utf-8").splitlines()
    of_labels = labels.read_text("utf-8").splitlines()
    both = "".join(f"{line},{label}\n" for line, label in zip(lines, of_labels, strict=True))
    (tmp_path / "a.csv").write_text(both, "utf-8")
    expected = figures(run("compare", digits, digits, labels))
    for b in (tmp_path / "a.csv", digits):
        found = figures(run("compare", tmp_path / "a.csv", b, "--label-column", "digit"))
        assert [line[0] for line in found.values()] == [line[0] for line in expected.values()]


def test_options_of_the_bootstrap_and_of_the_layout(run, files, tmp_path):
    digits, half, _, labels = files
    low = [
        figures(run("compare", digits, half, labels, "--resamples", 100, "--seed", seed))["loss_change"][2]
        for seed in (1, 1, 2)
    ]
    assert low[0] == low[1] != low[2]
    assert figures(run("compare", digits, half, labels, "--resamples", 0))["loss_change"][2] == "nan"
    np.save(tmp_path / "turned.npy", np.load(half).T)
    turned = run("compare", tmp_path / "turned.npy", tmp_path / "turned.npy", labels, "--class-axis", 0)
    assert figures(turned)["accuracy_a"][0] == "0.956"
    ignored = figures(run("compare", digits, half, labels, "--ignore-index", 8))
    assert ignored["loss_a"][0] != figures(run("compare", digits, half, labels))["loss_a"][0]


def test_it_starts_without_what_it_does_not_need(files):
    code = (
        "import sys; from softmax_cli.cli import main; sys.argv = ['softmax-cli', 'compare', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'scipy', 'rich', 'matplotlib') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, files[:2]), str(files[3])], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_where_no_row_counts_only_the_error_is_printed(run, tmp_path):
    (tmp_path / "x.csv").write_text("1,2\n2,1\n")
    (tmp_path / "y.csv").write_text("7\n7\n")
    x, y = tmp_path / "x.csv", tmp_path / "y.csv"
    outcome = run("compare", x, x, y, "--ignore-index", "7", "--fail-if", "kl > 1")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == f"error: {y}: no row counts: all 2 labels are ignored\n"


def test_a_nan_from_the_values_is_a_result_and_fails_a_gate(run, tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n2,1\n")
    (tmp_path / "b.csv").write_text("nan,2\nnan,1\n")
    (tmp_path / "y.csv").write_text("0\n1\n")
    files = [tmp_path / name for name in ("a.csv", "b.csv", "y.csv")]
    outcome = run("compare", *files)
    assert outcome.status == 0
    assert "nan" in outcome.out
    for gate in ("kl > 1", "loss_b > 100"):
        assert run("compare", *files, "--fail-if", gate).status == 1
    assert run("compare", *files[:2], "--atol", "1").status == 1
