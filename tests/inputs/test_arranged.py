"""The plain case: whatever is taken for it would be read the same way without it."""

from itertools import product

import numpy as np
import pytest

from softmax_cli.inputs.arranged import plainly_arranged
from softmax_cli.inputs.arranging import arrange
from softmax_cli.inputs.opening import open_labels, open_logits
from softmax_cli.inputs.reading import Reading

SIZES = (1, 2, 3, 5)


def as_csv(array, path):
    np.savetxt(path, array, delimiter=",", fmt="%g")
    return str(path)


@pytest.mark.parametrize(("logits_as", "labels_as"), list(product(("array", "csv"), repeat=2)))
@pytest.mark.parametrize(("rows", "classes"), list(product(SIZES, repeat=2)))
def test_the_plain_case_is_what_arranging_comes_to(rows, classes, logits_as, labels_as, tmp_path):
    logits, labels = np.arange(rows * classes).reshape(rows, classes) - 0.5, np.arange(rows) % classes
    given = (
        as_csv(logits, tmp_path / "x.csv") if logits_as == "csv" else logits,
        as_csv(labels, tmp_path / "y.csv") if labels_as == "csv" else labels,
    )
    reading = Reading()
    tables = open_logits(given[0], reading), open_labels(given[1], reading, None)
    found = plainly_arranged(*tables, reading)
    known = logits_as == "array" or labels_as == "csv"
    assert (found is not None) == (classes > 1 and known)
    if found is None:
        return
    expected = arrange(*tables, reading, None)
    for name in ("logits", "labels", "class_axis", "label_axis", "single", "soft"):
        assert getattr(found, name) == getattr(expected, name), name
    for notes in ("opening_notes", "column_notes", "shape_notes"):
        assert getattr(found, notes) == getattr(expected, notes) == ()
    assert found.kept is None
    assert expected.kept.everything
    assert np.array_equal(np.concatenate(list(found.logits.blocks(7, 1))), logits)


@pytest.mark.parametrize(
    "asked",
    [
        {"class_axis": 1},
        {"skip_rows": "0"},
        {"shift": 1},
        {"multilabel": True},
        {"values": "probabilities"},
        {"ignore_missing": True},
        {"label_column": "0"},
    ],
)
def test_what_is_asked_of_the_rows_is_never_plain(asked):
    reading = Reading()
    tables = open_logits(np.zeros((3, 2)), reading), open_labels(np.zeros(3, int), reading, None)
    assert plainly_arranged(*tables, reading) is not None
    assert plainly_arranged(*tables, Reading(**asked)) is None


@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 3), (3, 2), (6,), ()])
def test_labels_of_another_shape_are_never_plain(shape):
    reading = Reading()
    tables = open_logits(np.zeros((3, 2)), reading), open_labels(np.zeros(shape, int), reading, None)
    assert plainly_arranged(*tables, reading) is None


def test_a_first_label_that_may_be_a_header_is_looked_at(tmp_path):
    (tmp_path / "x.csv").write_text("0,1\n0.5,-1.25\n1.5,2.25\n")
    (tmp_path / "y.csv").write_text("0\n1\n0\n")
    reading = Reading()
    logits = open_logits(str(tmp_path / "x.csv"), reading)
    labels = open_labels(str(tmp_path / "y.csv"), reading, logits.column_names)
    assert logits.column_names == ("0", "1")
    assert plainly_arranged(logits, labels, reading) is None
