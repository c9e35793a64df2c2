"""What the loss would be if the files were read otherwise: a second pass, for the findings that ask for it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks.check import Trial
from softmax_cli.checks.remedies import Options
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.blocks import computing_dtype, rows_per_block
from softmax_cli.evaluation.checking.survey.losses import RowLosses
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.totals import Totals
from softmax_cli.inputs.loose import LooseLabels
from softmax_cli.inputs.raw import RawBlock, RawPair, RawTables
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.sums import Sum


@dataclass(frozen=True)
class Outcome:
    """The loss and the accuracy of a trial, over ``rows``; nan of none.

    ``complete`` says that every row has a label that is a class, or is one to ignore: `loss` would read them all.
    """

    loss: float
    accuracy: float
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

    def pair(self, options: Options) -> RawPair:
        """The files, read with other options; raises InputError or UsageError where they cannot be read so."""
        names = {field.name for field in fields(Reading)}
        changes = {name: value for name, value in options.items() if name in names}
        reading = replace(self.reading, **changes)
        tables = RawTables.open(self.logits, self.labels, reading)
        axis = tables.fitting_axes(reading)[0]
        return RawPair(tables, axis, reading, options.get("ignore_index", self.ignore_index))


class TrialFold:
    """One trial, as far as the rows have been read."""

    def __init__(self, trial: Trial, dtype: str, *, zero_log_zero: bool = False) -> None:
        self._trial = trial
        self._dtype = dtype
        self._temperature = trial.options.get("temperature", 1.0)
        self._zero_log_zero = trial.options.get("zero_log_zero", zero_log_zero)
        self._losses = Totals()
        self._rows = self._hits = self._ignored = self._seen = 0

    def measure(self, block: RawBlock) -> tuple[RowLosses, int, int, int]:
        """The losses of a block's rows, how many of them are right, how many are ignored, and how many there are."""
        with np.errstate(all="ignore"):
            logits = block.logits.astype(self._dtype, copy=False)
            if self._temperature != 1:
                logits = logits / np.asarray(self._temperature, logits.dtype)
            labels = _changed(self._trial, block, logits.shape[1])
            view = View(RawBlock(block.start, logits, labels), self._dtype)
            found = RowLosses.of(view, zero_log_zero=self._zero_log_zero)
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
    pair = asked.pair(trial.options)
    dtype = computing_dtype(None, pair.logits)
    fold = TrialFold(trial, "float32" if dtype == "float16" else dtype, zero_log_zero=asked.zero_log_zero)
    rows = rows_per_block(pair.classes, [NumpyBackend("cpu", dtype)])
    run(fold, pair.blocks(rows, skip_rows=trial.skip_rows, skip_labels=trial.skip_labels), threads)
    return fold.outcome(pair.given)
