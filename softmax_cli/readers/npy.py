"""NPY files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), mapped into memory."""

import math
import os
import warnings
from typing import Any, BinaryIO

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable, readable_dtype, reason, refuse_columns
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    # It differs from 2 only in how it spells the field names of records, which are refused.
    (3, 0): np.lib.format.read_array_header_2_0,
}


def read(source: Source, dialect: Dialect, selection: Selection) -> ArrayTable:  # noqa: ARG001  (a reader's form)
    """Versions 1 to 3, C or Fortran order, any byte order. Raises InputError if the file is cut short."""
    refuse_columns(selection, source.name)
    path = source.local_path()
    with source.reading(), open(path, "rb") as file:  # noqa: PTH123
        try:
            array, surplus = _mapped(file, source.name, text=selection.text)
        except (InputError, OSError):
            raise
        except Exception as error:  # a damaged header makes numpy raise whatever Python's own parser does
            raise InputError(source.name, f"not a readable NPY file ({reason(error)})", "save it again") from None
    notes = (f"{source.name}: the {surplus} bytes behind the first array are left unread",) if surplus else ()
    return ArrayTable(array, source.name, text=selection.text, notes=notes)


def _mapped(file: BinaryIO, name: str, *, text: bool) -> tuple[Any, int]:
    """The array that a file begins with, and the number of bytes behind it."""
    shape, fortran_order, dtype = _header(file)
    readable_dtype(dtype, name, text=text)
    offset = file.tell()
    promised = math.prod(shape) * dtype.itemsize
    surplus = os.fstat(file.fileno()).st_size - offset - promised
    if surplus < 0:
        raise InputError(
            name,
            f"cut short: its header promises {promised} bytes of data, {promised + surplus} are there",
            "copy or save it again",
        )
    if promised == 0:  # which cannot be mapped
        return np.empty(shape, dtype), surplus
    array = np.memmap(file, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if fortran_order else "C")
    return array, surplus


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _READ_HEADER:
        raise ValueError("version {}.{} of the format is not known".format(*version))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Python 2 wrote sizes as 3L: numpy reads them, and complains
        header: tuple[tuple[int, ...], bool, np.dtype[Any]] = _READ_HEADER[version](file)
    return header
