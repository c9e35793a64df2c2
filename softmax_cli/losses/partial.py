"""What a block of rows adds to a result: sums and counts, never means, so that two of them simply add."""

import math
from dataclasses import dataclass, field
from typing import Any

from softmax_cli.losses.distance import distances
from softmax_cli.losses.sums import Sum


@dataclass(frozen=True)
class Partial:
    """One variant's losses over some rows, their squares, and the largest distance of one from its reference."""

    losses: Sum = field(default=Sum())
    squares: Sum = field(default=Sum())
    largest_delta: float = 0.0

    @classmethod
    def of(cls, losses: Any, reference: Any, xp: Any) -> "Partial":
        """Of some rows: float64 losses of shape (n,), and their reference or None."""
        total, squares = Sum.of(losses, xp), Sum.of(losses * losses, xp)
        if reference is None:
            return cls(total, squares)
        return cls(total, squares, float(xp.max(distances(losses, reference, xp))))

    def __add__(self, other: "Partial") -> "Partial":
        deltas = (self.largest_delta, other.largest_delta)
        largest = math.nan if any(map(math.isnan, deltas)) else max(deltas)
        return Partial(self.losses + other.losses, self.squares + other.squares, largest)
