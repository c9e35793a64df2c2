"""The outermost values of a column of numbers, with how often each occurs: what a clipped file gives away."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.places import Places

_VALUES = 4
_MOST = 1 << 10  # different rows that are told apart at one value


@dataclass
class Extreme:
    """A value, the rows that have it, and how many different ones these are (at most 1024), by their hashes."""

    value: float
    rows: Places = field(default=Places())
    kinds: set[int] = field(default_factory=set)


class Extremes:
    """The four largest different values (of ``sign`` -1 the smallest), outermost first."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self.found: list[Extreme] = []

    def add(self, values: NDArray[Any], hashes: NDArray[np.uint64], start: int) -> None:
        """Add one finite value a row (n,), with the rows' hashes; rows ``start`` on. Others are passed over."""
        with np.errstate(invalid="ignore"):
            signed = np.where(np.isfinite(values), values * self._sign, -np.inf)
        for _ in range(_VALUES):
            best = float(signed.max(initial=-np.inf))
            if best == -np.inf or (len(self.found) == _VALUES and best < self._sign * self.found[-1].value):
                return
            chosen = signed == best
            self._add(self._sign * best, chosen, hashes, start)
            signed = np.where(chosen, -np.inf, signed)

    def _add(self, value: float, chosen: NDArray[np.bool_], hashes: NDArray[np.uint64], start: int) -> None:
        known = next((extreme for extreme in self.found if extreme.value == value), None)
        if known is None:
            known = Extreme(value)
            self.found.append(known)
            self.found.sort(key=lambda extreme: -self._sign * extreme.value)
            del self.found[_VALUES:]
        known.rows += Places.of(chosen, start)
        if len(known.kinds) < _MOST:
            known.kinds.update(hashes[chosen][: _MOST - len(known.kinds)].tolist())
