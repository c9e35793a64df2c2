"""The bootstrap of means over rows, in bounded memory whatever their number, and its intervals."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_UNITS = 1 << 13
"""From twice as many rows on, what is drawn are groups of neighbouring rows, so many of them or more.

The width of an interval is then uncertain by 1 / sqrt(2 * 8192), 0.8 %: less than 2,000 resamples make it anyway.
"""

RESAMPLES_AT_ONCE = 50


class Units:
    """What is drawn: single rows, or, of many, groups of 2^k rows that stand one after another.

    ``columns`` numbers a row are kept, summed within a group. When 2^14 units are there every two neighbours become
    one. So memory is bounded, and what the units are depends on the rows alone, not on how they were handed over.
    For a mean, drawing groups of rows is as good: their sums have the variance and the skewness that rows give a mean.
    """

    def __init__(self, columns: int, fewest: int = FEWEST_UNITS) -> None:
        self._fewest = fewest
        self._sums = np.empty((columns, 2 * fewest))
        self._count = 0
        self._level = 0
        self._rest = np.empty((columns, 0))

    @property
    def rows_each(self) -> int:
        """How many rows a unit has; the last one may have fewer."""
        return 1 << self._level

    def add(self, rows: Floats) -> None:
        """Add rows, as numbers (columns, n); the blocks in their order."""
        rows = np.concatenate([self._rest, rows], axis=1)
        self._rest = rows[:, :0]
        while rows.shape[1]:
            room = 2 * self._fewest - self._count
            whole = min(rows.shape[1] >> self._level, room)
            if not whole:
                self._rest = rows
                return
            units = rows[:, : whole << self._level]
            for _ in range(self._level):
                units = units[:, 0::2] + units[:, 1::2]
            self._sums[:, self._count : self._count + whole] = units
            self._count += whole
            rows = rows[:, whole << self._level :]
            if whole == room:
                self._sums[:, : self._fewest] = self._sums[:, 0::2] + self._sums[:, 1::2]
                self._count, self._level = self._fewest, self._level + 1

    def sums(self) -> Floats:
        """The units (columns, n)."""
        rest = self._rest.sum(axis=1, keepdims=True) if self._rest.shape[1] else self._rest
        return np.concatenate([self._sums[:, : self._count], rest], axis=1)


def resample(units: Floats, seed: int, chunk: int) -> Floats:
    """Sums over as many units as there are, drawn with replacement: (columns, RESAMPLES_AT_ONCE).

    Each chunk of resamples has random numbers of its own, so that chunks can be computed in any order.

    Source: Efron, "Bootstrap methods: another look at the jackknife", Ann. Stat. 7, 1979.
    """
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk,)))
    size = units.shape[1]
    sums = np.empty((len(units), RESAMPLES_AT_ONCE))
    for place in range(RESAMPLES_AT_ONCE):
        times = np.bincount(generator.integers(size, size=size), minlength=size).astype(np.float64)
        with np.errstate(invalid="ignore"):  # an infinite value that is not drawn: nan, as bca_interval has it then
            sums[:, place] = (units * times).sum(axis=1)
    return sums


def bca_interval(
    estimate: float, resampled: Floats, influence: Floats, confidence: float = 0.95
) -> tuple[float, float]:
    """The bias-corrected and accelerated interval of an estimate from its values on resamples.

    With z0 the normal quantile of the share of resamples below the estimate (half of those equal to it with them),
    a = sum u^3 / (6 (sum u^2)^(3/2)) for the influence u of each unit, and z the normal quantiles of the two ends,
    the ends are the resamples' quantiles at Phi(z0 + (z0 + z) / (1 - a (z0 + z))): the percentile interval, corrected
    for bias and skewness, and unlike it accurate to the second order. nan where a value is not finite, and for a single
    unit, which says nothing of how units vary.

    Like every bootstrap of a mean it is too short for few rows: of intervals of 95 % for the mean of skewed differences
    (exponential less half an exponential) 94.8 % held the truth for 300 rows, 93.7 % for 80 and 91.7 % for 30.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 14.3, equations 14.9 to 14.15.
    """
    if len(influence) < 2 or not (
        math.isfinite(estimate) and np.isfinite(resampled).all() and np.isfinite(influence).all()
    ):
        return math.nan, math.nan
    from statistics import NormalDist

    normal = NormalDist()
    below = np.count_nonzero(resampled < estimate) + np.count_nonzero(resampled == estimate) / 2
    bias = normal.inv_cdf(min(max(below, 0.5), len(resampled) - 0.5) / len(resampled))
    scale = math.sqrt(float(np.square(influence).sum()))
    acceleration = float(np.power(influence / scale, 3).sum()) / 6 if scale else 0.0
    ends = []
    for side in (-1, 1):
        moved = bias + side * normal.inv_cdf((1 + confidence) / 2)
        ends.append(normal.cdf(bias + moved / (1 - acceleration * moved)))
    low, high = np.quantile(resampled, ends)
    return float(low), float(high)
