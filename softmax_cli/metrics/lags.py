"""Predictions held against the labels of the neighbouring rows: what a file that slipped by one row shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Lag:
    """Rows whose prediction was held against another row's label: ``hits`` of ``trials``.

    ``wins`` are the rows where only that label is right, ``losses`` those where only their own is.
    """

    trials: int = 0
    hits: int = 0
    wins: int = 0
    losses: int = 0

    @property
    def accuracy(self) -> float:
        """Hits / trials, 0 of none."""
        return self.hits / self.trials if self.trials else 0.0

    def add(self, there: NDArray[np.bool_], here: NDArray[np.bool_], counted: NDArray[np.bool_]) -> None:
        """Add rows: whether the other label is right (n,), whether their own is, and which of them count."""
        self.trials += int(np.count_nonzero(counted))
        self.hits += int(np.count_nonzero(there & counted))
        self.wins += int(np.count_nonzero(there & ~here & counted))
        self.losses += int(np.count_nonzero(here & ~there & counted))


class Neighbours:
    """``following``: row i against the label of row i + 1; ``preceding``: against that of row i - 1.

    Within a sequence: the last row of one is not held against the first of the next.
    """

    def __init__(self) -> None:
        self.following = Lag()
        self.preceding = Lag()
        self._last: tuple[NDArray[Any], ...] | None = None

    def add(
        self,
        predictions: NDArray[np.int64],
        labels: NDArray[np.int64],
        counted: NDArray[np.bool_],
        sequences: NDArray[np.int64] | None = None,
    ) -> None:
        """Add the next rows, (n,) each; ``sequences`` are the numbers of theirs, None where all rows are one."""
        sequences = np.zeros_like(labels) if sequences is None else sequences
        rows: tuple[NDArray[Any], ...] = predictions, labels, counted, sequences
        if self._last is not None:
            rows = tuple(np.append(last, new) for last, new in zip(self._last, rows, strict=True))
        predictions, labels, counted, sequences = rows
        here = predictions == labels
        both = counted[1:] & counted[:-1] & (sequences[1:] == sequences[:-1])
        self.following.add(predictions[:-1] == labels[1:], here[:-1], both)
        self.preceding.add(predictions[1:] == labels[:-1], here[1:], both)
        self._last = tuple(each[-1:] for each in rows)
