"""Confidence intervals for proportions."""

import math

Z_95 = 1.959963984540054
"""The standard normal distribution's 97.5 % quantile: an interval of +-z has a level of 95 %."""


def wilson(successes: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval of a proportion, (low, high) within [0, 1]; nan where nothing was tried.

    With p = successes / trials and n = trials: (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n).
    It holds its level near 0 and 1, where p +- z sqrt(p (1 - p) / n) is too short, or a single point.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    >>> [round(limit, 4) for limit in wilson(467, 500)]
    [0.9088, 0.9526]
    """
    if not trials:
        return math.nan, math.nan
    share = successes / trials
    shrinkage = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrinkage
    reach = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2) / shrinkage
    # At the ends the one limit is the proportion itself, but for rounding.
    return (centre - reach if successes else 0.0, centre + reach if successes < trials else 1.0)
