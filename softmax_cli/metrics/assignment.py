"""The best one-to-one assignment of rows to columns: exact, in whole numbers, the same on every machine."""

import numpy as np
from numpy.typing import NDArray

_FAR = np.iinfo(np.int64).max


def best_assignment(gains: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the column of each row of a square array, no two the same, so that the sum of the gains is the largest.

    Of several such assignments it is one that leaves the most rows in the column of their own number. It takes
    O(n^3) steps in the worst case: shortest augmenting paths, as in D. F. Crouse, "On implementing 2D rectangular
    assignment algorithms", IEEE Trans. Aerosp. Electron. Syst. 52, 2016.

    >>> best_assignment(np.array([[0, 9, 9], [7, 2, 4], [7, 4, 0]])).tolist()
    [1, 2, 0]
    """
    size = len(gains)
    if not size:
        return np.empty(0, np.int64)
    weighted = gains * (size + 1) + np.eye(size, dtype=np.int64)
    matching = _Matching(weighted.max() - weighted)
    for row in np.flatnonzero(matching.columns < 0).tolist():
        matching.add(row)
    return matching.columns


class _Matching:
    """Rows and their columns so far. ``columns`` is each row's, ``rows`` each column's, -1 for none yet.

    ``costs`` less a price for its row and one for its column is nowhere below 0, and 0 where the two are matched; so
    the matching is the cheapest of its rows.
    """

    def __init__(self, costs: NDArray[np.int64]) -> None:
        costs = costs - costs.min(axis=1, keepdims=True)
        self.costs = costs - costs.min(axis=0)
        self.columns = np.full(len(costs), -1)
        self.rows = np.full(len(costs), -1)
        self._row_prices = np.zeros(len(costs), np.int64)
        self._column_prices = np.zeros(len(costs), np.int64)
        for row in range(len(costs)):
            free = np.flatnonzero((self.costs[row] == 0) & (self.rows < 0))
            if free.size:
                self.columns[row], self.rows[free[0]] = free[0], row

    def add(self, row: int) -> None:
        """Match one more row: along the shortest path to a free column, every other row on it changes its column."""
        distances, before, seen, column = self._paths(row)
        length = distances[column]
        self._row_prices[row] += length
        self._row_prices[self.rows[seen]] += length - distances[seen]
        self._column_prices[seen] -= length - distances[seen]
        at = -1
        while at != row:
            at = int(before[column])
            self.rows[column] = at
            column, self.columns[at] = int(self.columns[at]), column

    def _paths(self, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], int]:
        """Return each column's distance from a row and the row before it, the columns seen, and the free one reached.

        Dijkstra's algorithm; all columns at one distance are seen at once.
        """
        distances = self.costs[start] - self._row_prices[start] - self._column_prices
        before = np.full(len(distances), start)
        seen = np.zeros(len(distances), np.bool_)
        while True:
            waiting = np.where(seen, _FAR, distances)
            length = waiting.min()
            reached = np.flatnonzero(waiting == length)
            through = self.rows[reached]
            if (free := reached[through < 0]).size:
                return distances, before, seen, int(free[0])
            seen[reached] = True
            further, by = self._onward(through)
            further += length - self._column_prices
            nearer = np.flatnonzero((further < distances) & ~seen)
            distances[nearer] = further[nearer]
            before[nearer] = by[nearer] if len(through) > 1 else through

    def _onward(self, through: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the least cost of each column less its row's price, by one of some rows, and by which of them."""
        if len(through) == 1:  # a quarter of the time, and the one case in which there are many steps
            return self.costs[through[0]] - self._row_prices[through[0]], through
        onward = self.costs[through] - self._row_prices[through, np.newaxis]
        return onward.min(axis=0), through[onward.argmin(axis=0)]
