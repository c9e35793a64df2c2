"""`softmax-cli loss`: its output contract, against torch."""

import csv
import io
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

VARIANTS = ["log_of_softmax", "log_softmax", "nll_loss", "cross_entropy"]
KEYS = ["variant", "backend", "device", "dtype", "loss", "delta", "nonfinite"]


@pytest.fixture
def pair(samples):
    return (samples / "digits_logits.csv", samples / "digits_labels.csv")


@pytest.fixture
def tensors(pair):
    """The same files, read by NumPy for torch."""
    logits = np.loadtxt(pair[0], delimiter=",", skiprows=1)
    labels = np.loadtxt(pair[1], skiprows=1, dtype=np.int64)
    return torch.from_numpy(logits), torch.from_numpy(labels)


@pytest.fixture
def hostile(samples):
    return (samples / "hostile.csv", "--label-column", "label")


def no_literal(name):
    raise AssertionError(f"{name} is not JSON")


def parsed(text):
    return json.loads(text, parse_constant=no_literal)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_tsv(run, pair, tensors, backend, reduction):
    outcome = run("loss", *pair, "--backend", backend, "--reduction", reduction)
    assert (outcome.status, outcome.err) == (0, "")
    header, *lines = outcome.lines
    assert header[:7] == KEYS
    assert [line[0] for line in lines] == VARIANTS
    expected = F.cross_entropy(*tensors, reduction=reduction).item()
    for line in lines:
        assert line[1:4] == [backend, "cpu", "float64"]
        assert float(line[4]) == pytest.approx(expected, rel=1e-13)
        assert abs(float(line[5])) <= 1e-13 * abs(expected)
        assert line[6] == "0"


def test_csv_and_json_hold_what_tsv_does(run, pair):
    header, *lines = run("loss", *pair).lines
    assert list(csv.reader(io.StringIO(run("loss", *pair, "-f", "csv").out))) == [header, *lines]
    report = parsed(run("loss", *pair, "-f", "json").out)
    assert (report["rows"], report["classes"]) == (500, 10)
    assert isinstance(report["signature"], dict)
    assert [[str(loss[key]) for key in KEYS] for loss in report["losses"]] == [line[:7] for line in lines]
    objects = [parsed(line) for line in run("loss", *pair, "-f", "jsonl").out.splitlines()]
    assert [list(each) for each in objects] == [header] * 4


def test_reduction_none(run, pair, tensors, backend):
    header, *lines = run("loss", *pair, "--backend", backend, "--reduction", "none").lines
    assert header == ["row", "label", *VARIANTS]
    assert [line[0] for line in lines] == [str(row) for row in range(500)]
    assert [line[1] for line in lines] == pair[1].read_text().splitlines()[1:]
    expected = F.cross_entropy(*tensors, reduction="none").numpy()
    for place in range(2, 6):
        losses = [float(line[place]) for line in lines]
        np.testing.assert_allclose(losses, expected, rtol=1e-12, atol=1e-12)


def test_reduction_none_on_every_backend_has_a_column_for_each(run, pair):
    header, *lines = run("loss", *pair, "--backend", "all", "--reduction", "none", "--variant", "nll_loss").lines
    assert header == ["row", "label", "numpy:nll_loss", "torch:nll_loss"]
    assert len(lines) == 500


def test_every_backend(run, pair):
    _, *lines = run("loss", *pair, "--backend", "all", "--dtype", "float32").lines
    assert [line[:4] for line in lines] == [
        [variant, backend, "cpu", "float32"] for backend in ("numpy", "torch") for variant in VARIANTS
    ]


@pytest.mark.parametrize("names", [["nll_loss"], ["cross_entropy", "log_softmax"]])
def test_variants_are_chosen_by_name(run, pair, names):
    chosen = [word for name in names for word in ("--variant", name)]
    _, *lines = run("loss", *pair, *chosen).lines
    assert {line[0] for line in lines} == set(names)


@pytest.mark.parametrize(
    ("options", "reduction"),
    [([], "mean"), (["--reduction", "sum"], "sum"), (["--variant", "nll_loss"], "mean"), (["-b", "torch"], "mean")],
)
def test_quiet_is_one_number_and_nothing_else(run, pair, tensors, options, reduction):
    outcome = run("loss", "-q", *pair, *options)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{float(outcome.out)!r}\n"
    assert float(outcome.out) == pytest.approx(F.cross_entropy(*tensors, reduction=reduction).item(), rel=1e-13)


@pytest.mark.parametrize(("variant", "number"), [("log_of_softmax", "nan"), ("log_softmax", "nan")])
def test_quiet_prints_nan_as_it_is(run, hostile, variant, number):
    assert run("loss", "-q", *hostile, "--variant", variant).out == f"{number}\n"


def test_json_has_no_nan_and_no_infinity(run, hostile):
    for options in ([], ["--reduction", "none"], ["--steps"]):
        text = run("loss", *hostile, *options, "-f", "json").out
        assert '"nan"' in text
        parsed(text)
    assert "inf" in run("loss", *hostile, "--steps", "-f", "jsonl").out


def test_what_is_not_finite_is_explained_on_standard_error_in_a_pipe(run, hostile):
    outcome = run("loss", *hostile)
    assert outcome.status == 0
    assert outcome.err.startswith("note: log_of_softmax (numpy): 3 rows not finite, first row 2")
    assert [line[6] for line in outcome.lines[1:]] == ["3", "1", "0", "0"]


@pytest.mark.parametrize("output_format", ["table", "markdown"])
def test_what_is_not_finite_is_explained_in_a_table_itself(run, hostile, output_format):
    outcome = run("loss", *hostile, "-f", output_format)
    assert outcome.err == ""
    assert "log_of_softmax (numpy): 3 rows not finite" in outcome.out


def test_logits_from_a_pipe(run, pair):
    from_file = run("loss", *pair).out
    assert run("loss", "-", pair[1], stdin=pair[0].read_bytes()).out == from_file
    assert run("loss", pair[0], "-", stdin=pair[1].read_bytes()).out == from_file


def test_nothing_is_printed_before_a_fault(run, tmp_path):
    logits, labels = tmp_path / "logits.csv", tmp_path / "labels.csv"
    logits.write_text("1,2\n" * 9_999 + "1,oops\n")
    labels.write_text("0\n" * 10_000)
    for options in ([], ["--reduction", "none"], ["-q"], ["-f", "table"]):
        outcome = run("loss", logits, labels, *options)
        assert (outcome.status, outcome.out) == (3, "")
        assert "10000" in outcome.err


def test_steps_as_records(run, samples, backend):
    pair = (samples / "logits.csv", samples / "labels.csv")
    header, *lines = run("loss", "--steps", *pair, "--backend", backend).lines
    assert header == ["backend", "step", "row", "class", "value"]
    logits = torch.from_numpy(np.loadtxt(pair[0], delimiter=",")).requires_grad_()
    labels = torch.from_numpy(np.loadtxt(pair[1], dtype=np.int64))
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    expected = {
        "logits": logits,
        "softmax": F.softmax(logits, 1),
        "softmax_sum": F.softmax(logits, 1).sum(1),
        "one_hot": F.one_hot(labels, 5),
        "log_softmax": F.log_softmax(logits, 1),
        "gradient": logits.grad,
        "cross_entropy": loss,
    }
    for step, tensor in expected.items():
        of_rows = step != "cross_entropy"
        values = [float(line[4]) for line in lines if line[1] == step and bool(line[2]) is of_rows]
        np.testing.assert_allclose(values, tensor.detach().numpy().ravel(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("options", [[], ["--backend", "all"], ["--reduction", "none"], ["--steps"]])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_of_a_table_is_wider_than_the_terminal(run, pair, monkeypatch, options, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run("loss", *pair, "-f", "table", *options).out.splitlines()
    assert max(map(len, lines)) <= columns
    assert "490 rows not shown" in " ".join(" ".join(lines).split())


@pytest.mark.parametrize(("rows", "classes"), [(1, 2), (21, 3), (20, 3), (4, 1000)])
def test_tables_of_every_size(run, tmp_path, rows, classes):
    options = ["-n", rows, "-c", classes, "--wrong", "0", "-o", tmp_path]
    assert run("sample", *options).status == 0
    outcome = run("loss", tmp_path / "logits.csv", tmp_path / "labels.csv", "-f", "table")
    assert outcome.status == 0
    title = f"softmax, {rows:,} row{'s' * (rows > 1)} of {classes:,} class{'es' * (classes > 1)}"
    assert outcome.out.splitlines()[0] == title
    assert ("11 rows not shown" in outcome.out) is (rows == 21)
