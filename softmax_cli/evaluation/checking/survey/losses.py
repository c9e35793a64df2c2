"""What logits and labels are worth to each other: the loss, the hits, and both if the labels were read otherwise."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.statistics import LossStatistics
from softmax_cli.evaluation.checking.survey.rows import ColumnMaxima
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.totals import Totals
from softmax_cli.metrics.lags import Lag, Neighbours, Novelty
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.rearranged import Kept
from softmax_cli.metrics.relabelling import PairCounts, best_relabelling

# A class's losses and their squares are summed as whole numbers of these units, which add exactly in whatever order.
# With these ends to them, 2^26 rows stay below 2^63.
_UNIT, _LARGEST = 2.0**-20, 2.0**16
_SQUARE_UNIT, _LARGEST_SQUARE = 2.0**-16, 2.0**20


@dataclass(frozen=True, eq=False)
class RowLosses:
    """Of the rows that have a softmax and a label that is a class.

    ``rows`` (n,) are their places in the block, ``labels`` (n,) their classes, ``losses`` (n,) in nats, ``picked`` (n,)
    the labels' logits. ``vanished`` (n,) are those of a class with probability 0 and the logit -inf: 0 * inf.
    ``masked`` (n,) are those of such a class with another probability.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    losses: NDArray[Any]
    picked: NDArray[Any]
    vanished: NDArray[np.bool_]
    masked: NDArray[np.bool_]

    @classmethod
    def of(cls, view: View, *, zero_log_zero: bool = False) -> "RowLosses":
        """Of a block with labels, which may be fewer than its rows; 0 * log 0 is nan, as torch has it, or 0."""
        labels = view.labels
        if labels is None:
            raise ValueError("no labels")
        rows = np.flatnonzero(labels.valid)
        classes = labels.numbers[rows]
        picked = view.logits[rows, classes]
        vanished = masked = np.zeros(len(rows), bool)
        if labels.kind == "probabilities":
            costs = (view.normalizer + view.high)[rows, np.newaxis] - view.logits[rows]
            absent = labels.given[rows] == 0
            vanished = (absent & (costs == np.inf)).any(axis=1)
            masked = (~absent & (costs == np.inf)).any(axis=1)
            losses = np.where(absent, 0, labels.given[rows] * costs).sum(axis=1)
            if not zero_log_zero:
                losses[vanished] = np.nan
        else:
            losses = view.normalizer[rows] + (view.high[rows] - picked)
        return cls(rows, classes, losses, picked, vanished, masked)


def _alone_at_the_bottom(view: View, rows: NDArray[np.int64], picked: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of some rows have that logit as their lowest, and once."""
    alone: NDArray[np.bool_] = picked == view.low[rows]
    chosen = rows[alone]
    alone[alone] = (view.logits[chosen] == view.low[chosen, np.newaxis]).sum(axis=1) == 1
    return alone


def _whole(values: NDArray[np.float64], unit: float, largest: float) -> NDArray[np.int64]:
    return np.rint(np.minimum(values, largest) / unit).astype(np.int64)


def row_losses(view: View, *, zero_log_zero: bool) -> RowLosses:
    """The losses of a block's rows as `loss` computes them: each rounded to float16, where the file is of float16."""
    found = RowLosses.of(view, zero_log_zero=zero_log_zero)
    if view.given.dtype != np.float16:
        return found
    return replace(found, losses=found.losses.astype(np.float16).astype(np.float32))


class LossesPart:
    """Adds them up."""

    def __init__(self, classes: int, *, zero_log_zero: bool = False) -> None:
        self._classes = classes
        self._zero_log_zero = zero_log_zero
        self._losses, self._confidences = Totals(), Totals()
        self._hits = self._lowest = self._constant = 0
        self._fresh = self._fresh_lowest = 0
        self._novelty, self._novelty_of_all = Novelty(), Novelty()
        self._predictions = np.zeros(classes, np.int64)
        self._masked = self._vanished = Places()
        self._neighbours = Neighbours()
        self._one_less, self._one_more = Lag(), Lag()
        self._class_losses = np.zeros(classes, np.int64)
        self._class_squares = np.zeros(classes, np.int64)
        self._likeliest = np.zeros(classes)
        self._pairs = PairCounts(classes)
        self._kept = Kept()
        self._first_labels: list[NDArray[np.int64]] = []

    def measure(self, view: View) -> RowLosses:
        """The losses of a block's rows."""
        return row_losses(view, zero_log_zero=self._zero_log_zero)

    def add(self, view: View, found: RowLosses) -> None:
        """Add them."""
        rows, labels = found.rows, found.labels
        top = view.top[rows]
        losses = found.losses.astype(np.float64)
        self._losses.add(losses)
        self._confidences.add(np.exp(-view.normalizer[rows].astype(np.float64)))
        self._hits += int(np.count_nonzero(top == labels))
        lowest = _alone_at_the_bottom(view, rows, found.picked)
        fresh = self._novelty.of(top, labels)
        self._lowest += int(np.count_nonzero(lowest))
        self._fresh += int(np.count_nonzero(fresh))
        self._fresh_lowest += int(np.count_nonzero(fresh & lowest))
        self._constant += int(np.count_nonzero(view.constant[rows]))
        np.add.at(self._predictions, top, 1)
        masked = np.zeros(len(view), bool)
        masked[rows[(found.masked | (found.picked == -np.inf)) & view.sound[rows]]] = True
        self._masked += Places.of(masked, view.start)
        vanished = np.zeros(len(view), bool)
        vanished[rows[found.vanished & view.sound[rows]]] = not self._zero_log_zero
        self._vanished += Places.of(vanished, view.start)
        self._add_by_class(labels, losses)
        self._pairs.add(labels, top)
        self._add_other_readings(view)

    def _add_by_class(self, labels: NDArray[np.int64], losses: NDArray[np.float64]) -> None:
        finite = np.isfinite(losses)
        labels, losses = labels[finite], losses[finite]
        np.add.at(self._class_losses, labels, _whole(losses, _UNIT, _LARGEST))
        np.add.at(self._class_squares, labels, _whole(losses**2, _SQUARE_UNIT, _LARGEST_SQUARE))
        np.maximum.at(self._likeliest, labels, np.exp(-losses))

    def _add_other_readings(self, view: View) -> None:
        """Hold the maxima against the neighbours' labels, and against the labels less 1 and plus 1."""
        labels = view.labels
        if labels is None:
            return
        numbers, top = labels.numbers, view.top[: len(labels.numbers)]
        sequences = None if view.sequences is None else view.sequences[: len(numbers)]
        self._neighbours.add(top, numbers, labels.valid, sequences)
        self._kept.add(top, numbers, labels.valid)
        here = top == numbers
        whole = ~labels.ignored & (numbers >= -1) & (numbers <= self._classes)
        fresh = self._novelty_of_all.of(top, numbers)
        self._one_less.add(top == numbers - 1, here, whole, fresh)
        self._one_more.add(top == numbers + 1, here, whole, fresh)
        if view.start < self._classes:
            self._first_labels.append(np.where(labels.valid, numbers, -1))

    def statistics(self, maxima: ColumnMaxima | None) -> LossStatistics:
        """All of it."""
        counts = self._pairs.counts
        by_column = None
        if maxima is not None and self._first_labels:
            labels = np.concatenate(self._first_labels)
            by_column = int(np.count_nonzero(maxima.rows == labels)) if len(labels) == self._classes else None
        return LossStatistics(
            losses=self._losses.partial(),
            confidences=self._confidences.partial(),
            hits=self._hits,
            lowest=self._lowest,
            fresh=self._fresh,
            fresh_lowest=self._fresh_lowest,
            predictions=self._predictions,
            masked=self._masked,
            vanished=self._vanished,
            constant=self._constant,
            lags=self._neighbours.lags,
            one_less=self._one_less,
            one_more=self._one_more,
            class_losses=self._class_losses.astype(np.float64) * _UNIT,
            class_squares=self._class_squares.astype(np.float64) * _SQUARE_UNIT,
            likeliest=self._likeliest,
            pairs=counts,
            relabelling=None if counts is None else best_relabelling(counts),
            kept=self._kept,
            by_column=by_column,
        )
