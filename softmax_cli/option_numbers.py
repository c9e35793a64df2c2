"""Numbers in options: one strict spelling for all of them, and the bounds of those that count something."""

import math
import re
from dataclasses import dataclass
from typing import Any, SupportsIndex

from softmax_cli.errors import UsageError

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
_NO_NUMBERS = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SHOWN = 40


def finite_number(text: str) -> float | None:
    """Return a finite decimal number as people write it; None for anything else that float() would take.

    >>> [finite_number(text) for text in ("1.5", "-2e-3", "nan", "1e400", "1_0", " 1")]
    [1.5, -0.002, None, None, None, None]
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def number(where: str, text: str, *, infinite: bool = False) -> float:
    """Return the number that an option's text is; raises UsageError, which begins with ``where``, for none.

    ``infinite``: nan, inf and -inf will do too, for an option that says so.
    """
    if infinite and _NO_NUMBERS.fullmatch(text):
        return float(text)
    found = finite_number(text)
    if found is None:
        spelled = _NO_NUMBERS.fullmatch(text) or _NUMBER.fullmatch(text)
        needed = "a number, nan or inf is needed" if infinite else "a finite number is needed"
        raise UsageError(f"{where}: {needed}{'' if spelled else ', written as 0.5 or 2e-3'}")
    return found


def whole_number(where: str, text: str) -> int:
    """Return the whole number that an option's text is; raises UsageError, which begins with ``where``, for none."""
    if not _WHOLE.fullmatch(text):
        raise UsageError(f"{where}: a whole number is needed, written as 12")
    return int(text)


def shown(text: str) -> str:
    """Return an option's text as a message shows it: in quotes where it is blank or odd, and cut where it is long."""
    if len(text) > _SHOWN:
        text = f"{text[:_SHOWN]}..."
    return text if re.fullmatch(r"[!-~]+", text) else ascii(text)


@dataclass(frozen=True)
class Bounds:
    """The least and the most that a whole number may be."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"

    def check(self, option: str, value: Any) -> None:
        """Raise UsageError unless it is a whole number within the bounds."""
        if not isinstance(value, SupportsIndex) or not self.least <= value.__index__() <= self.most:
            raise UsageError(f"{option} {shown(str(value))}: a whole number from {self} is needed")


BINS = Bounds(1, 1000)
CLASSES = Bounds(1, 1_000_000)
LABEL = Bounds(-(1 << 63), (1 << 63) - 1)
"""Labels are held as 64-bit integers."""
LISTED_ROWS = Bounds(0, 100_000)
LOSS_ROWS = Bounds(1, LISTED_ROWS.most)
"""Rows that are listed are held in memory."""
RESAMPLES = Bounds(0, 1_000_000)
ROWS = Bounds(1, 1_000_000_000)
SEED = Bounds(0, (1 << 63) - 1)
THREADS = Bounds(1, 1024)
LARGEST_LIMIT = 1e100
"""Of how far apart numbers may be."""
DEPTHS = Bounds(1, 1_000_000)


def check_limit(option: str, value: float | None) -> None:
    """Raise UsageError unless it is a finite number from 0 on: a limit to how far apart numbers may be."""
    if value is None:
        return
    if not 0 <= value < math.inf:
        raise UsageError(f"{option} {value}: a finite number from 0 on is needed")
    if value > LARGEST_LIMIT:
        raise UsageError(f"{option} {value}: a number from 0 to {LARGEST_LIMIT} is needed; more would allow everything")
