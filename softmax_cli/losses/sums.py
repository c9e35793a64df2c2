"""Sums of float64 values that do not depend on how the values were split.

Floating-point addition is not associative: summed in other blocks, the same losses give another last digit.
Every finite float64 is a whole number of 2^-1074, though, and whole numbers add exactly. So a partial sum is
a Python integer in that unit; adding two partials is adding two integers, and the one rounding there is
happens at the end. (Error-free vector transformation: Rump, Ogita and Oishi, "Accurate floating-point
summation", SIAM J. Sci. Comput. 31, 2008.)
"""

import math
from dataclasses import dataclass
from typing import Any, Self

_UNIT = 1074  # the smallest positive float64 is 2^-1074
_BITS = 26  # a slice's digits: 2^26 values of 26 bits add up to less than 2^53, so float64 holds their sum


@dataclass(frozen=True)
class Sum:
    """An exact sum: ``finite`` in units of 2^-1074, and how many values were nan, inf and -inf."""

    finite: int = 0
    nan: int = 0
    positive_infinity: int = 0
    negative_infinity: int = 0

    @classmethod
    def of(cls, values: Any, xp: Any) -> Self:
        """The sum of a float64 array of any shape, at most 2^26 values.

        >>> import numpy as np
        >>> Sum.of(np.array([1e16, 1.0, -1e16]), np).value()
        1.0
        """
        finite = xp.where(xp.isfinite(values), values, 0.0)
        return cls(
            finite=_exact_total(finite, xp),
            nan=int(xp.sum(xp.isnan(values))),
            positive_infinity=int(xp.sum(values == math.inf)),
            negative_infinity=int(xp.sum(values == -math.inf)),
        )

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.finite + other.finite,
            self.nan + other.nan,
            self.positive_infinity + other.positive_infinity,
            self.negative_infinity + other.negative_infinity,
        )

    @property
    def nonfinite(self) -> int:
        """How many of the values were nan, inf or -inf."""
        return self.nan + self.positive_infinity + self.negative_infinity

    def times(self, number: int) -> "Sum":
        """Return the sum of so many times each value; exact."""
        return Sum(self.finite * number, self.nan, self.positive_infinity, self.negative_infinity)

    @classmethod
    def count(cls, number: int) -> Self:
        """A sum of so many ones."""
        return cls(number << _UNIT)

    def value(self) -> float:
        """The sum, rounded once; nan and inf as IEEE 754 adds them."""
        if self.nan or (self.positive_infinity and self.negative_infinity):
            return math.nan
        if self.positive_infinity or self.negative_infinity:
            return math.inf if self.positive_infinity else -math.inf
        return _quotient(self.finite, 1 << _UNIT)

    def over(self, other: "Sum") -> float:
        """The one sum divided by the other, rounded once; nan where there is nothing to divide by, as torch has it.

        >>> Sum.count(1).over(Sum.count(3))
        0.3333333333333333
        """
        if not (other.finite or other.nonfinite):
            return math.nan
        if self.nonfinite or other.nonfinite:
            return self.value() / other.value()
        return _quotient(self.finite, other.finite)


def _quotient(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator  # true division of integers rounds correctly
    except OverflowError:
        return math.inf if (numerator > 0) == (denominator > 0) else -math.inf


def _exact_total(values: Any, xp: Any) -> int:
    """The sum of finite float64 values in units of 2^-1074.

    Takes a slice of 26 bits at a time off every value, from the top: the slices are whole numbers of 2^shift,
    their sum is exact, and so is what remains of each value.
    """
    total = 0
    largest = float(xp.max(xp.abs(values))) if math.prod(values.shape) else 0.0
    while largest > 0.0:
        shift = max(math.frexp(largest)[1] - _BITS, -_UNIT)
        # Scaling in two steps: 2^-shift alone is out of float64's range for the smallest numbers.
        half = shift // 2
        slices = xp.trunc(values * 2.0**-half * 2.0 ** (half - shift))
        total += int(xp.sum(slices)) << (shift + _UNIT)
        values = values - slices * 2.0**half * 2.0 ** (shift - half)
        largest = float(xp.max(xp.abs(values)))
    return total
