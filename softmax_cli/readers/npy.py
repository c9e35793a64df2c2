"""NPY files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html)."""

import io
import math
import os
import warnings
from dataclasses import replace
from typing import IO, Any

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.readers.array import is_bfloat16, readable_dtype, reason, refuse_label_column
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.source import Source
from softmax_cli.readers.stored import StoredTable

_LARGEST_HEADER = 1 << 15  # bytes: numpy refuses more than 10,000 of them
_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    # It differs from 2 only in how it spells the field names of records, which are refused.
    (3, 0): np.lib.format.read_array_header_2_0,
}


def read(source: Source, dialect: Dialect, selection: Selection) -> StoredTable:  # noqa: ARG001  (a reader's form)
    """Versions 1 to 3, C or Fortran order, any byte order. Raises InputError if the file is cut short."""
    refuse_label_column(selection, source.name)
    with source.reading(), source.open() as file:
        size = None if source.compressed else os.fstat(file.fileno()).st_size
        entry = entry_at(file, size, source.name)
    readable_dtype(entry.dtype, source.name, text=selection.text)
    raw = f"{source.name}: two raw bytes per value are read as bfloat16, as ml_dtypes (JAX) writes it"
    notes = filter(None, [raw if is_bfloat16(entry.dtype) else "", entry.note])
    return StoredTable(source, entry, text=selection.text, notes=tuple(notes), packed=source.compressed)


def entry_at(file: IO[bytes], size: int | None, name: str, key: str = "") -> Entry:
    """The array whose header begins where a file stands, and whose bytes end within ``size`` from the header on.

    ``size`` None: only the end of the file tells. Raises InputError, of that name, for a damaged header, and for one
    that promises more than is there.
    """
    begin = file.tell()
    header = io.BytesIO(file.read(_LARGEST_HEADER))
    try:
        shape, fortran_order, dtype = _header(header)
        offset = begin + header.tell()
        strides = _fortran_strides(shape, dtype.itemsize) if fortran_order else None
        entry = Entry(key, dtype, shape, offset, strides)
        entry.layout()
    except Exception as error:  # a damaged header makes numpy raise whatever Python's own parser does
        raise InputError(name, f"not a readable NPY file ({reason(error)})", "save it again") from None
    if size is None:
        return entry
    promised = math.prod(shape) * dtype.itemsize
    surplus = size - (offset - begin) - promised
    if surplus < 0 and not dtype.hasobject:
        what = f"cut short: its header promises {promised} bytes of data, {promised + surplus} are there"
        raise InputError(name, what, "copy or save it again")
    note = f"{name}: the {surplus} bytes behind the first array are left unread" if surplus else ""
    return replace(entry, note=note)


def _fortran_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    return tuple(itemsize * math.prod(shape[:axis]) for axis in range(len(shape)))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _READ_HEADER:
        raise ValueError("version {}.{} of the format is not known".format(*version))
    with warnings.catch_warnings():
        # numpy complains of sizes as Python 2 wrote them, 3L, and Python's parser of what stands in a damaged header.
        warnings.simplefilter("ignore")
        header: tuple[tuple[int, ...], bool, np.dtype[Any]] = _READ_HEADER[version](file)
    return header
