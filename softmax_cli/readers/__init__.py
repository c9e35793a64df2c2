"""Files to blocks of NumPy rows. Add a format by writing its module and its rows in the table below.

A reader is a function ``(source, dialect, selection) -> Table``. The first bytes of a file tell what it is, whatever
its name; what is no other format is delimited text. Readers know nothing of losses.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from softmax_cli.errors import InputError
from softmax_cli.readers.magic import HEAD, NPY, ZIP

if TYPE_CHECKING:
    from softmax_cli.readers.dialect import Dialect, Selection
    from softmax_cli.readers.source import Source
    from softmax_cli.readers.table import Table

READERS = {NPY: "softmax_cli.readers.npy:read"}
"""Readers by the first bytes of their files."""

_DELIMITED = "softmax_cli.readers.delimited:read"
_PROMISED = {".npy": READERS[NPY]}  # a file of this name that does not begin so is damaged


def open_table(source: "Source", dialect: "Dialect", selection: "Selection") -> "Table":
    """The table that a source holds; raises InputError where it holds none."""
    head = source.head(HEAD)
    if not head:
        raise InputError(source.name, "the file is empty")
    by_magic = next((reader for magic, reader in READERS.items() if head.startswith(magic)), None)
    if by_magic is None:
        _refuse_unread(source, head)
    target = by_magic or _PROMISED.get(source.suffix, _DELIMITED)
    module, _, function = target.partition(":")
    read: Any = getattr(import_module(module), function)
    table: Table = read(source, dialect, selection)
    return table


def _refuse_unread(source: "Source", head: bytes) -> None:
    """Raise InputError where a file is of a kind that is not read; loaded for files that may be."""
    from softmax_cli.readers.kinds import refuse_archive, refuse_unread

    refuse_unread(source.name, head)
    if head.startswith(ZIP):
        with source.reading(), open(source.local_path(), "rb") as file:  # noqa: PTH123
            refuse_archive(source.name, file)
