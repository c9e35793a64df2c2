"""How well scores rank the rows that have a label before the rows that do not: one label's curve of thresholds."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Curve:
    """What each threshold selects: the rows whose score is at least that, by thresholds that fall.

    ``selected`` counts these rows and ``right`` those of them that have the label, so that the last of each is that
    of all rows. Rows between two thresholds count as tied; ``loose`` says where they need not be equal, None for
    nowhere.
    """

    thresholds: NDArray[np.float64]
    selected: NDArray[np.int64]
    right: NDArray[np.int64]
    loose: NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, scores: NDArray[Any], marked: NDArray[np.bool_]) -> "Curve":
        """The curve of rows one by one: their scores (n,), none of them nan, and whether they have the label."""
        order = np.argsort(scores, kind="stable")[::-1]
        ordered = scores[order]
        ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)[: len(ordered)]
        right = np.cumsum(marked[order], dtype=np.int64)
        return cls(ordered[ends].astype(np.float64), ends + 1, right[ends])

    @property
    def positives(self) -> int:
        """How many rows have the label."""
        return int(self.right[-1]) if len(self.right) else 0

    @property
    def negatives(self) -> int:
        """How many rows do not have it."""
        return int(self.selected[-1]) - self.positives if len(self.selected) else 0

    @property
    def _groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows between each threshold and the one before it: with the label, and without."""
        right = np.diff(self.right, prepend=0)
        return right, np.diff(self.selected, prepend=0) - right

    @property
    def average_precision(self) -> float:
        """AP = sum_k (R_k - R_k-1) P_k over the thresholds, as sklearn.metrics.average_precision_score.

        nan without a row that has the label.
        """
        if not self.positives:
            return math.nan
        right, _ = self._groups
        return math.fsum(right / self.positives * (self.right / self.selected))

    @property
    def roc_auc(self) -> float:
        """The share of pairs, a row with the label and one without, that are in order; a tie is half a pair.

        As sklearn.metrics.roc_auc_score; nan unless there are both.
        """
        if not (self.positives and self.negatives):
            return math.nan
        right, wrong = self._groups
        below = self.negatives - np.cumsum(wrong)
        pairs = _whole_dot(right, 2 * below + wrong)
        return pairs / (2 * self.positives * self.negatives)

    def best(self) -> tuple[float, float]:
        """The threshold with the largest F1, and that F1: of equal ones the highest; nan without the label.

        >>> Curve.of(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).best()
        (0.35, 0.8)
        """
        if not self.positives:
            return math.nan, math.nan
        f1 = 2 * self.right / (self.selected + self.positives)
        place = int(np.argmax(f1))
        return float(self.thresholds[place]), float(f1[place])

    @property
    def looseness(self) -> tuple[float, float]:
        """The most by which the average precision and the ROC AUC may be off, since loose rows count as tied.

        In the best order those of them that have the label come first, in the worst last.
        """
        if self.loose is None or not (self.positives and self.negatives):
            return 0.0, 0.0
        right, wrong = (np.where(self.loose, rows, 0) for rows in self._groups)
        tied = self.right / self.selected
        before, wrong_before = self.right - right, self.selected - self.right - wrong
        most = self.right / np.maximum(self.right + wrong_before, 1)
        least = (before + 1) / (before + 1 + wrong_before + wrong)
        apart = np.maximum(most - tied, tied - least)
        pairs = float((right * (wrong / 2)).sum())
        return math.fsum(right * apart) / self.positives, pairs / self.positives / self.negatives


def _whole_dot(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """sum_k a_k b_k of numbers from 0 on, exactly, also where int64 would not hold it."""
    if int(one.sum()) * int(other.max(initial=0)) <= np.iinfo(np.int64).max:
        return int(np.dot(one, other))
    return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))
