"""Which class is taken for which, and how often: counts of those pairs alone that occur."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_PAIRS = 1 << 22
"""So many different pairs are counted; beyond it the rarest are dropped, and counts may be too low."""

_ROWS_AT_ONCE = 1 << 18


class Confusion(NamedTuple):
    """So many rows of class ``label`` are taken for class ``predicted``."""

    label: int
    predicted: int
    rows: int


class Confusions:
    """Takes pairs of classes, and gives those that are most frequent. Memory grows with the pairs that occur."""

    def __init__(self, classes: int, most_pairs: int = MOST_PAIRS) -> None:
        self._classes = classes
        self._most_pairs = most_pairs
        self._pairs = np.empty(0, np.int64)
        self._rows = np.empty(0, np.int64)
        self._waiting: list[NDArray[np.int64]] = []
        self._waiting_count = 0
        self.missing = 0
        """A count may be too low by at most so many rows."""

    def add(self, labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> None:
        """Take rows whose prediction (n,) is not their label (n,)."""
        self._waiting.append(labels * self._classes + predicted)
        self._waiting_count += len(labels)
        if self._waiting_count >= _ROWS_AT_ONCE:
            self._count_up()

    def most(self, number: int) -> list[Confusion]:
        """The most frequent pairs, at most so many: the most frequent first, of equals the first by class."""
        self._count_up()
        order = np.argsort(-self._rows, kind="stable")[:number]
        return [
            Confusion(pair // self._classes, pair % self._classes, rows)
            for pair, rows in zip(self._pairs[order].tolist(), self._rows[order].tolist(), strict=True)
        ]

    def _count_up(self) -> None:
        if not self._waiting:
            return
        pairs = np.concatenate([self._pairs, *self._waiting])
        weights = np.concatenate([self._rows, np.ones(self._waiting_count, np.int64)])
        self._waiting, self._waiting_count = [], 0
        self._pairs, places = np.unique(pairs, return_inverse=True)
        self._rows = np.bincount(places, weights).astype(np.int64)
        if len(self._pairs) > self._most_pairs:
            self._drop_rarest()

    def _drop_rarest(self) -> None:
        """Keep the more frequent half (Manku and Motwani, "Approximate frequency counts over data streams", 2002)."""
        kept = np.sort(np.argsort(-self._rows, kind="stable")[: self._most_pairs // 2])
        dropped = np.delete(self._rows, kept)
        self.missing += int(dropped.max())
        self._pairs, self._rows = self._pairs[kept], self._rows[kept]
