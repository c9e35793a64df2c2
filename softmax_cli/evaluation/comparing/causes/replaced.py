"""B is A but for some values: clipped, filled in, or masked."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from softmax_cli.evaluation.comparing.causes.grain import number_text
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Rows, exact_luck, same
from softmax_cli.reports.grid import count

_FEWEST = 4  # values that are replaced by the same finite number, for that to be no accident


@dataclass
class Clipped:
    """b = min(max(a, low), high): every value that differs is one of two numbers, and none lies beyond them."""

    luck: float
    high: set[float] = field(default_factory=set)
    low: set[float] = field(default_factory=set)
    largest: float = -math.inf
    smallest: float = math.inf
    changed: int = 0
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Clipped | None":
        """See Hypothesis."""
        found = cls(exact_luck(first))
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        one, other = rows.same_dtype
        above, below = one > other, one < other
        if not same(one[~(above | below)], other[~(above | below)]):
            return None
        high, low = (set(np.unique(other[places]).tolist()) for places in (above, below))
        if len(high) > 1 or len(low) > 1 or not all(map(math.isfinite, high | low)):
            return None
        finite = other[np.isfinite(other)]
        bounds = (float(finite.max()), float(finite.min())) if finite.size else (-math.inf, math.inf)
        return high, low, *bounds, int(np.count_nonzero(above | below))

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        high, low, largest, smallest, changed = seen
        self.high |= high
        self.low |= low
        self.largest, self.smallest = max(self.largest, largest), min(self.smallest, smallest)
        self.changed += changed
        beyond = any(self.largest > high for high in self.high) or any(self.smallest < low for low in self.low)
        return len(self.high) <= 1 and len(self.low) <= 1 and not beyond

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if self.changed < _FEWEST or not end.certain(self.luck, self.changed):
            return ""
        bounds = [f"at {what} {number_text(*of)}" for what, of in (("least", self.low), ("most", self.high)) if of]
        return f"{end.other} is {end.one} clipped to {' and '.join(bounds)}, in {count(self.changed, 'value')}"


@dataclass
class Filled:
    """b is a with its nan, or its infinities, replaced by numbers: one for each of the three."""

    luck: float
    fills: dict[str, set[float]] = field(default_factory=dict)
    changed: int = 0
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Filled | None":
        """See Hypothesis."""
        found = cls(exact_luck(first))
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        one, other = rows.same_dtype
        odd = ~np.isfinite(one)
        if not same(one[~odd], other[~odd]):
            return None
        if not odd.any():
            return {}, 0
        fills = {
            name: set(np.unique(other[places]).tolist())
            for name, places in (("nan", np.isnan(one)), ("inf", np.isposinf(one)), ("-inf", np.isneginf(one)))
            if places.any() and not same(one[places], other[places])
        }
        if any(len(values) > 1 for values in fills.values()):
            return None
        return fills, int(np.count_nonzero(odd & (one != other) & ~(np.isnan(one) & np.isnan(other))))

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        fills, changed = seen
        for name, values in fills.items():
            self.fills[name] = self.fills.get(name, set()) | values
        self.changed += changed
        return all(len(values) == 1 for values in self.fills.values())

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        if not self.changed or not end.certain(self.luck, self.changed):
            return ""
        what = " and ".join(f"{name} replaced by {number_text(*values)}" for name, values in self.fills.items())
        return f"{end.other} is {end.one} with {what}, in {count(self.changed, 'value')}"


@dataclass
class Masked:
    """b is a but where it is one and the same number: classes that were masked, or rows that were padded."""

    luck: float
    values: set[float] = field(default_factory=set)
    changed: int = 0
    columns: Any = None
    whole: Any = None
    symmetric: ClassVar[bool] = False

    @classmethod
    def of(cls, first: Rows) -> "Masked | None":
        """See Hypothesis."""
        found = cls(exact_luck(first))
        return found if found.look(first) is not None else None

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        one, other = rows.same_dtype
        differ = (one != other) & ~(np.isnan(one) & np.isnan(other))
        values = set(np.unique(other[differ]).tolist())
        if len(values) > 1 or any(map(math.isnan, values)):
            return None
        return values, int(np.count_nonzero(differ)), differ.any(axis=0), (one == other).any(axis=0)

    def add(self, seen: Any) -> bool:
        """See Hypothesis."""
        values, changed, columns, kept = seen
        self.values |= values
        self.changed += changed
        self.columns = columns if self.columns is None else self.columns | columns
        self.whole = kept if self.whole is None else self.whole | kept
        return len(self.values) <= 1

    def cause(self, end: End) -> str:
        """See Hypothesis."""
        value = next(iter(self.values), 0.0)
        fewest = 1 if math.isinf(value) else _FEWEST
        if self.changed < fewest or not end.certain(self.luck, self.changed):
            return ""
        places = np.flatnonzero(self.columns)
        few = ", ".join(map(str, places[:5].tolist())) + (", ..." if len(places) > 5 else "")
        throughout = " throughout" if not self.whole[places].any() else ""
        classes = f"{'class' if len(places) == 1 else 'classes'} {few}"
        where = f"in {count(self.changed, 'value')} of {classes}" if len(places) < end.classes else ""
        where = f"in {classes}{throughout}" if throughout and where else where or f"in {count(self.changed, 'value')}"
        return f"{end.other} is {end.one} but for {number_text(value)} {where}"
