"""Rows without a negative value, as what they may be: probabilities, shares of a total, or what a ReLU left."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.bounds import Bounds

END = 0.05
"""How near 0 or 1 a value is "at the end"."""


@dataclass(frozen=True, eq=False)
class Shares:
    """``sums`` are the rows', ``one_hot`` counts rows that are a single 1 among zeros, the others count values.

    ``near_zero`` are 0.05 or less, ``near_one`` 0.95 or more. ``zeros`` are exactly that, and stand in rows of several
    values; ``zero_columns`` (C,) says which columns have one, ``column_sums`` (C,) what they sum to.
    """

    sums: Bounds
    one_hot: int
    near_zero: int
    near_one: int
    zeros: int
    zero_columns: NDArray[np.bool_]
    column_sums: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[Any], varied: NDArray[np.bool_]) -> "Shares":
        """Of rows (n, C) without a negative value; ``varied`` (n,) are those of several values."""
        sums = values.sum(axis=1, dtype=np.float64)
        zero = (values == 0) & varied[:, np.newaxis]
        return cls(
            Bounds.of(sums),
            int(np.count_nonzero((sums == 1) & (values.max(axis=1) == 1))),
            int(np.count_nonzero(values <= END)),
            int(np.count_nonzero(values >= 1 - END)),
            int(np.count_nonzero(zero)),
            zero.any(axis=0),
            values.sum(axis=0, dtype=np.float64),
        )

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(
            self.sums | other.sums,
            self.one_hot + other.one_hot,
            self.near_zero + other.near_zero,
            self.near_one + other.near_one,
            self.zeros + other.zeros,
            self.zero_columns | other.zero_columns,
            self.column_sums + other.column_sums,
        )
