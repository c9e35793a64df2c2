"""Sums class by class: how many rows are of it, are taken for it, and are rightly so; and their losses."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.predictions import NO_CLASS, Predictions


class PerClass:
    """Counts over all rows, (C,) each: ``supports`` of the labels, ``predicted``, ``right`` of both."""

    def __init__(self, classes: int) -> None:
        self.supports = np.zeros(classes, np.int64)
        self.predicted = np.zeros(classes, np.int64)
        self.right = np.zeros(classes, np.int64)
        self._losses = np.zeros(classes)

    def add(self, found: Predictions) -> None:
        """Take some rows; in their order, so that the losses add up alike however they are split."""
        labels, predicted = found.labels, found.predicted
        np.add.at(self.supports, labels, 1)
        np.add.at(self.predicted, predicted[predicted != NO_CLASS], 1)
        np.add.at(self.right, labels[found.correct], 1)
        np.add.at(self._losses, labels, found.losses)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Right / supports; nan for a class without a row."""
        return _ratio(self.right, self.supports)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Right / predicted; nan for a class that is never predicted."""
        return _ratio(self.right, self.predicted)

    @property
    def f1(self) -> NDArray[np.float64]:
        """2 right / (supports + predicted); nan for a class that has neither."""
        return _ratio(2 * self.right, self.supports + self.predicted)

    @property
    def mean_loss(self) -> NDArray[np.float64]:
        """In nats, over the rows of the class; nan for a class without a row."""
        return _ratio(self._losses, self.supports)

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have rows, as sklearn.metrics.balanced_accuracy_score."""
        return _mean(self.recall)

    @property
    def macro_f1(self) -> float:
        """The mean f1 of the classes that have rows or are predicted, as sklearn.metrics.f1_score(average="macro")."""
        return _mean(self.f1)


def _ratio(parts: NDArray[Any], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    ratios = np.full(len(parts), math.nan)
    np.divide(parts, wholes, out=ratios, where=wholes > 0)
    return ratios


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return math.fsum(known) / len(known) if len(known) else math.nan
