"""`softmax-cli softmax`: what it prints and what it writes, against torch."""

import csv
import io
import json

import numpy as np
import pytest
import torch

NAMES = [f"class_{place}" for place in range(5)]


@pytest.fixture
def logits(samples):
    return samples / "logits.csv"


@pytest.fixture
def tensor(logits):
    return torch.from_numpy(np.loadtxt(logits, delimiter=","))


def numbers(lines):
    return np.array([[float(cell) for cell in line] for line in lines])


def test_tsv_has_a_column_a_class_and_no_other(run, logits, tensor, backend):
    outcome = run("softmax", logits, "--backend", backend)
    assert (outcome.status, outcome.err) == (0, "")
    header, *lines = outcome.lines
    assert header == NAMES
    np.testing.assert_allclose(numbers(lines), torch.softmax(tensor, 1), rtol=1e-14)


def test_row_sums_are_a_last_column(run, logits, tensor):
    header, *lines = run("softmax", logits, "--row-sums").lines
    assert header == [*NAMES, "row_sum"]
    np.testing.assert_allclose(numbers(lines)[:, 5], 1, rtol=1e-14)
    np.testing.assert_allclose(numbers(lines)[:, :5], torch.softmax(tensor, 1), rtol=1e-14)


def test_log_has_both_ways_to_the_logarithm(run, logits, tensor):
    header, *lines = run("softmax", logits, "--log").lines
    assert header == [f"{way}:{name}" for way in ("log_of_softmax", "log_softmax") for name in NAMES]
    expected = torch.log_softmax(tensor, 1)
    np.testing.assert_allclose(numbers(lines), torch.hstack([expected, expected]), rtol=1e-13)
    table = run("softmax", logits, "--log", "-f", "table").out
    assert table.index("log(softmax(x)), 3 rows") < table.index("log_softmax(x), 3 rows")
    assert "Largest difference of the two: " in table


@pytest.mark.parametrize("temperature", ["2", "0.25", "1e3"])
def test_temperature(run, logits, tensor, temperature):
    _, *lines = run("softmax", logits, "--temperature", temperature).lines
    np.testing.assert_allclose(numbers(lines), torch.softmax(tensor / float(temperature), 1), rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_digit_and_none_too_many(run, logits, tmp_path, dtype):
    _, *lines = run("softmax", logits, "--dtype", dtype).lines
    assert run("softmax", logits, "--dtype", dtype, "-o", tmp_path / "p.npy").status == 0
    exact = np.load(tmp_path / "p.npy")
    assert exact.dtype == dtype
    for line, row in zip(lines, exact, strict=True):
        assert [getattr(np, dtype)(cell) for cell in line] == row.tolist()
        assert line == [str(number) for number in row]


def test_a_pipe_gets_every_class_of_many(run, tmp_path):
    assert run("sample", "-n", "3", "-c", "50", "-o", tmp_path).status == 0
    header, *lines = run("softmax", tmp_path / "logits.csv").lines
    assert header == [f"class_{place}" for place in range(50)]
    assert [len(line) for line in lines] == [50] * 3


def test_json(run, logits, tensor):
    report = json.loads(run("softmax", logits, "-f", "json").out)
    assert (report["rows"], report["classes"]) == (3, 5)
    assert report["signature"]["temperature"] == 1.0
    np.testing.assert_allclose(report["softmax"], torch.softmax(tensor, 1), rtol=1e-14)
    np.testing.assert_allclose(report["row_sums"], 1, rtol=1e-14)
    both = json.loads(run("softmax", logits, "--log", "-f", "json").out)
    np.testing.assert_allclose(both["log_softmax"], torch.log_softmax(tensor, 1), rtol=1e-14)


def test_a_fault_in_the_last_line_leaves_nothing_before_it(run, tmp_path):
    path = tmp_path / "logits.csv"
    path.write_text("1,2\n" * 70_000 + "1,oops\n")  # a block holds 65,536 rows of two classes
    for options in ([], ["-f", "table"]):
        outcome = run("softmax", path, *options)
        assert (outcome.status, outcome.out) == (3, "")
        assert "70001" in outcome.err


@pytest.mark.parametrize(("suffix", "delimiter"), [(".csv", ","), (".tsv", "\t")])
@pytest.mark.parametrize("options", [[], ["-T", "3"]])
def test_output_to_text_is_what_would_be_printed(run, logits, tmp_path, suffix, delimiter, options):
    path = tmp_path / f"p{suffix}"
    outcome = run("softmax", logits, *options, "-o", path)
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    written = list(csv.reader(io.StringIO(path.read_text("utf-8")), delimiter=delimiter))
    assert written == run("softmax", logits, *options).lines
    assert list(tmp_path.iterdir()) == [path]


def test_output_of_the_logarithm(run, logits, tensor, tmp_path):
    assert run("softmax", logits, "--log", "-o", tmp_path / "p.npy").status == 0
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), torch.log_softmax(tensor, 1), rtol=1e-14)


@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_output_has_the_shape_of_the_logits(run, tmp_path, shape, order):
    values = np.asarray(np.random.default_rng(0).normal(size=shape), np.float32, order=order)
    np.save(tmp_path / "x.npy", values)
    for axis in range(-1, len(shape)):
        assert run("softmax", tmp_path / "x.npy", "--class-axis", axis, "-o", tmp_path / "p.npy").status == 0
        found = np.load(tmp_path / "p.npy")
        assert (found.shape, found.dtype) == (shape, np.float32)
        np.testing.assert_allclose(found, torch.softmax(torch.from_numpy(values), axis), rtol=1e-6)


def test_output_over_its_own_input_is_refused(run, tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 5))
    np.save(tmp_path / "x.npy", values)
    assert run("softmax", tmp_path / "x.npy", "-o", tmp_path / "x.npy").status == 2
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), values)


def test_a_fault_keeps_what_was_there(run, tmp_path):
    bad, kept = tmp_path / "logits.csv", tmp_path / "p.csv"
    bad.write_text("1,2\n" * 70_000 + "1,oops\n")
    kept.write_text("as it was")
    assert run("softmax", bad, "-o", kept).status == 3
    assert kept.read_text() == "as it was"
    assert sorted(tmp_path.iterdir()) == [bad, kept]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("nowhere/p.csv", "no such file or directory"),
        ("file.csv/p.npy", "not a directory"),
        ("p.csv", "is a directory"),
    ],
)
def test_output_that_cannot_be_written(run, logits, tmp_path, place, reason):
    (tmp_path / "file.csv").write_text("")
    (tmp_path / "p.csv").mkdir()
    outcome = run("softmax", logits, "-o", tmp_path / place)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == f"error: {tmp_path / place}: cannot be written ({reason})\n"
