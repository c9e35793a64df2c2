"""The scores of many rows for each of C labels, kept for their curves in bounded memory.

Up to EXACT_ELEMENTS scores are kept one by one. Beyond that they are counted between thresholds, which are quantiles of
the scores seen so far: half of the rows that have the label, half of the others. So a rare label is as finely divided
as a frequent one, and a threshold's counts stay exact; rows between two thresholds count as tied.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.ranking import Curve

EXACT_ELEMENTS = 1 << 22
"""So many scores of all labels together are kept one by one."""

_THRESHOLDS = 1 << 20  # of all labels together
_FEWEST, _MOST = 1 << 6, 1 << 14  # of one label


class Cells:
    """Counts of scores by rising thresholds, per label: of all rows and of those that have the label.

    Cell 2k + 1 of a label holds the scores that equal its threshold k, cell 2k those between thresholds k - 1 and k.
    """

    def __init__(self, thresholds: Sequence[NDArray[np.float64]]) -> None:
        size = 1 + 2 * max(map(len, thresholds), default=0)
        self.thresholds = thresholds
        self.rows = np.zeros((len(thresholds), size), np.int64)
        self.marked = np.zeros((len(thresholds), size), np.int64)

    def counted(self, scores: NDArray[Any], marked: NDArray[np.bool_]) -> "Cells":
        """New counts by the same thresholds, of scores (n, C) and marks (n, C)."""
        found = Cells(self.thresholds)
        size = found.rows.shape[1]
        for label, thresholds in enumerate(self.thresholds):
            reached = np.searchsorted(thresholds, scores[:, label], side="right")
            equal = np.append(thresholds, np.nan)[reached - 1] == scores[:, label]
            cell = 2 * reached - equal
            found.rows[label] = np.bincount(cell, minlength=size)
            found.marked[label] = np.bincount(cell[marked[:, label]], minlength=size)
        return found

    def add(self, found: "Cells") -> None:
        """Add the counts of other rows."""
        self.rows += found.rows
        self.marked += found.marked

    def curve(self, label: int) -> Curve:
        """The curve of one label."""
        thresholds = self.thresholds[label]
        lowest = np.full(1 + 2 * len(thresholds), -np.inf)
        lowest[1::2] = thresholds
        lowest[2::2] = np.nextafter(thresholds, np.inf)
        rows, marked = (counts[label, : len(lowest)][::-1] for counts in (self.rows, self.marked))
        filled = rows > 0
        between = np.arange(len(lowest))[::-1] % 2 == 0
        selected, right = np.cumsum(rows), np.cumsum(marked)
        return Curve(lowest[::-1][filled], selected[filled], right[filled], between[filled])


class Scores:
    """The scores of C labels, or those of all labels pooled (C = 1), as the blocks of rows come in."""

    def __init__(self, labels: int, exact_elements: int = EXACT_ELEMENTS) -> None:
        self._labels = labels
        self._exact_elements = exact_elements
        self.kept: list[tuple[NDArray[Any], NDArray[np.bool_]]] = []
        """The scores and marks of each block, while they are kept."""
        self._kept_elements = 0
        self._cells: Cells | None = None
        self.undefined = np.zeros(labels, np.int64)
        """How many scores of each label are nan."""

    @property
    def exact(self) -> bool:
        """Whether every score is still kept."""
        return self._cells is None

    def counted(self, scores: NDArray[Any], marked: NDArray[np.bool_]) -> Cells | None:
        """What to hand to :meth:`add` beside the same scores; on any thread. None while they are kept."""
        return None if self._cells is None else self._cells.counted(scores, marked)

    def add(self, scores: NDArray[Any], marked: NDArray[np.bool_], counted: Cells | None = None) -> None:
        """Take the scores (n, C) of the next rows, and which of them have the label (n, C); both arrays are kept."""
        self.undefined += np.count_nonzero(np.isnan(scores), axis=0)
        if self._cells is not None:
            self._cells.add(self._cells.counted(scores, marked) if counted is None else counted)
            return
        self.kept.append((scores, marked))
        self._kept_elements += scores.size
        if self._kept_elements > self._exact_elements:
            scores, marked = self._whole()
            self.kept = []
            self._cells = Cells([self._thresholds(scores[:, k], marked[:, k]) for k in range(self._labels)])
            self._cells.add(self._cells.counted(scores, marked))

    def curves(self) -> list[Curve | None]:
        """The curve of each label; None for a label whose scores are not all defined."""
        if self._cells is not None:
            cells = self._cells
            return [None if self.undefined[label] else cells.curve(label) for label in range(self._labels)]
        if not self.kept:
            return [Curve.of(np.empty(0), np.empty(0, np.bool_))] * self._labels
        scores, marked = self._whole()
        return [
            None if self.undefined[label] else Curve.of(scores[:, label], marked[:, label])
            for label in range(self._labels)
        ]

    def _whole(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        scores, marked = zip(*self.kept, strict=True)
        return np.concatenate(scores), np.concatenate(marked)

    def _thresholds(self, scores: NDArray[Any], marked: NDArray[np.bool_]) -> NDArray[np.float64]:
        most = min(max(_THRESHOLDS // self._labels, _FEWEST), _MOST)
        defined = ~np.isnan(scores)
        kinds = (_spread(scores[defined & kind], most // 2) for kind in (marked, ~marked))
        return np.unique(np.concatenate(list(kinds)))


def _spread(scores: NDArray[Any], number: int) -> NDArray[np.float64]:
    """So many of the scores, from the lowest to the highest at equal distances in their order; all of few."""
    ordered = np.unique(scores).astype(np.float64)
    if len(ordered) <= number:
        return ordered
    ordered = np.sort(scores).astype(np.float64)
    return ordered[np.linspace(0, len(ordered) - 1, number).astype(np.int64)]
