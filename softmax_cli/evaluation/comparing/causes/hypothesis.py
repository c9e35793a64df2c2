"""What the hypotheses share: rows of both files, what is known at the end, and when a match is no luck."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.causes.grain import Floats, Grain, slack
from softmax_cli.inputs.version_faults import in_same_dtype
from softmax_cli.metrics.chance import LOG_ALPHA


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows ``start`` and on of one file and of the other, (n, C), as they stand in the files, and their grains.

    ``rows`` is how many there are in all, None where that is not known yet.
    """

    start: int
    one: NDArray[Any]
    other: NDArray[Any]
    grains: tuple[Grain, Grain]
    rows: int | None

    @cached_property
    def a(self) -> Floats:
        """The one file's values in float64."""
        return np.ascontiguousarray(self.one, np.float64)

    @cached_property
    def b(self) -> Floats:
        """The other file's values in float64."""
        return np.ascontiguousarray(self.other, np.float64)

    @cached_property
    def same_dtype(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Both files' values in a dtype where the same number is the same bits."""
        return in_same_dtype(self.one, self.other)

    @property
    def classes(self) -> int:
        """C."""
        return int(self.one.shape[1])

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Where both are finite, (n, C)."""
        return np.isfinite(self.a) & np.isfinite(self.b)

    @cached_property
    def turned(self) -> "Rows":
        """The other file as the one, and the other way round."""
        rows = Rows(self.start, self.other, self.one, self.grains[::-1], self.rows)
        rows.__dict__.update(a=self.b, b=self.a, same_dtype=self.same_dtype[::-1], finite=self.finite)
        return rows

    def slack(self, magnitude: Any, slope: float = 1.0) -> Any:
        """See grain.slack: from the one file to the other."""
        return slack(*self.grains, magnitude, slope)

    def luck(self, tolerance: float) -> float:
        """The logarithm of the chance that a value of the other file is near a number by luck.

        Values that are written coarsely meet more often: one in so many as there are steps between the outermost.
        """
        values = self.b[np.isfinite(self.b)]
        spread = float(np.ptp(values / 2)) if values.size else 0.0  # halves: no difference is beyond float64
        near = max(2 * tolerance, self.grains[1].step) / 2
        return math.log(near) - math.log(spread) if 0 < near < spread else 0.0


@dataclass(frozen=True)
class End:
    """What is known when all rows have been tried: how many, and what the one and the other file are called."""

    rows: int
    classes: int
    one: str = "A"
    other: str = "B"

    def certain(self, luck: float, fitted: int, more: float = 0.0) -> bool:
        """Whether so many values, less those that were used to fit, meet by luck less often than once in a million.

        ``luck`` is the logarithm of the chance of one, ``more`` that of the number of ways that were tried.
        """
        return (self.rows * self.classes - fitted) * luck + more < LOG_ALPHA


class Hypothesis(Protocol):
    """A way in which the other file may come of the one: fitted to the first rows, then tried on all."""

    symmetric: ClassVar[bool]
    """Whether it holds the other way round as well, so that it is tried one way only."""

    @classmethod
    def of(cls, first: Rows) -> Self | None:
        """The hypothesis fitted to the first rows; None where it is ruled out by them."""

    def look(self, rows: Rows) -> Any:
        """What some rows say, changing nothing; None where they rule it out."""

    def add(self, seen: Any) -> bool:
        """Take what was seen, in the order of the rows; False where that rules it out."""

    def cause(self, end: End) -> str:
        """The cause in a sentence; empty where it may be luck."""


class Plain:
    """A hypothesis without a memory: each row either holds or rules it out."""

    symmetric: ClassVar[bool] = True

    def holds(self, rows: Rows) -> bool:
        """Whether all of the rows are as they should be."""
        raise NotImplementedError

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        return () if self.holds(rows) else None

    def add(self, seen: Any) -> bool:  # noqa: ARG002
        """See Hypothesis."""
        return True


def near(expected: Floats, found: Floats, tolerance: Any) -> bool:
    """Whether all are within the tolerance, the same infinity, or both nan."""
    with np.errstate(invalid="ignore"):
        off = ~(np.abs(expected - found) <= tolerance)
    if not off.any():
        return True
    one, other = expected[off], found[off]
    return bool(((one == other) | (np.isnan(one) & np.isnan(other))).all())


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether all are equal, or both nan."""
    return bool((one == other).all()) or bool(((one == other) | (np.isnan(one) & np.isnan(other))).all())


def exact_luck(rows: Rows) -> float:
    """The logarithm of the chance that two values are equal by luck."""
    largest = np.abs(rows.b[rows.finite]).max(initial=0.0)
    return rows.luck(float(slack(*rows.grains, largest)))
