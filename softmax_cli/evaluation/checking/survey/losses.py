"""What logits and labels are worth to each other: the loss, the hits, and both if the labels were read otherwise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.statistics import LossStatistics
from softmax_cli.evaluation.checking.survey.rows import ColumnMaxima
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.totals import Totals
from softmax_cli.metrics.lags import Lag, Neighbours
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.relabelling import PairCounts, best_relabelling

# A class's losses and their squares are summed as whole numbers of these units, which add exactly in whatever order.
# With these ends to them, 2^26 rows stay below 2^63.
_UNIT, _LARGEST = 2.0**-20, 2.0**16
_SQUARE_UNIT, _LARGEST_SQUARE = 2.0**-16, 2.0**20


@dataclass(frozen=True, eq=False)
class RowLosses:
    """Of the rows that have a softmax and a label that is a class.

    ``rows`` (n,) are their places in the block, ``labels`` (n,) their classes, ``losses`` (n,) in nats, ``picked`` (n,)
    the labels' logits.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    losses: NDArray[Any]
    picked: NDArray[Any]

    @classmethod
    def of(cls, view: View) -> "RowLosses":
        """Of a block with labels, which may be fewer than its rows."""
        labels = view.labels
        if labels is None:
            raise ValueError("no labels")
        rows = np.flatnonzero(labels.valid)
        classes = labels.numbers[rows]
        picked = view.logits[rows, classes]
        if labels.kind == "probabilities":
            losses = _expected(view, labels.given[rows], rows)
        else:
            losses = view.normalizer[rows] + (view.high[rows] - picked)
        return cls(rows, classes, losses, picked)


def _expected(view: View, probabilities: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """sum_c q_c (log(sum(exp x)) - x_c), with 0 for a class that is not the label's at all."""
    costs = (view.normalizer + view.high)[rows, np.newaxis] - view.logits[rows]
    losses: NDArray[Any] = np.where(probabilities == 0, 0, probabilities * costs).sum(axis=1)
    return losses


def _whole(values: NDArray[np.float64], unit: float, largest: float) -> NDArray[np.int64]:
    return np.rint(np.minimum(values, largest) / unit).astype(np.int64)


class LossesPart:
    """Adds them up."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._losses, self._confidences = Totals(), Totals()
        self._hits = self._lowest = self._constant = 0
        self._predictions = np.zeros(classes, np.int64)
        self._masked = Places()
        self._neighbours = Neighbours()
        self._one_less, self._one_more = Lag(), Lag()
        self._class_losses = np.zeros(classes, np.int64)
        self._class_squares = np.zeros(classes, np.int64)
        self._likeliest = np.zeros(classes)
        self._pairs = PairCounts(classes)
        self._first_labels: list[NDArray[np.int64]] = []

    def measure(self, view: View) -> RowLosses:
        """The losses of a block's rows."""
        return RowLosses.of(view)

    def add(self, view: View, found: RowLosses) -> None:
        """Add them."""
        rows, labels = found.rows, found.labels
        top = view.top[rows]
        losses = found.losses.astype(np.float64)
        self._losses.add(losses)
        self._confidences.add(np.exp(-view.normalizer[rows].astype(np.float64)))
        self._hits += int(np.count_nonzero(top == labels))
        self._lowest += int(np.count_nonzero((found.picked == view.low[rows]) & ~view.constant[rows]))
        self._constant += int(np.count_nonzero(view.constant[rows]))
        np.add.at(self._predictions, top, 1)
        masked = np.zeros(len(view), bool)
        masked[rows[(found.picked == -np.inf) & view.sound[rows]]] = True
        self._masked += Places.of(masked, view.start)
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
        here = top == numbers
        whole = ~labels.ignored & (numbers >= -1) & (numbers <= self._classes)
        self._one_less.add(top == numbers - 1, here, whole)
        self._one_more.add(top == numbers + 1, here, whole)
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
            predictions=self._predictions,
            masked=self._masked,
            constant=self._constant,
            following=self._neighbours.following,
            preceding=self._neighbours.preceding,
            one_less=self._one_less,
            one_more=self._one_more,
            class_losses=self._class_losses.astype(np.float64) * _UNIT,
            class_squares=self._class_squares.astype(np.float64) * _SQUARE_UNIT,
            likeliest=self._likeliest,
            pairs=counts,
            relabelling=None if counts is None else best_relabelling(counts),
            by_column=by_column,
        )
