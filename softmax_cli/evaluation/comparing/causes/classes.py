"""B has the classes of A in another order, or in other places; or A's rows as its classes."""

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.causes.hypothesis import End, Plain, Rows, exact_luck, same
from softmax_cli.metrics.duplicates import Hashes, mixed, value_hashes

_FEW = 6
_LONGEST_CHOICE = 200  # characters of a command that people still paste
_FARTHEST = 4  # classes that a shift may go


@dataclass(frozen=True, eq=False)
class ClassOrder(Plain):
    """b[:, j] = a[:, order[j]]: the same columns in another order."""

    order: NDArray[np.intp]
    luck: float

    @classmethod
    def of(cls, first: Rows) -> "ClassOrder | None":
        """See Hypothesis."""
        one, other = first.same_dtype
        if first.classes < 2 or same(one, other):
            return None
        places: dict[bytes, deque[int]] = defaultdict(deque)
        for place, column in enumerate(np.ascontiguousarray(one.T)):
            places[column.tobytes()].append(place)
        order = []
        for column in np.ascontiguousarray(other.T):
            if not (left := places[column.tobytes()]):
                return None
            order.append(left.popleft())
        return cls(np.array(order), exact_luck(first))

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        one, other = rows.same_dtype
        return same(one[:, self.order], other)

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, 0, math.lgamma(end.classes + 1)):
            return ""
        what = f"{end.other} has {end.one}'s classes in another order, {_order_text(self.order, end)}"
        choice = _ranges(np.argsort(self.order).tolist())
        if len(choice) > _LONGEST_CHOICE:
            return what
        return f"{what}; loss and report read {end.other} in {end.one}'s order with --logit-columns {choice}"


def _order_text(order: NDArray[np.intp], end: End) -> str:
    """The order in words: by its name, else the first few of it."""
    classes = len(order)
    numbers = np.arange(classes)
    if (order == numbers[::-1]).all():
        return "the reverse"
    if order.tolist() == sorted(range(classes), key=str):
        return "that of their numbers as text (0, 1, 10, 11, ...)"
    if np.argsort(order).tolist() == sorted(range(classes), key=str):
        return f"{end.one} having that of their numbers as text (0, 1, 10, 11, ...)"
    by = int(-order[0] % classes)
    if (order == (numbers - by) % classes).all():
        by = by if by <= classes // 2 else by - classes
        return f"each {abs(by)} {'later, the last ones first' if by > 0 else 'earlier, the first ones last'}"
    moved = np.flatnonzero(order != numbers)
    if len(moved) == 2:
        return f"classes {moved[0]} and {moved[1]} exchanged"
    few = ", ".join(map(str, order[:_FEW].tolist())) + (", ..." if classes > _FEW else "")
    return f"{end.one}'s {few}"


def _ranges(places: Sequence[int]) -> str:
    """Positions as --logit-columns takes them: 0:2,12:20,7."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([place, place + 1])
    return ",".join(str(low) if high == low + 1 else f"{low}:{high}" for low, high in runs)


@dataclass(frozen=True)
class ClassShift(Plain):
    """b[:, j + by] = a[:, j]: a class more in front, as a background class, and the last ones cut off."""

    by: int
    luck: float

    @classmethod
    def of(cls, first: Rows) -> "ClassShift | None":
        """See Hypothesis."""
        if same(*first.same_dtype):
            return None
        farthest = min(_FARTHEST, first.classes // 2)
        candidates = (by for size in range(1, farthest + 1) for by in (size, -size))
        luck = exact_luck(first)
        return next((found for by in candidates if (found := cls(by, luck)).holds(first)), None)

    def holds(self, rows: Rows) -> bool:
        """See Plain."""
        one, other = rows.same_dtype if self.by > 0 else rows.same_dtype[::-1]
        by = abs(self.by)
        return same(one[:, :-by], other[:, by:])

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not end.certain(self.luck, abs(self.by) * end.rows, math.log(2 * _FARTHEST)):
            return ""
        first, second = (self.by, 0) if self.by > 0 else (0, -self.by)
        where = f"class {first} of {end.other} is class {second} of {end.one}, and so on"
        return f"{end.other}'s classes stand {abs(self.by)} {'later' if self.by > 0 else 'earlier'}: {where}"


@dataclass(eq=False)
class Transposed:
    """B is A turned on its side, where there are as many rows as classes.

    A sum over a column of A, of hashes weighted by the row, must be the same sum over a row of B.
    """

    columns: Hashes
    rows: list[Hashes]
    luck: float
    symmetric: ClassVar[bool] = True

    @classmethod
    def of(cls, first: Rows) -> "Transposed | None":
        """See Hypothesis."""
        one, other = first.same_dtype
        number = min(one.shape)
        square = first.rows in {None, first.classes} and len(one) <= first.classes
        if first.classes < 2 or not square or same(one, other):
            return None
        if not same(one[:number, :number].T, other[:number, :number]):
            return None
        return cls(np.zeros(first.classes, np.uint64), [], exact_luck(first))

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        one, other = rows.same_dtype
        if rows.start + len(one) > rows.classes:
            return None
        weights = mixed(np.arange(rows.classes, dtype=np.uint64)) | np.uint64(1)
        here = weights[rows.start : rows.start + len(one)]
        return here @ value_hashes(one), value_hashes(other) @ weights

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        columns, rows = seen
        self.columns = self.columns + columns
        self.rows.append(rows)
        return True

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if end.rows != end.classes or not (np.concatenate(self.rows) == self.columns).all():
            return ""
        what = f"{end.other} is {end.one} transposed: its rows are {end.one}'s classes"
        return what if end.certain(self.luck, end.rows) else ""
