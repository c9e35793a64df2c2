"""Sums class by class: how many rows are of it, are taken for it, and are rightly so; and their losses."""

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.hits import Hits, macro, ratio
from softmax_cli.metrics.predictions import NO_CLASS, Predictions


class PerClass(Hits):
    """The hits of all rows, and their losses class by class."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self._losses = np.zeros(classes)

    def add(self, found: Predictions) -> None:
        """Take some rows; in their order, so that the losses add up alike however they are split."""
        labels, predicted = found.labels, found.predicted
        np.add.at(self.supports, labels, 1)
        np.add.at(self.predicted, predicted[predicted != NO_CLASS], 1)
        np.add.at(self.right, labels[found.correct], 1)
        np.add.at(self._losses, labels, found.losses)

    @property
    def mean_loss(self) -> NDArray[np.float64]:
        """In nats, over the rows of the class; nan for a class without a row."""
        return ratio(self._losses, self.supports)

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have rows, as sklearn.metrics.balanced_accuracy_score."""
        return macro(self.recall)

    @property
    def macro_f1(self) -> float:
        """The mean f1 of the classes that have rows or are predicted, as sklearn.metrics.f1_score(average="macro")."""
        return macro(self.f1)
