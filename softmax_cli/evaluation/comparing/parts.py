"""What the parts of the fold of `compare` share: the rows that count, figures of each, the largest of many."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.versions import VersionsBlock
from softmax_cli.losses.targets import Indices, Probabilities, Target
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.quantiles import Quantiles, tally

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]
"""One value a row (n,) of each of several figures, and the rows' numbers under ``row``."""

ROWS_AT_ONCE = 1 << 14
"""How many rows' figures are added at a time: an exact sum of a hundred costs as much as that of thousands."""


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of a block that count: their numbers (n,), both versions (n, C) in float64, and the target."""

    rows: NDArray[np.intp]
    a: Floats
    b: Floats
    target: Target | None

    @classmethod
    def of(cls, block: VersionsBlock) -> "Part":
        """A block without the rows whose label is ignored."""
        rows = np.arange(block.start, block.start + len(block.a))
        a, b = (np.ascontiguousarray(logits, np.float64) for logits in (block.a, block.b))
        part = cls(rows, a, b, block.target)
        counted = None if block.target is None else block.target.counted
        return part if counted is None or counted.all() else part.at(np.flatnonzero(counted))

    def at(self, places: NDArray[np.intp]) -> "Part":
        """Some of the rows."""
        target = self.target
        if isinstance(target, Indices):
            target = Indices(target.classes[places])
        elif isinstance(target, Probabilities):
            target = Probabilities(target.rows[places])
        return Part(self.rows[places], self.a[places], self.b[places], target)


@dataclass(frozen=True)
class Largest:
    """The largest of some values, where nan is larger than any, and where it stands first; of none, nan nowhere."""

    value: float = math.nan
    row: int | None = None
    class_index: int | None = None

    @classmethod
    def of_rows(cls, values: Floats, rows: NDArray[np.intp]) -> "Largest":
        """Of one value a row, (n,)."""
        place = int(values.argmax())
        return cls(float(values[place]), int(rows[place]))

    @classmethod
    def of_values(cls, values: Floats, of_row: Floats, rows: NDArray[np.intp]) -> "Largest":
        """Of values (n, C), of which ``of_row`` (n,) has each row's largest."""
        place = int(of_row.argmax())
        return cls(float(of_row[place]), int(rows[place]), int(values[place].argmax()))

    @property
    def place(self) -> int | None:
        """The row; None where nothing is larger than 0."""
        return None if self.value == 0 else self.row

    def or_larger(self, other: "Largest") -> "Largest":
        """The larger one; of equals this one."""
        if self.row is None:
            return other
        larger = other.value > self.value or (math.isnan(other.value) and not math.isnan(self.value))
        return other if larger else self


class RowFigure:
    """A figure of each row: its mean, its quantiles, and the largest."""

    def __init__(self) -> None:
        self.moments = Moments()
        self.quantiles = Quantiles()
        self.largest = Largest()

    def add(self, values: Floats, rows: NDArray[np.intp]) -> None:
        """Add the values (n,) of the rows of these numbers."""
        self.moments.add(values)
        self.quantiles.add(tally(values, keep=Quantiles.keeps(self.moments.count)))
        self.largest = self.largest.or_larger(Largest.of_rows(values, rows))


class Gathered:
    """Columns of a block's rows, put together to columns of so many rows, whatever the blocks."""

    def __init__(self) -> None:
        self._waiting: list[Columns] = []
        self._rows = 0

    def add(self, columns: Columns) -> Iterator[Columns]:
        """Take some rows; gives those that are enough by now."""
        self._waiting.append(columns)
        self._rows += len(columns["row"])
        if self._rows >= ROWS_AT_ONCE:
            (joined,) = self.rest()
            whole = len(joined["row"]) // ROWS_AT_ONCE * ROWS_AT_ONCE
            for start in range(0, whole, ROWS_AT_ONCE):
                yield _cut(joined, start, start + ROWS_AT_ONCE)
            if whole < len(joined["row"]):
                self._waiting, self._rows = [_cut(joined, whole, None)], len(joined["row"]) - whole

    def rest(self) -> Iterator[Columns]:
        """Those that wait, if any."""
        waiting, rows = self._waiting, self._rows
        self._waiting, self._rows = [], 0
        if rows:
            yield {name: np.concatenate([each[name] for each in waiting]) for name in waiting[0]}


def _cut(columns: Columns, start: int, stop: int | None) -> Columns:
    return {name: values[start:stop] for name, values in columns.items()}
