"""Shapes held against each other."""

import math

import numpy as np
import pytest

from softmax_cli.inputs.shapes import (
    EXACT,
    REGROUPED,
    UNIT_AXES,
    class_axis_in,
    likeness,
    sequence_axis,
    shape_text,
    shortened,
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((4, 32), (4, 32), EXACT),
        ((None,), (7,), EXACT),
        ((1, 32), (32,), UNIT_AXES),
        ((2, 5, 6), (2, 1, 5, 6), UNIT_AXES),
        ((), (1,), UNIT_AXES),
        ((), (None,), UNIT_AXES),
        ((4, 32), (128,), REGROUPED),
        ((2, 3, 4), (6, 4), REGROUPED),
        ((2, 3, 4), (2, 12), REGROUPED),
        ((4, 32), (None,), REGROUPED),
        ((4, 32), (32, 4), None),
        ((6, 4), (3, 8), None),
        ((2, 3), (7,), None),
        ((None, 5), (None,), None),
        ((), (2,), None),
    ],
)
def test_likeness_both_ways(one, other, expected):
    assert likeness(one, other) == likeness(other, one) == expected


def test_two_shapes_are_alike_only_where_merging_runs_of_axes_of_one_gives_the_other():
    rng = np.random.default_rng(0)
    for _ in range(300):
        fine = rng.integers(1, 4, size=rng.integers(1, 5)).tolist()
        cuts = sorted(rng.choice(len(fine) + 1, size=rng.integers(0, len(fine) + 1)).tolist())
        coarse = [math.prod(part) for part in np.split(fine, cuts)]  # numpy's own way to group them
        assert likeness(tuple(fine), tuple(int(size) for size in coarse)) is not None


def test_where_the_classes_are_in_a_shape_with_other_axes_of_length_1():
    assert class_axis_in((5, 3), (1, 5, 3), 2) == 1
    assert class_axis_in((1, 5, 3), (5, 3), 1) == 2
    assert class_axis_in((5, 1, 3, 1), (1, 5, 3), 1) == 0
    assert class_axis_in((5, 4), (1, 5, 3), 2) is None
    assert class_axis_in((None, 3), (None, 3), 1) == 1


def test_a_sequence_runs_along_the_last_axis_of_the_rows_that_is_longer_than_1():
    assert sequence_axis((4, 32, 60), 2) == 1
    assert sequence_axis((4, 60, 32), 1) == 2
    assert sequence_axis((32, 1, 60), 2) == 0
    assert sequence_axis((1, 60), 1) is None
    assert shortened((4, 32, 60), 2, 1) == (4, 31, 60)
    assert shortened((4, 60, 32), 1, 2) == (4, 60, 30)
    assert shortened((4, 2, 60), 2, 2) == (4, 2, 60)


def test_a_shape_as_people_write_it():
    assert (shape_text((2, None, 3)), shape_text(())) == ("2x?x3", "a single number")
