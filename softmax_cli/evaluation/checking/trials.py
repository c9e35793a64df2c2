"""What the loss would be if the files were otherwise: a second pass, for the findings that ask for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks.check import Trial
from softmax_cli.evaluation.blocks import computing_dtype, rows_per_block
from softmax_cli.evaluation.checking.survey.losses import RowLosses
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.totals import Totals
from softmax_cli.inputs.loose import LooseLabels
from softmax_cli.inputs.raw import RawBlock, RawPair
from softmax_cli.losses.sums import Sum


@dataclass(frozen=True)
class Outcome:
    """The loss and the accuracy of a trial, over ``rows``; nan of none.

    Rows without a softmax are left out of a loss of the logits as they are: other labels do not mend them.
    """

    loss: float
    accuracy: float
    rows: int


class TrialFold:
    """Trials that read the same rows with the same labels beside them."""

    def __init__(self, trials: Sequence[Trial], dtype: str) -> None:
        self._trials = trials
        self._dtype = dtype
        self._losses = [Totals() for _ in trials]
        self._rows = [0] * len(trials)
        self._hits = [0] * len(trials)

    def measure(self, block: RawBlock) -> list[tuple[NDArray[Any], int]]:
        """Each trial's losses of a block's rows, and how many of them are right."""
        with np.errstate(all="ignore"):
            return [self._one(trial, block) for trial in self._trials]

    def _one(self, trial: Trial, block: RawBlock) -> tuple[NDArray[Any], int]:
        logits = block.logits.astype(self._dtype, copy=False)
        logits = logits if trial.logits is None else trial.logits(logits)
        labels = _changed(trial, block, logits.shape[1])
        view = View(RawBlock(block.start, logits, labels), self._dtype)
        found = RowLosses.of(view)
        return found.losses, int(np.count_nonzero(view.top[found.rows] == found.labels))

    def add(self, found: list[tuple[NDArray[Any], int]]) -> None:
        """Add them."""
        for place, (losses, hits) in enumerate(found):
            self._losses[place].add(losses)
            self._rows[place] += len(losses)
            self._hits[place] += hits

    def outcomes(self) -> Iterator[Outcome]:
        """One a trial."""
        for trial, losses, rows, hits in zip(self._trials, self._losses, self._rows, self._hits, strict=True):
            total = losses.partial().losses
            left_out = total.nan if trial.logits is None else 0
            mean = replace(total, nan=total.nan - left_out).over(Sum.count(rows - left_out))
            yield Outcome(mean, hits / rows if rows else np.nan, rows)


def _changed(trial: Trial, block: RawBlock, classes: int) -> LooseLabels | None:
    labels = block.labels
    if labels is None or (trial.labels is None and trial.instead is None and labels.kind == "probabilities"):
        return labels
    ignored = labels.ignored
    numbers = labels.numbers if trial.labels is None else trial.labels(labels.numbers)
    if trial.instead is not None:
        numbers = trial.instead[block.start : block.start + len(block.logits)]
        ignored = np.zeros(len(numbers), bool)
    valid = (numbers >= 0) & (numbers < classes) & ~ignored
    given = numbers if labels.kind == "probabilities" else labels.given  # one-hot rows, of other classes now
    return replace(labels, numbers=numbers, valid=valid, ignored=ignored, given=given)


def run_trials(trials: Sequence[Trial], pairs: dict[int, RawPair], threads: int) -> list[Outcome]:
    """The outcome of each trial, in their order; ``pairs`` are the files by the classes' axis."""
    outcomes: dict[int, Outcome] = {}
    groups: dict[tuple[int, int, int, int], list[int]] = {}
    first = next(iter(pairs))
    for number, trial in enumerate(trials):
        axis = first if trial.axis is None else trial.axis
        groups.setdefault((axis, trial.shift, trial.skip_rows, trial.skip_labels), []).append(number)
    for (axis, shift, skip_rows, skip_labels), numbers in groups.items():
        pair = pairs[axis]
        dtype = computing_dtype(None, pair.logits)
        fold = TrialFold([trials[number] for number in numbers], "float32" if dtype == "float16" else dtype)
        rows = rows_per_block(pair.classes, [NumpyBackend("cpu", dtype)])
        blocks = pair.blocks(rows, shift=shift, skip_rows=skip_rows, skip_labels=skip_labels)
        run(fold, blocks, threads)
        outcomes.update(zip(numbers, fold.outcomes(), strict=True))
    return [outcomes[number] for number in range(len(trials))]
