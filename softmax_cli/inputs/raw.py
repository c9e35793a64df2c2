"""Logits and labels read together in blocks, whether they belong together or not: for a look at what is wrong."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.inputs.axes import axis_notes, find_class_axis, rows_shape, with_known_shape
from softmax_cli.inputs.chosen_rows import (
    SHIFT_WITHOUT_LABELS,
    choices,
    chosen_labels,
    chosen_logits,
)
from softmax_cli.inputs.class_names import counted_numbers, numbered_names
from softmax_cli.inputs.class_order import in_order, label_order
from softmax_cli.inputs.distributions import distributions, of_class_1
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.label_header import without_header
from softmax_cli.inputs.layout import Layout, lay_out, opened_whole, possible_layouts
from softmax_cli.inputs.loose import LooseLabels, LooseRule
from softmax_cli.inputs.missing import missing_labels, require_single_labels
from softmax_cli.inputs.opening import open_labels, open_logits, select_classes
from softmax_cli.inputs.pairs import require_indices_to_ignore, require_rows_of_labels
from softmax_cli.inputs.progress import Progress
from softmax_cli.inputs.reading import LOGITS, Reading
from softmax_cli.inputs.row_ids import refuse_other_order
from softmax_cli.inputs.single import SingleLogits, as_column, has_soft_labels
from softmax_cli.inputs.values import by_class, single_first
from softmax_cli.inputs.wrapped import unwrapped
from softmax_cli.metrics.one_hot import FlatOneHot
from softmax_cli.readers.table import Table

_LEFT_AT_ONCE = 1 << 17


@dataclass(frozen=True, eq=False)
class RawBlock:
    """Rows ``start`` on: logits (n, C) as they stand in the file, and as many of their labels as there are.

    ``sequences`` (n,) are the numbers of the sequences that the rows are in, None where all rows are one.
    """

    start: int
    logits: NDArray[Any]
    labels: LooseLabels | None
    sequences: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class RawTables:
    """Both files, opened; ``notes`` say what was decided about the two."""

    logits: Table
    labels: Table | None
    notes: tuple[str, ...] = ()

    @classmethod
    def open(cls, logits: Any, labels: Any, reading: Reading) -> "RawTables":
        """Open sources; without ``labels`` they are a column of the logits' file, or there are none."""
        of_logits = reading
        if labels is not None:
            of_logits = replace(reading, label_column=None)
        elif reading.label_column is not None:
            labels = logits
        opened = open_logits(logits, of_logits)
        if labels is None:
            return cls(opened, None)
        opened_labels = open_labels(labels, reading, opened.column_names, overflow=True)
        refuse_other_order(opened, opened_labels)
        opened_labels, notes = without_header(opened, opened_labels)
        return cls(as_column(opened, opened_labels, reading)[0], opened_labels, notes)

    def fitting_axes(self, reading: Reading) -> list[int]:
        """The logits' axes that may hold the classes, the likeliest first; the one that was asked for is that.

        Raises InputError where the shapes fit on no axis, or on several without labels that could decide.
        """
        chosen_before = reading.logit_columns is not None and reading.class_axis is not None
        if self.labels is None or chosen_before:  # the classes lie along the axis from which they were chosen
            return [find_class_axis(self.logits, reading.class_axis)]
        asked = replace(reading, class_axis=None)
        if len(self.logits.shape) <= 2 or reading.class_axis is None:
            asked = reading
        logits, labels = opened_whole(self.logits, self.labels, asked.class_axis)
        found = possible_layouts(single_first(logits, asked), labels, asked)
        axes = [layout.class_axis for layout in found]
        if reading.class_axis is not None:
            chosen = self.layout(find_class_axis(self.logits, reading.class_axis), reading)
            axes.insert(0, chosen.class_axis)
        return list(dict.fromkeys(axes))[: None if reading.logit_columns is None else 1]

    def layout(self, axis: int, reading: Reading) -> Layout:
        """How the labels lie, with the classes on this axis of the logits."""
        if self.labels is None:
            return Layout(axis, None)
        asked = replace(reading, class_axis=axis)
        logits, labels = opened_whole(self.logits, self.labels, axis)
        return lay_out(single_first(logits, asked), labels, asked)


class RawPair:
    """Logits (N, C), and labels that may be of any number and kind.

    ``given`` is how many labels there are, and ``flat`` what they are as one-hot rows that were written value after
    value, both once all blocks have been read.
    """

    def __init__(self, tables: RawTables, axis: int, reading: Reading, ignore_index: int | None = None) -> None:
        self.axis = axis
        layout = tables.layout(axis, reading)
        logits, labels = with_known_shape(select_classes(tables.logits, axis, reading), axis), tables.labels
        if labels is not None:
            logits, labels = opened_whole(logits, labels, axis)
        elif reading.shift:
            raise UsageError(SHIFT_WITHOUT_LABELS)
        self._reading, self._choice = reading, choices(logits, layout, reading)
        self.label_axis, self.sequence = layout.label_axis, layout.sequence
        self._shape_notes = (*tables.notes, *axis_notes(unwrapped(logits), axis), *filter(None, [layout.note]))
        self.logits, self.labels = self._chosen(logits, labels)
        self.said = reading.values != LOGITS
        self.unsure = isinstance(self.logits, SingleLogits) and not self.said
        self.classes = int(self.logits.shape[axis] or 0)
        self.names = self.logits.column_names
        self._soft = (
            isinstance(self.logits, SingleLogits)
            and self.labels is not None
            and has_soft_labels(self.labels, self.label_axis, reading.label_values)
        )
        by_probabilities = self.label_axis is not None or self._soft
        require_single_labels(reading, by_probabilities=by_probabilities)
        require_rows_of_labels(by_probabilities or self.labels is None, reading.label_values)
        require_indices_to_ignore(by_probabilities, ignore_index)
        self.base = reading.label_base
        self.given = self._rows_read = 0
        self.flat = FlatOneHot(self.classes)
        order = (None, "") if self.labels is None else label_order(self.logits, self.labels, self.label_axis)
        self._order, self._order_note = order
        self._rule = LooseRule(self.classes, self.names, self.base, ignore_index, self._counted_numbers(ignore_index))

    def _counted_numbers(self, ignore_index: int | None) -> NDArray[np.int64] | None:
        if self.labels is None or self.label_axis is not None or self._soft:
            return None
        return counted_numbers(self.names, self.base, self.labels, ignore_index)

    @property
    def display_names(self) -> tuple[str, ...]:
        """The classes' names: the header's, else their indices."""
        return numbered_names(self.names, self.classes)

    @property
    def known_rows(self) -> int | None:
        """How many rows there are, None where only the end of the file tells."""
        sizes = rows_shape(self.logits, self.axis)
        return None if None in sizes else math.prod(size or 0 for size in sizes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided without being asked, as far as it is known by now."""
        of_labels = () if self.labels is None else self.labels.notes
        notes = tuple(dict.fromkeys((*self.logits.notes, *of_labels)))
        return (*notes, *filter(None, [self._order_note]), *self._shape_notes)

    def progress(self) -> Progress:
        """How far the latest pass has come."""
        return Progress(self._rows_read, *self.logits.progress())

    def blocks(self, rows: int, *, skip_rows: int = 0, skip_labels: int = 0) -> Iterator[RawBlock]:
        """All rows in order, about ``rows`` at a time, each with its label, as far as these go.

        The first ``skip_rows`` rows and the first ``skip_labels`` labels are passed over.
        """
        labels = None if self.labels is None else Feed(self.labels.blocks(rows, self.label_axis))
        if labels is not None:
            labels.take(skip_labels)
        self.given = start = 0
        numbers = Feed(self._choice[0].numbers())
        for block in self.logits.blocks(rows, self.axis):
            sequences = None if self.sequence is None else numbers.take(len(block)) // self.sequence
            passed = min(skip_rows, len(block))
            skip_rows -= passed
            if passed < len(block):
                taken = None if labels is None else self._next(labels, len(block) - passed)
                yield RawBlock(start, block[passed:], taken, None if sequences is None else sequences[passed:])
            start += len(block) - passed
            self._rows_read = start
        while labels is not None and len(self._next(labels, _LEFT_AT_ONCE).numbers):
            pass  # those that no row is left for are counted

    def _chosen(self, logits: Table, labels: Table | None) -> tuple[Table, Table | None]:
        """The rows of both files that are kept."""
        of_logits, of_labels = self._choice
        labels = None if labels is None else chosen_labels(labels, self.label_axis, of_labels)
        logits = chosen_logits(logits, self.axis, of_logits, self._reading)
        return by_class(logits, self.axis, self._reading), labels

    def _next(self, labels: Feed, most: int) -> LooseLabels:
        given = labels.take(most)
        self.given += len(given)
        if self._soft:
            given = of_class_1(given, self._reading.label_values)
        elif given.ndim == 2:
            given = distributions(in_order(given, self._order), self._reading.label_values)
        if given.ndim == 1:
            self.flat.add(given)
        read = self._rule.read(given)
        if not self._reading.ignore_missing or given.ndim != 1:
            return read
        missing = missing_labels(given)
        return replace(read, valid=read.valid & ~missing, ignored=read.ignored | missing)
