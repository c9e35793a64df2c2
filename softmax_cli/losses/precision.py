"""The floating-point formats, as far as a result depends on them."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """``digits`` are the bits after the leading one, ``smallest`` the exponent of the smallest positive number."""

    digits: int
    smallest: int

    @property
    def underflow_gap(self) -> float:
        """How far below the row's maximum a softmax rounds to 0: at half the smallest number."""
        return (1 - self.smallest) * math.log(2)

    @property
    def overflow(self) -> float:
        """The largest x whose exponential is finite: 11.09 for float16, 88.72 for float32, 709.78 for float64."""
        highest = 1 - (self.smallest + self.digits)  # the exponent of the largest number, (2 - 2^-digits) 2^highest
        return math.log(2 - 2.0**-self.digits) + highest * math.log(2)

    def ulp(self, value: float) -> float:
        """The distance of two neighbouring numbers at the size of a value."""
        return math.ldexp(1.0, max(math.frexp(value)[1] - 1 - self.digits, self.smallest))


PRECISIONS = {
    "float16": Precision(10, -24),
    "bfloat16": Precision(7, -133),
    "float32": Precision(23, -149),
    "float64": Precision(52, -1074),
}


def in_ulps(delta: float, reference: float, dtype: str) -> float:
    """A distance from a reference in units in the last place of the dtype, at the size of the reference.

    >>> in_ulps(2.0**-23, 1.0, "float32")
    1.0
    """
    return delta / PRECISIONS[dtype].ulp(reference) if math.isfinite(reference) else delta
