"""Parquet, and Arrow as a file (also called Feather, version 2) or a stream: columns by their names, by polars.

A file with a column of lists of numbers holds arrays, a column each. A file of single columns alone is one table as
a delimited file is, and each of its columns can be named all the same.
"""

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

from softmax_cli.errors import UsageError
from softmax_cli.readers.entry import Entry

if TYPE_CHECKING:
    from softmax_cli.readers.dialect import Selection
    from softmax_cli.readers.source import Source
    from softmax_cli.readers.table import Table


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:  # noqa: ARG001  (a format's form)
    """The columns of a file, in its order."""
    from softmax_cli.readers.columns import column_entry

    frames = _frames(file.name, name)
    return [column_entry(frames, column) for column in frames.schema]


def open_columns(source: "Source", selection: "Selection") -> "Table | None":
    """The column that a source names, or its table; None where several hold lists, or there is no such column."""
    from softmax_cli.readers.array import refuse_label_column

    with source.reading():
        frames = _frames(source.local_path(), source.file)
    from softmax_cli.readers.columns import FrameTable, open_column

    if source.member is None and not _with_lists(frames):
        return FrameTable(source, frames, selection)
    if source.member not in frames.schema and (source.member is not None or len(frames.schema) > 1):
        return None
    refuse_label_column(selection, source.name)
    return open_column(source, frames, selection)


def is_one_table(source: "Source") -> bool:
    """Whether a file of this kind has single columns alone."""
    with source.reading():
        return not _with_lists(_frames(source.local_path(), source.file))


def _with_lists(frames: Any) -> bool:
    from softmax_cli.readers.columns import column_entry

    entries = (column_entry(frames, column) for column in frames.schema)
    return any(len(entry.shape) > 1 and not entry.refusal for entry in entries)


def _frames(path: str, name: str) -> Any:
    """The frames of a file, which is asked several times what it holds, and looked at once."""
    status = os.stat(path)  # noqa: PTH116
    return _looked_at(path, name, (status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=16)
def _looked_at(path: str, name: str, version: tuple[int, ...]) -> Any:  # noqa: ARG001  (another one is another file)
    try:
        from softmax_cli.readers.frames import Frames
    except ModuleNotFoundError as error:
        if error.name != "polars":
            raise
        raise UsageError(
            f"{name}: reading Parquet or Arrow needs polars, which is not installed; pip install 'softmax-loss[tables]'"
        ) from None
    return Frames(path, name)
