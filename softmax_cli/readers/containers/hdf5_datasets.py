"""The values of an HDF5 dataset that only h5py can read: packed, in chunks, or of a type that NumPy lacks."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.array import reason
from softmax_cli.readers.boxes import BoxTable, Place
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.source import Source

MATLAB_CLASS = "MATLAB_class"

_LARGEST_SLAB = 1 << 26  # bytes of rows that are kept, so that no chunk is unpacked twice
_PLUGINS = "HDF5_PLUGIN_PRELOAD"
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError)


def library(name: str) -> Any:
    """The module h5py; raises UsageError where it is not installed. HDF5 is told to load no plug-ins, if it can be."""
    if sys.modules.get("h5py"):
        return sys.modules["h5py"]
    before = os.environ.get(_PLUGINS)
    os.environ[_PLUGINS] = "::"  # it is read once, while the library starts
    try:
        import h5py
    except ModuleNotFoundError as error:
        if error.name != "h5py":
            raise
        raise UsageError(
            f"{name}: reading HDF5 needs h5py, which is not installed; pip install 'softmax-loss[hdf5]'"
        ) from None
    finally:
        os.environ.pop(_PLUGINS)
        if before is not None:
            os.environ[_PLUGINS] = before
    return h5py


@contextmanager
def opened_hdf5(file: BinaryIO, name: str) -> Iterator[Any]:
    """The root group of an open file; what h5py says of damage, here and in the block, becomes an InputError."""
    h5py = library(name)
    try:
        with h5py.File(file, "r") as root:
            yield root
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(name, f"a text in it is not UTF-8 ({reason(error)})") from None
    except _DAMAGED as error:
        raise InputError(name, f"a damaged HDF5 file ({reason(error)})", "copy or save it again") from None


def is_text(dtype: np.dtype[Any]) -> bool:
    """Whether h5py reads strings as this dtype."""
    return dtype.kind == "S" or dict(dtype.metadata or {}).get("vlen") in (str, bytes)


class DatasetTable(BoxTable):
    """A dataset of a file by its path. ``reverse``: its axes in the opposite order, as MATLAB has them.

    Rows are read in whole chunks.
    """

    def __init__(self, source: Source, path: str, entry: Entry, *, reverse: bool, **more: Any) -> None:
        super().__init__(entry, source.name, notes=tuple(filter(None, [*source.notes, entry.note])), **more)
        self._source = source
        self._path = path
        self._reverse = reverse
        if entry.dtype.kind == "U":
            self.dtype = np.dtype(np.str_)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """See BoxTable."""
        with (
            self._source.reading(),
            open(self._source.local_path(), "rb") as file,  # noqa: PTH123
            opened_hdf5(file, self.name) as root,
        ):
            yield _Slabs(root[self._path], file, reverse=self._reverse)

    def box(self, opened: Any, first: Place, end: Place) -> NDArray[Any]:
        """See BoxTable."""
        values: NDArray[Any] = opened.box(first, end)
        return values


def _texts(dataset: Any, file: BinaryIO) -> Any:
    """A dataset of texts: of one length each, or of any."""
    if dataset.dtype.kind == "S":
        return dataset.asstr("utf-8")
    from softmax_cli.readers.containers.hdf5_texts import Texts

    return Texts(dataset, file)


class _Slabs:
    """Boxes of a dataset, cut out of whole rows of chunks that are kept until the next ones are needed."""

    def __init__(self, dataset: Any, file: BinaryIO, *, reverse: bool) -> None:
        self._text = is_text(dataset.dtype)
        self._dataset = _texts(dataset, file) if self._text else dataset
        self._turn = slice(None, None, -1 if reverse else 1)
        self._shape: Place = dataset.shape[self._turn]
        self._step = 0 if dataset.chunks is None or self._text else dataset.chunks[self._turn][0]
        self._first = 0
        self._rows: NDArray[Any] | None = None
        self._row_bytes = math.prod(self._shape[1:]) * dataset.dtype.itemsize

    def box(self, first: Place, end: Place) -> NDArray[Any]:
        if not self._step:
            return self._read(first, end)
        start, stop = first[0] // self._step * self._step, min(-(-end[0] // self._step) * self._step, self._shape[0])
        if (stop - start) * self._row_bytes > _LARGEST_SLAB:
            return self._read(first, end)
        rows = self._slab(start, stop)
        within = (slice(first[0] - self._first, end[0] - self._first), *map(slice, first[1:], end[1:]))
        return rows[within]

    def _slab(self, start: int, stop: int) -> NDArray[Any]:
        """Rows from ``start`` or before to ``stop`` or behind; of those that are kept none is read again."""
        kept = self._rows
        if kept is not None and self._first <= start < self._first + len(kept):
            have = self._first + len(kept)
            if stop <= have:
                return kept
            more = self._read((have, *(0 for _ in self._shape[1:])), (stop, *self._shape[1:]))
            self._rows = np.concatenate([kept[start - self._first :], more])
        else:
            self._rows = self._read((start, *(0 for _ in self._shape[1:])), (stop, *self._shape[1:]))
        self._first = start
        return self._rows

    def _read(self, first: Place, end: Place) -> NDArray[Any]:
        asked = tuple(map(slice, first, end))[self._turn]
        values = self._dataset[asked]
        values = np.array(values, np.str_) if self._text else np.asarray(values)
        return values if self._turn.step == 1 else values.T
