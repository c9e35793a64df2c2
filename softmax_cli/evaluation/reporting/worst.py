"""The rows with the largest losses, as the blocks go by."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.details import rank
from softmax_cli.metrics.predictions import NO_CLASS, Predictions
from softmax_cli.reports.rows import RowDetail


@dataclass(frozen=True, eq=False)
class Kept:
    """Some rows by columns: every field has one entry per row."""

    row: NDArray[np.int64]
    loss: NDArray[np.float64]

    def at(self, places: NDArray[Any]) -> Self:
        """Return some of the rows."""
        return type(self)(*(getattr(self, field.name)[places] for field in fields(self)))

    def with_more(self, other: Self) -> Self:
        """Return these rows and others behind them."""
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return type(self)(*(np.concatenate(pair) for pair in pairs))


Rows = TypeVar("Rows", bound=Kept)


class Largest(Generic[Rows]):
    """Keeps the ``count`` rows with the largest losses: nan before every other, of equal ones the first."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.kept: Rows | None = None

    def take(self, more: Rows) -> None:
        """Take the next rows."""
        if self.kept is not None and len(self.kept.row) == self._count:
            more = more.at(rank(more.loss) > rank(self.kept.loss).min(initial=np.inf))
        if not len(more.row):
            return
        together = more if self.kept is None else self.kept.with_more(more)
        self.kept = together.at(np.argsort(-rank(together.loss), kind="stable")[: self._count])


@dataclass(frozen=True, eq=False)
class _Predicted(Kept):
    label: NDArray[np.int64]
    predicted: NDArray[np.int64]
    p_label: NDArray[np.float64]
    confidence: NDArray[np.float64]


class Worst(Largest[_Predicted]):
    """The rows with the largest losses, with what was predicted."""

    def add(self, rows: NDArray[np.int64], found: Predictions) -> None:
        """Take the rows of the next block, by their numbers (n,)."""
        self.take(_Predicted(rows, found.losses, found.labels, found.predicted, found.p_label, found.confidences))

    def details(self, class_names: tuple[str, ...], spell: Callable[[NDArray[np.int64]], list[str]]) -> list[RowDetail]:
        """The largest loss first; ``spell`` gives labels (n,) as their file has them."""
        kept = self.kept
        if kept is None:
            return []
        names = ("" if place == NO_CLASS else class_names[place] for place in kept.predicted.tolist())
        columns = (kept.row.tolist(), spell(kept.label), names, kept.p_label.tolist(), kept.confidence.tolist())
        return [RowDetail(*values) for values in zip(*columns, kept.loss.tolist(), strict=True)]
