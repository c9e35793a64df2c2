"""The mean of many values and its standard error."""

import math

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.sums import Sum


class Moments:
    """The exact sum of float64 values d, and their squared distance from the mean.

    The latter is added up by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for
    computing sample variances", 1979), piece by piece, of the values less the first of all: it does not cancel, however
    far from 0 they lie, and is 0 where all are equal. Its last digits depend on what the pieces are, so these are to be
    the same however the rows were read.
    """

    def __init__(self) -> None:
        self.count = 0
        self.total = Sum()
        self._first = 0.0
        self._mean = 0.0  # of the values less the first
        self._spread = 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Add values (n,), at least one and at most 2^26."""
        count, before = len(values), self.count
        if not before:
            self._first = float(values[0])
        with np.errstate(all="ignore"):
            shifted = values - self._first
            mean = float(shifted.mean())
            spread = float(np.square(shifted - mean).sum())
        apart = mean - self._mean
        self.count += count
        self.total += Sum.of(values, np)
        self._spread += spread + apart * apart * before * count / self.count
        self._mean += apart * count / self.count

    @property
    def mean(self) -> float:
        """sum_i d_i / n; nan for no values."""
        return self.total.over(Sum.count(self.count))

    @property
    def standard_error(self) -> float:
        """Of the mean: sqrt(sum_i (d_i - mean)^2 / (n - 1) / n); nan for fewer than two, or where one is not finite.

        With d the difference of two results on the same row this is the paired standard error: what the two have in
        common (that a row is hard for both) is not in it.

        Source: Miller, "Adding error bars to evals", 2024, https://arxiv.org/abs/2411.00640.
        """
        if self.count < 2 or not math.isfinite(self._spread):
            return math.nan
        return math.sqrt(self._spread / (self.count - 1) / self.count)
