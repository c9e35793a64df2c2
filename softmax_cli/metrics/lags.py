"""Predictions held against other labels than their own: what a file that slipped by a row or two shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

OFFSETS = (1, -1, 2, -2)
"""How far on, or back, the labels are that each row is held against."""

_CARRIED = max(OFFSETS) + 1


@dataclass
class Lag:
    """Rows whose prediction was held against another label: ``hits`` of ``trials``.

    ``wins`` are the rows where only that label is right, ``losses`` those where only their own is. ``fresh_trials``,
    ``fresh_wins`` and ``fresh_losses`` leave out rows that are as the one before: they are no new evidence.
    """

    trials: int = 0
    hits: int = 0
    wins: int = 0
    losses: int = 0
    fresh_trials: int = 0
    fresh_wins: int = 0
    fresh_losses: int = 0

    @property
    def accuracy(self) -> float:
        """Hits / trials, 0 of none."""
        return self.hits / self.trials if self.trials else 0.0

    def add(
        self,
        there: NDArray[np.bool_],
        here: NDArray[np.bool_],
        counted: NDArray[np.bool_],
        fresh: NDArray[np.bool_],
    ) -> None:
        """Add rows: whether the other label is right (n,), whether their own is, which count, and which are new."""
        wins, losses = there & ~here & counted, here & ~there & counted
        self.trials += int(np.count_nonzero(counted))
        self.hits += int(np.count_nonzero(there & counted))
        self.wins += int(np.count_nonzero(wins))
        self.losses += int(np.count_nonzero(losses))
        self.fresh_trials += int(np.count_nonzero(counted & fresh))
        self.fresh_wins += int(np.count_nonzero(wins & fresh))
        self.fresh_losses += int(np.count_nonzero(losses & fresh))


class Novelty:
    """Tells which rows differ from the one before them, over all that were added."""

    def __init__(self) -> None:
        self._last: tuple[Any, ...] | None = None

    def of(self, *columns: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each of the next rows (n,) has another value in one of the columns, (n,) each; the first one does."""
        found = differs(*columns)
        if len(found) and self._last is not None:
            found[0] = any(column[0] != last for column, last in zip(columns, self._last, strict=True))
        if len(found):
            self._last = tuple(column[-1] for column in columns)
        return found


def differs(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows (n,) differ from the one before in one of the columns, (n,) each; the first one does."""
    found = np.ones(len(columns[0]), bool)
    if len(found) > 1:
        found[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return found


class Neighbours:
    """``lags`` has a Lag for each of OFFSETS: row i against the label of row i + 1, i - 1, i + 2 and i - 2.

    Within a sequence: the last row of one is not held against the first of the next.
    """

    def __init__(self) -> None:
        self.lags = {offset: Lag() for offset in OFFSETS}
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
        seen = 0
        if self._last is not None:
            seen = len(self._last[0])
            rows = tuple(np.append(last, new) for last, new in zip(self._last, rows, strict=True))
        for offset, lag in self.lags.items():
            _hold(rows, offset, lag, seen)
        self._last = tuple(each[-_CARRIED:] for each in rows)


def _hold(rows: tuple[NDArray[Any], ...], offset: int, lag: Lag, seen: int) -> None:
    """Add the pairs of rows so far apart whose later row was not ``seen`` before."""
    by = abs(offset)
    first, second = slice(None, -by), slice(by, None)
    own, other = (first, second) if offset > 0 else (second, first)
    predictions, labels, counted, sequences = rows
    here, there = predictions[own] == labels[own], predictions[own] == labels[other]
    both = counted[first] & counted[second] & (sequences[first] == sequences[second])
    fresh = differs(predictions[own], labels[own], labels[other])
    new = slice(max(seen - by, 0), None)
    lag.add(there[new], here[new], both[new], fresh[new])
