"""B is A with fewer digits: cast to a narrower dtype, or rounded to decimals or significant digits."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.causes.grain import Floats, exponents
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Rows, same
from softmax_cli.reports.grid import count

_HALF = math.log(0.5)  # a value that is near another anyway is rounded to just this one in half of the cases
_NEAR = 1e-9  # of a step: what is a tie, and could be rounded either way
_MOST_DIGITS = 8


def _rounded(bits: int, lowest: int, largest: float) -> Callable[[Floats], Floats]:
    """Rounding to floats of so many significant bits, ``lowest`` being the smallest exponent of a normal number."""

    def rounded(values: Floats) -> Floats:
        _, exponent = np.frexp(values)
        unit = np.ldexp(1.0, np.maximum(exponent - 1, lowest) - (bits - 1))
        found = np.rint(values / unit) * unit
        return np.where(np.isfinite(values) & (np.abs(found) > largest), np.copysign(np.inf, values), found)

    return rounded


def _cut_to_bfloat16(values: Floats) -> Floats:
    bits: NDArray[np.uint32] = values.astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


FORMATS: dict[str, tuple[Callable[[Floats], Floats], float]] = {
    "float32": (lambda values: values.astype(np.float32).astype(np.float64), float(np.finfo(np.float32).max)),
    "float16": (_rounded(11, -14, 65504.0), 65504.0),
    "bfloat16": (_rounded(8, -126, 3.3895313892515355e38), 3.3895313892515355e38),
    "bfloat16 by cutting its last bits off": (_cut_to_bfloat16, math.inf),
    "TF32": (_rounded(11, -126, 3.4011621342146535e38), 3.4011621342146535e38),
    "float8 (e4m3)": (_rounded(4, -6, 448.0), 448.0),
    "float8 (e5m2)": (_rounded(3, -14, 57344.0), 57344.0),
}
"""Floats by name: what a float64 becomes, and the largest of them. (IEEE 754; bfloat16 and TF32 have the exponents of
float32; Micikevicius et al., "FP8 formats for deep learning", 2022.)"""


@dataclass
class Cast:
    """b is a in a narrower dtype, to the last bit; past the largest number it may be that or infinite."""

    name: str
    changed: int = 0
    infinite: int = 0
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Cast | None":
        """See Hypothesis."""
        if same(first.a, first.b):
            return None
        return next((found for name in FORMATS if (found := cls(name)).look(first) is not None), None)

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        cast, largest = FORMATS[self.name]
        with np.errstate(all="ignore"):
            expected = cast(rows.a)
            saturated = np.isinf(expected) & (np.abs(rows.b) == largest) & (np.sign(rows.b) == np.sign(expected))
        if not same(np.where(saturated, rows.b, expected), rows.b):
            return None
        infinite = np.count_nonzero(np.isinf(rows.b) & np.isfinite(rows.a))
        return int(np.count_nonzero(rows.a != rows.b)), int(infinite)

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        changed, infinite = seen
        self.changed += changed
        self.infinite += infinite
        return True

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not _enough(self.changed):
            return ""
        past = f"; {count(self.infinite, 'logit')} past its largest number became infinite" if self.infinite else ""
        return f"{end.other} is {end.one} cast to {self.name}{past}"


def _enough(changed: int) -> bool:
    return changed * _HALF < math.log(1e-6)


@dataclass
class Decimals:
    """b is a rounded to so many decimals, or cut off behind them."""

    decimals: int
    cut: bool
    changed: int = 0
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Decimals | None":
        """See Hypothesis."""
        one, other = (grain.decimals for grain in first.grains)
        if other is None or (one is not None and one <= other):
            return None
        return next((found for cut in (False, True) if (found := cls(other, cut)).look(first) is not None), None)

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        with np.errstate(all="ignore"):
            scale = 10.0**self.decimals
            a, b = rows.a * scale, rows.b * scale
            whole = np.rint(b)
            own = rows.grains[1].relative * np.abs(b) + _NEAR
            off = np.abs(a) - np.abs(whole) if self.cut else np.abs(a - whole)
            limit = own + rows.grains[0].relative * np.abs(a)
            held = (np.abs(b - whole) <= own) & (off <= (1.0 if self.cut else 0.5) + limit)
            if self.cut:
                held &= (off >= -limit) & ((whole == 0) | (np.sign(whole) == np.sign(a)))
        if not same(np.where(held, rows.b, rows.a), rows.b):
            return None
        return int(np.count_nonzero(np.abs(a - b) > own))

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        self.changed += seen
        return True

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not _enough(self.changed):
            return ""
        if not self.decimals:
            return f"{end.other} is {end.one} {'cut off' if self.cut else 'rounded'} to whole numbers"
        places = count(self.decimals, "decimal")
        return f"{end.other} is {end.one} {'cut off after' if self.cut else 'rounded to'} {places}"


@dataclass
class Digits:
    """b is a written with so many significant digits."""

    digits: int
    changed: int = 0
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Digits | None":
        """See Hypothesis."""
        one, other = (grain.digits for grain in first.grains)
        if other is None or other > _MOST_DIGITS or (one is not None and one <= other):
            return None
        found = cls(other)
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        with np.errstate(all="ignore"):
            unit = 10.0 ** (exponents(rows.b) + 1 - self.digits)
            whole = rows.b / unit
            # Half a unit of a: just below a power of ten its units are ten times as fine.
            allowed = (0.5 + 1e-6) * unit + rows.grains[0].relative * np.abs(rows.a)
            held = (np.abs(whole - np.rint(whole)) <= 1e-6) & (np.abs(rows.a - rows.b) <= allowed)
        if not same(np.where(held, rows.b, rows.a), rows.b):
            return None
        return int(np.count_nonzero(np.abs(rows.a - rows.b) > 1e-3 * unit))

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        self.changed += seen
        return True

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        what = f"{end.other} is {end.one} written with {count(self.digits, 'significant digit')}"
        return what if _enough(self.changed) else ""
