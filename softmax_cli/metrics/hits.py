"""Precision, recall and F1 from counts, and their macro averages."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Hits:
    """Counts of C classes or labels, (C,) each: ``supports`` of those that are there, ``predicted``, ``right`` of both.

    >>> hits = Hits(2)
    >>> hits.supports[:], hits.predicted[:], hits.right[:] = [4, 0], [2, 0], [2, 0]
    >>> hits.precision.tolist(), hits.recall.tolist()
    ([1.0, nan], [0.5, nan])
    """

    def __init__(self, classes: int) -> None:
        self.supports = np.zeros(classes, np.int64)
        self.predicted = np.zeros(classes, np.int64)
        self.right = np.zeros(classes, np.int64)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Right / supports; nan for a class without a row."""
        return ratio(self.right, self.supports)

    @property
    def precision(self) -> NDArray[np.float64]:
        """Right / predicted; nan for a class that is never predicted."""
        return ratio(self.right, self.predicted)

    @property
    def f1(self) -> NDArray[np.float64]:
        """2 right / (supports + predicted); nan for a class that has neither."""
        return ratio(2 * self.right, self.supports + self.predicted)


def ratio(parts: NDArray[Any], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Parts / wholes; nan where the whole is 0."""
    ratios = np.full(len(parts), math.nan)
    np.divide(parts, wholes, out=ratios, where=wholes > 0)
    return ratios


def macro(values: NDArray[np.float64]) -> float:
    """The mean of the values that are not nan, as scikit-learn's macro average with ``zero_division=numpy.nan``.

    >>> macro(np.array([0.5, math.nan, 1.0]))
    0.75
    """
    known = values[~np.isnan(values)]
    return math.fsum(known) / len(known) if len(known) else math.nan
