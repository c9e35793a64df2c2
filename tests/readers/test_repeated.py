"""A header of whole numbers that stands again among the rows is refused by its line; a row like it is read."""

from pathlib import Path

import numpy as np
import pytest
import torch

LABELS = np.random.default_rng(0).integers(0, 2, 100)

pytestmark = pytest.mark.usefixtures("csv_reader")


@pytest.mark.parametrize(("classes", "rows"), [(2, 60), (3, 4), (3, 20), (3, 60), (5, 20)])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_among_the_rows_is_refused(run, classes, index, end, rows):
    values = np.random.default_rng(1).normal(size=(rows, classes)).round(4) + 1e-5
    header = ",".join(["", *map(str, range(classes))] if index else map(str, range(classes)))
    lines = [",".join([*([str(row)] if index else []), *map(str, value)]) for row, value in enumerate(values.tolist())]
    Path("x.csv").write_bytes((end.join([header, *lines, header, *lines]) + end).encode())
    outcome = run("softmax", "x.csv", "-o", "p.npy")
    what = "the header again, read as a row otherwise; the file seems to have been appended to; remove the line"
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.splitlines()[-1] == f"error: x.csv:{rows + 2}: {what}"


@pytest.mark.parametrize("form", ["{}", "{:g}"])
@pytest.mark.parametrize("middle", [0, 0.5])
def test_probabilities_of_0_and_1_are_a_row(run, form, middle):
    values = np.random.default_rng(1).integers(1, 8, 100) / 8  # as both forms write them in full
    values[80:83] = 1, middle, 1
    logits = np.stack([1 - values, values], 1)
    lines = [",".join(form.format(value) for value in row) for row in logits.tolist()]
    Path("x.csv").write_text("\n".join(["0,1", *lines]) + "\n")
    Path("y.csv").write_text("\n".join(map(str, LABELS)) + "\n")
    expected = float(torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(LABELS)))
    outcome = run("loss", "-q", "x.csv", "y.csv")
    assert float(outcome.out) == pytest.approx(expected, rel=1e-12)
