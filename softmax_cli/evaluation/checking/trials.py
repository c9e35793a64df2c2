"""What the loss would be if the files were read otherwise: a second pass, for the findings that ask for it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks.check import Trial
from softmax_cli.checks.remedies import OF_LABELS, Options, needs_no_labels
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.blocks import computing_dtype, rows_per_block
from softmax_cli.evaluation.checking.survey.losses import RowLosses, row_losses
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.loss import evaluate
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.totals import Totals
from softmax_cli.inputs.chosen_rows import whole
from softmax_cli.inputs.loose import LooseLabels
from softmax_cli.inputs.opening import open_logits
from softmax_cli.inputs.pairs import open_pair
from softmax_cli.inputs.raw import RawBlock, RawPair, RawTables
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.sums import Sum


@dataclass(frozen=True)
class Outcome:
    """The loss and the accuracy of a trial, over ``rows``; nan of none. Multi-label rows have no accuracy.

    ``complete`` says that every row has a label that is a class, or is one to ignore: `loss` would read them all.
    """

    loss: float
    accuracy: float | None
    rows: int
    complete: bool


@dataclass(frozen=True)
class Asked:
    """The files that were given, and how they were to be read."""

    logits: Any
    labels: Any
    reading: Reading
    ignore_index: int | None = None
    zero_log_zero: bool = False

    @property
    def with_labels(self) -> bool:
        """Whether there are labels, in a file of their own or not."""
        return self.labels is not None or self.reading.label_column is not None

    def other(self, options: Options) -> "Asked":
        """The same files, to be read with other options; raises UsageError where they cannot be."""
        names = {field.name for field in fields(Reading)}
        changes = {name: _or_default(name, value) for name, value in options.items() if name in names}
        ignore_index = options.get("ignore_index", self.ignore_index)
        zero_log_zero = options.get("zero_log_zero", self.zero_log_zero)
        if needs_no_labels(options):
            defaults = {name: getattr(Reading, name) for name in OF_LABELS if name in names}
            return Asked(self.logits, None, replace(self.reading, **{**defaults, **changes}))
        return Asked(self.logits, self.labels, replace(self.reading, **changes), ignore_index, zero_log_zero)

    def pairs(self) -> list[RawPair]:
        """The files, once for each axis that may hold the classes; of multi-label files the logits alone.

        Raises InputError or UsageError where they cannot be read so.
        """
        if self.reading.multilabel:
            return [self._multilabel_logits()]
        tables = RawTables.open(self.logits, self.labels, self.reading)
        return [RawPair(tables, axis, self.reading, self.ignore_index) for axis in tables.fitting_axes(self.reading)]

    def loss(self) -> float:
        """What `loss` prints."""
        options = {field.name: getattr(self.reading, field.name) for field in fields(Reading)}
        loss = evaluate(self.logits, self.labels, reference=False, preview=False, **options).loss()
        return loss if isinstance(loss, float) else np.nan

    def _multilabel_logits(self) -> RawPair:
        pair = open_pair(self.logits, self.labels, self.reading, self.ignore_index)
        reading = replace(self.reading, multilabel=False, shift=0, class_axis=pair.class_axis)
        logits = open_logits(self.logits, reading)
        if len(logits.shape) == 1:  # one class: its values are a column
            logits = whole(pair.logits)
        return RawPair(RawTables(logits, None), pair.class_axis, reading)


def _or_default(name: str, value: Any) -> Any:
    """The value of an option; None takes back what was given."""
    return getattr(Reading, name) if value is None else value


class TrialFold:
    """One trial, as far as the rows have been read."""

    def __init__(self, trial: Trial, dtype: str, *, zero_log_zero: bool) -> None:
        self._trial = trial
        self._dtype = dtype
        self._temperature = trial.options.get("temperature", 1.0)
        self._zero_log_zero = zero_log_zero
        self._losses = Totals()
        self._rows = self._hits = self._ignored = self._seen = 0

    def measure(self, block: RawBlock) -> tuple[RowLosses, int, int, int]:
        """The losses of a block's rows, how many of them are right, how many are ignored, and how many there are."""
        with np.errstate(all="ignore"):
            logits = block.logits
            if self._temperature != 1:
                dtype = np.float64 if logits.dtype.kind != "f" else logits.dtype
                logits = logits / np.asarray(self._temperature, dtype)
            labels = _changed(self._trial, block, logits.shape[1])
            view = View(RawBlock(block.start, logits, labels), self._dtype)
            found = row_losses(view, zero_log_zero=self._zero_log_zero)
        hits = int(np.count_nonzero(view.top[found.rows] == found.labels))
        return found, hits, 0 if labels is None else int(labels.ignored.sum()), len(view)

    def add(self, found: tuple[RowLosses, int, int, int]) -> None:
        """Add them."""
        losses, hits, ignored, seen = found
        self._losses.add(losses.losses)
        self._rows += len(losses.losses)
        self._hits += hits
        self._ignored += ignored
        self._seen += seen

    def outcome(self, given: int) -> Outcome:
        """All of it, of so many labels."""
        total = self._losses.partial().losses
        left_out = 0 if self._trial.options else total.nan  # other labels do not mend rows without a softmax
        mean = replace(total, nan=total.nan - left_out).over(Sum.count(self._rows - left_out))
        complete = self._rows + self._ignored == self._seen == given
        return Outcome(mean, self._hits / self._rows if self._rows else np.nan, self._rows, complete)


def _changed(trial: Trial, block: RawBlock, classes: int) -> LooseLabels | None:
    labels = block.labels
    if labels is None or (trial.labels is None and trial.instead is None):
        return labels
    ignored = labels.ignored
    numbers: NDArray[Any] = labels.numbers if trial.labels is None else trial.labels(labels.numbers)
    if trial.instead is not None:
        numbers = trial.instead[block.start : block.start + len(block.logits)]
        ignored = np.zeros(len(numbers), bool)
    valid = (numbers >= 0) & (numbers < classes) & ~ignored
    given = numbers if labels.kind == "probabilities" else labels.given  # one-hot rows, of other classes now
    return replace(labels, numbers=numbers, valid=valid, ignored=ignored, given=given)


def run_trials(trials: Sequence[Trial], asked: Asked, threads: int) -> Iterator[Outcome | None]:
    """The outcome of each trial, in their order; None where the files cannot be read so."""
    known: dict[str, Outcome | None] = {}
    for trial in trials:
        if not trial.options:
            yield _outcome(trial, asked, threads)
            continue
        key = repr(sorted(trial.options.items()))
        if key not in known:
            known[key] = None
            with suppress(InputError, UsageError):
                known[key] = _outcome(trial, asked, threads)
        yield known[key]


def _outcome(trial: Trial, asked: Asked, threads: int) -> Outcome:
    asked = asked.other(trial.options)
    if asked.reading.multilabel or needs_no_labels(trial.options):
        return Outcome(asked.loss(), None, 1, complete=True)
    pair = asked.pairs()[0]
    dtype = computing_dtype(None, pair.logits)
    fold = TrialFold(trial, "float32" if dtype == "float16" else dtype, zero_log_zero=asked.zero_log_zero)
    rows = rows_per_block(pair.classes, [NumpyBackend("cpu", dtype)])
    run(fold, pair.blocks(rows, skip_rows=trial.skip_rows, skip_labels=trial.skip_labels), threads)
    return fold.outcome(pair.given)
