"""Which axis of the logits holds the classes, and shapes as far as they are known."""

import numpy as np

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.pieces import Pieces
from softmax_cli.readers.table import Table

_NUMBERS_AT_ONCE = 1 << 17


def find_class_axis(logits: Table, labels: tuple[int | None, ...] | None, asked: int | None) -> int:
    """The logits' axis that holds the classes: the one whose removal leaves the shape of the labels.

    A vector is one row, a table's classes are its columns. Beyond two axes frameworks differ (torch has the
    classes on axis 1, NumPy, JAX and Keras users on the last), so the shapes decide, or the user does.
    """
    axes = len(logits.shape)
    if axes == 0:
        raise InputError(logits.name, "a single number, where a row of logits is needed")
    if asked is not None:
        if not -axes <= asked < axes:
            raise UsageError(f"--class-axis {asked}: the logits have {axes} axes, 0 to {axes - 1}")
        return asked % axes
    if axes <= 2:
        return axes - 1
    fitting = [axis for axis in range(axes) if labels is None or fits(_without(logits.shape, axis), labels)]
    if len(fitting) == 1:
        return fitting[0]
    shapes = f"shape {shape_text(logits.shape)}" + (f", labels {shape_text(labels)}" if labels else "")
    if fitting or (labels is not None and fits(logits.shape, labels)):
        which = " or ".join(map(str, fitting or range(axes)))
        raise InputError(logits.name, f"the classes could be on axis {which} ({shapes})", "say which: --class-axis")
    raise InputError(logits.name, f"no axis can be that of the classes ({shapes})", "check the two shapes")


def shape_text(shape: tuple[int | None, ...]) -> str:
    """A shape as people write it, 2x3x5; ? for a size that only the end of the file tells."""
    return "x".join("?" if size is None else str(size) for size in shape) or "a single number"


def axis_notes(table: Table, axis: int) -> tuple[str, ...]:
    """What to say of the axis that was taken for the classes', where a table of rows leaves no choice: nothing."""
    if len(table.shape) <= 2:
        return ()
    return (f"{table.name}: shape {shape_text(table.shape)}, classes on axis {axis}",)


def _without(shape: tuple[int | None, ...], axis: int) -> tuple[int | None, ...]:
    return shape[:axis] + shape[axis + 1 :]


def fits(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether two shapes can be the same, as far as they are known."""
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def rows_shape(table: Table, axis: int) -> tuple[int | None, ...]:
    """The shape of the rows, which is that of their labels: all axes but the classes'."""
    return _without(table.shape, axis)


def with_known_shape(table: Table, axis: int) -> Table:
    """The table itself, or read whole where the number of its rows is needed (classes down the lines of a CSV)."""
    if isinstance(table, Pieces):
        table.refuse_classes_on(axis)
    if table.shape[axis] is not None:
        return table
    return ArrayTable(np.concatenate(list(table.blocks(_NUMBERS_AT_ONCE, 1))), table.name, notes=table.notes)
