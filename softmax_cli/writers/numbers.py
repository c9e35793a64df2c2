"""Numbers as text: rounded for people, exact for programs."""

import math
from collections.abc import Callable
from typing import Any

from softmax_cli.reports.grid import Cell, Kind, distance_text


def exact(value: Cell) -> str:
    """Every digit, and none too many: the shortest text that reads back as the same number.

    (``str`` of a float is that since Python 3.1, and of a NumPy float in its own precision.)
    """
    return str(value)


def rounded(value: Cell, kind: Kind) -> str:
    """A number as a table shows it; text and integers as they are.

    What is exactly 0 or 1 shows as such: 0.0000 and 1.0000 are near it.

    >>> [rounded(p, "decimal") for p in (0.66524, 3e-46, 0.0, 0.999999, 1.0)]
    ['0.6652', '3e-46', '0', '1.0000', '1']
    """
    if isinstance(value, str | int) or kind in {"text", "integer"}:
        return str(value)
    number = float(value) + 0  # adding 0 turns -0.0 into 0.0
    if kind in _FEW_DIGITS:
        return _FEW_DIGITS[kind](number)
    if number in {0, 1} or not math.isfinite(number):
        return f"{number:g}"
    size = abs(number)
    if kind == "loss":
        return f"{number:.6f}" if 1e-3 <= size < 1e7 else f"{number:.6e}"
    if size < 5e-5:
        return f"{number:.0e}"
    return f"{number:.4f}" if size < 1e5 else f"{number:.4g}"


def _three_digits(number: float) -> str:
    return f"{number:#.3g}".rstrip(".") if number else "0"


_FEW_DIGITS: dict[Kind, Callable[[float], str]] = {
    "measure": _three_digits,
    "distance": distance_text,
    "units": "{:.2g}".format,
}


def is_odd(value: Any) -> bool:
    """Whether a reader should notice a cell: nan or an infinity."""
    return not isinstance(value, str) and not math.isfinite(value)
