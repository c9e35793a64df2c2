"""Plain chunks of a delimited file, read by polars: many times as fast as numpy.loadtxt, and the same to the bit.

polars fills short rows, cuts long ones and takes a while over each column, so it sees none of that here: every
cell becomes a line of one long column. There a number of polars' is one of float()'s, correctly rounded, and what
it takes for none becomes null. Whatever is not plain beyond doubt is left to the reader that can say what is wrong.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

# A quote, a byte of no text, and a CR that ends a line by itself.
_NOT_PLAIN = (b'"', b"\0", b"\r")


def parse(chunk: bytes, delimiter: str, width: int, columns: Sequence[int]) -> NDArray[np.float64] | None:
    """The chosen columns of whole lines, shape (n, columns); None where anything about the lines is not plain."""
    if b"\r" in chunk:
        chunk = chunk.replace(b"\r\n", b"\n")
    if not (chunk.isascii() and delimiter.isascii()) or any(byte in chunk for byte in _NOT_PLAIN):
        return None
    if chunk.startswith(b"x"):  # polars would decompress "x^", the magic of zlib
        return None
    if not chunk.endswith(b"\n"):
        chunk += b"\n"
    rows = _rows(chunk, delimiter.encode(), width)
    column = numbers(chunk.replace(delimiter.encode(), b"\n"), delimiter) if rows else None
    if column is None or len(column) != rows * width or _may_overflow(column, chunk):
        return None
    every = len(columns) == width and list(columns) == list(range(width))
    # A column that is not chosen may hold anything, but a blank between blanks is no cell.
    if column.null_count() and (every or delimiter == " " or _table(column.is_null(), width)[:, columns].any()):
        return None
    table = _table(column, width)
    return table if every else table.take(columns, axis=1)


def _rows(chunk: bytes, delimiter: bytes, width: int) -> int:
    """The number of lines, 0 unless each has that number of cells."""
    if width == 1:
        return chunk.count(b"\n")
    characters = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    delimiters = np.add.reduceat(characters == ord(delimiter), starts, dtype=np.int32)
    return len(ends) if (delimiters == width - 1).all() else 0


def numbers(lines: bytes, unseen: str) -> pl.Series | None:
    """Each line's number, null where it is none; ``unseen`` is in no line, so that none is cut in two."""
    try:
        return pl.read_csv(
            lines,
            has_header=False,
            schema={"cell": pl.Float64},
            separator=unseen,
            quote_char=None,
            ignore_errors=True,
        )["cell"]
    except pl.exceptions.PolarsError:
        return None


def _may_overflow(column: pl.Series, chunk: bytes) -> bool:
    """Whether an infinity could be a number beyond float64, such as 1e400: any other is spelled with "inf"."""
    infinite = np.count_nonzero(np.isinf(column.to_numpy()))
    # Text could hold "inf" too, and make up for such a number.
    return bool(infinite) and (column.null_count() > 0 or infinite != chunk.lower().count(b"inf"))


def _table(column: pl.Series, width: int) -> NDArray[Any]:
    return column.to_numpy().reshape(-1, width)
