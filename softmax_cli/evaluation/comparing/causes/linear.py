"""B is A times a number, plus a constant: overall, per row or per class."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from softmax_cli.evaluation.comparing.causes.grain import COMPUTED, Floats, number_text, plainest, slack
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Plain, Rows, near

_FEWEST = 4  # values that a fit needs
_FAR = 8  # roundings: a factor nearer to 1, or a constant nearer to 0, is none


@dataclass(frozen=True)
class Linear(Plain):
    """b = k a + c with one k and one c throughout. One of the two is left out where it can be."""

    factor: float
    constant: float
    luck: float

    @classmethod
    def of(cls, first: Rows) -> "Linear | None":
        """See Hypothesis."""
        x, y = first.a[first.finite], first.b[first.finite]
        if len(x) < _FEWEST or not x.any():
            return None
        centred = x - x.mean()
        fits = [(1.0, float((y - x).mean()))]
        if factor := float(x @ y / (x @ x)):
            fits.append((plainest(factor, _fitted(first, len(x))), 0.0))
        if centred.any():
            factor = float(centred @ y / (centred @ centred))
            fits.append((factor, float(y.mean() - factor * x.mean())))
        for factor, constant in fits:
            tolerance = first.slack(_magnitude(x, y, factor, constant), abs(factor))
            largest = float(tolerance.max())
            turned = abs(factor - 1) * float(np.abs(x).max()) > _FAR * largest
            moved = abs(constant) > _FAR * largest
            found = cls(factor, constant, first.luck(largest))
            if (turned or moved) and abs(factor) > 0 and found.holds(first):
                return found
        return None

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        expected = self.factor * rows.a + self.constant
        magnitude = _magnitude(rows.a, rows.b, self.factor, self.constant)
        return near(expected, rows.b, rows.slack(magnitude, abs(self.factor)))

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, 1 + bool(self.constant and self.factor != 1)):
            return ""
        if self.factor == 1:
            return f"{end.other} is {end.one} {_plus(self.constant)}: one constant throughout, which softmax ignores"
        what = f"{times(self.factor, end.one)}{' ' + _plus(self.constant) if self.constant else ''}"
        if self.factor < 0:
            back = f"; loss and report read {end.other} with --values distances" if what == f"-{end.one}" else ""
            return f"{end.other} is {what}: the sign is turned, and with it the order of the classes{back}"
        ignored = ", and softmax ignores the constant" if self.constant else ""
        return f"{end.other} is {what}: {end.one} at {temperature(self.factor)}{ignored}"


def _fitted(first: Rows, values: int) -> float:
    """How far the slope through so many values may be off, relative to it, by their rounding."""
    return float(slack(*first.grains, 1.0)) / math.sqrt(values) + COMPUTED


def _magnitude(x: Floats, y: Floats, factor: float, constant: float) -> Any:
    return np.abs(factor * x) + abs(constant) + np.abs(y)


def times(factor: float, name: str) -> str:
    """The product in words: 0.5 A, -A."""
    text = number_text(factor)
    return f"-{name}" if text == "-1" else f"{text} {name}"


def temperature(factor: float) -> str:
    """What logits times a positive number are: divided by the temperature."""
    return f"temperature {number_text(1 / factor)}"


def _plus(constant: float) -> str:
    return f"{'-' if constant < 0 else '+'} {number_text(abs(constant))}"


@dataclass
class PerRow:
    """b = k a + c_i with a constant of each row's own: softmax ignores it, and log-softmax is of this kind.

    Of each file it is noted whether, in every row, log(sum(exp)) is 0, the largest value is 0, or the mean is 0.
    """

    factor: float
    luck: float
    normal: list[bool]
    highest: list[bool]
    centred: list[bool]
    symmetric: ClassVar[bool] = True

    @classmethod
    def of(cls, first: Rows) -> "PerRow | None":
        """See Hypothesis."""
        if first.classes < 2 or not first.finite.any():
            return None
        a, b = _less_mean(first.a, first), _less_mean(first.b, first)
        squares = float((a * a).sum())
        if not squares:
            return None
        tolerance = float(np.max(first.slack(np.abs(_finite(first.b)) + np.abs(_finite(first.a)))))
        exact, fitted = 1.0, float((a * b).sum()) / squares
        if fitted:
            fitted = plainest(fitted, _fitted(first, a.size))
        for factor in (exact, fitted):
            apart = np.abs(_finite(first.b) - factor * _finite(first.a)).max() > _FAR * tolerance
            changed = apart if factor == exact else abs(factor - 1) * np.abs(a).max() > _FAR * tolerance
            found = cls(factor, first.luck(tolerance), [True] * 2, [True] * 2, [True] * 2)
            if changed and factor and found.look(first) is not None:
                return found
        return None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        odd = ~rows.finite
        if odd.any() and not near(self.factor * rows.a[odd], rows.b[odd], 0.0):
            return None
        with np.errstate(invalid="ignore"):
            delta = rows.b - self.factor * rows.a
        magnitude = np.abs(_finite(rows.b)) + np.abs(self.factor * _finite(rows.a))
        tolerance = rows.slack(magnitude.max(axis=1), abs(self.factor))
        high = np.where(odd, -np.inf, delta).max(axis=1)
        low = np.where(odd, np.inf, delta).min(axis=1)
        if not (high - low <= 2 * tolerance).all():
            return None
        return [_patterns(values, tolerance) for values in (rows.a, rows.b)]

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        for place, (normal, highest, centred) in enumerate(seen):
            self.normal[place] &= normal
            self.highest[place] &= highest
            self.centred[place] &= centred
        return True

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, end.rows + (self.factor != 1)):
            return ""
        if self.normal[1] and self.factor > 0:
            return self._log_softmax(end.one, end.other, self.factor)
        if self.normal[0] and self.factor > 0:
            return self._log_softmax(end.other, end.one, 1 / self.factor)
        of_a = end.one if self.factor == 1 else times(self.factor, end.one)
        less = self._less(1)
        if not less and self._less(0) and self.factor == 1:
            return f"{end.one} is {end.other} less {self._less(0)}, which softmax ignores"
        what = f"{end.other} is {of_a} {'less ' + less if less else 'plus a constant per row'}, which softmax ignores"
        if self.factor == 1:
            return what
        tail = f"{end.one} at {temperature(self.factor)}" if self.factor > 0 else "the sign is turned"
        return f"{what}: {tail}"

    def _log_softmax(self, one: str, other: str, factor: float) -> str:
        if factor == 1:
            return f"{other} is {one}'s log-softmax: harmless, both have the same softmax"
        return f"{other} is {one}'s log-softmax at {temperature(factor)}"

    def _less(self, place: int) -> str:
        if self.highest[place]:
            return "each row's largest value"
        return "each row's mean" if self.centred[place] else ""


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _less_mean(values: Floats, rows: Rows) -> Floats:
    """Each row less its mean, 0 where either file is not finite."""
    kept = np.where(rows.finite, values, 0.0)
    number = np.maximum(rows.finite.sum(axis=1, keepdims=True), 1)
    return np.where(rows.finite, kept - kept.sum(axis=1, keepdims=True) / number, 0.0)


def _patterns(values: Floats, tolerance: Floats) -> tuple[bool, bool, bool]:
    with np.errstate(all="ignore"):
        top = values.max(axis=1)
        normalizer = top + np.log(np.exp(values - top[:, np.newaxis]).sum(axis=1))
        return (
            bool((np.abs(normalizer) <= 2 * tolerance).all()),
            bool((top == 0).all()),
            bool((np.abs(values.mean(axis=1)) <= tolerance).all()),
        )


@dataclass(frozen=True, eq=False)
class PerClass(Plain):
    """b = a + c_j with a constant of each class's own: a bias, or a correction for how frequent the classes are.

    ``off`` is how far each of them may be off by the rounding of the rows that it was fitted to.
    """

    constants: Floats
    off: Floats
    luck: float

    @classmethod
    def of(cls, first: Rows) -> "PerClass | None":
        """See Hypothesis."""
        if len(first.a) < _FEWEST or first.classes < 2:
            return None
        number = first.finite.sum(axis=0)
        with np.errstate(invalid="ignore"):
            delta = np.where(first.finite, first.b - first.a, 0.0).sum(axis=0)
        constants = delta / np.maximum(number, 1)
        slacks = first.slack(np.abs(_finite(first.a)) + np.abs(_finite(first.b)))
        tolerance = float(slacks.max())
        found = cls(constants, slacks.mean(axis=0), first.luck(tolerance))
        return found if np.ptp(constants) > _FAR * tolerance and found.holds(first) else None

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        return near(rows.a + self.constants, rows.b, self.off + rows.slack(np.abs(rows.a) + np.abs(rows.b)))

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, end.classes):
            return ""
        low, high = number_text(float(self.constants.min())), number_text(float(self.constants.max()))
        what = f"{end.other} is {end.one} plus a constant per class, from {low} to {high}"
        return f"{what}: another bias, or a correction for the classes' frequencies"
