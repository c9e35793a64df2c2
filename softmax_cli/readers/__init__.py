"""Files to blocks of NumPy rows. Add a format by writing its module and its rows in the table below.

A reader is a function ``(source, dialect, selection) -> Table``. The first bytes of a file tell what it is, whatever
its name; what is no other format is delimited text. Readers know nothing of losses.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from softmax_cli.errors import InputError
from softmax_cli.readers.magic import HEAD, NPY, may_hold_arrays

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
        if may_hold_arrays(head):
            from softmax_cli.readers.containers import open_member

            return open_member(source, selection)
        from softmax_cli.readers.kinds import refuse_unread

        refuse_unread(source.name, head)
    if source.member is not None:
        remedy = "" if by_magic else "for a column of it, use --logit-columns or --label-column"
        raise InputError(source.name, f"{source.file} holds one table, without a name", remedy)
    target = by_magic or _PROMISED.get(source.suffix, _DELIMITED)
    module, _, function = target.partition(":")
    read: Any = getattr(import_module(module), function)
    table: Table = read(source, dialect, selection)
    return table
