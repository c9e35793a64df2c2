"""Labels under other numbers: which one-to-one renaming of the classes the predictions ask for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.assignment import best_assignment

MOST_CLASSES = 1 << 10
"""Beyond it pairs of classes are not counted: 8 MB."""


class PairCounts:
    """How many rows have label y and prediction k: an array (C, C), for up to 1024 classes."""

    def __init__(self, classes: int) -> None:
        self.counts = np.zeros((classes, classes), np.int64) if classes <= MOST_CLASSES else None

    def add(self, labels: NDArray[np.int64], predictions: NDArray[np.int64]) -> None:
        """Add rows by their classes, (n,) each."""
        if self.counts is not None:
            np.add.at(self.counts.reshape(-1), labels * len(self.counts) + predictions, 1)


@dataclass(frozen=True, eq=False)
class Relabelling:
    """``classes[y]`` is the class that label y seems to mean, (C,); ``moved`` are the labels that it changes.

    Of the ``rows`` with those labels ``wins`` are right only so, ``losses`` only as they stand.
    """

    classes: NDArray[np.int64]
    moved: NDArray[np.int64]
    rows: int
    wins: int
    losses: int


def best_relabelling(counts: NDArray[np.int64]) -> Relabelling | None:
    """The renaming of the most hits that makes each label that it moves right in half of its rows or more.

    None where there is none, or where fewer than two labels are mostly predicted as one other class. ``counts`` (C, C)
    has a row a label, a column a prediction.
    """
    rows, labels = counts.sum(axis=1), np.arange(len(counts))
    favourites = counts.argmax(axis=1)
    strangers = (favourites != labels) & (2 * counts[labels, favourites] > rows)
    if np.count_nonzero(strangers) < 2:
        return None
    # A permutation also moves the labels whose places the strangers take.
    candidates = np.flatnonzero(strangers | np.isin(labels, favourites[strangers]))
    classes = labels.copy()
    classes[candidates] = candidates[best_assignment(counts[np.ix_(candidates, candidates)])]
    right = 2 * counts[labels, classes] >= rows
    for cycle in _cycles(classes):
        if not right[cycle].all() or np.count_nonzero(rows[cycle]) < 2:
            classes[cycle] = cycle
    moved = np.flatnonzero(classes != labels)
    if not len(moved):
        return None
    wins, losses = int(counts[moved, classes[moved]].sum()), int(counts[moved, moved].sum())
    return Relabelling(classes, moved, int(rows[moved].sum()), wins, losses)


def _cycles(classes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The labels of each cycle of a permutation."""
    waiting = set(np.flatnonzero(classes != np.arange(len(classes))).tolist())
    while waiting:
        cycle = [waiting.pop()]
        while (following := int(classes[cycle[-1]])) in waiting:
            waiting.remove(following)
            cycle.append(following)
        yield np.array(cycle)
