"""Partial sums of many small blocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.partial import Partial

ROWS_AT_ONCE = 1 << 14
"""How many rows are summed at a time: an exact sum of a hundred of them costs as much as that of thousands."""


class Totals:
    """A Partial that takes its rows in batches.

    How the rows were split makes no difference to it, since the sums are exact.
    """

    def __init__(self) -> None:
        self._partial = Partial()
        self._losses: list[NDArray[np.float64]] = []
        self._references: list[NDArray[np.float64]] = []
        self._waiting = 0

    def add(self, losses: NDArray[Any], reference: NDArray[np.float64] | None = None) -> None:
        """Add the losses (n,) of some rows; with a reference for all blocks, or for none."""
        self._losses.append(losses.astype(np.float64))
        if reference is not None:
            self._references.append(reference)
        self._waiting += len(losses)
        if self._waiting >= ROWS_AT_ONCE:
            self._sum_up()

    def partial(self) -> Partial:
        """That of all rows added."""
        if self._losses:
            self._sum_up()
        return self._partial

    def _sum_up(self) -> None:
        with np.errstate(all="ignore"):
            reference = np.concatenate(self._references) if self._references else None
            self._partial += Partial.of(np.concatenate(self._losses), reference, np)
        self._losses, self._references, self._waiting = [], [], 0
