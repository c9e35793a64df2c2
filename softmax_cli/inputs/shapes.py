"""Shapes held against each other, as far as they are known: None is a size that only the end of a file tells."""

from itertools import accumulate
from operator import mul

Shape = tuple[int | None, ...]

EXACT, UNIT_AXES, REGROUPED = range(3)
"""How two shapes of the same rows differ: not at all, in axes of length 1, or in how rows are grouped into axes."""


def shape_text(shape: Shape) -> str:
    """A shape as people write it, 2x3x5; ? for an unknown size."""
    return "x".join("?" if size is None else str(size) for size in shape) or "a single number"


def without(shape: Shape, axis: int) -> Shape:
    """The shape without one of its axes."""
    return shape[:axis] + shape[axis + 1 :]


def squeezed(shape: Shape) -> Shape:
    """The shape without its axes of length 1."""
    return tuple(size for size in shape if size != 1)


def fits(one: Shape, other: Shape) -> bool:
    """Return whether two shapes can be the same."""
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def likeness(one: Shape, other: Shape) -> int | None:
    """Return how alike the shapes of the same rows are: EXACT, UNIT_AXES, REGROUPED, or None for other rows.

    >>> likeness((4, 32), (4, 32)), likeness((1, 32), (32,)), likeness((4, 32), (128,)), likeness((4, 32), (32, 4))
    (0, 1, 2, None)
    """
    if fits(one, other):
        return EXACT
    if fits(squeezed(one), squeezed(other)) or _one_row(one, other) or _one_row(other, one):
        return UNIT_AXES
    return REGROUPED if _regrouped(squeezed(one), squeezed(other)) else None


def class_axis_in(other: Shape, shape: Shape, axis: int) -> int | None:
    """Return the axis of ``other`` that is ``axis`` of ``shape``; None where more differs than axes of length 1."""
    if other == shape or fits(other, shape):
        return axis
    if shape[axis] == 1 or not fits(squeezed(other), squeezed(shape)):
        return None
    place = [index for index, size in enumerate(other) if size != 1][len(squeezed(shape[:axis]))]
    return place if other[place] == shape[axis] else None


def sequence_axis(shape: Shape, class_axis: int) -> int | None:
    """The last axis of the rows that is longer than 1: the one along which a sequence runs; None for a single row."""
    longer = [axis for axis, size in enumerate(shape) if axis != class_axis and size != 1]
    return longer[-1] if longer else None


def shortened(shape: Shape, class_axis: int, by: int) -> Shape:
    """The shape with ``by`` positions fewer along its sequence; the shape itself where that cannot be."""
    axis = sequence_axis(shape, class_axis)
    size = None if axis is None else shape[axis]
    if axis is None or size is None or size <= by:
        return shape
    return (*shape[:axis], size - by, *shape[axis + 1 :])


def _one_row(one: Shape, other: Shape) -> bool:
    """Whether they are the same if the unknown size of ``one`` is 1."""
    return None in one and squeezed(tuple(size for size in one if size is not None)) == squeezed(other)


def _regrouped(one: Shape, other: Shape) -> bool:
    """Whether axes of one are runs of axes of the other, so that rows in C order are the same."""
    unknown = [shape for shape in (one, other) if None in shape]
    if unknown:
        return all(len(shape) == 1 for shape in unknown)
    ends = [set(accumulate((size or 0 for size in shape), mul)) for shape in (one, other)]
    same_size = max(ends[0], default=1) == max(ends[1], default=1)
    return same_size and (ends[0] <= ends[1] or ends[1] <= ends[0])
