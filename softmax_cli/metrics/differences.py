"""How far apart two arrays of logits are, value by value, row by row, and but for what softmax cannot see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.distance import distances

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Differences:
    """Of each value, ``apart`` = |a - b| (n, C); of each row, (n,), the largest of them and what a shift leaves of it.

    ``shift_free`` is min_s max_c |a_c - b_c - s| = (max_c (a_c - b_c) - min_c (a_c - b_c)) / 2: how far apart two rows
    are for softmax, which a constant added to a row leaves as it is. It is of the classes that are finite in both.

    ``alike`` counts the values that are nan, or the same infinity, in both; ``unlike`` has True (n, C) where nan or
    an infinity stands in one alone, and is None where there is no such value.
    """

    apart: Floats
    largest: Floats
    shift_free: Floats
    alike: int = 0
    unlike: NDArray[np.bool_] | None = None


def differences(one: Floats, other: Floats) -> Differences:
    """Of float64 logits (n, C). What is nan or the same infinity in both is 0 apart; see losses.distance.

    >>> found = differences(np.array([[1.0, 2.0, -np.inf]]), np.array([[6.0, 7.0, -np.inf]]))
    >>> found.largest.tolist(), found.shift_free.tolist(), found.alike
    ([5.0], [0.0], 1)
    """
    with np.errstate(all="ignore"):
        delta = one - other
        if not np.isfinite(delta).all():
            return _of_nonfinite(one, other, delta)
        top, bottom = delta.max(axis=1), delta.min(axis=1)
        # + 0 makes 0 of -0.
        return Differences(np.abs(delta, out=delta), np.maximum(top, -bottom) + 0, (top - bottom) / 2)


def _of_nonfinite(one: Floats, other: Floats, delta: Floats) -> Differences:
    apart: Floats = distances(one, other, np)
    finite = np.isfinite(one) & np.isfinite(other)
    unlike = ~finite & (apart != 0)
    top = np.where(finite, delta, -np.inf).max(axis=1)
    bottom = np.where(finite, delta, np.inf).min(axis=1)
    largest = apart.max(axis=1)
    spread = np.where(finite.any(axis=1), (top - bottom) / 2, 0.0)
    return Differences(
        apart,
        largest,
        shift_free=np.where(unlike.any(axis=1), largest, spread),
        alike=int(np.count_nonzero(~finite & (apart == 0))),
        unlike=unlike if unlike.any() else None,
    )


def outside(apart: Floats, other: Floats, atol: float, rtol: float) -> NDArray[np.bool_]:
    """Where not |a - b| <= atol + rtol |b|, as ``numpy.allclose(a, b, equal_nan=True)`` has it; b is ``other``."""
    with np.errstate(all="ignore"):
        close = np.isfinite(apart) & (apart <= atol + rtol * np.abs(other))
        beyond: NDArray[np.bool_] = ~(close | (apart == 0))  # both nan, too, are no way apart
        return beyond
