"""Rows one by one: every row, or those with the largest loss."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.targets import Indices
from softmax_cli.reports.rows import RowDetail


class Details:
    """Collects rows as the blocks go by: all of them for ``top`` None, else the ``top`` with the largest losses.

    Ignored rows are left out; a loss of nan ranks before every other.
    """

    def __init__(self, top: int | None, class_names: tuple[str, ...]) -> None:
        self._top = top
        self._class_names = class_names
        self._found: list[RowDetail] = []

    def of(self, block: Block, batch: Batch, losses: NDArray[Any], labels: list[str]) -> list[RowDetail]:
        """What is wanted of a block: its rows as the backend holds them, their losses and labels' spelling."""
        counted = block.target.counted
        places = np.arange(len(losses)) if counted is None else np.flatnonzero(counted)
        if self._top is not None and len(places) > self._top:
            order = np.argsort(-rank(losses[places]), kind="stable")[: self._top]
            places = np.sort(places[order])
        return [_detail(block, batch, place, losses, labels, self._class_names) for place in places.tolist()]

    def add(self, rows: list[RowDetail]) -> None:
        """Take the rows of the next block."""
        self._found += rows
        if self._top is not None:
            self._found.sort(key=lambda detail: -float(rank(np.float64(detail.loss))))
            del self._found[self._top :]

    def found(self) -> list[RowDetail]:
        """The rows: in their order, or the largest loss first."""
        return self._found


def rank(losses: Any) -> Any:
    """What orders losses: themselves, with nan before every other."""
    return np.where(np.isnan(losses), math.inf, losses)


def _detail(
    block: Block, batch: Batch, place: int, losses: NDArray[Any], labels: list[str], names: tuple[str, ...]
) -> RowDetail:
    backend: Any = batch.backend
    probabilities = backend.to_numpy(batch.softmax[place])
    likeliest = int(np.argmax(probabilities))
    p_label = float(probabilities[block.target.classes[place]]) if isinstance(block.target, Indices) else ""
    return RowDetail(
        block.start + place,
        labels[place],
        names[likeliest],
        p_label,
        float(probabilities[likeliest]),
        float(losses[place]),
    )
