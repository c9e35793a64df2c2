"""Rows that occur again, by numpy.unique; the hash by its collisions."""

import numpy as np
import pytest

from softmax_cli.metrics.duplicates import Duplicates, row_hashes


def fed(values, pieces=1, **options):
    """What is found in the rows, added in so many pieces."""
    duplicates = Duplicates(**options)
    for rows in np.array_split(np.arange(len(values)), pieces):
        duplicates.add(row_hashes(values[rows]), rows)
    return duplicates.found()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int8])
@pytest.mark.parametrize("classes", [1, 2, 3, 8, 101])
def test_hashes_are_equal_where_the_rows_are(dtype, classes):
    # Small whole numbers: their floats have nothing but zeros in their last bits.
    values = np.random.default_rng(0).integers(-3, 4, (3000, classes)).astype(dtype)
    _, expected = np.unique(values, axis=0, return_inverse=True)
    _, found = np.unique(row_hashes(values), return_inverse=True)
    assert len(set(zip(expected.ravel().tolist(), found.tolist(), strict=True))) == expected.max() + 1
    assert found.max() == expected.max()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_hashes_of_signs_alone_do_not_collide(dtype):
    signs = (np.arange(1 << 14)[:, None] >> np.arange(14)) & 1
    assert len(np.unique(row_hashes(np.where(signs, -1, 1).astype(dtype)))) == 1 << 14


def test_hashes_of_two_small_numbers_do_not_collide():
    first, second = np.meshgrid(np.arange(1000.0), np.arange(1000.0))
    values = np.column_stack([first.ravel(), second.ravel()])
    assert len(np.unique(row_hashes(values))) == len(values)


def test_hashes_do_not_depend_on_how_rows_lie_in_memory():
    values = np.random.default_rng(0).normal(size=(50, 6))
    assert (row_hashes(values) == row_hashes(np.asfortranarray(values))).all()


@pytest.mark.parametrize("pieces", [1, 3, 500])
def test_repeats_are_counted(pieces):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 4))[rng.integers(0, 300, 1000)]
    _, index, counts = np.unique(values, axis=0, return_index=True, return_counts=True)
    found = fed(values, pieces)
    assert (found.rows, found.distinct, found.repeats) == (1000, len(counts), 1000 - len(counts))
    assert found.largest_share == counts.max() / 1000
    assert found.one_in == 1
    assert len(found.pairs) == 3
    for first, again in found.pairs:
        assert first < again
        assert first in index
        assert (values[first] == values[again]).all()


@pytest.mark.parametrize("pieces", [1, 7, 90])
def test_the_longest_stretch_that_occurs_again(pieces):
    values = np.random.default_rng(0).normal(size=(500, 3))
    values = np.concatenate([values[:200], values[50:60], values[200:], values[100:180], values[7:8]])
    found = fed(values, pieces)
    assert (found.run, found.run_first, found.run_start) == (80, 100, 510)
    assert found.repeats == 91


def test_no_row_occurs_again():
    found = fed(np.random.default_rng(0).normal(size=(100, 3)), 4)
    assert (found.repeats, found.run, found.pairs) == (0, 0, ())
    assert fed(np.empty((0, 3))).distinct == 0


@pytest.mark.parametrize("pieces", [1, 13])
def test_of_many_different_rows_some_are_kept_whatever_the_pieces(pieces):
    values = np.random.default_rng(0).normal(size=(20000, 2))
    values = np.concatenate([values, values])
    found, whole = fed(values, pieces, most=1000), fed(values, most=1000)
    assert found.one_in == whole.one_in >= 16
    assert found.distinct == whole.distinct <= 1000
    assert found.repeats == found.distinct  # each of those kept occurs twice
    # A binomial number of them are kept; 5 standard deviations.
    expected = 20000 / found.one_in
    assert abs(found.distinct - expected) < 5 * expected**0.5
    assert found.run == 0


@pytest.mark.parametrize("pieces", [1, 3, 40])
def test_rows_that_repeat_are_ranges(pieces):
    values = np.random.default_rng(0).normal(size=(40, 3))
    values[[7, 20, 21, 22, 39]] = values[[1, 3, 3, 4, 5]]
    assert fed(values, pieces).again.text() == "7,20:23,39"
    assert fed(values, pieces, most=8).again.parts is None
