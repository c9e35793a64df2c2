"""Rows one by one: every row, or those with the largest loss."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.multilabel import NO_LABEL
from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.targets import Indices
from softmax_cli.reports.rows import MultiLabelDetail, RowDetail

DetailOf = Callable[[Batch, int, int, str, float, tuple[str, ...]], Any]
"""Makes the detail of a row from its batch, its place there, its number, its label, its loss and the classes' names."""


class Details:
    """Collects rows as the blocks go by: all of them for ``top`` None, else the ``top`` with the largest losses.

    Ignored rows are left out; a loss of nan ranks before every other.
    """

    def __init__(self, top: int | None, class_names: tuple[str, ...], detail: DetailOf) -> None:
        self._top = top
        self._class_names = class_names
        self._detail = detail
        self._found: list[Any] = []

    def of(self, block: Block, batch: Batch, losses: NDArray[Any], labels: list[str]) -> list[Any]:
        """What is wanted of a block: its rows as the backend holds them, their losses and labels' spelling."""
        counted = block.target.counted
        places = np.arange(len(losses)) if counted is None else np.flatnonzero(counted)
        if self._top is not None and len(places) > self._top:
            order = np.argsort(-rank(losses[places]), kind="stable")[: self._top]
            places = np.sort(places[order])
        return [
            self._detail(batch, place, block.start + place, labels[place], float(losses[place]), self._class_names)
            for place in places.tolist()
        ]

    def add(self, rows: list[Any]) -> None:
        """Take the rows of the next block."""
        self._found += rows
        if self._top is not None:
            self._found.sort(key=lambda detail: -float(rank(np.float64(detail.loss))))
            del self._found[self._top :]

    def found(self) -> list[Any]:
        """The rows: in their order, or the largest loss first."""
        return self._found


def rank(losses: Any) -> Any:
    """What orders losses: themselves, with nan before every other."""
    return np.where(np.isnan(losses), math.inf, losses)


def details_of(*, multilabel: bool) -> DetailOf:
    """Return what makes the details of rows."""
    return _multilabel_detail if multilabel else _detail


def _detail(batch: Batch, place: int, row: int, label: str, loss: float, names: tuple[str, ...]) -> RowDetail:
    backend: Any = batch.backend
    probabilities = backend.to_numpy(batch.softmax[place])
    likeliest = int(np.argmax(probabilities))
    p_label: float | str = ""
    if isinstance(batch.target, Indices):
        p_label = float(probabilities[int(batch.target.classes[place])])
    return RowDetail(row, label, names[likeliest], p_label, float(probabilities[likeliest]), loss)


def _multilabel_detail(
    batch: Batch, place: int, row: int, label: str, loss: float, names: tuple[str, ...]
) -> MultiLabelDetail:
    backend: Any = batch.backend
    probabilities = backend.to_numpy(batch.sigmoid[place])
    row_loss = backend.binary_cross_entropy_with_logits
    costs = backend.to_numpy(row_loss(batch.logits[place], batch.yes_or_no[place], batch.criterion))
    worst = int(np.argmax(rank(costs)))
    predicted = "+".join(names[each] for each in np.flatnonzero(probabilities >= 0.5).tolist()) or NO_LABEL
    return MultiLabelDetail(row, label, predicted, names[worst], float(probabilities[worst]), float(costs[worst]), loss)
