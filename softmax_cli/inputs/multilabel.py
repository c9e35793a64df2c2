"""Multi-label files: logits and labels of one shape, where each class of a row has a yes or no of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.axes import find_class_axis, rows_shape, with_known_shape
from softmax_cli.inputs.class_order import Order, in_order
from softmax_cli.inputs.layout import Layout, sequence_length
from softmax_cli.inputs.reading import PROBABILITIES, Reading
from softmax_cli.inputs.shapes import fits, shape_text
from softmax_cli.inputs.single import ColumnTable
from softmax_cli.losses.targets import MultiLabel, Target
from softmax_cli.readers.table import Table

Place = Callable[[int], str]

NO_LABEL = "-"
"""The labels of a row where every class is 0, in words."""


class OneClass(ColumnTable):
    """A vector as rows of a single class each: (N,) as (N, 1). See Table."""

    @property
    def notes(self) -> tuple[str, ...]:
        """The table's notes, and how a vector is read."""
        return (*self.given.notes, f"{self.name}: a vector is read as rows of one class each (--multilabel)")


def multilabel_tables(logits: Table, labels: Table, asked: int | None) -> tuple[Table, Table, Layout]:
    """Return the logits in a shape with an axis of classes, the labels, and where the classes are in each.

    Logits (N,) are N rows of one class. Labels of one class may leave its axis out: theirs is None then. With more
    than two axes both shapes are the same, and do not tell where the classes are. Raises InputError where the shapes
    do not fit.
    """
    if labels.dtype.kind == "U":
        what = "names, where multi-label rows are numbers: 0 or 1, or a probability, for each class"
        raise InputError(labels.name, what, "leave --multilabel out if each row has one class")
    if len(logits.shape) == 1:
        logits, asked = OneClass(logits), None
    axis = _class_axis(logits, labels, asked)
    logits = with_known_shape(logits, axis)
    if len(labels.shape) == len(logits.shape) and axis == 0:
        labels = with_known_shape(labels, axis)
    if fits(logits.shape, labels.shape):
        return logits, labels, Layout(axis, axis, sequence_length(logits.shape, axis))
    if logits.shape[axis] == 1 and fits(rows_shape(logits, axis), labels.shape):
        return logits, labels, Layout(axis, None, sequence_length(logits.shape, axis))
    raise _misfit(logits, labels, axis)


def refuse_single_label_options(reading: Reading, ignore_index: int | None) -> None:
    """Raise UsageError for an option that says something of one class per row."""
    asked = {
        "--ignore-index": ignore_index is not None,
        "--label-base": reading.label_base != Reading.label_base,
        "--label-values": reading.label_values != PROBABILITIES,
        "--ignore-missing": reading.ignore_missing,
    }
    for option, given in asked.items():
        if given:
            raise UsageError(f"{option} is for one label per row; leave it or --multilabel out")


class MultiLabelRule:
    """What multi-label labels may be: for each class a number from 0 to 1. Takes the place of LabelRule.

    ``order`` is where in the labels each class stands, with what there is to say of it (see class_order); ``names``
    are the classes', ``place`` gives a row's place in the labels' file.
    """

    ignore_index = None

    def __init__(self, order: Order, names: tuple[str, ...], place: Place) -> None:
        self._order, note = order
        self.notes = (note,) if note else ()
        self._names = names
        self._place = place

    def target(self, values: NDArray[Any], start: int) -> Target:
        """Return the target of rows ``start`` on; raises InputError at the first value that cannot be."""
        rows = values[:, np.newaxis] if values.ndim == 1 else values
        rows = in_order(rows, self._order)
        rows = rows if rows.dtype.kind == "f" else rows.astype(np.float64)
        possible = (rows >= 0) & (rows <= 1)
        if not possible.all():
            row, column = (int(place) for place in np.argwhere(~possible)[0])
            value = str(rows[row, column]).removesuffix(".0")
            what = f"{value} is not a label: multi-label labels are 0, 1 or a probability between them"
            raise InputError(f"{self._place(start + row)}, class {self._names[column]}", what)
        return MultiLabel(rows)

    def text(self, target: Target) -> list[str]:
        """Return the names of each row's classes, ``cat+dog``; empty where a label is neither 0 nor 1."""
        rows = target.rows if isinstance(target, MultiLabel) else np.empty((0, 0))
        whole = ((rows == 0) | (rows == 1)).all(axis=1)
        return [
            ("+".join(self._names[place] for place in np.flatnonzero(row).tolist()) or NO_LABEL) if hard else ""
            for row, hard in zip(rows, whole.tolist(), strict=True)
        ]


def _class_axis(logits: Table, labels: Table, asked: int | None) -> int:
    if asked is not None or len(logits.shape) <= 2:
        return find_class_axis(logits, asked)
    single = [axis for axis, size in enumerate(logits.shape) if size == 1]
    fitting = [axis for axis in single if fits(rows_shape(logits, axis), labels.shape)]
    if len(fitting) == 1:
        return fitting[0]
    if len(single) == 1 and fits(logits.shape, labels.shape):
        return single[0]
    if fits(logits.shape, labels.shape):
        what = f"shape {shape_text(logits.shape)}, and with --multilabel any axis could be that of the classes"
        raise InputError(logits.name, what, "say which: --class-axis")
    raise _misfit(logits, labels, None)


def _misfit(logits: Table, labels: Table, axis: int | None) -> InputError:
    what = f"labels of shape {shape_text(labels.shape)}, and the logits have {shape_text(logits.shape)}"
    names_column = axis is not None and len(labels.shape) == 1
    remedy = "leave --multilabel out if each row has one class" if names_column else ""
    return InputError(labels.name, f"{what}: with --multilabel each row needs one label per class", remedy)
