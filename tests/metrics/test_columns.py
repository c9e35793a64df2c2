"""Columns that are no logits, whatever the pieces."""

from functools import reduce

import numpy as np
import pytest

from softmax_cli.metrics.columns import Columns, Foreign


def of(logits, labels=None, pieces=1):
    """Those of all rows, from so many pieces."""
    rows = np.array_split(np.arange(len(logits)), pieces)
    found = [Columns.of(logits[each], None if labels is None else labels[each], int(each[0])) for each in rows]
    return reduce(Columns.joined, found)


@pytest.mark.parametrize("pieces", [1, 4, 40])
def test_each_kind_is_found(pieces):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(40, 6)), rng.integers(0, 5, 40)
    logits[:, 0] = np.arange(40) + 7
    logits[:, 2], logits[:, 3], logits[:, 5] = -2.5, labels, np.arange(40) - 3
    found = of(logits, labels, pieces)
    assert found.constant.tolist() == [2]
    assert found.values.tolist() == [-2.5]
    assert found.counting == {0: 7, 5: -3}
    assert found.copies.tolist() == [3]


@pytest.mark.parametrize("pieces", [1, 2, 40])
def test_one_other_value_is_enough(pieces):
    logits, labels = np.zeros((40, 3)), np.arange(40) % 3
    logits[:, 0], logits[:, 1] = np.arange(40), labels
    logits[39] = [38, 0.5, 1e-9]
    labels[39] = 2
    found = of(logits, labels, pieces)
    assert (found.constant.tolist(), found.counting, found.copies.tolist()) == ([], {}, [])


def test_constants_of_different_pieces_are_no_constant():
    logits = np.repeat([[1.0, 2.0], [1.0, 3.0]], 5, axis=0)
    assert of(logits, pieces=2).constant.tolist() == [0]


def test_nan_is_no_constant_and_no_count():
    found = of(np.full((3, 2), np.nan))
    assert (found.constant.tolist(), found.counting) == ([], {})


def foreign(values):
    """What is foreign among all rows."""
    return Foreign.of(values, Columns.of(values, None, 0).whole)


@pytest.mark.parametrize("column", [0, 2, 5])
def test_an_id_is_whole_and_never_the_same(column):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 6))
    values[:, column] = rng.permutation(10_000)[:30]
    assert foreign(values) == Foreign(column, None)
    assert foreign(values[:19]) == Foreign()
    twice = values.copy()
    twice[7, column] = twice[3, column]
    assert foreign(twice) == Foreign()
    other = values.copy()
    other[:, column - 1] = np.rint(other[:, column - 1])  # whole numbers here are nothing special
    assert foreign(other) == Foreign()
    broken = values.copy()
    broken[29, column] += 0.5
    assert foreign(broken) == Foreign()


@pytest.mark.parametrize("column", [0, 3, 5])
def test_predictions_name_the_largest_of_the_others(column):
    values = np.random.default_rng(0).normal(size=(30, 6))
    values[:, column] = np.delete(values, column, axis=1).argmax(axis=1)
    assert foreign(values) == Foreign(None, column)
    values[17, column] += 1
    assert foreign(values) == Foreign()


@pytest.mark.parametrize("pieces", [1, 3, 40])
def test_whole_numbers_are_whole_in_every_piece(pieces):
    values = np.random.default_rng(0).normal(size=(40, 5))
    values[:, [1, 3]] = np.rint(values[:, [1, 3]])
    values[38, 3] = 0.5
    values[0, 2] = values[1, 2] = 4
    assert of(values, pieces=pieces).whole.tolist() == [1]
    assert of(values.astype(int), pieces=pieces).whole.tolist() == []  # where all are whole, none is foreign
