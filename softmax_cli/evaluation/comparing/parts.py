"""What the parts of the fold of `compare` share: the rows that count, figures of each, the largest of many."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.totals import ROWS_AT_ONCE
from softmax_cli.inputs.versions import VersionsBlock
from softmax_cli.losses.targets import Indices, Probabilities, Target
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.quantiles import Quantiles, tally

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]
"""One value a row (n,) of each of several figures, and the rows' numbers under ``row``."""


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
    """Columns of blocks' rows, handed to ``take`` in columns of so many rows each, whatever the blocks."""

    def __init__(self, take: Callable[[Columns], None]) -> None:
        self._take = take
        self._waiting: list[Columns] = []
        self._rows = 0

    def add(self, columns: Columns) -> None:
        """Take some rows, and hand on those that are enough by now."""
        self._waiting.append(columns)
        self._rows += len(columns["row"])
        if self._rows >= ROWS_AT_ONCE:
            joined, rows = self._joined(), self._rows
            whole = rows // ROWS_AT_ONCE * ROWS_AT_ONCE
            for start in range(0, whole, ROWS_AT_ONCE):
                self._take(_cut(joined, start, start + ROWS_AT_ONCE))
            self._waiting, self._rows = ([_cut(joined, whole, None)], rows - whole) if whole < rows else ([], 0)

    def finish(self) -> None:
        """Hand on those that wait, if any."""
        if self._rows:
            self._take(self._joined())
        self._waiting, self._rows = [], 0

    def _joined(self) -> Columns:
        return {name: np.concatenate([each[name] for each in self._waiting]) for name in self._waiting[0]}


def _cut(columns: Columns, start: int, stop: int | None) -> Columns:
    return {name: values[start:stop] for name, values in columns.items()}
