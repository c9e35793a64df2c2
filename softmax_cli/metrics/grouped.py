"""Means group by group, with their standard errors."""

import numpy as np
from numpy.typing import NDArray


class Grouped:
    """Of so many quantities d of each row: the weighted mean of each group, sum_i w_i d_i / sum_i w_i.

    Its standard error is sqrt(n / (n - 1) sum_i w_i^2 (d_i - mean)^2) / sum_i w_i, which for equal weights is that of
    the mean of n values. The rows are added one after the other, so that no sum depends on where a block ends; each
    less the first of its group, so that nothing cancels however far from 0 they lie.
    """

    def __init__(self, quantities: int) -> None:
        self.rows = np.zeros(0, np.int64)
        self._first = np.zeros((quantities, 0))
        self._weights, self._squares = np.zeros(0), np.zeros(0)
        self._sums, self._products, self._spreads = (np.zeros((quantities, 0)) for _ in range(3))

    def add(self, groups: NDArray[np.int64], values: NDArray[np.float64], weights: NDArray[np.float64] | None) -> None:
        """Add rows: their groups' numbers (n,), their quantities (k, n), and their weights (n,), or None for ones."""
        if not len(groups):
            return
        self._grow(int(groups.max()) + 1)
        new, place = np.unique(groups, return_index=True)
        fresh = self.rows[new] == 0
        self._first[:, new[fresh]] = np.nan_to_num(values[:, place[fresh]], nan=0.0, posinf=0.0, neginf=0.0)
        w = np.ones(len(groups)) if weights is None else weights
        np.add.at(self.rows, groups, 1)
        np.add.at(self._weights, groups, w)
        np.add.at(self._squares, groups, w * w)
        with np.errstate(all="ignore"):
            for each, of_rows in enumerate(values):
                weighted = np.where(w == 0, 0.0, w * (of_rows - self._first[each, groups]))
                np.add.at(self._sums[each], groups, weighted)
                np.add.at(self._products[each], groups, weighted * w)
                np.add.at(self._spreads[each], groups, weighted * weighted)

    def means(self) -> NDArray[np.float64]:
        """Shape (k, groups); nan for a group whose weights sum to 0."""
        with np.errstate(all="ignore"):
            return self._first + self._sums / self._weights

    def standard_errors(self) -> NDArray[np.float64]:
        """Shape (k, groups); nan for a group of fewer rows than two, or with a value that is not finite."""
        with np.errstate(all="ignore"):
            mean = self._sums / self._weights
            spread = self._spreads - 2 * mean * self._products + mean * mean * self._squares
            error = np.sqrt(np.maximum(spread, 0.0) * (self.rows / (self.rows - 1.0))) / self._weights
        return np.where(np.isfinite(mean) & (self.rows > 1), error, np.nan)

    def _grow(self, groups: int) -> None:
        more = max(groups - len(self.rows), 0)
        if more:
            more = max(more, len(self.rows))  # twice as many, so that growing costs little
            for name, held in vars(self).items():
                setattr(self, name, np.concatenate([held, np.zeros((*held.shape[:-1], more), held.dtype)], axis=-1))
