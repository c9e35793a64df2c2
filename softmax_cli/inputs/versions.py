"""Two versions of the same logits, A and B, and their labels if there are any: read in step and held together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.axes import axis_notes, find_class_axis, with_known_shape
from softmax_cli.inputs.chosen_rows import (
    SHIFT_WITHOUT_LABELS,
    ChosenRows,
    choices,
    chosen_labels,
    chosen_logits,
    rows_in_file,
    whole,
)
from softmax_cli.inputs.class_names import numbered_names
from softmax_cli.inputs.class_order import class_order, in_order
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.layout import Layout
from softmax_cli.inputs.opening import as_files, as_sources, open_logits, select_classes, with_array, with_arrays
from softmax_cli.inputs.pairs import Pair, open_pair
from softmax_cli.inputs.progress import Progress
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.row_ids import refuse_other_order
from softmax_cli.inputs.shapes import class_axis_in, fits, shape_text, squeezed
from softmax_cli.inputs.single import ColumnTable
from softmax_cli.inputs.values import as_in_file, by_class
from softmax_cli.inputs.version_faults import rows_fault, shape_fault
from softmax_cli.inputs.wrapped import unwrapped
from softmax_cli.losses.targets import Target
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.table import Table, left_out


@dataclass(frozen=True, eq=False)
class VersionsBlock:
    """Rows ``start`` to ``start + len(a)`` of both, (n, C), as they stand in the files; ``target`` is their labels'."""

    start: int
    a: NDArray[Any]
    b: NDArray[Any]
    target: Target | None


class Versions:
    """Logits A and B of the same shape; B's classes in the order of A's, by their names.

    Raises InputError as soon as the shapes or the names cannot belong together, and for another number of rows while
    these are read.
    """

    def __init__(self, a: Table, b: Table, class_axis: int, pair: Pair | None, reading: Reading) -> None:
        self.a = a
        self.reading = reading
        self.class_axis = class_axis
        self.pair = pair
        self.classes = int(a.shape[class_axis] or 0)
        self._shape = shape = whole(a).shape
        b = ColumnTable(b) if isinstance(whole(a), ColumnTable) and len(b.shape) == 1 else b
        axis = class_axis_in(b.shape, shape, class_axis)
        b = b if axis is None else with_known_shape(b, axis)
        axis = class_axis_in(b.shape, shape, class_axis)
        if axis is None:
            self._refuse_shape(b)
        same = fits(shape, b.shape)
        self._shape_note = "" if same else f"{b.name}: shape {shape_text(b.shape)}, read as {shape_text(shape)}"
        self._axis_of_b = axis
        kept = as_in_file(a)
        b = ChosenRows(b, axis, kept.choice) if isinstance(kept, ChosenRows) else b
        self.b = by_class(b, axis, reading)
        self._rows_read = 0
        self._order, self._order_note = class_order(a, self.b)

    @property
    def display_names(self) -> tuple[str, ...]:
        """The classes' names: A's, else B's, else their indices."""
        return numbered_names(self.a.column_names or self.b.column_names, self.classes)

    @property
    def rows(self) -> int | None:
        """How many rows there are; None where only the end of the files tells."""
        sizes = [size for place, size in enumerate(self.a.shape) if place != self.class_axis]
        return None if None in sizes else math.prod(size or 0 for size in sizes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided without being asked, as far as it is known by now."""
        of_a = self.a.notes if self.pair is None else self.pair.notes
        notes = (*of_a, *(note for note in (*self.b.notes, self._shape_note, self._order_note) if note))
        if self.pair is not None and self.pair.by_probabilities:
            notes = (*notes, "the labels are probabilities; the likeliest class of each row counts as its label")
        if self.pair is None:
            notes = (*notes, *axis_notes(unwrapped(self.a), self.class_axis))
        return notes

    def kept_beside(self, table: Table) -> Table:
        """Return a table of one value per row in the file, without the rows that are skipped."""
        if self.pair is not None:
            return self.pair.kept_beside(table)
        kept = as_in_file(self.a)
        return chosen_labels(table, None, kept.choice) if isinstance(kept, ChosenRows) else table

    def progress(self) -> Progress:
        """How far the latest pass has come, in both files together."""
        positions, sizes = zip(self.a.progress(), self.b.progress(), strict=True)
        return Progress(self._rows_read, sum(positions), sum(sizes))

    def labels(self, target: Target | None, rows: int) -> list[str]:
        """The labels of some rows as the file spells them; empty without labels."""
        return [""] * rows if self.pair is None or target is None else self.pair.rule.text(target)

    def blocks(self, rows: int) -> Iterator[VersionsBlock]:
        """All rows, in order, ``rows`` at a time or about so many."""
        feed = Feed(self.b.blocks(rows, self._axis_of_b))
        blocks = self._blocks_of_a(rows)
        start = 0
        for a, target in blocks:
            b = feed.take(len(a))
            if len(b) < len(a):
                self._refuse_rows(start + len(a) + sum(len(rest) for rest, _ in blocks), start + len(b))
            self._rows_read = start + len(a)
            yield VersionsBlock(start, a, in_order(b, self._order), target)
            start += len(a)
        if surplus := feed.rest():
            self._refuse_rows(start, start + surplus)

    def _blocks_of_a(self, rows: int) -> Iterator[tuple[NDArray[Any], Target | None]]:
        if self.pair is None:
            return ((block, None) for block in self.a.blocks(rows, self.class_axis))
        return ((block.logits, block.target) for block in self.pair.blocks(rows))

    def _refuse_shape(self, b: Table) -> NoReturn:
        raise InputError(b.name, *shape_fault(whole(self.a), b, self.class_axis))

    def _refuse_rows(self, a: int, b: int) -> NoReturn:
        a, b = rows_in_file(self.a, a), rows_in_file(self.b, b)
        shapes = [shape_text((rows, self.classes)) for rows in (b, a)]
        what = f"shape {shapes[0]}, and {self.a.name} has {shapes[1]}"
        raise InputError(self.b.name, what, rows_fault(whole(self.a), whole(self.b), self.class_axis, self._axis_of_b))


def open_versions(a: Any, b: Any, labels: Any, reading: Reading, ignore_index: int | None = None) -> Versions:
    """Open the files: paths, ``-`` for one of them, or arrays.

    Classes are chosen in both, but of an array beside a delimited file, whose columns have names, all are taken.
    """
    reading.refuse_multilabel("compare")
    a, b, labels = as_sources(a, b, as_files(labels, names=True))
    a, labels, reading = with_arrays(a, labels, reading, needed=False)
    b, reading = with_array(b, reading, "b")
    plain = replace(reading, logit_columns=None, label_column=None)
    whole_a, whole_b = open_logits(a, plain, "a"), open_logits(b, plain, "b")
    of_a = reading
    if isinstance(whole_a, ArrayTable) and not isinstance(whole_b, ArrayTable):
        of_a = replace(reading, logit_columns=None)
    if labels is None and reading.label_column is None:
        if ignore_index is not None:
            raise UsageError("--ignore-index is a label, and there are no labels; give their file, or leave it out")
        pair, table = None, open_logits(a, of_a, "a")
        axis = _axis_beside(table, whole_b, reading.class_axis)
        table = with_known_shape(select_classes(table, axis, of_a), axis)
        if reading.shift:
            raise UsageError(SHIFT_WITHOUT_LABELS)
        table = chosen_logits(table, axis, choices(table, Layout(axis, None), reading)[0], reading)
        table = by_class(table, axis, reading)
    else:
        pair = open_pair(a, labels, of_a, ignore_index, "a")
        table, axis = pair.logits, pair.class_axis
    if reading.logit_columns is None:
        refuse_other_order(whole_a, whole_b)
    array = isinstance(whole_b, ArrayTable)
    if array and not isinstance(whole_a, ArrayTable):
        return Versions(table, whole_b, axis, pair, reading)
    with_labels = labels is None and not array and _has_label_column(whole_b, reading, whole(table).shape[axis])
    of_b = reading if with_labels else replace(reading, label_column=None)
    return Versions(table, select_classes(open_logits(b, of_b, "b"), axis, of_b), axis, pair, reading)


def _axis_beside(a: Table, b: Table, asked: int | None) -> int:
    """The classes' axis of A without labels; where B is a table, that of its columns."""
    if asked is None and len(a.shape) > 2 == len(b.shape) and squeezed(a.shape) == squeezed(b.shape):
        asked = class_axis_in(a.shape, b.shape, 1)
    return find_class_axis(a, asked)


def _has_label_column(b: Table, reading: Reading, classes: int | None) -> bool:
    """Whether B, too, has the column of labels that was named for A: it may be a copy of the whole file."""
    column = reading.label_column
    if column is None or reading.logit_columns is not None:
        return False
    if column in left_out(b) or column in (b.column_names or ()):
        return True
    return classes is not None and (b.shape[-1] or 0) + len(left_out(b)) == classes + 1
