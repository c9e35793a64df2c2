"""NPY files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), mapped into memory."""

import math
import os

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable, readable_dtype
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source


def read(source: Source, dialect: Dialect, selection: Selection) -> ArrayTable:  # noqa: ARG001  (a reader's form)
    """Versions 1 to 3, C or Fortran order, any byte order. Raises InputError if the file is cut short."""
    path = source.local_path()
    with source.reading(), open(path, "rb") as file:  # noqa: PTH123
        try:
            version = np.lib.format.read_magic(file)
            # Version 3 differs from 2 only in how it spells the field names of records, which are refused.
            read_header = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            shape, fortran_order, dtype = read_header(file)
        except ValueError as error:
            reason = str(error).splitlines()[0]
            raise InputError(source.name, f"not a readable NPY file ({reason})", "save it again") from None
        offset = file.tell()
        readable_dtype(dtype, source.name, text=selection.text)
        expected = math.prod(shape) * dtype.itemsize
        found = os.fstat(file.fileno()).st_size - offset
        if found < expected:
            raise InputError(
                source.name,
                f"cut short: its header promises {expected} bytes of data, {found} are there",
                "copy or save it again",
            )
        if expected == 0:
            return ArrayTable(np.empty(shape, dtype), source.name, text=selection.text)
        mapped = np.memmap(file, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if fortran_order else "C")
    return ArrayTable(mapped, source.name, text=selection.text)
