"""How finely values are written: to so many decimals, or on so many levels of equal distance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_DECIMALS = 6
_MOST_LEVELS = 256  # those of 8 bits
_FEWEST_VALUES = 20
_A_LEVEL = 8  # values that a level must have on average, for few levels to be no accident
_UNSEEN = 14
_NEAR = 0.02  # of a step: how far a multiple of it may be off in the dtype


@dataclass(frozen=True)
class Coarseness:
    """``decimals``: the values are whole multiples of 10^-decimals; ``levels``: so many, ``step`` apart.

    Each None where it is not so, or where too few values were seen to tell. ``collisions`` is how often two values may
    be equal: from the n (n - 1) / 2 pairs of those that were seen, k of which are, the bound (k + 14) / pairs. (Were it
    more often, none of k + 14 expected ones would be seen with a chance of exp(-14) = 8e-7.) 1 where nothing was seen.
    """

    decimals: int | None = None
    levels: int | None = None
    step: float | None = None
    collisions: float = 1.0

    @classmethod
    def of(cls, values: NDArray[Any], resolution: float) -> "Coarseness":
        """Of float64 values of any shape, held in a dtype of this relative resolution (2^-23 for float32).

        A value is a whole multiple of a step by accident in 4 of 100 cases: 20 of them in one of 10^28.

        >>> Coarseness.of(np.arange(40) / 10, 2**-52).decimals
        1
        """
        values = values[np.isfinite(values)]
        distinct, counts = np.unique(values, return_counts=True)
        pairs, equal = len(values) * (len(values) - 1) / 2, float(counts @ (counts - 1)) / 2
        collisions = min((equal + _UNSEEN) / pairs, 1.0) if pairs else 1.0
        if len(values) < _FEWEST_VALUES:
            return cls(collisions=collisions)
        if len(distinct) < 2:
            return cls(collisions=collisions)
        decimals = _decimals(distinct, resolution) if np.count_nonzero(values) >= _FEWEST_VALUES else None
        step = _step(distinct, len(values))
        levels = None if step is None else round((distinct[-1] - distinct[0]) / step) + 1
        return cls(decimals, levels, step, collisions)


def _decimals(distinct: NDArray[np.float64], resolution: float) -> int | None:
    """The fewest decimals that write every value, None for more than six or than the dtype can show."""
    largest = float(np.abs(distinct).max())
    for decimals in range(_MOST_DECIMALS + 1):
        scaled = distinct * 10.0**decimals
        tolerance = largest * 10.0**decimals * resolution
        if tolerance > _NEAR:
            return None
        if (np.abs(scaled - np.rint(scaled)) <= tolerance).all():
            return decimals
    return None


def _step(distinct: NDArray[np.float64], values: int) -> float | None:
    """The distance of the levels, None where the values stand on none."""
    if not 2 < len(distinct) <= min(_MOST_LEVELS, values // _A_LEVEL):
        return None
    step = float(np.diff(distinct).min())
    places = (distinct - distinct[0]) / step
    if places[-1] >= _MOST_LEVELS or (np.abs(places - np.rint(places)) > _NEAR).any():
        return None
    return float(distinct[-1] - distinct[0]) / int(np.rint(places[-1]))
