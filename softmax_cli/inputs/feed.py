"""Blocks of one file cut anew, to the lengths of another's."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Feed:
    """Blocks handed out again in pieces of the lengths that are asked for."""

    def __init__(self, blocks: Iterator[NDArray[Any]]) -> None:
        self._blocks = blocks
        self._left: NDArray[Any] | None = None

    def take(self, count: int) -> NDArray[Any]:
        """The next ``count`` items; fewer only at the end."""
        pieces = [] if self._left is None else [self._left]
        found = sum(map(len, pieces))
        while found < count and (block := next(self._blocks, None)) is not None:
            pieces.append(block)
            found += len(block)
        joined = pieces[0] if len(pieces) == 1 else np.concatenate(pieces) if pieces else np.empty(0)
        self._left = joined[count:] if found > count else None
        return joined[:count]

    def rest(self) -> int:
        """How many items are left."""
        return sum(map(len, self._blocks), 0 if self._left is None else len(self._left))
