"""Quantiles of many values in bounded memory: exact for few, and to a stated resolution for any number."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.order import EXACT_UP_TO, leading_bits

Floats = NDArray[np.float64]

RESOLUTION = 2.0**-9
"""Beyond EXACT_UP_TO values a quantile is within this of the true one, relative to it (below 1e-38: within 1e-40)."""

_SHIFT = 15  # of a float32's 23 digits 8 are kept: 256 bins between a power of two and the next
_INFINITY = 0x7F800000 >> _SHIFT


@dataclass(frozen=True, eq=False)
class Tally:
    """Some values by bins, and the values themselves where they are kept."""

    counts: NDArray[np.intp]
    values: Floats | None


def tally(values: Floats, *, keep: bool) -> Tally:
    """Count values that are not negative (nan and inf among them), of any shape, by their leading bits."""
    bins = leading_bits(values, _SHIFT).reshape(-1)
    return Tally(np.bincount(bins), values.reshape(-1).copy() if keep else None)


class Quantiles:
    """The tallies of all values, added up. Whether a block's values are kept is for :meth:`Quantiles.keeps` to say."""

    def __init__(self) -> None:
        self._counts: NDArray[np.intp] = np.zeros(0, np.intp)
        self._values: list[Floats] | None = []

    @staticmethod
    def keeps(values: int) -> bool:
        """Whether so many values, those of all blocks up to here, are still few."""
        return values <= EXACT_UP_TO

    @property
    def exact(self) -> bool:
        """Whether the quantiles are exact."""
        return self._values is not None

    def add(self, found: Tally) -> None:
        """Add a tally; the blocks in their order."""
        if len(found.counts) > len(self._counts):
            self._counts = np.concatenate(
                [self._counts, np.zeros(len(found.counts) - len(self._counts), self._counts.dtype)]
            )
        self._counts[: len(found.counts)] += found.counts
        if found.values is None:
            self._values = None
        elif self._values is not None:
            self._values.append(found.values)

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """The values below which these shares of all lie, as numpy.quantile has them; nan ranks last.

        nan for no values. Beyond EXACT_UP_TO the middle of the bin of the value of that rank.
        """
        total = int(self._counts.sum())
        if not total:
            return (math.nan,) * len(shares)
        if self._values is None:
            ends = np.cumsum(self._counts)
            return tuple(_middle(int(np.searchsorted(ends, share * (total - 1), side="right"))) for share in shares)
        values = np.sort(np.concatenate(self._values))
        return tuple(_interpolated(values, share * (total - 1)) for share in shares)


def _middle(place: int) -> float:
    if place == 0:
        return 0.0
    if place >= _INFINITY:
        return math.inf if place == _INFINITY else math.nan
    bits = np.array([(place << _SHIFT) | (1 << (_SHIFT - 1))], np.uint32)
    return float(bits.view(np.float32)[0])


def _interpolated(values: Any, rank: float) -> float:
    below = math.floor(rank)
    one, other = float(values[below]), float(values[min(below + 1, len(values) - 1)])
    return one if one == other or rank == below else one + (other - one) * (rank - below)
