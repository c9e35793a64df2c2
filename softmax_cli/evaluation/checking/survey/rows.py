"""Rows that occur again, and columns that are no logits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.metrics.columns import Columns
from softmax_cli.metrics.duplicates import Duplicates


@dataclass(frozen=True, eq=False)
class ColumnMaxima:
    """The largest value of each column (C,), and the row that has it first."""

    values: NDArray[Any]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, view: View) -> "ColumnMaxima":
        """Of a block."""
        rows = view.logits.argmax(axis=0)
        return cls(view.logits[rows, np.arange(view.logits.shape[1])], rows + view.start)

    def joined(self, later: "ColumnMaxima") -> "ColumnMaxima":
        """With those of later rows."""
        beaten = later.values > self.values
        return ColumnMaxima(np.where(beaten, later.values, self.values), np.where(beaten, later.rows, self.rows))


class RowsPart:
    """Adds up what the rows and columns look like.

    The columns' maxima are kept only where there may be as many rows as columns (``rows`` is None where the end of the
    file will tell), and for as many rows.
    """

    def __init__(self, classes: int, rows: int | None) -> None:
        self._square = classes if rows in {None, classes} else 0
        self.duplicates = Duplicates()
        self.columns: Columns | None = None
        self.maxima: ColumnMaxima | None = None

    def measure(self, view: View) -> tuple[Columns, ColumnMaxima | None]:
        """What a block adds."""
        labels = None if view.labels is None or view.labels.kind != "indices" else view.labels.given
        maxima = ColumnMaxima.of(view) if view.start < self._square else None
        return Columns.of(view.given, labels, view.start), maxima

    def add(self, view: View, found: tuple[Columns, ColumnMaxima | None]) -> None:
        """Add it."""
        columns, maxima = found
        self.columns = columns if self.columns is None else self.columns.joined(columns)
        if maxima is not None:
            self.maxima = maxima if self.maxima is None else self.maxima.joined(maxima)
        varied = ~view.constant
        self.duplicates.add(view.hashes[varied], view.rows[varied])
