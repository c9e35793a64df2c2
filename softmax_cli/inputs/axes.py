"""Which axis of the logits holds the classes, as far as the logits alone and the user say."""

import numpy as np

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.shapes import Shape, shape_text, without
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.pieces import Pieces
from softmax_cli.readers.table import Table

_NUMBERS_AT_ONCE = 1 << 17


def find_class_axis(logits: Table, asked: int | None) -> int:
    """The axis that holds the classes of logits without labels: the last of one or two, else the one asked for.

    Raises InputError where neither says it; an axis of length 1 is not taken for the classes' beside longer ones.
    """
    axis = asked_axis(logits, asked)
    if axis is not None:
        return axis
    axes = len(logits.shape)
    if axes <= 2:
        return axes - 1
    longer = [place for place, size in enumerate(logits.shape) if size != 1] or list(range(axes))
    if len(longer) == 1:
        return longer[0]
    which = " or ".join(map(str, longer))
    what = f"the classes could be on axis {which} (shape {shape_text(logits.shape)})"
    raise InputError(logits.name, what, "say which: --class-axis")


def asked_axis(logits: Table, asked: int | None) -> int | None:
    """The axis that was asked for, counted from 0; raises where there is no such axis, or none at all."""
    axes = len(logits.shape)
    if axes == 0:
        raise InputError(logits.name, "a single number, where a row of logits is needed")
    if asked is None:
        return None
    if not -axes <= asked < axes:
        raise UsageError(f"--class-axis {asked}: the logits have {axes} axes, 0 to {axes - 1}")
    return asked % axes


def axis_notes(table: Table, axis: int) -> tuple[str, ...]:
    """What to say of the axis that was taken for the classes', where a table of rows leaves no choice: nothing."""
    if len(table.shape) <= 2:
        return ()
    return (f"{table.name}: shape {shape_text(table.shape)}, classes on axis {axis}",)


def rows_shape(table: Table, axis: int) -> Shape:
    """The shape of the rows: all axes but the classes'."""
    return without(table.shape, axis)


def with_known_shape(table: Table, axis: int) -> Table:
    """The table itself, or read whole where the number of its rows is needed (classes down the lines of a CSV)."""
    if isinstance(table, Pieces):
        table.refuse_classes_on(axis)
    if table.shape[axis] is not None:
        return table
    return ArrayTable(np.concatenate(list(table.blocks(_NUMBERS_AT_ONCE, 1))), table.name, notes=table.notes)
