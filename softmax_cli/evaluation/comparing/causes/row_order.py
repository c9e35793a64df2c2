"""B has the rows of A in another order, or shifted, by a hash of each row."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.causes.hypothesis import End, Rows, exact_luck
from softmax_cli.metrics.duplicates import Hashes, row_hashes
from softmax_cli.reports.grid import count

_MOST = 1 << 20  # rows whose hashes are kept, in 16 bytes each
_FEWEST_DISTINCT = 4
_FEW = 3
_MOST_PARTS = 64


@dataclass(eq=False)
class RowOrder:
    """The rows' hashes in both files; past a million rows nothing is said."""

    hashes: list[tuple[Hashes, Hashes]]
    luck: float
    rows: int = 0
    symmetric: ClassVar[bool] = True

    @classmethod
    def of(cls, first: Rows) -> "RowOrder | None":
        """See Hypothesis."""
        return None if first.rows is not None and not 1 < first.rows <= _MOST else cls([], exact_luck(first))

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        if self.rows > _MOST:
            return None
        one, other = rows.same_dtype
        return row_hashes(one), row_hashes(other)

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        self.hashes.append(seen)
        self.rows += len(seen[0])
        return self.rows <= _MOST

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        one, other = (np.concatenate(hashes) for hashes in zip(*self.hashes, strict=True))
        again = end.rows - len(np.unique(one))
        if (one == other).all() or not end.certain(self.luck, again * end.classes, math.lgamma(end.rows + 1)):
            return ""
        order = _permutation(one, other)
        if order is not None:
            return f"{end.other} has {end.one}'s rows in another order, {_order_text(order, end)}"
        return _moved(one, other, end)


def _permutation(one: Hashes, other: Hashes) -> NDArray[np.intp] | None:
    """Where in A each row of B stands, equal rows in their order; None where B has other rows."""
    here, there = (np.argsort(hashes, kind="stable") for hashes in (one, other))
    if not (one[here] == other[there]).all():
        return None
    order = np.empty(len(one), np.intp)
    order[there] = here
    return order


def _order_text(order: NDArray[np.intp], end: End) -> str:
    """The order in words: by its name, else the first few of it."""
    rows = len(order)
    numbers = np.arange(rows)
    if (order == numbers[::-1]).all():
        return "the reverse"
    by = int(order[0])
    if (order == (numbers + by) % rows).all():
        later = by > rows // 2
        size = count(rows - by if later else by, "row")
        return f"each {size} {'later, the last ones first' if later else 'earlier, the first ones last'}"
    moved = np.flatnonzero(order != numbers)
    if len(moved) == 2:
        return f"rows {moved[0]} and {moved[1]} exchanged"
    dealt, gathered = _parts(order), _parts(np.argsort(order))
    if dealt and (not gathered or dealt <= gathered):
        return f"dealt out in turn to {dealt} parts, as to several processes"
    if gathered:
        return f"taken in turn from {gathered} parts, as from several processes"
    few = ", ".join(f"row {place} of {end.other} is row {order[place]} of {end.one}" for place in moved[:_FEW].tolist())
    return f"{few}, and so on"


def _parts(order: NDArray[np.intp]) -> int:
    """K where the order is 0, k, 2k, ..., then 1, 1 + k, ...; 0 where it is no such order."""
    rows, parts = len(order), int(order[1])
    if not 2 <= parts <= min(_MOST_PARTS, rows - 1):
        return 0
    expected = np.concatenate([np.arange(start, rows, parts) for start in range(parts)])
    return parts if (order == expected).all() else 0


def _moved(one: Hashes, other: Hashes, end: End) -> str:
    """From a row on, each row of B is that of A so many places on or back: rows were left out, or put in."""
    rows = len(one)
    start = int((one != other).argmax())
    for early, late, has, lacks in ((one, other, end.one, end.other), (other, one, end.other, end.one)):
        for place in np.flatnonzero(early[start:] == late[start])[:_FEW].tolist():
            kept = rows - start - place
            if place and 2 * kept >= rows and (early[start + place :] == late[start : rows - place]).all():
                if len(np.unique(late[start : rows - place])) < _FEWEST_DISTINCT:
                    continue
                return _moved_text(start, place, has, lacks, twice=_twice(early, start, place))
    return ""


def _twice(rows: Hashes, start: int, number: int) -> bool:
    return start >= number and bool((rows[start - number : start] == rows[start : start + number]).all())


def _moved_text(start: int, number: int, has: str, lacks: str, *, twice: bool) -> str:
    """``has`` is the file with rows ``start`` to ``start + number`` that ``lacks`` has not."""
    tail = f"its row {start} is row {start + number} of {has}, and so on"
    if twice:
        return f"{has} has {count(number, 'row')} twice, from row {start} on, and {lacks} once: {tail} in {lacks}"
    if not start:
        return f"{lacks}'s rows stand {count(number, 'row')} earlier: {tail}"
    missing = f"row {start}" if number == 1 else f"rows {start} to {start + number - 1}"
    return f"{missing} of {has} {'is' if number == 1 else 'are'} missing in {lacks}: {tail}"
