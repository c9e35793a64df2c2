"""One-hot rows that were written one value after another, as if each were a label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class FlatOneHot:
    """Labels in their order, read as rows of C values: as long as each such row is one 1 among zeros."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._left = np.empty(0)
        self._found: list[NDArray[np.int64]] = []
        self._possible = classes > 1

    def add(self, labels: NDArray[Any]) -> None:
        """Add the next labels (n,)."""
        if not self._possible:
            return
        if labels.dtype.kind not in "iuf" or not ((labels == 0) | (labels == 1)).all():
            self._give_up()
            return
        labels = np.concatenate([self._left, labels])
        whole = len(labels) - len(labels) % self._classes
        rows, self._left = labels[:whole].reshape(-1, self._classes), labels[whole:]
        if (rows.sum(axis=1) != 1).any():
            self._give_up()
            return
        self._found.append(rows.argmax(axis=1))

    def found(self) -> NDArray[np.int64] | None:
        """The rows' classes (n,); None where the labels are anything else."""
        if not self._possible or len(self._left):
            return None
        return np.concatenate(self._found) if self._found else None

    def _give_up(self) -> None:
        self._possible = False
        self._found = []
