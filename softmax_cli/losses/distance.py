"""How far apart two results are, where both may be nan or infinite."""

import math
from typing import Any


def distances(one: Any, other: Any, xp: Any) -> Any:
    """|one - other|, element by element: 0 where both are the same infinity or both nan.

    inf where one alone is infinite, nan where one alone is nan.
    """
    finite = xp.isfinite(one) & xp.isfinite(other)
    apart = xp.abs(xp.where(finite, one, 0.0) - xp.where(finite, other, 0.0))
    one_nan, other_nan = xp.isnan(one), xp.isnan(other)
    same = (one == other) | (one_nan & other_nan)
    otherwise = xp.where(one_nan | other_nan, math.nan, math.inf)
    return xp.where(finite, apart, xp.where(same, 0.0, otherwise))
