"""Counts of multi-label rows: per label, micro, and of the rows whose labels are all right."""

import math

import numpy as np

from softmax_cli.metrics.elements import Elements
from softmax_cli.metrics.hits import Hits


class LabelCounts(Hits):
    """The hits per label of some rows; ``exact_rows`` counts the rows whose labels are all predicted right."""

    def __init__(self, labels: int) -> None:
        super().__init__(labels)
        self.rows = 0
        self.exact_rows = 0

    @classmethod
    def of(cls, found: Elements) -> "LabelCounts":
        """Count the elements of some rows."""
        rows, labels = found.right.shape
        counts = cls(labels)
        counts.rows = rows
        counts.exact_rows = int(np.count_nonzero((found.right == found.predicted).all(axis=1)))
        counts.supports[:] = np.count_nonzero(found.right, axis=0)
        counts.predicted[:] = np.count_nonzero(found.predicted, axis=0)
        counts.right[:] = np.count_nonzero(found.right & found.predicted, axis=0)
        return counts

    def add(self, found: "LabelCounts") -> None:
        """Add the counts of other rows."""
        self.rows += found.rows
        self.exact_rows += found.exact_rows
        self.supports += found.supports
        self.predicted += found.predicted
        self.right += found.right

    def micro(self) -> Hits:
        """All labels counted together, as one."""
        together = Hits(1)
        together.supports[0] = self.supports.sum()
        together.predicted[0] = self.predicted.sum()
        together.right[0] = self.right.sum()
        return together

    @property
    def subset_accuracy(self) -> float:
        """The share of rows whose labels are all right, as sklearn.metrics.accuracy_score; nan for no rows."""
        return self.exact_rows / self.rows if self.rows else math.nan

    @property
    def hamming_loss(self) -> float:
        """The share of elements that are wrong, as sklearn.metrics.hamming_loss; nan for no elements."""
        elements = self.rows * len(self.supports)
        wrong = int((self.supports + self.predicted - 2 * self.right).sum())
        return wrong / elements if elements else math.nan
