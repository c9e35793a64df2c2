"""Whether labels are one value for each row or probabilities, by their shape."""

from collections.abc import Iterator

from softmax_cli.errors import InputError
from softmax_cli.inputs.axes import fits, rows_shape, shape_text
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count


def label_axis(labels: Table, logits: Table, class_axis: int) -> int | None:
    """The labels' axis of the classes where they are probabilities, None where each label is one value.

    A vector of logits is one row, and a last axis of length 1 may be left out or be there. The number of rows is
    compared here only where there are several axes of them; else it may be known only at the end of a file.
    """
    shape, whole, axis = labels.shape, logits.shape, class_axis
    rows = rows_shape(logits, class_axis) or (1,)
    table = len(whole) == 2
    if shape == () or any(_alike(each, rows, table=table) for each in (shape, *_without_ones(shape, class_axis))):
        return None
    if len(whole) == 1 and len(shape) == 2:
        whole, axis = (1, *whole), 1
    numbers = labels.dtype.kind != "U"
    if numbers and _alike(shape, whole, table=table) and shape[axis] == whole[axis]:
        return axis
    raise _misfit(labels, rows, whole[axis])


def _alike(shape: tuple[int | None, ...], other: tuple[int | None, ...], *, table: bool) -> bool:
    return len(shape) == len(other) and (table or fits(shape, other))


def _without_ones(shape: tuple[int | None, ...], axis: int) -> Iterator[tuple[int | None, ...]]:
    """Yield the shape without an axis of length 1: the last, or the one that the classes have in the logits."""
    for place in {len(shape) - 1, axis}:
        if place < len(shape) and shape[place] == 1:
            yield (*shape[:place], *shape[place + 1 :])


def _misfit(labels: Table, rows: tuple[int | None, ...], classes: int | None) -> InputError:
    shape = labels.shape
    if len(rows) > 1:
        what = f"labels of shape {shape_text(shape)}, where one for each of {shape_text(rows)} rows is needed"
        return InputError(labels.name, what, "check the two shapes")
    what = count(shape[1], "column") if len(shape) == 2 and shape[1] else f"labels of shape {shape_text(shape)}"
    remedy = "choose the labels' column: --label-column" if None in shape else "check the two shapes"
    return InputError(labels.name, f"{what}, where one label a row is needed, or {classes} probabilities", remedy)
