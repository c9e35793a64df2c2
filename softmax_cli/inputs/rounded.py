"""Probabilities that rounding put a little below 0 or above 1: read as 0 and 1, and said so."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.rounding import ROUNDING


class Rounded:
    """The values that were moved to 0 or to 1, in one pass over the rows; the largest pass counts."""

    def __init__(self) -> None:
        self._count = self._most = 0
        self._farthest = 0.0

    def within(self, values: NDArray[Any], start: int, *, below_1: bool) -> NDArray[Any]:
        """Return the values of rows ``start`` on, those that are off by rounding as 0 (or as 1, for ``below_1``)."""
        if start == 0:
            self._count = 0
        off = (values < 0) & (values >= -ROUNDING)
        if below_1:
            off |= (values > 1) & (values <= 1 + ROUNDING)
        found = values[off]
        if not found.size:
            return values
        self._count += found.size
        self._most = max(self._most, self._count)
        distances = np.where(found < 0, -found.astype(np.float64), found.astype(np.float64) - 1)
        self._farthest = max(self._farthest, float(distances.max()))
        return np.where(off, np.where(values < 0, values.dtype.type(0), values.dtype.type(1)), values)

    def notes(self, name: str) -> tuple[str, ...]:
        """How many values were moved, and how far; nothing where none was."""
        if not self._most:
            return ()
        what = "1 value is" if self._most == 1 else f"{self._most:,} values are"
        return (f"{name}: {what} outside 0 to 1 by rounding, by {self._farthest:.1e} at most; read as 0 or 1",)
