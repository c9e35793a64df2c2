"""How labels lie beside logits: which axis holds the classes, and whether a label is one value or a row of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.inputs.axes import asked_axis, with_known_shape
from softmax_cli.inputs.distributions import TOLERANCE
from softmax_cli.inputs.reading import PROBABILITIES, Reading
from softmax_cli.inputs.shapes import (
    EXACT,
    REGROUPED,
    UNIT_AXES,
    Shape,
    class_axis_in,
    fits,
    likeness,
    sequence_axis,
    shape_text,
    shortened,
    squeezed,
    without,
)
from softmax_cli.readers.pieces import Pieces
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

_ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Layout:
    """``class_axis`` of the logits and ``label_axis`` of the labels, None where each label is one value.

    ``sequence`` is how many rows one sequence has, None where all rows are one. With ``cut`` the labels have so many
    positions fewer per sequence than the logits, since they were shifted before. ``note`` says what was decided.
    """

    class_axis: int
    label_axis: int | None
    sequence: int | None = None
    cut: int = 0
    note: str = ""


@dataclass(frozen=True)
class _Candidate:
    class_axis: int
    label_axis: int | None
    likeness: int
    rows: Shape
    cut: int = 0


def opened_whole(logits: Table, labels: Table, asked: int | None) -> tuple[Table, Table]:
    """Both as they are; read whole where the classes run down the lines of a file."""
    axis = asked_axis(logits, asked)
    if axis is None:
        return logits, labels
    if len(labels.shape) == len(logits.shape) == 2 and labels.shape[1] != 1:
        labels = with_known_shape(labels, axis)  # probabilities lie as the logits do
    return with_known_shape(logits, axis), labels


def lay_out(logits: Table, labels: Table, reading: Reading) -> Layout:
    """The one way in which the labels can lie beside the logits.

    A table's classes are its columns. Beyond two axes frameworks differ (torch has the classes on axis 1; NumPy, JAX
    and Keras users on the last), so the shapes decide, or the user does. Raises InputError where the shapes fit in no
    way, or in several.
    """
    found = possible_layouts(logits, labels, reading)
    if len(found) > 1:
        axes = " or ".join(str(layout.class_axis) for layout in found)
        what = f"the classes could be on axis {axes} ({_both_shapes(logits, labels)})"
        raise InputError(logits.name, what, "say which: --class-axis")
    return found[0]


def possible_layouts(logits: Table, labels: Table, reading: Reading) -> list[Layout]:
    """All ways in which the labels can lie beside the logits; raises InputError where there is none.

    The number of rows is compared here only where both files tell it, and a table with another number of labels is
    let pass: how many there are of each is found out while they are read.
    """
    axes = _axes(logits, reading.class_axis)
    shapes = _known_shapes(logits, labels, axes)
    for cut in (0, abs(reading.shift)):
        found = [each for axis in axes for each in _candidates(*shapes, axis, cut, text=labels.dtype.kind == "U")]
        if found or not reading.shift:
            break
    chosen = _chosen(found, labels, reading) or _of_any_number(logits, labels, axes)
    if isinstance(logits, Pieces) and len(chosen) > 1:
        chosen = [each for each in chosen if each.class_axis != 0] or chosen  # pieces hold whole rows
    if not chosen:
        raise _misfit(logits, labels, shapes, axes)
    return [_layout(each, logits, labels, decided=len(found) > 1) for each in chosen]


def sequence_length(shape: Shape, class_axis: int) -> int | None:
    """How many rows one sequence has; None where the shape tells of a single one."""
    axis = sequence_axis(shape, class_axis)
    return None if axis is None or len(squeezed(without(shape, class_axis))) < 2 else shape[axis]


def _axes(logits: Table, asked: int | None) -> Sequence[int]:
    """The axes of the logits that may hold the classes, by the logits alone."""
    axis = asked_axis(logits, asked)
    if axis is not None:
        return [axis]
    return [len(logits.shape) - 1] if len(logits.shape) <= 2 else range(len(logits.shape))


def _known_shapes(logits: Table, labels: Table, axes: Sequence[int]) -> tuple[Shape, Shape]:
    """The shapes of both, with the lines of a text file counted where their number decides how the labels lie."""
    whole, given = logits.shape, labels.shape
    if None in given and (len(axes) > 1 or _may_be_one_line(logits, labels, axes[0])):
        given = _counted(labels)
        given = given if len(axes) > 1 or given[0] == 1 else labels.shape
    counts = None not in given and (len(squeezed(given)) > 1 or None in labels.shape)
    if None in whole and counts and given[-1] != whole[-1]:
        whole = _counted(logits)
    return whole, given


def _may_be_one_line(logits: Table, labels: Table, axis: int) -> bool:
    """Whether lines of numbers are too long for one label each, and are no probabilities."""
    columns = labels.shape[-1]
    return len(labels.shape) == 2 and columns not in {1, None, logits.shape[axis]} and labels.dtype.kind != "U"


def _counted(table: Table) -> Shape:
    return row_count(table), *table.shape[1:]


def row_count(table: Table) -> int:
    """Return how many lines of rows a text file has, in a pass over it."""
    return sum(map(len, table.blocks(_ROWS_AT_ONCE, len(table.shape) - 1)))


def _candidates(logits: Shape, given: Shape, axis: int, cut: int, *, text: bool) -> Iterator[_Candidate]:
    """The ways in which labels of shape ``given`` fit, with the classes of the logits on this axis."""
    shape = shortened(logits, axis, cut) if cut else logits
    if cut and shape == logits:
        return
    rows = without(shape, axis)
    if (alike := likeness(rows, given)) is not None:
        yield _Candidate(axis, None, alike, rows, cut)
    if text or shape[axis] == 1:
        return
    if (whole := class_axis_in(given, shape, axis)) is not None:
        yield _Candidate(axis, whole, EXACT if fits(given, shape) else UNIT_AXES, rows, cut)
        return
    for place, size in enumerate(given):
        alike = likeness(rows, without(given, place)) if size == shape[axis] else None
        last = place == len(given) - 1
        same_order = last or place == axis == 0 or (alike != REGROUPED and len(squeezed(given)) > 2)
        if alike is not None and same_order and (None not in rows or len(given) > 1):
            yield _Candidate(axis, place, alike, rows, cut)


def _chosen(found: Sequence[_Candidate], labels: Table, reading: Reading) -> list[_Candidate]:
    """Those that are most alike; several rows of probabilities are told apart by their sums."""
    rows_of_values = [each for each in found if each.label_axis is not None]
    doubtful = len(found) > 1 or (bool(found) and _may_be_indices(found[0], labels))
    if doubtful and rows_of_values and reading.label_values == PROBABILITIES and not reading.multilabel:
        axes = {each.label_axis for each in rows_of_values if each.label_axis is not None}
        summing = {axis for axis in axes if _sums_to_one(labels, axis)}
        if summing:
            return [each for each in rows_of_values if each.label_axis in summing]
        others = [each for each in found if each.label_axis is None]
        found = others if others or _may_be_indices(found[0], labels) else found
    best = min((each.likeness for each in found), default=EXACT)
    return [each for each in found if each.likeness == best]


def _may_be_indices(candidate: _Candidate, labels: Table) -> bool:
    """Whether the labels of what would be one row of probabilities lie as class indices of many rows do."""
    return candidate.label_axis is not None and candidate.rows == (1,) and len(labels.shape) == 1


def _sums_to_one(labels: Table, axis: int) -> bool:
    """Whether all rows along this axis are distributions, by their signs and sums."""
    if isinstance(labels, Pieces) and axis == 0:
        return False
    if labels.shape[axis] == 1 or (len(labels.shape) == 1 and labels.dtype.kind != "f"):
        return False
    for block in labels.blocks(_ROWS_AT_ONCE, axis):
        if (block < 0).any() or not (np.abs(block.sum(axis=1, dtype=np.float64) - 1) <= TOLERANCE).all():
            return False
    return True


def _of_any_number(logits: Table, labels: Table, axes: Sequence[int]) -> list[_Candidate]:
    """The labels of a table, however many there are."""
    if len(logits.shape) != 2:
        return []
    (axis,) = axes
    rows = without(logits.shape, axis)
    if len(squeezed(labels.shape)) <= 1 and len(labels.shape) <= 2:
        return [_Candidate(axis, None, EXACT, rows)]
    if len(labels.shape) == 2 and labels.shape[axis] == logits.shape[axis] and labels.dtype.kind != "U":
        return [_Candidate(axis, axis, EXACT, rows)]
    return []


def _layout(chosen: _Candidate, logits: Table, labels: Table, *, decided: bool) -> Layout:
    """The layout, and what there is to say about it."""
    sequence = sequence_length(logits.shape, chosen.class_axis)
    if sequence is None:
        of_labels = labels.shape if chosen.label_axis is None else without(labels.shape, chosen.label_axis)
        longer = squeezed(of_labels)
        sequence = None if len(longer) < 2 or longer[-1] is None else longer[-1] + chosen.cut
    return Layout(chosen.class_axis, chosen.label_axis, sequence, chosen.cut, _note(chosen, labels, decided=decided))


def _note(chosen: _Candidate, labels: Table, *, decided: bool) -> str:
    shape = f"{labels.name}: shape {shape_text(labels.shape)}, read as"
    of_rows = f"for each of {shape_text(chosen.rows)} rows" if chosen.rows else "for a single row"
    if chosen.label_axis is None:
        a_vector = len(chosen.rows) <= 1 and labels.shape[1:] in {(), (1,)}
        order = ", in their order" if chosen.likeness == REGROUPED else ""
        return "" if chosen.likeness == EXACT or a_vector else f"{shape} one label {of_rows}{order}"
    if chosen.likeness == EXACT and chosen.label_axis == chosen.class_axis:
        return f"{shape} probabilities, which sum to 1 along axis {chosen.label_axis}" if decided else ""
    return f"{shape} probabilities {of_rows}, on axis {chosen.label_axis}"


def _misfit(logits: Table, labels: Table, shapes: tuple[Shape, Shape], axes: Sequence[int]) -> InputError:
    """What the labels' shape should be, and the option that mends it where there is one."""
    by_one = [axis for axis in axes if any(_candidates(*shapes, axis, 1, text=labels.dtype.kind == "U"))]
    if by_one:
        what = f"one label fewer per sequence than the logits have positions ({_both_shapes(logits, labels)})"
        remedy = "if each label is the next token, use --shift 1: it leaves out the last position of the logits"
        return InputError(labels.name, what, remedy)
    given = f"labels of shape {shape_text(labels.shape)}"
    if len(logits.shape) <= 2:
        columns = None in labels.shape and len(labels.shape) == 2
        given = count(labels.shape[1] or 0, "column") if columns else given
        what = f"{given}; expected one label per row, or {logits.shape[axes[0]]} probabilities"
        return InputError(labels.name, what, "choose the column of the labels: --label-column" if columns else "")
    needed = " or ".join(shape_text(without(logits.shape, axis)) for axis in axes)
    of_axis = "the axis of the classes" if len(axes) > 1 else f"axis {axes[0]}"
    what = f"{given}; expected {needed}: the shape of the logits, {shape_text(logits.shape)}, without {of_axis}"
    return InputError(labels.name, what, "" if len(axes) > 1 else "if another axis holds the classes: --class-axis")


def _both_shapes(logits: Table, labels: Table) -> str:
    return f"shape {shape_text(logits.shape)}, labels {shape_text(labels.shape)}"
