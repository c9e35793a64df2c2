"""A single value per row: a binary logit or probability, read as the two classes 0 and 1."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.reading import (
    COUNTS,
    DISTANCES,
    LABEL_LOG_PROBABILITIES,
    LOG_PROBABILITIES,
    LOGITS,
    PROBABILITIES,
    SIGMOIDS,
    Reading,
)
from softmax_cli.inputs.rounded import Rounded
from softmax_cli.metrics.rounding import ROUNDING
from softmax_cli.readers.table import Table

_FEW = 1 << 16


class SingleLogits:
    """A table with one value per row, as two logits each: (0, x), or the logarithms of (1 - p, p).

    The softmax of (0, x) is (1 - sigmoid(x), sigmoid(x)), and its cross-entropy is
    binary_cross_entropy_with_logits of x. A probability keeps its digits in log1p(-p), and is computed in float64.
    """

    column_names: tuple[str, ...] | None = None
    single = True

    def __init__(self, table: Table, axis: int, kind: str) -> None:
        if kind == DISTANCES:
            raise InputError(table.name, "one distance per row, where one for each class is needed")
        self.given = table
        self.name = table.name
        self.shape = (*table.shape[:axis], 2, *table.shape[axis + 1 :])
        self.dtype: Any = table.dtype if kind == LOGITS else np.dtype(np.float64)
        self._axis = axis
        self._kind = kind
        self._rounded = Rounded()
        self._lowest, self._highest = math.inf, -math.inf

    @property
    def notes(self) -> tuple[str, ...]:
        """The table's own, and how its values are read."""
        rounded = self._rounded.notes(self.name)
        return (*self.given.notes, *rounded, f"{self.name}: one {_READ_AS[self._kind]}")

    @property
    def cautions(self) -> tuple[str, ...]:
        """That all values read so far lie within [0, 1], and were taken for logits."""
        if self._kind != LOGITS or not 0 <= self._lowest <= self._highest <= 1:
            return ()
        return (
            f"{self.name}: every value lies within [0, 1] and is read as a logit; "
            f"if these are probabilities, use --values {PROBABILITIES}",
        )

    def cautions_beside(self, only_class: int | None) -> tuple[str, ...]:
        """All cautions, with one of the labels: ``only_class`` is the class of all of them, None where they differ.

        Values never above 0, all of class 0, may be what an API gives: log p of what occurred.
        """
        if not self.never_above_0 or only_class != 0:
            return self.cautions
        what = "no value is above 0, and every label is 0"
        remedy = f"if these are log-probabilities of what occurred, use --values {LABEL_LOG_PROBABILITIES}"
        return (*self.cautions, f"{self.name}: {what}; {remedy}, without labels")

    @property
    def never_above_0(self) -> bool:
        """Whether all values read so far are taken for logits, and could be log-probabilities."""
        return self._kind == LOGITS and self._highest <= 0

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; raises InputError at the first value that cannot be."""
        start = 0
        for block in self.given.blocks(rows, axis):
            yield self.converted(block, start)
            start += len(block)

    def converted(self, block: NDArray[Any], start: int) -> NDArray[Any]:
        """Return the two logits of rows ``start`` on; raises InputError at the first value that cannot be."""
        values = block[:, 0]
        if self._kind != LOGITS:
            return self._log_probabilities(values.astype(np.float64, copy=False), start)
        self._lowest = min(self._lowest, float(np.fmin.reduce(values)))
        self._highest = max(self._highest, float(np.fmax.reduce(values)))
        return np.stack([np.zeros_like(values), values], axis=1)

    def progress(self) -> tuple[int, int]:
        """See Table."""
        return self.given.progress()

    def where(self, row: int, axis: int | None) -> str:
        """See Table."""
        return self.given.where(row, axis)

    def _log_probabilities(self, values: NDArray[np.float64], start: int) -> NDArray[np.float64]:
        of_logs = self._kind == LOG_PROBABILITIES
        values = values if of_logs else self._rounded.within(values, start, below_1=True)
        fine = values <= ROUNDING if of_logs else (values >= 0) & (values <= 1)
        if not (fine := fine | np.isnan(values)).all():
            row = int(np.argmin(fine))
            what = "log-probability: those are never above 0" if of_logs else "probability"
            remedy = f"if these are {LOGITS}, use --values {LOGITS}"
            raise InputError(self.where(start + row, self._axis), f"{values[row]:.6g} is not a {what}", remedy)
        with np.errstate(divide="ignore", invalid="ignore"):
            if of_logs:
                values = np.minimum(values, 0)
                return np.stack([log_of_rest(values), values], axis=1)
            return np.stack([np.log1p(-values), np.log(values)], axis=1)


def log_of_rest(log_p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(1 - p) from log p, without loss of digits near either end.

    Source: Mächler, "Accurately computing log(1 - exp(-|a|))", 2012, the R package Rmpfr.

    >>> log_of_rest(np.log(np.array([0.25, 0.75]))).round(4).tolist()
    [-0.2877, -1.3863]
    """
    with np.errstate(divide="ignore"):
        near_one = log_p > -math.log(2)
        return np.where(near_one, np.log(-np.expm1(log_p)), np.log1p(-np.exp(log_p)))


_READ_AS = {
    LOGITS: "logit x per row, read as the two logits (0, x) of the classes 0 and 1",
    PROBABILITIES: "probability p per row, read as (1 - p, p) of the classes 0 and 1",
    SIGMOIDS: "sigmoid p per row, read as the probabilities (1 - p, p) of the classes 0 and 1",
    LOG_PROBABILITIES: "log-probability per row, read as that of class 1 of the classes 0 and 1",
}


class ColumnTable:
    """A vector as a table of one column: each value is a row of its own."""

    column_names: tuple[str, ...] | None = None

    def __init__(self, vector: Table) -> None:
        self.given = vector
        self.name = vector.name
        self.dtype: Any = vector.dtype
        self.shape: tuple[int | None, ...] = (*vector.shape, 1)

    @property
    def notes(self) -> tuple[str, ...]:
        """See Table."""
        return self.given.notes

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; for axis 1, or None."""
        for block in self.given.blocks(rows, None):
            yield block if axis is None else block[:, np.newaxis]

    def progress(self) -> tuple[int, int]:
        """See Table."""
        return self.given.progress()

    def where(self, row: int, axis: int | None) -> str:  # noqa: ARG002  (every value is a row on either)
        """See Table."""
        return self.given.where(row, None)


def as_column(logits: Table, labels: Table, reading: Reading) -> tuple[Table, tuple[str, ...]]:
    """Return a vector with as many labels as values as a column, else the table itself; and a note.

    A vector is one row of logits otherwise. Numbers of its shape are that row's probabilities where they are floats
    that sum to 1, as torch reads them; integers are never probabilities.
    """
    if len(logits.shape) != 1 or reading.class_axis is not None or reading.multilabel:
        return logits, ()
    size = logits.shape[0]
    if labels.shape == logits.shape and labels.dtype.kind == "f" and size != 1:
        given = np.concatenate(list(labels.blocks(_FEW, None)))
        if abs(float(given.sum(dtype=np.float64)) - 1) <= 1e-3 and (given >= 0).all():
            if (given % 1).any():
                return logits, ()
            what = "one row's probabilities, as torch reads floats that sum to 1"
            return logits, (f"{labels.name}: read as {what}; for one logit per row, give integers",)
    if _squeezed(labels.shape) == (size,) or (size == 1 and labels.shape == ()) or _count(labels, size) == size:
        return ColumnTable(logits), ()
    return logits, ()


def _squeezed(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    return shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape


def _count(labels: Table, most: int | None) -> int | None:
    """How many labels a file of one column has, as soon as it is clear that they are more than so many; else None."""
    if labels.shape != (None, 1):
        return None
    found = 0
    for block in labels.blocks(_FEW, None):
        found += len(block)
        if most is not None and found > most:
            break
    return found


def has_soft_labels(labels: Table, label_axis: int | None, kind: str) -> bool:
    """Whether the labels of single logits are probabilities of class 1 (or are to become so): the first of them tell.

    Raises UsageError for counts: one value per row is no row of them.
    """
    if label_axis is not None or labels.dtype.kind == "U":
        return False
    if kind == COUNTS:
        raise UsageError(f"--label-values {COUNTS} is for rows of labels, and these are one value per row")
    if kind == LOGITS or labels.dtype.kind != "f":
        return kind == LOGITS
    first = next(iter(labels.blocks(_FEW, None)), np.empty(0))
    fractions = first[np.isfinite(first) & (first % 1 != 0)]
    return len(fractions) > 0 and bool(((fractions > 0) & (fractions < 1)).all())
