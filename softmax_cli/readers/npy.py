"""NPY files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), read block by block.

They are not mapped into memory: a map kills the process by a signal where the file is cut short while it is read,
its pages count as the process's memory, and touching them one by one is slower than reading into a small buffer.
"""

import math
import os
import warnings
from collections.abc import Iterator
from io import FileIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable, readable_dtype, reason, refuse_label_column
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    # It differs from 2 only in how it spells the field names of records, which are refused.
    (3, 0): np.lib.format.read_array_header_2_0,
}
_SHORTEST_RUN = 1 << 8  # bytes: rows that lie across the file are read so many bytes at a time, or more


def read(source: Source, dialect: Dialect, selection: Selection) -> "NpyTable":  # noqa: ARG001  (a reader's form)
    """Versions 1 to 3, C or Fortran order, any byte order. Raises InputError if the file is cut short."""
    refuse_label_column(selection, source.name)
    path = source.local_path()
    with source.reading(), open(path, "rb") as file:  # noqa: PTH123
        try:
            return _table(source, file, text=selection.text)
        except (InputError, OSError):
            raise
        except Exception as error:  # a damaged header makes numpy raise whatever Python's own parser does
            raise InputError(source.name, f"not a readable NPY file ({reason(error)})", "save it again") from None


class NpyTable(ArrayTable):
    """The array of an NPY file. ``layout`` has its shape, its strides and its dtype, and no values."""

    def __init__(self, source: Source, layout: NDArray[Any], offset: int, **more: Any) -> None:
        super().__init__(layout, source.name, **more)
        self._source = source
        self._offset = offset

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; of more rows where a class's values lie side by side, and a few would be read byte by byte."""
        layout = self._array
        if axis is not None and layout.strides[axis] != layout.itemsize:
            rows = max(rows, _SHORTEST_RUN // layout.itemsize)
        return super().blocks(rows, axis)

    def _read(self, views: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        with self._source.reading(), open(self._source.local_path(), "rb", buffering=0) as file:  # noqa: PTH123
            for view in views:
                yield self._values(file, view)

    def _values(self, file: FileIO, view: NDArray[Any]) -> NDArray[Any]:
        """What the file holds where a view of the layout lies."""
        by_stride = sorted(range(view.ndim), key=lambda axis: -view.strides[axis])
        in_file = view.transpose(by_stride)
        values = np.empty(in_file.shape, view.dtype)
        runs = _run_axis(in_file)
        length = math.prod(in_file.shape[runs:]) * view.itemsize
        into = values.reshape(-1).view(np.uint8).data
        start = self._offset + _address(view) - _address(self._array)
        for place, index in enumerate(np.ndindex(in_file.shape[:runs])):
            skipped = sum(step * stride for step, stride in zip(index, in_file.strides[:runs], strict=True))
            self._fill(file, into[place * length : (place + 1) * length], start + skipped)
        return values.transpose(np.argsort(by_stride))

    def _fill(self, file: FileIO, into: memoryview, position: int) -> None:
        file.seek(position)
        while into:
            count = file.readinto(into) or 0
            if count == 0:
                what = f"cut short while it was read: it ends at byte {file.tell()}"
                raise InputError(self.name, what, "wait until it is written")
            into = into[count:]


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


def _table(source: Source, file: BinaryIO, *, text: bool) -> NpyTable:
    shape, fortran_order, dtype = _header(file)
    readable_dtype(dtype, source.name, text=text)
    offset = file.tell()
    promised = math.prod(shape) * dtype.itemsize
    surplus = os.fstat(file.fileno()).st_size - offset - promised
    if surplus < 0:
        raise InputError(
            source.name,
            f"cut short: its header promises {promised} bytes of data, {promised + surplus} are there",
            "copy or save it again",
        )
    notes = (f"{source.name}: the {surplus} bytes behind the first array are left unread",) if surplus else ()
    return NpyTable(source, _layout(shape, dtype, fortran_order=fortran_order), offset, text=text, notes=notes)


def _layout(shape: tuple[int, ...], dtype: np.dtype[Any], *, fortran_order: bool) -> NDArray[Any]:
    """An array of that shape without memory behind it, for NumPy to work out where each view of it lies."""
    sizes = shape if fortran_order else shape[::-1]
    strides = [dtype.itemsize * math.prod(sizes[:axis]) for axis in range(len(sizes))]
    return np.lib.stride_tricks.as_strided(
        np.empty(1, dtype), shape, strides if fortran_order else strides[::-1], writeable=False
    )


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _READ_HEADER:
        raise ValueError("version {}.{} of the format is not known".format(*version))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Python 2 wrote sizes as 3L: numpy reads them, and complains
        header: tuple[tuple[int, ...], bool, np.dtype[Any]] = _READ_HEADER[version](file)
    return header
