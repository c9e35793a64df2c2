"""Logits and their labels, read together in blocks of rows and held against each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.axes import axis_notes, with_known_shape
from softmax_cli.inputs.chosen_rows import choices, chosen_labels, chosen_logits, rows_in_file, unwrapped
from softmax_cli.inputs.class_names import numbered_names
from softmax_cli.inputs.class_order import class_order
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.label_header import without_header
from softmax_cli.inputs.labels import LabelRule
from softmax_cli.inputs.layout import lay_out, opened_whole
from softmax_cli.inputs.missing import missing_labels, require_single_labels, target_of_present
from softmax_cli.inputs.multilabel import MultiLabelRule, multilabel_tables, refuse_single_label_options
from softmax_cli.inputs.opening import as_files, as_sources, open_labels, open_logits, select_classes
from softmax_cli.inputs.progress import Progress
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, PROBABILITIES, Reading
from softmax_cli.inputs.row_weights import RowWeights, is_column, open_row_weights, quoted
from softmax_cli.inputs.single import SingleLogits, as_column, has_soft_labels
from softmax_cli.inputs.values import by_class, cautions, single_first
from softmax_cli.losses.targets import MultiLabel, Target
from softmax_cli.readers.pieces import Pieces
from softmax_cli.readers.table import Table, left_out
from softmax_cli.reports.grid import count


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
        self._opening_notes: tuple[str, ...] = ()
        if self.multilabel:
            refuse_single_label_options(reading, ignore_index)
            logits, labels, layout = multilabel_tables(logits, labels, reading.class_axis)
        else:
            labels, header_notes = without_header(logits, labels)
            logits, vector_notes = as_column(logits, labels, reading)
            self._opening_notes = (*header_notes, *vector_notes)
            logits, labels = opened_whole(logits, labels, reading.class_axis)
            layout = lay_out(single_first(logits, reading), labels, reading)
        self.class_axis, self._label_axis = layout.class_axis, layout.label_axis
        logits = with_known_shape(select_classes(logits, layout.class_axis, reading), layout.class_axis)
        self._shape_notes = (*axis_notes(unwrapped(logits), layout.class_axis), *filter(None, [layout.note]))
        of_logits, of_labels = choices(logits, layout, reading)
        logits = chosen_logits(logits, layout.class_axis, of_logits, reading)
        self.logits = by_class(logits, layout.class_axis, reading)
        self._labels = chosen_labels(labels, layout.label_axis, of_labels)
        self.single = isinstance(self.logits, SingleLogits)
        self._soft = self.single and has_soft_labels(self._labels, self._label_axis, reading.label_values)
        require_single_labels(reading, by_probabilities=self.by_probabilities)
        require_rows_of_labels(self.by_probabilities or self.multilabel, reading.label_values)
        self.classes = int(self.logits.shape[self.class_axis] or 0)
        self.class_names = self.logits.column_names or (labels.column_names if self.multilabel else None)
        self._column_notes = _column_notes(self.logits, labels, reading.label_column)
        self._rows_read = self._missing = 0
        self._of_labels = of_labels
        self.row_weights: RowWeights | None = None
        self.rule = self._rule(reading, ignore_index)

    def weigh(self, weights: RowWeights) -> None:
        """Have the rows weigh what a file says: of all rows in the file, also where some are skipped."""
        weights.keep(chosen_labels(weights.table, None, self._of_labels))
        self.row_weights = weights

    def _rule(self, reading: Reading, ignore_index: int | None) -> LabelRule | MultiLabelRule:
        if self.multilabel:
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
        )

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
        of_files = (*self.logits.notes, *self._labels.notes, *self._opening_notes)
        notes = tuple(dict.fromkeys((*of_files, *self.rule.notes, *self._column_notes)))
        missing = f"{self._labels.name}: {count(self._missing, 'row')} without a label left out by --ignore-missing"
        return (*notes, *self._shape_notes, *([missing] if self._missing else []))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said even where nothing else is printed, once the rows have been read."""
        return (*cautions(self.logits), *self._log_probability_cautions())

    def _log_probability_cautions(self) -> Iterator[str]:
        """Say that values never above 0, all of class 0, may be what an API gives: log p of what occurred."""
        if not (isinstance(self.logits, SingleLogits) and isinstance(self.rule, LabelRule)):
            return
        if self.logits.never_above_0 and self.rule.only_class == 0:
            what = "no value is above 0, and every label is 0"
            remedy = f"if these are log-probabilities of what occurred, use --values {LABEL_LOG_PROBABILITIES}"
            yield f"{self.logits.name}: {what}; {remedy}, without labels"

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
        self._missing = (self._missing if start else 0) + int(np.count_nonzero(missing_labels(values)))
        return target_of_present(self.rule.target, values, start)

    def _refuse(self, rows: int, labels: int) -> NoReturn:
        rows, labels = rows_in_file(self.logits, rows), rows_in_file(self._labels, labels)
        unknown = None in self.logits.shape + self._labels.shape
        hint = ""
        turned = labels == self.classes and self.class_axis == 1 and not self.single
        if turned and not isinstance(unwrapped(self.logits), Pieces):
            hint = "if the classes run down the lines, use --class-axis 0"
        elif rows - labels == abs(self.reading.shift) > 0:
            last = rows - 1 if self.reading.shift > 0 else 0
            hint = f"if the labels are shifted already, leave --shift out and use --skip-rows {last}"
        elif abs(rows - labels) == 1 and unknown:
            hint = "a header may have been read as data, or data as a header: --header or --no-header"
        elif rows - labels == 1:
            hint = "if each label is the next row's, use --shift 1: it leaves out the last row of the logits"
        what = f"{count(labels, 'label')} for {count(rows, 'row')} of logits in {self.logits.name}"
        raise InputError(self._labels.name, what, hint)


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
    if is_column(row_weight) and reading.logit_columns is None and row_weight in (opened.column_names or ()):
        classes = ",".join(quoted(each) for each in opened.column_names or () if each != row_weight)
        opened = open_logits(logits, replace(of_logits, logit_columns=classes), name)
    pair = Pair(opened, open_labels(labels, reading, opened.column_names), reading, ignore_index)
    require_indices_to_ignore(pair.by_probabilities, ignore_index)
    if row_weight is not None:
        pair.weigh(open_row_weights(row_weight, labels, logits, reading))
    return pair


def require_indices_to_ignore(by_probabilities: bool, ignore_index: int | None) -> None:
    """Raise UsageError for an index to ignore among labels that are probabilities."""
    if by_probabilities and ignore_index is not None:
        raise UsageError("--ignore-index is for class indices, and these labels are probabilities; leave it out")


def require_rows_of_labels(by_probabilities: bool, label_values: str) -> None:
    """Raise UsageError for a kind of values that rows of labels hold, where a label is one value."""
    if label_values != PROBABILITIES and not by_probabilities:
        raise UsageError(f"--label-values {label_values} is for rows of labels, and these are one value per row")


def _column_notes(logits: Table, labels: Table, label_column: str | None) -> tuple[str, ...]:
    """What to say where the logits too have the labels' column: two pieces, taken for logits and labels."""
    if label_column not in (*(logits.column_names or ()), *left_out(unwrapped(logits))) or label_column.isdigit():
        return ()
    what = f"{logits.name}: it has a column {label_column!r} too, but the labels are those of {labels.name}"
    return (f"{what}; if both are pieces, give one pattern in quotes",)
