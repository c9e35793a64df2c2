"""HDF5 (https://docs.hdfgroup.org/documentation/hdf5/latest/), also as MATLAB writes it from version 7.3 on, by h5py.

Values that lie in one piece as NumPy has them are read from their place in the file, without h5py. A dataset whose
values lie in other files is refused, and so is one that only a plug-in can unpack: nothing but the file is opened.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from softmax_cli.readers.containers.hdf5_datasets import MATLAB_CLASS, DatasetTable, is_text, library, opened_hdf5
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.magic import MATLAB

_UNREAD = np.dtype("V1")  # for types that are named, and not read
_BFLOAT16 = (15, 7, 8, 0, 7), 127  # where its sign, exponent and mantissa stand, and the exponent's bias
_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}
_LARGE = 1 << 28  # bytes of a chunk
_BEST_RATIO = 2000  # of an unpacked chunk to the file that holds it; deflate's is 1032
_OUT_OF_FILE = "its values lie in other files, which are not opened"
_COPY = "copy them into one file, with h5repack or h5py"


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The datasets of a file by their paths, ``val/logits``; raises InputError for a file that is damaged."""
    file.seek(0)
    matlab = file.read(len(MATLAB)) == MATLAB
    with opened_hdf5(file, name) as root:
        return list(_Walk(size, name, matlab=matlab).entries(root))


class _Walk:
    """A walk through the groups of a file, each of them once; no link is followed that could leave the file."""

    def __init__(self, size: int, name: str, *, matlab: bool) -> None:
        self._size = size
        self._name = name
        self._matlab = matlab

    def entries(self, root: Any) -> Iterator[Entry]:
        """The datasets, group by group, and what their soft links lead to."""
        h5py = library(self._name)
        found: dict[str, Entry] = {}
        soft: list[tuple[str, str]] = []
        seen: set[int] = set()
        waiting = [("", root)]
        while waiting:
            path, group = waiting.pop(0)
            place = h5py.h5o.get_info(group.id).addr
            for key in () if place in seen else self._keys(group):
                link, inside = _link(group, key), f"{path}{key}"
                if isinstance(link, h5py.SoftLink):
                    soft.append((inside, link.path if link.path.startswith("/") else f"/{path}{link.path}"))
                elif not isinstance(link, h5py.HardLink):
                    found[inside] = Entry(inside, _UNREAD, (), refusal=f"a link to another file; {_COPY}")
                elif isinstance(member := group[key], h5py.Group):
                    waiting.append((f"{inside}/", member))
                elif isinstance(member, h5py.Dataset):
                    found[inside] = self._entry(member, inside)
            seen.add(place)
        yield from found.values()
        yield from (replace(found[to.strip("/")], name=key) for key, to in soft if to.strip("/") in found)

    def _keys(self, group: Any) -> Iterator[str]:
        """The names in a group, but for those of what MATLAB's cells and objects refer to."""
        return (key for key in group if not (self._matlab and key.startswith("#")))

    def _entry(self, dataset: Any, key: str) -> Entry:
        """A dataset, or why it cannot be read."""
        h5py = library(self._name)
        kind = dataset.id.get_type()
        try:
            dtype = dataset.dtype
        except (TypeError, ValueError, OSError, RuntimeError):
            dtype = _UNREAD
        shape = dataset.shape
        refusal = _outside(dataset) or _not_read(kind, dtype, h5py)
        if shape is None:
            refusal, shape = refusal or "it holds no value (a null dataspace)", ()
        refusal = refusal or self._not_there(dataset)
        if self._matlab and not refusal:
            refusal = _of_matlab(dataset)
        if is_text(dtype):
            dtype = np.dtype("U1")
        shape = shape[::-1] if self._matlab else shape
        if refusal:
            dtype = dtype if dtype.kind in "biufcU" else _UNREAD
            return Entry(key, dtype, shape, refusal=refusal)
        entry = Entry(key, dtype, shape, note=self._note(dataset, key))
        raw = _stored_dtype(dataset, kind, dtype, h5py)
        if raw is None:
            entry.layout()
            opening = partial(_opened, path=dataset.name, entry=entry, reverse=self._matlab)
            return Entry(key, dtype, shape, note=entry.note, opening=opening)
        strides = tuple(raw.itemsize * math.prod(shape[:axis]) for axis in range(len(shape)))
        stored = Entry(key, raw, shape, dataset.id.get_offset(), strides if self._matlab else None)
        stored.layout()
        return stored

    def _not_there(self, dataset: Any) -> str:
        """What is wrong with where the values of a dataset should lie; empty where nothing is."""
        if not dataset.size:
            return ""
        never = "none of its values was ever written"
        if dataset.chunks is None:
            place = dataset.id.get_offset()
            compact = _layout_class(dataset) == library(self._name).h5d.COMPACT
            if place is None:
                return "" if compact else never
            if place + dataset.id.get_storage_size() > self._size:
                return "its values lie beyond the end of the file: it was cut short"
            return ""
        chunk = math.prod(dataset.chunks) * dataset.dtype.itemsize
        if chunk > max(_LARGE, _BEST_RATIO * self._size):
            return f"chunks of {chunk:,} bytes, in a file of {self._size:,}: it is damaged"
        return "" if dataset.id.get_num_chunks() else never

    def _note(self, dataset: Any, key: str) -> str:
        """What to say of chunks that were never written."""
        if dataset.chunks is None or not dataset.size:
            return ""
        written = dataset.id.get_num_chunks()
        pieces = zip(dataset.shape, dataset.chunks, strict=True)
        needed = math.prod(-(-size // each) for size, each in pieces)
        if written >= needed:
            return ""
        what = f"{needed - written:,} of {needed:,} chunks were never written"
        return f"{self._name}:{key}: {what}; their values are {dataset.fillvalue}"


def _link(group: Any, key: str) -> Any:
    try:
        return group.get(key, getlink=True)
    except TypeError:  # a kind of link that h5py does not know
        return None


def _opened(source: Any, text: bool, path: str, entry: Entry, reverse: bool) -> DatasetTable:
    return DatasetTable(source, path, entry, reverse=reverse, text=text)


def _outside(dataset: Any) -> str:
    """Why a dataset is not read that asks for more than its file; empty for any other."""
    if dataset.is_virtual or dataset.id.get_create_plist().get_external_count():
        return f"{_OUT_OF_FILE}; {_COPY}"
    created = dataset.id.get_create_plist()
    filters = [created.get_filter(place) for place in range(created.get_nfilters())]
    for number, _, _, called in filters:
        if number not in _FILTERS:
            told = called.decode("ascii", "replace") if called else ""
            what = f"it is packed by a plug-in, number {number}" + (f" ({told:.40})" if told.isprintable() else "")
            return f"{what}, and no plug-in is loaded; h5repack -f GZIP=4 packs it as HDF5 itself does"
    return ""


def _not_read(kind: Any, dtype: np.dtype[Any], h5py: Any) -> str:
    """Why values of a type are not read; empty for numbers and for text."""
    h5t = h5py.h5t
    read = {h5t.INTEGER, h5t.FLOAT, h5t.ENUM, h5t.BITFIELD, h5t.STRING}
    if dtype.kind == "c":
        return "complex values, not real numbers"
    if kind.get_class() in read:
        return "" if dtype is not _UNREAD else "a type that NumPy has not"
    if kind.get_class() == h5t.OPAQUE and dtype == np.dtype("V2"):
        return ""
    said = {
        h5t.COMPOUND: "records (a compound type); save each field as a dataset",
        h5t.REFERENCE: "references to other objects",
        h5t.VLEN: "arrays of unequal lengths (vlen)",
        h5t.ARRAY: "an array within each value; save it as a dataset of more axes",
        h5t.OPAQUE: "raw bytes without a meaning (opaque)",
    }
    return said.get(kind.get_class(), "a type that is not read")


def _layout_class(dataset: Any) -> int:
    found: int = dataset.id.get_create_plist().get_layout()
    return found


def _of_matlab(dataset: Any) -> str:
    """Why an array of MATLAB is not read: it keeps a text as numbers, and the sizes of an array without values."""
    if "MATLAB_empty" in dataset.attrs:
        return "an array without values"
    return "a text of MATLAB" if dataset.attrs.get(MATLAB_CLASS) == b"char" else ""


def _stored_dtype(dataset: Any, kind: Any, dtype: np.dtype[Any], h5py: Any) -> np.dtype[Any] | None:
    """The dtype of the bytes in the file, if they lie there in one piece and need no translation."""
    if dataset.chunks is not None or dataset.id.get_offset() is None:
        return None
    if _is_bfloat16(kind, h5py.h5t):
        return np.dtype("V2")
    known = dtype.kind in "iufV" and dtype.itemsize <= 8
    return dtype if known and h5py.h5t.py_create(dtype, logical=True) == kind else None


def _is_bfloat16(kind: Any, h5t: Any) -> bool:
    if kind.get_class() != h5t.FLOAT or kind.get_size() != 2 or kind.get_order() != h5t.ORDER_LE:
        return False
    return (kind.get_fields(), kind.get_ebias()) == _BFLOAT16
