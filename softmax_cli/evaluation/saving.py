"""Arrays to files: whole or not at all, a block of rows at a time."""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.files import check_writable, known_suffix, replacing
from softmax_cli.writers.delimited import harmless, write_rows

Blocks = Iterable[Any]
"""Arrays (n, C); for CSV and TSV any rows of numbers will do."""


def save(path: Path, blocks: Blocks, names: Sequence[str], shape: Sequence[int | None], axis: int) -> None:
    """Write rows (n, C) to a file whose suffix says the format.

    NPY takes ``shape``, with the classes on ``axis``; CSV and TSV have a line a row, under a header of ``names``.
    Raises UsageError for another suffix, or where the file cannot be written; what was there is kept then.
    """
    saver = _SAVERS[known_suffix(path, _SAVERS)]
    with replacing(path) as temporary:
        saver(temporary, blocks, names, shape, axis)


def harmless_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names as a spreadsheet may have them: none of them is a formula."""
    return tuple(map(harmless, names))


def check_output(path: Path) -> None:
    """Raise UsageError where no such file can be written, as far as can be seen: better before the work than after it.

    For a suffix that stands for no format, and as :func:`check_writable` does.
    """
    known_suffix(path, _SAVERS)
    check_writable(path)


def _save_npy(path: Path, blocks: Blocks, _names: Sequence[str], shape: Sequence[int | None], axis: int) -> None:
    if axis == len(shape) - 1:
        _stream_npy(path, blocks, shape)
        return
    # The rows do not lie one after another in the file: map it, and put each in its place.
    known = [int(size or 0) for size in shape]
    mapped: NDArray[Any] | None = None
    start = 0
    for block in blocks:
        if mapped is None:
            mapped = np.lib.format.open_memmap(path, "w+", block.dtype, tuple(known))
            _reserve(path)
        rows = np.moveaxis(mapped, axis, -1)
        stop = start + len(block)
        rows[np.unravel_index(np.arange(start, stop), rows.shape[:-1])] = block
        start = stop


def _reserve(path: Path) -> None:
    """Take the whole file's room on the disk: a full disk is an OSError here, and the end of the process later."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _stream_npy(path: Path, blocks: Blocks, shape: Sequence[int | None]) -> None:
    """Write block after block under a header that is written again once the number of rows is known.

    NumPy pads a header so that its first size can grow in place.
    """
    values, dtype = 0, np.dtype(np.float64)
    width = [int(size or 0) for size in shape[1:]]
    with path.open("wb") as file:
        for block in blocks:
            if not values:
                dtype = block.dtype
                _write_header(file, dtype, (0, *width))
            file.write(np.ascontiguousarray(block).data)
            values += block.size
        file.seek(0)
        _write_header(file, dtype, (values // math.prod(width), *width))


def _write_header(file: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _delimited(delimiter: str) -> Callable[..., None]:
    def save_delimited(path: Path, blocks: Blocks, names: Sequence[str], *_layout: Any) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            write_rows(names, (row for block in blocks for row in block), file, delimiter)

    return save_delimited


_SAVERS: dict[str, Callable[..., None]] = {
    ".npy": _save_npy,
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
}
