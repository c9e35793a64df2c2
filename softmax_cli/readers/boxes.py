"""Arrays of which a reader of its own gives any box of values: what is compressed, or stored as something else."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.entry import Entry

Place = tuple[int, ...]


class BoxTable(ArrayTable):
    """The array of an entry whose values are asked for box by box, in the order of the rows.

    The array that ArrayTable holds has the entry's shape and dtype in C order, and no values.
    """

    def __init__(self, entry: Entry, name: str, **more: Any) -> None:
        super().__init__(entry.layout(), name, **more)

    @abstractmethod
    def reading(self) -> AbstractContextManager[Any]:
        """Open what a pass reads from."""

    @abstractmethod
    def box(self, opened: Any, first: Place, end: Place) -> NDArray[Any]:
        """Return the values from the index ``first`` up to ``end``, along each axis; shape ``end - first``."""

    def _read(self, views: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        with self.reading() as opened:
            for view in views:
                yield self._values(opened, view)

    def _values(self, opened: Any, view: NDArray[Any]) -> NDArray[Any]:
        """The values where a view of the layout lies: from its first index to its last along each axis."""
        layout = self._array
        start = _address(view) - _address(layout)
        steps = sum((size - 1) * stride for size, stride in zip(view.shape, view.strides, strict=True))
        first = _index(start // layout.itemsize, layout.shape)
        end = tuple(place + 1 for place in _index((start + steps) // layout.itemsize, layout.shape))
        values = self.box(opened, first, end)
        strides = []
        for size, stride in zip(view.shape, view.strides, strict=True):
            axis = (place for place in range(values.ndim) if layout.strides[place] == stride)
            strides.append(next((values.strides[place] for place in axis if values.shape[place] == size > 1), 0))
        return np.lib.stride_tricks.as_strided(values, view.shape, strides, writeable=False)


def _index(place: int, shape: tuple[int, ...]) -> Place:
    """Where a value stands in an array in C order, along each axis."""
    return tuple(map(int, np.unravel_index(place, shape)))


def _address(view: NDArray[Any]) -> int:
    address: int = view.__array_interface__["data"][0]
    return address
