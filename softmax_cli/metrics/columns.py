"""Columns that are no logits: one value throughout, one that counts the rows, one that is the labels'."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MANY_ROWS = 20
_FEWEST_CLASSES = 3  # the column itself, and two classes
_WHOLE = 2.0**52
"""Below it float64 holds every whole number and its neighbours."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of some rows that look odd. Those of more rows are odd in both: `joined`.

    ``constant`` are the positions of those with one value throughout, ``values`` these values; ``counting`` has, for a
    first or last column that goes up by 1 a row, what it is at row 0; ``copies`` are the positions of those that equal
    the labels row by row. ``whole`` are the positions of those that hold whole numbers throughout, in a file of others.
    """

    constant: NDArray[np.int64]
    values: NDArray[np.float64]
    counting: dict[int, int]
    copies: NDArray[np.int64]
    whole: NDArray[np.int64]

    @classmethod
    def of(cls, logits: NDArray[Any], labels: NDArray[Any] | None, start: int) -> "Columns":
        """Those of the rows ``start`` on: logits (n, C), labels (n,) as the file has them, None where there are none.

        A column is looked at whole only where its first two values do not rule it out, so that nearly none is.
        """
        one, other = logits[0], logits[min(1, len(logits) - 1)]
        same = np.flatnonzero(one == other)
        constant = _throughout(logits, same, one[np.newaxis, same])
        copies = np.empty(0, np.int64)
        if labels is not None and len(labels) == len(logits):
            copies = _throughout(logits, np.flatnonzero(one == labels[0]), labels[:, np.newaxis])
        whole = np.empty(0, np.int64)
        if logits.dtype.kind == "f":
            candidates = np.flatnonzero((one == np.rint(one)) & (other == np.rint(other)))
            whole = _throughout(logits, candidates, np.rint(logits[:, candidates]))
        counting = {}
        rows = np.arange(start, start + len(logits), dtype=np.float64)
        for column in {0, logits.shape[1] - 1}:
            first = float(one[column]) - start
            if abs(first) < _WHOLE and first.is_integer() and (logits[:, column] == rows + first).all():
                counting[column] = int(first)
        return cls(constant, one[constant].astype(np.float64), counting, copies, whole)

    def joined(self, other: "Columns") -> "Columns":
        """Those that are odd here and there alike."""
        _, here, there = np.intersect1d(self.constant, other.constant, assume_unique=True, return_indices=True)
        same = self.values[here] == other.values[there]
        counting = {
            column: first for column, first in self.counting.items() if other.counting.get(column, first + 1) == first
        }
        copies = np.intersect1d(self.copies, other.copies, assume_unique=True)
        whole = np.intersect1d(self.whole, other.whole, assume_unique=True)
        return Columns(self.constant[here][same], self.values[here][same], counting, copies, whole)


@dataclass(frozen=True)
class Foreign:
    """Columns of whole numbers among others that all have decimals, None where there is none of the kind.

    ``identifier`` is one whose values are all different, ``prediction`` one that names the largest of the others.
    """

    identifier: int | None = None
    prediction: int | None = None

    @classmethod
    def of(cls, values: NDArray[np.float64], whole: NDArray[np.int64]) -> "Foreign":
        """Of the first rows (n, C), twenty or more; ``whole`` are the columns that hold whole numbers in all rows."""
        rows, classes = values.shape
        decimal = (values != np.rint(values)).any(axis=0)
        identifier = prediction = None
        for column in whole.tolist():
            others = np.delete(values, column, axis=1)
            if rows < _MANY_ROWS or classes < _FEWEST_CLASSES or not np.delete(decimal, column).all():
                continue
            distinct = len(np.unique(values[:, column]))
            if identifier is None and distinct == rows:
                identifier = column
            if prediction is None and distinct > 1 and (others.argmax(axis=1) == values[:, column]).all():
                prediction = column
        return cls(identifier, prediction)


def _throughout(logits: NDArray[Any], columns: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.int64]:
    """Those of the columns that are equal to the values in all rows."""
    found: NDArray[np.int64] = columns[(logits[:, columns] == values).all(axis=0)]
    return found
