"""Quantiles of many values in bounded memory: exact for few, and to a stated resolution for any number."""

import math
from collections.abc import Sequence
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

    @property
    def count(self) -> int:
        """How many values there are."""
        return int(self._counts.sum())

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """The values below which these shares of all lie, as numpy.quantile has them; nan ranks last.

        nan for no values. Beyond EXACT_UP_TO the middle of the bin of the value of that rank.
        """
        total = self.count
        if not total:
            return (math.nan,) * len(shares)
        if self._values is None:
            return tuple(self._ranked(share * (total - 1)) for share in shares)
        values = np.sort(np.concatenate(self._values))
        return tuple(_interpolated(values, share * (total - 1)) for share in shares)

    def ranked(self, ranks: Sequence[int]) -> list[float]:
        """The values of these ranks, counted from 0, the smallest first; as exact as those of :meth:`Quantiles.at`."""
        if self._values is None:
            return [self._ranked(rank) for rank in ranks]
        values = np.sort(np.concatenate(self._values))
        return [float(values[rank]) for rank in ranks]

    def _ranked(self, rank: float) -> float:
        return _middle(int(np.searchsorted(np.cumsum(self._counts), rank, side="right")))


class SignedQuantiles:
    """Quantiles of values of either sign: those below 0 are tallied by their size, apart from the others."""

    def __init__(self) -> None:
        self._below, self._rest = Quantiles(), Quantiles()

    def add(self, values: Floats) -> None:
        """Add values (n,); the blocks in their order."""
        keep = Quantiles.keeps(self._below.count + self._rest.count + len(values))
        negative = values < 0
        self._below.add(tally(-values[negative], keep=keep))
        self._rest.add(tally(values[~negative] + 0.0, keep=keep))  # no -0

    def at(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """See Quantiles.at; between two values of the neighbouring ranks."""
        total = self._below.count + self._rest.count
        if not total:
            return (math.nan,) * len(shares)
        ranks = [share * (total - 1) for share in shares]
        places = sorted({place for rank in ranks for place in (math.floor(rank), math.ceil(rank))})
        below = [place for place in places if place < self._below.count]
        found = self._below.ranked([self._below.count - 1 - place for place in below])
        values = [-value for value in found]
        values += self._rest.ranked([place - self._below.count for place in places[len(below) :]])
        return tuple(_between(dict(zip(places, values, strict=True)), rank) for rank in ranks)


def _between(values: dict[int, float], rank: float) -> float:
    one, other = values[math.floor(rank)], values[math.ceil(rank)]
    return one if one == other or rank == math.floor(rank) else one + (other - one) * (rank - math.floor(rank))


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
