"""Arrays that lie in a file as plain bytes, at an offset and with strides of their own: read block by block.

They are not mapped into memory: a map kills the process by a signal where the file is cut short while it is read,
its pages count as the process's memory, and touching them one by one is slower than reading into a small buffer.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.source import Source

if TYPE_CHECKING:
    from softmax_cli.readers.spool import Spool

_LARGEST_SPAN = 4  # times the bytes of a view: where its values lie so near one another, all between is read, too
_PART = 1 << 20  # bytes that are unpacked at a time
_SHORTEST_RUN = 1 << 8  # bytes: rows that lie across the file are read so many bytes at a time, or more


class StoredTable(ArrayTable):
    """The array of an entry whose values lie in the file of a source; ``packed``: which is compressed as a whole.

    What is packed is unpacked as it is read, where its values are wanted in their order; else a copy is made. The
    array that ArrayTable holds has the entry's shape, strides and dtype, and no values.
    """

    def __init__(self, source: Source, entry: Entry, *, packed: bool = False, **more: Any) -> None:
        super().__init__(entry.layout(), source.name, **more)
        self._packed = packed
        self._source = source
        self._offset = entry.offset or 0
        self._unpack = entry.unpack
        self._unpacked: Spool | None = None

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; of more rows where a class's values lie side by side, and a few would be read byte by byte."""
        layout = self._array
        if axis is not None and layout.strides[axis] != layout.itemsize:
            rows = max(rows, _SHORTEST_RUN // layout.itemsize)
        in_order = layout.flags.c_contiguous and axis in {None, layout.ndim - 1}
        if (self._packed or self._unpack is not None) and not in_order:
            self._unpack_all()
        return super().blocks(rows, axis)

    def _unpack_all(self) -> None:
        """Copy the unpacked bytes to the disk, where they can be read at any place."""
        from softmax_cli.readers.spool import Spool  # for few arrays that are packed

        with self._source.reading(), self._opened() as stream:
            self._unpacked = Spool(iter(lambda: stream.read(_PART), b""), self.name)

    def _read(self, views: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        with self._source.reading(), self._opened() as stored:
            for view in views:
                yield self._values(stored, view)
            if self._packed and self._unpacked is None and stored.read(1):  # at the end its sum is checked, too
                self._tell_of_surplus()

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """The bytes in which the entry's offset counts, unpacked."""
        if self._unpacked is not None:
            path = self._unpacked.path
        elif self._packed:
            with self._source.open() as stream:
                yield stream
            return
        else:
            path = self._source.local_path()
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            yield file if self._unpack is None or self._unpacked is not None else self._unpack(file)

    def _tell_of_surplus(self) -> None:
        said = f"{self.name}: what stands behind the first array is left unread"
        if said not in self.notes:
            self.notes = (*self.notes, said)

    def _values(self, file: Any, view: NDArray[Any]) -> NDArray[Any]:
        """What the file holds where a view of the layout lies."""
        start = self._offset + _address(view) - _address(self._array)
        span = _span(view)
        if span <= _LARGEST_SPAN * view.nbytes:
            within = np.empty(span, np.uint8)
            self._fill(file, within.data, start)
            return np.ndarray(view.shape, view.dtype, within.data, 0, view.strides)
        by_stride = sorted(range(view.ndim), key=lambda axis: -view.strides[axis])
        in_file = view.transpose(by_stride)
        values = np.empty(in_file.shape, view.dtype)
        runs = _run_axis(in_file)
        length = math.prod(in_file.shape[runs:]) * view.itemsize
        into = values.reshape(-1).view(np.uint8).data
        for place, index in enumerate(np.ndindex(in_file.shape[:runs])):
            skipped = sum(step * stride for step, stride in zip(index, in_file.strides[:runs], strict=True))
            self._fill(file, into[place * length : (place + 1) * length], start + skipped)
        return values.transpose(np.argsort(by_stride))

    def _fill(self, file: Any, into: memoryview, position: int) -> None:
        file.seek(position)
        while into:
            count = file.readinto(into) or 0
            if count == 0:
                what = f"cut short while it was read: it ends at byte {file.tell()}"
                raise InputError(self.name, what, "wait until it is written")
            into = into[count:]


def _span(view: NDArray[Any]) -> int:
    """How many bytes lie from the first value to the last, both with them."""
    steps = sum((size - 1) * stride for size, stride in zip(view.shape, view.strides, strict=True))
    return steps + view.itemsize if view.size else 0


def _run_axis(view: NDArray[Any]) -> int:
    """The first axis from which on the values lie one after another."""
    expected = view.itemsize
    for axis in reversed(range(view.ndim)):
        if view.shape[axis] != 1 and view.strides[axis] != expected:
            return axis + 1
        expected *= view.shape[axis]
    return 0


def _address(view: NDArray[Any]) -> int:
    address: int = view.__array_interface__["data"][0]
    return address
