"""A table that is an array: in memory, or in a file."""

import math
from collections.abc import Iterator
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.dialect import Selection


class ArrayTable:
    """An array of numbers of any shape and byte order; handed out block by block, never copied whole.

    Raises InputError for an array of objects, of records or of complex numbers, and for one of text or of truth
    values unless it holds labels (``text``): names may stand there, and False and True as 0 and 1.
    """

    column_names: tuple[str, ...] | None = None

    def __init__(self, array: NDArray[Any], name: str, *, text: bool = False, notes: tuple[str, ...] = ()) -> None:
        self.name = name
        self.notes = notes
        self._array = array
        self._chosen: tuple[int, NDArray[np.intp]] | None = None
        self._handed_out = 0
        self.shape: tuple[int | None, ...] = array.shape
        self.dtype = readable_dtype(array.dtype, name, text=text)
        if self.dtype.itemsize < array.dtype.itemsize:
            self.notes = (*notes, f"{name}: {array.dtype} is read as {self.dtype}")
        if array.size == 0:
            raise InputError(name, f"there are no rows (shape {'x'.join(map(str, array.shape))})")

    def select(self, axis: int, only: str) -> Self:
        """The same with some places along an axis, in another order perhaps; ``only`` as in Selection.

        Blocks of it have that axis as their classes'. Raises InputError for a place that is not there.
        """
        from softmax_cli.readers.selection import asked_positions  # few arrays need it

        places = asked_positions(only, None, self._array.shape[axis], f"{self.name}, axis {axis}", array=True)
        table = copy(self)
        table._chosen = axis, np.array(places, np.intp)
        table.shape = (*self.shape[:axis], len(places), *self.shape[axis + 1 :])
        return table

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table: shape (n, C) with the classes' axis, (n,) without."""
        if self._chosen is not None and axis != self._chosen[0]:
            raise ValueError(f"places were chosen along axis {self._chosen[0]}, and blocks asked for along {axis}")
        self._handed_out = 0
        view = self._array[..., np.newaxis] if axis is None else np.moveaxis(self._array, axis, -1)
        for values in self._read(_pieces(view, rows)):
            self._handed_out += values.nbytes
            table = values.reshape(-1, values.shape[-1])
            native = self._native(table if self._chosen is None else table.take(self._chosen[1], axis=1))
            yield native[:, 0] if axis is None else native

    def progress(self) -> tuple[int, int]:
        """See Table: of the bytes of the array."""
        return self._handed_out, self._array.nbytes

    def where(self, row: int, axis: int | None) -> str:
        """The row in Python's notation, its index along each axis but the classes'."""
        shape = [size for place, size in enumerate(self._array.shape) if place != axis]
        indices = ", ".join(str(int(index)) for index in np.unravel_index(row, shape))
        return f"{self.name}[{indices}]" if indices else self.name

    def _native(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values in the dtype in which they are handed out."""
        if values.dtype == self.dtype:
            return values
        if is_bfloat16(values.dtype):
            # It is the upper half of a float32 (https://en.wikipedia.org/wiki/Bfloat16_floating-point_format).
            return (values.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        # A longdouble may lie beyond float64, or be bits that stand for no number; the notes tell of the dtype.
        with np.errstate(over="ignore", invalid="ignore"):
            return values.astype(self.dtype, copy=False)

    def _read(self, views: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """The values of views of the array."""
        return views


def _pieces(view: NDArray[Any], rows: int) -> Iterator[NDArray[Any]]:
    """Cut (d1, ..., dk, C) into views (..., C) of at most ``rows`` rows, in C order."""
    if view.ndim == 1:
        yield view[np.newaxis]
        return
    per_item = math.prod(view.shape[1:-1])
    if per_item > rows:
        for item in view:
            yield from _pieces(item, rows)
        return
    step = max(1, rows // per_item)
    for start in range(0, view.shape[0], step):
        yield view[start : start + step]


def readable_dtype(dtype: np.dtype[Any], name: str, *, text: bool) -> np.dtype[Any]:
    """The dtype in this machine's byte order (float64 for a wider float, float32 for bfloat16, which NumPy lacks).

    Raises InputError where it holds no numbers.
    """
    kind = dtype.kind
    if kind == "b" and text:
        return np.dtype(np.uint8)
    if is_bfloat16(dtype):
        return np.dtype(np.float32)
    if kind in "iuf" or (text and kind == "U"):
        return np.dtype(np.float64) if kind == "f" and dtype.itemsize > 8 else dtype.newbyteorder("=")
    what = {
        "O": "Python objects (a pickle, and reading it could run code)",
        "V": f"records or raw bytes (dtype {dtype})",
        "c": f"complex values (dtype {dtype})",
        "b": "truth values (dtype bool)",
    }.get(kind, f"text or dates (dtype {dtype})")
    raise InputError(name, f"the array holds {what}, not real numbers", "save it with a numeric dtype")


def is_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether it is ml_dtypes' bfloat16, or what numpy.save makes of it: two bytes without a meaning."""
    return dtype.kind == "V" and dtype.itemsize == 2 and dtype.names is None


def reason(error: Exception, longest: int = 120) -> str:
    """What an error of NumPy's or torch's says, in one line: some quote a whole header, some say nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:longest]


def refuse_label_column(selection: Selection, name: str) -> None:
    """Raise UsageError where a column of labels is asked for: an array's columns have no names, and it may have none.

    Classes can be chosen of an array as well, but along their axis, which is known later: see ArrayTable.select.
    """
    if selection.without is not None or (selection.text and selection.only is not None):
        raise UsageError(
            f"{name}: --label-column is for delimited files, and this is an array; give the labels' own file"
        )
