"""Multi-label files: which shapes fit, what a label may be, and how rows are spelled."""

import numpy as np
import pytest

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.pairs import open_pair
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.targets import MultiLabel

X = [[0.5, -1.0], [2.0, 0.0]]
T = [[1, 0], [0, 1]]


def opened(logits, labels, ignore_index=None, **reading):
    return open_pair(logits, labels, Reading(multilabel=True, **reading), ignore_index)


def rows(pair, at_once=1):
    blocks = list(pair.blocks(at_once))
    assert all(isinstance(block.target, MultiLabel) for block in blocks)
    return [np.concatenate(parts).tolist() for parts in zip(*((b.logits, b.target.rows) for b in blocks), strict=True)]


def refusal(*files, **reading):
    with pytest.raises((InputError, UsageError)) as caught:
        rows(opened(*files, **reading))
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "f2", "f4", "f8", "?"])
def test_labels_of_every_dtype_are_0_and_1(dtype):
    pair = opened(X, np.array(T, dtype))
    assert pair.multilabel
    assert not pair.by_probabilities
    assert rows(pair) == [X, T]


def test_probabilities_need_not_sum_to_1():
    assert rows(opened(X, [[0.25, 1], [0.75, 0.5]]))[1] == [[0.25, 1], [0.75, 0.5]]


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        ((4,), (4,)),
        ((4,), (4, 1)),
        ((4, 1), (4,)),
        ((4, 1), (4, 1)),
        ((2, 1, 2), (2, 2)),
        ((2, 2, 1), (2, 2)),
        ((2, 1, 2), (2, 1, 2)),
    ],
)
def test_one_class_may_leave_its_axis_out_in_either_file(logits, labels):
    x, t = np.arange(4.0), np.array([1, 0, 0, 1])
    assert rows(opened(x.reshape(logits), t.reshape(labels))) == [[[v] for v in x], [[v] for v in t]]


def test_the_axis_of_the_classes_is_asked_for_where_the_shapes_do_not_tell():
    x, t = np.arange(12.0).reshape(2, 3, 2), np.arange(12).reshape(2, 3, 2) % 2
    assert refusal(x, t) == (
        "logits: shape 2x3x2, and with --multilabel any axis could be that of the classes; say which: --class-axis"
    )
    found, labels = rows(opened(x, t, class_axis=1))
    assert found == np.moveaxis(x, 1, -1).reshape(-1, 3).tolist()
    assert labels == np.moveaxis(t, 1, -1).reshape(-1, 3).tolist()


def test_a_vector_says_how_it_is_read():
    assert opened([1.0, 2.0], [1, 0]).notes == ("logits: a vector is read as rows of one class each (--multilabel)",)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[1, 2], [0, 1]], "labels[0], class 1: 2 is not a label: multi-label labels are 0, 1 or a probability"),
        ([[1, 0], [-1, 1]], "labels[1], class 0: -1 is not a label"),
        ([[1, 0], [0, np.nan]], "labels[1], class 1: nan is not a label"),
        ([[1, 0], [0, 1.001]], "labels[1], class 1: 1.001 is not a label"),
        ([0, 1], "labels: labels of shape 2, and the logits have 2x2: with --multilabel each row needs one label per"),
        ([[1, 0, 0], [0, 1, 0]], "labels: labels of shape 2x3, and the logits have 2x2"),
        (["a", "b"], "labels: names, where multi-label rows are numbers: 0 or 1, or a probability, for each class"),
    ],
)
def test_a_label_that_cannot_be_is_named_with_its_place_and_value(labels, message):
    assert refusal(X, labels).startswith(message)


@pytest.mark.parametrize(
    ("option", "reading"),
    [
        ("--label-base", {"label_base": 1}),
        ("--ignore-index", {"ignore_index": -1}),
        ("--label-values", {"label_values": "counts"}),
        ("--ignore-missing", {"ignore_missing": True}),
    ],
)
def test_options_of_one_label_per_row_are_refused(option, reading):
    assert refusal(X, T, **reading) == f"{option} is for one label per row; leave it or --multilabel out"


def test_columns_are_matched_by_name(tmp_path):
    (tmp_path / "x.csv").write_text("cat,dog\n.5,-1\n2,0\n")
    (tmp_path / "t.csv").write_text("dog,cat\n1,0\n0,0\n")
    pair = opened(tmp_path / "x.csv", tmp_path / "t.csv")
    assert rows(pair)[1] == [[0, 1], [0, 0]]
    assert [name for block in pair.blocks(2) for name in pair.rule.text(block.target)] == ["dog", "-"]
    assert pair.notes[0].endswith("x.csv; matched by name")
    (tmp_path / "t.csv").write_text("dog,cat\n1,0\n0,3\n")
    assert refusal(tmp_path / "x.csv", tmp_path / "t.csv").startswith(f"{tmp_path / 't.csv'}:3, class cat: 3 is not")


def test_the_labels_header_names_the_classes_of_an_array(tmp_path):
    (tmp_path / "t.csv").write_text("dog,cat\n1,1\n0,1\n")
    pair = opened(X, tmp_path / "t.csv")
    assert pair.display_names == ("dog", "cat")
    assert [name for block in pair.blocks(1) for name in pair.rule.text(block.target)] == ["dog+cat", "cat"]


def test_soft_labels_have_no_spelling():
    pair = opened(X, [[1, 0.5], [1, 1]])
    assert [name for block in pair.blocks(2) for name in pair.rule.text(block.target)] == ["", "0+1"]


def test_another_number_of_rows_is_refused():
    assert refusal(np.zeros((3, 2)), T).startswith("labels: labels of shape 2x2, and the logits have 3x2")
