"""The smallest and the largest of some values."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bounds:
    """``low`` and ``high``; of no values inf and -inf.

    >>> Bounds.of(np.array([3.0, np.nan, 1.0, -np.inf])) | Bounds(2.0, 5.0)
    Bounds(low=1.0, high=5.0)
    """

    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Bounds":
        """Those of the finite ones among the values."""
        low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
        if math.isfinite(low) and math.isfinite(high):
            return cls(low, high)
        finite = values[np.isfinite(values)]
        return cls(float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf)))

    def __or__(self, other: "Bounds") -> "Bounds":
        return Bounds(min(self.low, other.low), max(self.high, other.high))

    def __bool__(self) -> bool:
        return self.low <= self.high

    @property
    def span(self) -> float:
        """High - low."""
        return self.high - self.low

    def off(self, value: float) -> float:
        """How far the furthest of the values lies from this one."""
        return max(abs(self.low - value), abs(self.high - value))
