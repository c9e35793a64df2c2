"""What a block of rows adds to a result: sums and counts, never means, so that two of them simply add."""

import math
from dataclasses import dataclass, field
from typing import Any

from softmax_cli.losses.distance import distances
from softmax_cli.losses.sums import Sum


@dataclass(frozen=True)
class Partial:
    """One variant's losses over some rows, and the sum of their squares.

    ``largest_delta`` is the largest distance of a row's loss from its reference; ``first_nonfinite`` the
    first row (counted from the file's first) whose loss is nan or infinite.
    """

    losses: Sum = field(default=Sum())
    squares: Sum = field(default=Sum())
    largest_delta: float = 0.0
    first_nonfinite: int | None = None

    @classmethod
    def of(cls, losses: Any, reference: Any, start: int, xp: Any) -> "Partial":
        """Of the rows ``start`` on: float64 losses of shape (n,), and their reference or None."""
        total, squares = Sum.of(losses, xp), Sum.of(losses * losses, xp)
        first = start + int(xp.argmax(~xp.isfinite(losses))) if total.nonfinite else None
        if reference is None:
            return cls(total, squares, 0.0, first)
        return cls(total, squares, float(xp.max(distances(losses, reference, xp))), first)

    def __add__(self, other: "Partial") -> "Partial":
        firsts = [first for first in (self.first_nonfinite, other.first_nonfinite) if first is not None]
        deltas = (self.largest_delta, other.largest_delta)
        largest = math.nan if any(map(math.isnan, deltas)) else max(deltas)
        return Partial(self.losses + other.losses, self.squares + other.squares, largest, min(firsts, default=None))
