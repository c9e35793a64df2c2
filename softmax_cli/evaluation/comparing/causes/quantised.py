"""B is A on a few levels of equal distance: the whole numbers of a quantised export, or what they stand for."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from softmax_cli.evaluation.comparing.causes.grain import COMPUTED, Floats, number_text
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Rows

_MOST_LEVELS = 256
_FEWEST_LEVELS = 4
_FIT = 4096  # values that every zero point is tried on
_NEAR = 0.02  # of a step: how far a level may seem off


@dataclass
class WholeNumbers:
    """b = round(a / s) + z, for a zero point z: in 8 bits, without the scale s.

    ``zeros`` has, for each z that may still be, the interval in which s lies. Where b is the largest or the smallest
    number of its dtype (or -127, which symmetric quantisation stops at), a may lie further out.
    """

    what: str
    limits: tuple[int, int]
    zeros: dict[int, tuple[float, float]]
    luck: float
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "WholeNumbers | None":
        """See Hypothesis."""
        a, b = first.a[first.finite][:_FIT], first.b[first.finite][:_FIT]
        if not len(b) or first.grains[0].decimals == 0 or (b != np.rint(b)).any():
            return None
        low, high = int(b.min()), int(b.max())
        if high - low < _FEWEST_LEVELS or high - low >= _MOST_LEVELS or low < -128 or high > 255:
            return None
        limits = (-128, 127) if high <= 127 and (low < 0 or first.other.dtype == np.int8) else (0, 255)
        if low < limits[0]:
            return None
        what = str(first.other.dtype) if first.other.dtype.kind in "iu" else "whole numbers"
        zeros = {zero: _scales(a, b, zero, limits) for zero in range(limits[0], limits[1] + 1)}
        found = cls(what, limits, _possible(zeros, first), math.log(1 / (high - low)))
        return found if found.zeros and found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        if not rows.finite.all() or (rows.b != np.rint(rows.b)).any():
            return None
        found = {zero: _scales(rows.a, rows.b, zero, self.limits) for zero in tuple(self.zeros)}
        return _possible(found, rows) or None

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        both = self.zeros.keys() & seen.keys()
        joined = {
            zero: (max(self.zeros[zero][0], seen[zero][0]), min(self.zeros[zero][1], seen[zero][1])) for zero in both
        }
        self.zeros = {zero: (low, high) for zero, (low, high) in joined.items() if low <= high * (1 + _SLACK)}
        return bool(self.zeros)

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, 2):
            return ""
        zero = min(self.zeros, key=abs)
        scale = sum(self.zeros[zero]) / 2
        plus = f", plus a zero point of {zero}" if zero else ""
        what = f"{end.other} is {end.one} quantised to {self.what} without the scale: {end.one} / {scale:.4g}, rounded"
        return f"{what}{plus}; loss and report read {end.other} with --temperature {1 / scale:.4g}"


_SLACK = 1e-5


def _possible(zeros: dict[int, tuple[float, float]], rows: Rows) -> dict[int, tuple[float, float]]:
    slack = _SLACK + 4 * rows.grains[0].relative
    return {
        zero: (low * (1 - slack), high * (1 + slack))
        for zero, (low, high) in zeros.items()
        if high > 0 and low * (1 - slack) <= high * (1 + slack) and math.isfinite(high)
    }


def _scales(a: Floats, b: Floats, zero: int, limits: tuple[int, int]) -> tuple[float, float]:
    """The interval of s in which every |a / s + zero - b| is at most 1/2, and empty (1, 0) where there is none."""
    distance = b - zero
    bottom, top = limits
    at_end = (b == top) | (b == bottom) | ((b == -127) & (bottom == -128))
    size = np.where(distance < 0, -a, a)
    steps = np.abs(distance)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(steps == 0, 2 * np.abs(a), size / (steps + 0.5))
        high = np.where(steps == 0, np.inf, size / (steps - 0.5))
    outward = at_end & (steps > 0)
    low[outward] = 0.0
    if (high <= 0).any():
        return 1.0, 0.0
    return float(low.max()), float(high.min())


@dataclass
class Levels:
    """b is the nearest to a of at most 256 levels of equal distance; past the outermost, a may lie further out."""

    step: float
    base: float
    lowest: float
    highest: float
    past: tuple[set[float], set[float]]
    changed: int
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Levels | None":
        """See Hypothesis."""
        values = np.unique(first.b[first.finite])
        if not _FEWEST_LEVELS <= len(values) <= min(_MOST_LEVELS, first.b.size // 2):
            return None
        gaps = np.diff(values)
        step = float(gaps.min())
        number = np.rint((values[-1] - values[0]) / step)
        if not number < _MOST_LEVELS:
            return None
        step = float(values[-1] - values[0]) / float(number)
        found = cls(step, float(values[0]), math.inf, -math.inf, (set(), set()), 0)
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        if not rows.finite.all():
            return None
        own = _NEAR + (rows.grains[1].relative + COMPUTED) * np.abs(rows.b) / self.step
        places = (rows.b - self.base) / self.step
        if (np.abs(places - np.rint(places)) > own).any():
            return None
        apart = (rows.a - rows.b) / self.step
        limit = 0.5 + _NEAR + rows.grains[0].relative * np.abs(rows.a) / self.step
        above, below = np.unique(rows.b[apart > limit]), np.unique(rows.b[apart < -limit])
        if len(above) > 1 or len(below) > 1:
            return None
        changed = int(np.count_nonzero(np.abs(apart) > _NEAR))
        return set(above.tolist()), set(below.tolist()), float(rows.b.min()), float(rows.b.max()), changed

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        above, below, low, high, changed = seen
        self.past = (self.past[0] | above, self.past[1] | below)
        self.lowest, self.highest = min(self.lowest, low), max(self.highest, high)
        self.changed += changed
        return self.past[0] <= {self.highest} and self.past[1] <= {self.lowest} and self._number <= _MOST_LEVELS

    @property
    def _number(self) -> int:
        return round((self.highest - self.lowest) / self.step) + 1

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if self.changed * math.log(0.5) >= math.log(1e-6):
            return ""
        bits = 4 if self._number <= 16 else 8
        what = f"{end.other} is {end.one} on {self._number} levels, {number_text(self.step)} apart"
        return f"{what}: quantised to {bits} bits and back"
