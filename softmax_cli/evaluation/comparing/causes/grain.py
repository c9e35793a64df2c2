"""How finely the values of a file are written: what rounding may have taken from them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COMPUTED = 2.0**-24
"""Half a unit in the last place of float32, relative: what a step that was computed in it may be off by."""

_OPERATIONS = 4  # roundings that a value may have gone through
_MOST_DECIMALS = 6
_MOST_DIGITS = 12
_SAMPLE = 200
_WHOLE = 1e-6  # how far a multiple of 10^-d may seem off, in such steps, before the dtype's own rounding


@dataclass(frozen=True)
class Grain:
    """The rounding of a file's values.

    Attributes:
        relative: half a unit in the last place, of the value: 2^-11 for float16.
        decimals: the fewest decimals that write every value, up to six; None where that is too few.
        digits: the fewest significant digits that write every value, for text and float64; None where there are none.
        smallest: below this a value may have been rounded to 0.
    """

    relative: float
    decimals: int | None
    digits: int | None
    smallest: float

    @classmethod
    def of(cls, values: Floats, dtype: np.dtype[Any]) -> "Grain":
        """The rounding that some values show, which their dtype bounds.

        >>> Grain.of(np.array([0.25, 1.75, 3.1]), np.dtype("float64")).decimals
        2
        """
        values = values[np.isfinite(values)]
        if dtype.kind in "iu":
            return cls(0.0, 0, None, 0.0)
        single = values.astype(np.float32)
        if not (single == values).all():
            digits = _digits(values)
            relative = 2.0**-53 if digits is None else 0.5 * 10.0 ** (1 - digits)
            return cls(relative, _decimals(values, 2.0**-53), digits, np.finfo(np.float64).tiny)
        decimals = _decimals(values, COMPUTED)
        with np.errstate(over="ignore"):
            if (single.astype(np.float16) == single).all():
                return cls(2.0**-11, decimals, None, 2.0**-25)
        if not (single.view(np.uint32) & 0xFFFF).any():
            return cls(2.0**-8, decimals, None, float(np.finfo(np.float32).tiny))
        return cls(COMPUTED, decimals, None, float(np.finfo(np.float32).tiny))

    @property
    def step(self) -> float:
        """The distance of neighbouring decimal numbers; 0 where the values have too many decimals."""
        return 0.0 if self.decimals is None else 10.0**-self.decimals

    @property
    def half_step(self) -> float:
        """What rounding to decimals took at most; whole numbers are taken for exact."""
        return self.step / 2 if self.decimals else 0.0


def slack(one: Grain, other: Grain, magnitude: Any, slope: float = 1.0) -> Any:
    """How far f(a) may be from b by rounding alone, where |f'| is at most ``slope``.

    Each of ``magnitude`` is the largest number that went into f(a): its roundings are in proportion to it.
    """
    relative = _OPERATIONS * (one.relative + other.relative + COMPUTED)
    return relative * magnitude + 1.01 * (slope * one.half_step + other.half_step) + other.smallest


def _decimals(values: Floats, resolution: float) -> int | None:
    largest = float(np.abs(values).max()) if values.size else 0.0
    for decimals in range(_MOST_DECIMALS + 1):
        scaled = values * 10.0**decimals
        off = _WHOLE + largest * 10.0**decimals * resolution
        if off > 0.02:  # the dtype cannot show so many
            return None
        if (np.abs(scaled - np.rint(scaled)) <= off).all():
            return decimals
    return None


def _digits(values: Floats) -> int | None:
    some = values[:: max(1, len(values) // _SAMPLE)].tolist()
    fewest = 1
    for value in some:
        while fewest <= _MOST_DIGITS and float(f"{value:.{fewest - 1}e}") != value:
            fewest += 1
    return fewest if fewest <= _MOST_DIGITS else None


def exponents(values: Floats) -> Floats:
    """floor(log10 |v|) of each value; 0 for 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.floor(np.log10(np.abs(values)))
    return np.where(np.isfinite(found), found, 0.0)


def plainest(number: float, relative: float) -> float:
    """The number of the fewest digits, or 1 over such a number, that is so near to one that is not 0."""
    for digits in range(6):
        for found in (float(f"{number:.{digits}e}"), 1 / float(f"{1 / number:.{digits}e}")):
            if abs(found - number) <= relative * abs(number):
                return found
    return number


def number_text(number: float) -> str:
    """A fitted number in words: six digits, and 2 for 2.0000000001."""
    return f"{number:.6g}" if math.isfinite(number) else str(number)
