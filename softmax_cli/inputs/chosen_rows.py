"""A table without the rows that are left out."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.layout import Layout
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.row_choice import RowChoice, Rows, SkippedRows, shifted
from softmax_cli.inputs.shapes import Shape, sequence_axis, without
from softmax_cli.inputs.single import SingleLogits
from softmax_cli.inputs.values import ConvertedTable, as_in_file
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

_AT_ONCE = 1 << 18

SHIFT_WITHOUT_LABELS = "--shift is for labels, and there are none; leave it out"


class ChosenRows:
    """The rows of a table that are kept, numbered anew. See Table.

    ``axis`` is that of the classes, None for labels of one value each. ``choice`` speaks of the rows of logits; a table
    ``of_labels`` has those of the rows beside it, and keeps its shape. ``given`` is the table itself, and a ``note``
    of it says why rows are left out.
    """

    def __init__(
        self, given: Table, axis: int | None, choice: RowChoice, *, note: str = "", of_labels: bool = False
    ) -> None:
        self.given = given
        self.name = given.name
        self.dtype = given.dtype
        self.column_names = given.column_names
        self.shape = given.shape if of_labels else _kept_shape(given.shape, axis, choice)
        self.rows_read = self.rows_kept = 0
        self.choice = choice
        self._note = note
        self._of_labels = of_labels

    @property
    def notes(self) -> tuple[str, ...]:
        """The table's own, and how many rows are left, once they have been read."""
        if not self._note or not self.rows_read:
            return self.given.notes
        are = "is" if self.rows_kept == 1 else "are"
        left = f"{self.rows_kept:,} of {count(self.rows_read, 'row')} {are} left, and row numbers count these alone"
        return (*self.given.notes, f"{self.name}: {self._note}: {left}")

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """Return the rows that are kept; raises InputError where there are none, or where a skipped row is missing."""
        held_back = 0 if self.choice.sequence else self.choice.last
        self.rows_read = self.rows_kept = 0
        held: NDArray[Any] | None = None
        for block in self.given.blocks(rows, axis):
            kept = self.choice.kept(self._numbers(self.rows_read, len(block)))
            self.rows_read += len(block)
            found = block if kept.all() else block[kept]
            if held_back:
                found = found if held is None else np.concatenate([held, found])
                end = max(len(found) - held_back, 0)
                found, held = found[:end], found[end:].copy()
            self.rows_kept += len(found)
            if len(found):
                yield found
        self._refuse_missing()

    def progress(self) -> tuple[int, int]:
        """See Table."""
        return self.given.progress()

    def where(self, row: int, axis: int | None) -> str:
        """Return the place in the file of a row that is kept and has been read."""
        for start in range(0, self.rows_read, _AT_ONCE):
            length = min(_AT_ONCE, self.rows_read - start)
            kept = np.flatnonzero(self.choice.kept(self._numbers(start, length)))
            if row < len(kept):
                return self.given.where(start + int(kept[row]), axis)
            row -= len(kept)
        return self.name

    def _numbers(self, start: int, length: int) -> Rows:
        places = np.arange(start, start + length)
        return self.choice.row_of_label(places) if self._of_labels else places

    def _refuse_missing(self) -> None:
        if self._of_labels:
            return
        if self.choice.skipped.last >= self.rows_read:
            what = f"there is no row {self.choice.skipped.last}: the rows are 0 to {self.rows_read - 1}"
            raise InputError(self.name, what, "leave it out of --skip-rows")
        if not self.rows_kept:
            what = f"none of {count(self.rows_read, 'row')} is left"
            raise InputError(self.name, what, "give fewer rows to --skip-rows, or a smaller --shift")


def choices(logits: Table, layout: Layout, reading: Reading) -> tuple[RowChoice, RowChoice]:
    """Return which rows of logits and which labels are kept, both by the numbers of the rows of logits."""
    skipped = SkippedRows.parse(reading.skip_rows)
    rows = without(logits.shape, layout.class_axis)
    sequence = layout.sequence
    if sequence is None and None not in rows:
        sequence = math.prod(size or 0 for size in rows)
    if sequence is not None and abs(reading.shift) >= sequence:
        what = f"--shift {reading.shift}: a sequence has {count(sequence, 'position')}, and none would be left"
        raise UsageError(what)
    if layout.cut:
        cut = RowChoice(skipped, sequence, cut=layout.cut, cut_first=reading.shift < 0)
        return cut, cut
    return shifted(reading.shift, skipped=skipped, sequence=sequence)


def further(choice: tuple[RowChoice, RowChoice], shift: int) -> tuple[RowChoice, RowChoice]:
    """Return the choices with labels that many positions further on than they say."""
    more = shifted(shift)
    one, other = (
        replace(each, first=each.first + extra.first, last=each.last + extra.last)
        for each, extra in zip(choice, more, strict=True)
    )
    return one, other


def chosen_logits(logits: Table, axis: int, choice: RowChoice, reading: Reading) -> Table:
    """Return the rows of logits that are kept; the table itself where all are."""
    if choice.everything:
        return logits
    said = [] if reading.skip_rows is None else [f"--skip-rows {reading.skip_rows}"]
    if choice.cut:
        end = "first" if choice.cut_first else "last"
        said.append(f"the labels are shifted already, and the {end} {choice.cut} of each sequence has none")
    elif reading.shift:
        other = f"i {'+' if reading.shift > 0 else '-'} {abs(reading.shift)}"
        said.append(f"--shift {reading.shift} holds row i against label {other} of its sequence")
    return ChosenRows(logits, axis, choice, note="; ".join(said))


def chosen_labels(labels: Table, axis: int | None, choice: RowChoice) -> Table:
    """Return the labels of the rows that are kept; the table itself where all are."""
    return labels if choice.everything else ChosenRows(labels, axis, choice, of_labels=True)


def whole(table: Table) -> Table:
    """Return the table with all rows of the file, and the file's own values; a vector stays a column."""
    while isinstance(table, ChosenRows | ConvertedTable | SingleLogits):
        table = table.given
    return table


def rows_in_file(table: Table, rows: int) -> int:
    """Return how many rows a file has, of which so many are kept, once all have been read."""
    table = as_in_file(table)
    return table.rows_read if isinstance(table, ChosenRows) else rows


def _kept_shape(shape: Shape, axis: int | None, choice: RowChoice) -> Shape:
    """The shape without the rows that are left out: all rows along one axis where some are skipped."""
    rows = shape if axis is None else without(shape, axis)
    size = None if None in rows else math.prod(each or 0 for each in rows)
    along = sequence_axis(shape, -1 if axis is None else axis)
    if not choice.skipped and along is not None and choice.sequence is not None and choice.sequence == shape[along]:
        left = choice.sequence - choice.first - choice.last - choice.cut
        return (*shape[:along], left, *shape[along + 1 :])
    starts = range(0, size or 0, _AT_ONCE)
    kept = sum(int(np.count_nonzero(choice.kept(np.arange(at, min(at + _AT_ONCE, size or 0))))) for at in starts)
    first = 1 if axis == 0 else 0
    places = [place for place in range(len(shape)) if place != axis]
    sizes: list[int | None] = [1] * len(shape)
    if axis is not None:
        sizes[axis] = shape[axis]
    if places:
        sizes[first] = kept if size is not None else None
    return tuple(sizes)
