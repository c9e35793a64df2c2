"""Values that are wanted in their order (quantiles, bins of equal mass), in bounded memory."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 1 << 20
"""So many values are kept one by one."""

RESOLUTION = 2.0**-10
"""Beyond that, values are told apart only where they differ by more than this share of themselves."""

_DROPPED_BITS = 13  # of a float32's 23 of the fraction: 10 are left, hence the resolution
_CELLS = 1 << (31 - _DROPPED_BITS)
_VALUES_AT_ONCE = 1 << 16


@dataclass(frozen=True, eq=False)
class Groups:
    """Values in ascending order, each with how many there are of it, their sum, and how many are marked."""

    values: NDArray[np.float64]
    counts: NDArray[np.intp]
    sums: NDArray[np.float64]
    marked: NDArray[np.int64]

    def quantiles(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values that these shares of all lie below, interpolated linearly as numpy.quantile does."""
        ends = np.cumsum(self.counts)
        places = np.round(shares * (ends[-1] - 1), 9)  # 7, not 6.999999999999999: a quantile on a value is that value
        below = np.floor(places).astype(np.int64)
        low, high = (
            self.values[np.searchsorted(ends, np.minimum(place, ends[-1] - 1), side="right")]
            for place in (below, below + 1)
        )
        with np.errstate(invalid="ignore"):  # between two infinities
            between = low + (high - low) * (places - below)
        quantiles: NDArray[np.float64] = np.where((low == high) | (places == below), low, between)
        return quantiles


class Order:
    """Takes values that are not negative (no nan), and gives them in order.

    Up to EXACT_UP_TO values exactly; beyond it in cells as narrow as RESOLUTION of the value, or of 1 less the value
    for those that crowd below 1 (``near_one``). Each value may carry a mark.
    """

    def __init__(self, *, near_one: bool = False, exact_up_to: int = EXACT_UP_TO) -> None:
        self._near_one = near_one
        self._exact_up_to = exact_up_to
        self._kept: list[tuple[NDArray[np.float64], NDArray[np.bool_]]] = []
        self._kept_count = 0
        self._cells: Groups | None = None
        self.count = 0

    @property
    def exact(self) -> bool:
        """Whether every value is still kept."""
        return self._cells is None

    def add(self, values: NDArray[Any], marked: NDArray[np.bool_] | None = None) -> None:
        """Take the values (n,) of some rows, with a mark each or none."""
        marks = np.zeros(len(values), np.bool_) if marked is None else marked
        self._kept.append((values, marks))
        self._kept_count += len(values)
        self.count += len(values)
        if self.count > self._exact_up_to and (self._cells is None or self._kept_count >= _VALUES_AT_ONCE):
            self._drop_into_cells()

    def groups(self) -> Groups:
        """All values, or the cells that are not empty, in ascending order."""
        if self._cells is None:
            return self._one_by_one()
        self._drop_into_cells()
        cells = self._cells
        filled = np.flatnonzero(cells.counts)
        if self._near_one:
            filled = filled[::-1]
        counts, sums = cells.counts[filled], cells.sums[filled]
        return Groups(sums / counts, counts, sums, cells.marked[filled])

    def _one_by_one(self) -> Groups:
        if not self._kept:
            return Groups(np.empty(0), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
        values, marks = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        order = np.argsort(values, kind="stable")
        values = values[order].astype(np.float64)
        return Groups(values, np.ones(len(values), np.int64), values, marks[order].astype(np.int64))

    def _drop_into_cells(self) -> None:
        if not self._kept:
            return
        values, marks = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        self._kept, self._kept_count = [], 0
        if self._cells is None:
            self._cells = Groups(np.empty(0), np.zeros(_CELLS, np.int64), np.zeros(_CELLS), np.zeros(_CELLS, np.int64))
        cells = self._cells
        for first in range(0, len(values), _VALUES_AT_ONCE):
            part, marked = values[first : first + _VALUES_AT_ONCE], marks[first : first + _VALUES_AT_ONCE]
            cell = leading_bits(1 - part if self._near_one else part, _DROPPED_BITS)
            cells.counts[:] += np.bincount(cell, minlength=_CELLS)
            cells.sums[:] += np.bincount(cell, part, _CELLS)
            cells.marked[:] += np.bincount(cell[marked], minlength=_CELLS)


def leading_bits(values: NDArray[Any], dropped: int) -> NDArray[np.uint32]:
    """The bits of each |value| as a float32 without the last ``dropped`` ones: they have the order of the values.

    So cells of them are the same for every file, and no value needs to be known beforehand. nan has the largest.
    """
    with np.errstate(over="ignore", under="ignore"):
        bits: NDArray[np.uint32] = np.abs(values.astype(np.float32)).view(np.uint32)
    return bits >> np.uint32(dropped)
