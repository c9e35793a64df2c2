"""Each label's probabilities over all rows in bins of equal width: calibration per label, and of all elements."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.calibration import Bins, bin_of
from softmax_cli.metrics.elements import Elements


@dataclass(frozen=True, eq=False)
class LabelBins:
    """For each label and each bin (lower, upper] of its probability, (C, M): rows, probabilities summed, and labels.

    Elements without a probability are in no bin.
    """

    edges: NDArray[np.float64]
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    right: NDArray[np.int64]

    @classmethod
    def of(cls, found: Elements, edges: NDArray[np.float64]) -> "LabelBins":
        """Bin the elements of some rows."""
        labels, bins = found.right.shape[1], len(edges) - 1
        defined = ~np.isnan(found.probabilities)
        probabilities = np.where(defined, found.probabilities, 0.0)
        cell = bin_of(probabilities, edges) + bins * np.arange(labels)
        flat, size = cell.reshape(-1), labels * bins
        sums = [
            np.bincount(flat, weights.reshape(-1), size).astype(np.float64).reshape(labels, bins)
            for weights in (defined, probabilities, found.right & defined)
        ]
        return cls(edges, sums[0].astype(np.int64), sums[1], sums[2].astype(np.int64))

    def __add__(self, other: "LabelBins") -> "LabelBins":
        rows, probabilities = self.rows + other.rows, self.probabilities + other.probabilities
        return LabelBins(self.edges, rows, probabilities, self.right + other.right)

    def of_label(self, label: int) -> Bins:
        """The bins of one label."""
        return Bins(self.edges, self.rows[label], self.probabilities[label], self.right[label])

    def together(self) -> Bins:
        """The bins of all elements."""
        return Bins(self.edges, self.rows.sum(axis=0), self.probabilities.sum(axis=0), self.right.sum(axis=0))
