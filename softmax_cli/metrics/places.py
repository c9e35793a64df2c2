"""Which rows: how many of them there are, and the first few."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT = 5


@dataclass(frozen=True)
class Places:
    """``count`` rows, and the numbers of the ``first`` of them, from 0. Adding two that follow each other joins them.

    >>> Places.of(np.array([False, True, True]), 10) + Places.of(np.array([True]), 13)
    Places(count=3, first=(11, 12, 13))
    """

    count: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, chosen: NDArray[Any], start: int) -> "Places":
        """Where truth values (n,) are true, the first of them being row ``start``."""
        found = np.flatnonzero(chosen)
        return cls(len(found), tuple((found[:_KEPT] + start).tolist()))

    def __add__(self, other: "Places") -> "Places":
        return Places(self.count + other.count, (*self.first, *other.first)[:_KEPT])

    def __bool__(self) -> bool:
        return self.count > 0
