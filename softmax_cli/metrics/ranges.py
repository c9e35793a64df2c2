"""Which rows, as ranges: all of them, as long as they are few."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST = 16


@dataclass(frozen=True)
class Ranges:
    """Rows ``start`` to ``stop`` (without it) for each of the ``parts``, in their order; None where these are too many.

    Adding two joins them, the later rows to the earlier ones.

    >>> Ranges.of(np.array([False, True, True]), 10) + Ranges.of(np.array([True, False, True]), 13)
    Ranges(parts=((11, 14), (15, 16)))
    """

    parts: tuple[tuple[int, int], ...] | None = ()

    @classmethod
    def of(cls, chosen: NDArray[Any], start: int) -> "Ranges":
        """Where truth values (n,) are true, the first of them being row ``start``."""
        return cls.of_rows(np.flatnonzero(chosen) + start)

    @classmethod
    def of_rows(cls, rows: NDArray[np.int64]) -> "Ranges":
        """Rows by their numbers, which ascend."""
        ends = np.flatnonzero(np.diff(rows) != 1)
        if len(ends) >= _MOST:
            return cls(None)
        return cls(_joined((int(part[0]), int(part[-1]) + 1) for part in np.split(rows, ends + 1) if len(part)))

    def __add__(self, later: "Ranges") -> "Ranges":
        if self.parts is None or later.parts is None:
            return Ranges(None)
        parts = _joined([*self.parts, *later.parts])
        return Ranges(parts if len(parts) <= _MOST else None)

    def text(self) -> str:
        """As --skip-rows takes them, ``7,100:164``; empty of none, and of too many.

        >>> Ranges(((7, 8), (100, 164))).text()
        '7,100:164'
        """
        return ",".join(str(start) if stop == start + 1 else f"{start}:{stop}" for start, stop in self.parts or ())


def _joined(parts: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The parts, with those in one that follow each other without a gap."""
    found: list[tuple[int, int]] = []
    for start, stop in parts:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return tuple(found)
