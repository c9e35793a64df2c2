"""Logits and their labels, read together in blocks of rows and held against each other.

Files that lie plainly are the common case, and start quickest: what only the others need, and what only errors need,
is loaded where it begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.inputs.arranged import Arranged, plainly_arranged
from softmax_cli.inputs.class_names import counted_numbers, numbered_names
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.labels import LabelRule
from softmax_cli.inputs.opening import as_files, as_sources, open_labels, open_logits
from softmax_cli.inputs.progress import Progress
from softmax_cli.inputs.reading import PROBABILITIES, Reading
from softmax_cli.losses.targets import MultiLabel, Target
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

if TYPE_CHECKING:
    from softmax_cli.inputs.class_order import Order
    from softmax_cli.inputs.multilabel import MultiLabelRule
    from softmax_cli.inputs.row_weights import RowWeights


@dataclass(frozen=True, eq=False)
class Block:
    """Rows ``start`` to ``start + len(logits)``: logits (n, C) as they stand in the file, and their target."""

    start: int
    logits: NDArray[Any]
    target: Target
    weights: NDArray[np.float64] | None = None

    def part(self, first: int, end: int) -> "Block":
        """A copy of its rows ``first`` to ``end``, counted within the block: it outlives the block's memory."""
        weights = None if self.weights is None else self.weights[first:end].copy()
        return Block(self.start + first, self.logits[first:end].copy(), self.target.part(first, end), weights)

    def weighted(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the rows, (n,) or (n, C), times the row's weight; a row of weight 0 counts nowhere.

        The values of such a row are chosen to be 0, not multiplied, so that no nan leaks.
        """
        if self.weights is None:
            return values
        weights = self.weights if values.ndim == 1 else self.weights[:, np.newaxis]
        return np.where(weights == 0, 0.0, values * weights)

    def padded(self, multiple: int) -> "Block":
        """Return the block with rows of zeros behind it, up to a multiple of so many; for multi-label targets."""
        missing = -len(self.logits) % multiple
        if not missing or not isinstance(self.target, MultiLabel):
            return self
        logits, labels = (np.pad(rows, ((0, missing), (0, 0))) for rows in (self.logits, self.target.rows))
        return Block(self.start, logits, MultiLabel(labels))


class Pair:
    """Logits (N, C) with N labels, whatever the files' shapes.

    Raises InputError as soon as the shapes cannot belong together; what only the rows show (a label out of
    range, another number of rows) while they are read.
    """

    def __init__(self, logits: Table, labels: Table, reading: Reading, ignore_index: int | None = None) -> None:
        self.reading = reading
        self.multilabel = reading.multilabel
        found = plainly_arranged(logits, labels, reading) or _arranged(logits, labels, reading, ignore_index)
        self._arranged = found
        self.class_axis, self._label_axis = found.class_axis, found.label_axis
        self.logits, self._labels = found.logits, found.labels
        self.single, self._soft = found.single, found.soft
        require_rows_of_labels(self.by_probabilities or self.multilabel, reading.label_values)
        self.classes = int(self.logits.shape[self.class_axis] or 0)
        self.class_names = self.logits.column_names or (self._labels.column_names if self.multilabel else None)
        self._rows_read = self._missing = 0
        self.row_weights: RowWeights | None = None
        self.rule = self._rule(reading, ignore_index)

    def weigh(self, weights: "RowWeights") -> None:
        """Have the rows weigh what a file says: of all rows in the file, also where some are skipped."""
        weights.table = self.kept_beside(weights.table)
        self.row_weights = weights

    def kept_beside(self, table: Table) -> Table:
        """Return a table of one value per row in the file, without the rows that are skipped."""
        if self._arranged.kept is None:
            return table
        from softmax_cli.inputs.chosen_rows import chosen_labels

        return chosen_labels(table, None, self._arranged.kept)

    def _rule(self, reading: Reading, ignore_index: int | None) -> "LabelRule | MultiLabelRule":
        if self.multilabel:
            from softmax_cli.inputs.class_order import class_order
            from softmax_cli.inputs.multilabel import MultiLabelRule

            return MultiLabelRule(class_order(self.logits, self._labels), self.display_names, self.label_place)
        return LabelRule(
            classes=self.classes,
            names=self.class_names,
            base=reading.label_base,
            ignore_index=ignore_index,
            logits=self.logits.name,
            place=self.label_place,
            single=self.single,
            soft=self._soft,
            label_values=reading.label_values,
            order=self._label_order(),
            numbers=self._counted_numbers(reading.label_base, ignore_index),
        )

    def _counted_numbers(self, base: int, ignore_index: int | None) -> NDArray[np.int64] | None:
        """The classes' labels where the header counts them otherwise than from 0."""
        if self.class_names is None or not self.by_index:
            return None
        return counted_numbers(self.class_names, base, self._labels, ignore_index)

    def _label_order(self) -> "Order":
        """Where in rows of labels each class stands."""
        if self._label_axis is None or self._labels.column_names is None:
            return None, ""
        from softmax_cli.inputs.class_order import label_order

        return label_order(self.logits, self._labels, self._label_axis)

    @property
    def display_names(self) -> tuple[str, ...]:
        """The classes' names: the header's, else their indices."""
        return numbered_names(self.class_names, self.classes)

    @property
    def labels_name(self) -> str:
        """The name of the labels' file."""
        return self._labels.name

    @property
    def by_probabilities(self) -> bool:
        """Whether each label is a distribution: a row of probabilities, or for single logits that of class 1."""
        return (self._label_axis is not None or self._soft) and not self.multilabel

    @property
    def by_index(self) -> bool:
        """Whether each label is one class."""
        return not (self.by_probabilities or self.multilabel)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided without being asked, as far as it is known by now."""
        # One pattern may stand for both, and then both say in which order its files are read.
        of_files = (*self.logits.notes, *self._labels.notes, *self._arranged.opening_notes)
        notes = tuple(dict.fromkeys((*of_files, *self.rule.notes, *self._arranged.column_notes)))
        without = count(self._missing, "row without a label is", "rows without a label are")
        missing = f"{self._labels.name}: {without} left out (--ignore-missing)"
        return (*notes, *self._arranged.shape_notes, *([missing] if self._missing else []))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said even where nothing else is printed, once the rows have been read."""
        if not self.single:
            return ()
        from softmax_cli.inputs.single import SingleLogits

        only_class = self.rule.only_class if isinstance(self.rule, LabelRule) else None
        return self.logits.cautions_beside(only_class) if isinstance(self.logits, SingleLogits) else ()

    def label_place(self, row: int) -> str:
        """Return the place of a row's label in its file."""
        return self._labels.where(row, self._label_axis)

    def progress(self) -> Progress:
        """How far the latest pass has come."""
        return Progress(self._rows_read, *self.logits.progress())

    def blocks(self, rows: int, *, whole: bool = False) -> Iterator[Block]:
        """All rows, in order, ``rows`` at a time or about so many (``whole``: in one block).

        Raises InputError where the files differ in their number.
        """
        logits = self.logits.blocks(rows, self.class_axis)
        if whole:
            logits = iter([np.concatenate(list(logits))])
        labels = Feed(self._labels.blocks(rows, self._label_axis))
        weights = None if self.row_weights is None else self.row_weights.blocks(rows)
        start = 0
        for block in logits:
            values = labels.take(len(block))
            if len(values) < len(block):
                self._refuse(start + len(block) + sum(map(len, logits)), start + len(values))
            self._rows_read = start + len(block)
            weighing = None if weights is None else weights.take(len(block))
            yield Block(start, block, self._target(values, start), weighing)
            start += len(block)
        if weights is not None:
            weights.end()
        if surplus := labels.rest():
            self._refuse(start, start + surplus)

    def _target(self, values: NDArray[Any], start: int) -> Target:
        if not self.reading.ignore_missing or values.ndim != 1:
            return self.rule.target(values, start)
        from softmax_cli.inputs.missing import missing_labels, target_of_present

        self._missing = (self._missing if start else 0) + int(np.count_nonzero(missing_labels(values)))
        return target_of_present(self.rule.target, values, start)

    def _refuse(self, rows: int, labels: int) -> NoReturn:
        from softmax_cli.inputs.counts import other_count

        turned = self.class_axis == 1 and not self.single
        raise other_count(self.logits, self._labels, rows, labels, self.classes if turned else None, self.reading.shift)


def _arranged(logits: Table, labels: Table, reading: Reading, ignore_index: int | None) -> Arranged:
    from softmax_cli.inputs.arranging import arrange

    return arrange(logits, labels, reading, ignore_index)


def open_pair(
    logits: Any,
    labels: Any,
    reading: Reading,
    ignore_index: int | None = None,
    name: str = "logits",
    row_weight: Any = None,
) -> Pair:
    """Open both files; without ``labels`` they are a column of the logits' file (``reading.label_column``).

    ``name`` is what logits are called that are an array. ``row_weight`` is one weight per row: a file, an array, or the
    name of a column of one of the files, which is no class then.
    """
    of_logits = reading
    if labels is None:
        if reading.label_column is None:
            raise UsageError("labels are missing: give their file, or --label-column for a column of the same file")
        labels = logits = as_files(logits)
    else:
        logits, labels = as_sources(logits, labels)
        of_logits = replace(reading, label_column=None)  # the column is one of the labels' own file
    opened = open_logits(logits, of_logits, name)
    if row_weight is None:
        return _pair(opened, labels, reading, ignore_index)
    from softmax_cli.inputs.beside import is_column
    from softmax_cli.inputs.row_weights import open_row_weights
    from softmax_cli.readers.selection import quoted

    if is_column(row_weight) and reading.logit_columns is None and row_weight in (opened.column_names or ()):
        classes = ",".join(quoted(each) for each in opened.column_names or () if each != row_weight)
        opened = open_logits(logits, replace(of_logits, logit_columns=classes), name)
    pair = _pair(opened, labels, reading, ignore_index)
    weights = open_row_weights(row_weight, labels, logits, reading)
    _hold_together(opened, weights.table)
    pair.weigh(weights)
    return pair


def _pair(logits: Table, labels: Any, reading: Reading, ignore_index: int | None) -> Pair:
    opened = open_labels(labels, reading, logits.column_names)
    _hold_together(logits, opened)
    pair = Pair(logits, opened, reading, ignore_index)
    require_indices_to_ignore(pair.by_probabilities, ignore_index)
    return pair


def _hold_together(logits: Table, other: Table) -> None:
    """Raise InputError where ids in both files show that their rows are in another order."""
    if getattr(logits, "ids", ()) and getattr(other, "ids", ()):
        from softmax_cli.inputs.row_ids import refuse_other_order

        refuse_other_order(logits, other)


def require_indices_to_ignore(by_probabilities: bool, ignore_index: int | None) -> None:
    """Raise UsageError for an index to ignore among labels that are probabilities."""
    if by_probabilities and ignore_index is not None:
        raise UsageError("--ignore-index is for class indices, and these labels are probabilities; leave it out")


def require_rows_of_labels(by_probabilities: bool, label_values: str) -> None:
    """Raise UsageError for a kind of values that rows of labels hold, where a label is one value."""
    if label_values != PROBABILITIES and not by_probabilities:
        raise UsageError(f"--label-values {label_values} is for rows of labels, and these are one value per row")
