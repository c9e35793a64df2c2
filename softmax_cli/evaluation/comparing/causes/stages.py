"""B is a later stage of A: its softmax, its sigmoid, or the logarithm of that."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from softmax_cli.evaluation.comparing.causes.grain import COMPUTED, Floats
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Plain, Rows, near
from softmax_cli.evaluation.comparing.causes.linear import temperature
from softmax_cli.losses.softmax import softmax

_SUMS = 1e-3  # how far the sum of a whole column of probabilities may be off 1


def _spread_of(rows: Rows, logits: Floats, factor: float) -> Any:
    """How far the logarithm of a probability may be off, (n, 1): by the roundings of the row's logits."""
    one = rows.grains[0]
    size = np.abs(np.where(np.isfinite(logits), logits, 0.0)).max(axis=1, keepdims=True)
    return 8 * ((one.relative + COMPUTED) * factor * size + COMPUTED) + 2.02 * factor * one.half_step


def _probabilities(p: Floats, off: Any, rows: Rows) -> Any:
    """How far a probability may be from what the file has for it."""
    other = rows.grains[1]
    own = 4 * (other.relative + COMPUTED) * p + 1.01 * other.half_step + other.smallest
    return p * np.expm1(np.minimum(off, 1.0)) + own


def _may_be_probabilities(values: Floats) -> bool:
    return bool((values >= 0).all() and (values <= 1 + _SUMS).all())


@dataclass(frozen=True)
class Softmax(Plain):
    """b = softmax(k a): softmax at temperature 1 / k."""

    factor: float
    luck: float
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Softmax | None":
        """See Hypothesis."""
        if first.classes < 2 or not _may_be_probabilities(first.b):
            return None
        with np.errstate(all="ignore"):
            for factor in (1.0, _factor(first)):
                if not (np.isfinite(factor) and factor > 0):
                    continue
                expected = softmax(first.a * factor, np)
                tolerance = _probabilities(expected, _spread_of(first, first.a, factor), first)
                found = cls(factor, first.luck(float(np.nanmedian(tolerance))))
                if near(expected, first.b, tolerance):
                    return found
        return None

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        with np.errstate(all="ignore"):
            expected = softmax(rows.a * self.factor, np)
            return near(expected, rows.b, _probabilities(expected, _spread_of(rows, rows.a, self.factor), rows))

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, end.rows + (self.factor != 1)):
            return ""
        at = "" if self.factor == 1 else f" at {temperature(self.factor)}"
        what = f"{end.other} is {end.one}'s softmax{at}: probabilities, where {end.one} has logits"
        return f"{what}; loss and report read {end.other} with --values probabilities"


def _factor(first: Rows) -> float:
    """The k that log b = k a less a constant per row has, from values that rounding hardly touches."""
    log_b = np.log(first.b)
    used = np.isfinite(first.a) & (first.b > 1e4 * first.grains[1].smallest) & (first.b > 100 * first.grains[1].step)
    number = np.maximum(used.sum(axis=1, keepdims=True), 1)
    x, y = (np.where(used, values, 0.0) for values in (first.a, log_b))
    x, y = (np.where(used, values - values.sum(axis=1, keepdims=True) / number, 0.0) for values in (x, y))
    # A logarithm is off by 1 / p times as much as the probability: weigh by p.
    weights = np.where(used, first.b, 0.0)
    return float((weights * x * y).sum() / (weights * x * x).sum())


@dataclass(frozen=True)
class Elementwise(Plain):
    """b = f(a) value by value: sigmoid, or its logarithm."""

    logarithm: bool
    luck: float
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Elementwise | None":
        """See Hypothesis."""
        for logarithm in (False, True):
            expected, tolerance = _of_values(first, logarithm=logarithm)
            if near(expected, first.b, tolerance):
                return cls(logarithm, first.luck(float(np.nanmedian(tolerance))))
        return None

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        expected, tolerance = _of_values(rows, logarithm=self.logarithm)
        return near(expected, rows.b, tolerance)

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, 0):
            return ""
        if self.logarithm:
            return f"{end.other} is the logarithm of {end.one}'s sigmoid, value by value"
        what = f"{end.other} is {end.one}'s sigmoid: a probability per class, where {end.one} has logits"
        return f"{what}; loss and report read {end.other} with --values sigmoids"


def _of_values(rows: Rows, *, logarithm: bool) -> tuple[Floats, Any]:
    one, other = rows.grains
    with np.errstate(all="ignore"):
        log_p = np.minimum(rows.a, 0.0) - np.log1p(np.exp(-np.abs(rows.a)))
        off = 8 * ((one.relative + COMPUTED) * np.abs(rows.a) + COMPUTED) + 1.01 * one.half_step
        if not logarithm:
            p = np.exp(log_p)
            return p, _probabilities(p, off, rows)
        slope = np.exp(np.minimum(-rows.a, 0.0) - np.log1p(np.exp(-np.abs(rows.a))))
        tolerance = slope * off + 4 * (other.relative + COMPUTED) * np.abs(log_p) + 1.01 * other.half_step
        return log_p, tolerance + other.smallest


@dataclass(eq=False)
class OverRows:
    """log b = a less a constant per class, and each column sums to 1: a softmax over the rows instead."""

    constants: Floats
    luck: float
    sums: Floats
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "OverRows | None":
        """See Hypothesis."""
        if len(first.a) < 4 or first.classes < 2 or not _may_be_probabilities(first.b) or not (first.b > 0).all():
            return None
        if not np.isfinite(first.a).all():
            return None
        # The largest of each column is the one that rounding touches least.
        top = first.b.argmax(axis=0)
        columns = np.arange(first.classes)
        constants = np.log(first.b[top, columns]) - first.a[top, columns]
        with np.errstate(all="ignore"):
            tolerance = float(np.nanmedian(_probabilities(first.b, _spread_of(first, first.a, 1.0), first)))
        found = cls(constants, first.luck(tolerance), np.zeros(first.classes))
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        with np.errstate(all="ignore"):
            expected = np.exp(rows.a + self.constants)
            off = 2 * _spread_of(rows, np.abs(rows.a) + np.abs(self.constants), 1.0)
            held = near(expected, rows.b, _probabilities(expected, off, rows))
        return rows.b.sum(axis=0) if held else None

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        self.sums += seen
        return bool((self.sums <= 1 + _SUMS).all())

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, end.classes) or (np.abs(self.sums - 1) > _SUMS).any():
            return ""
        return f"{end.other} is {end.one}'s softmax over the rows instead of the classes: its columns sum to 1"
