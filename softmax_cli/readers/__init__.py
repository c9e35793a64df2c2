"""Files to blocks of NumPy rows. Add a format by writing its module and its rows in the table below.

A reader is a function ``(source, dialect, selection) -> Table``; the table maps a file's suffix to one. What
has no suffix (a pipe, ``<(command)``) is told by its first bytes. Readers know nothing of losses.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from softmax_cli.errors import InputError

if TYPE_CHECKING:
    from softmax_cli.readers.dialect import Dialect, Selection
    from softmax_cli.readers.source import Source
    from softmax_cli.readers.table import Table

_NPY = "softmax_cli.readers.npy:read"
_DELIMITED = "softmax_cli.readers.delimited:read"

READERS = {".npy": _NPY, ".csv": _DELIMITED, ".tsv": _DELIMITED, ".txt": _DELIMITED}

_MAGIC = {b"\x93NUMPY": _NPY}

_REFUSED = (
    (b"PK\x03\x04", "is a zip archive (.npz, or a checkpoint of torch)", "save one array with numpy.save"),
    (b"\x80", "is a pickle, and reading it could run code", "save the array with numpy.save"),
    (b"\x89HDF", "is an HDF5 file", "save the array with numpy.save"),
    # The byte after the magic is the first of a Thrift struct; without it a column named PAR1 would do.
    (b"PAR1\x15", "is a Parquet file", "convert it to CSV or NPY"),
)


def open_table(source: "Source", dialect: "Dialect", selection: "Selection") -> "Table":
    """The table that a source holds; raises InputError where it holds none."""
    head = source.head(8)
    if not head:
        raise InputError(source.name, "the file is empty")
    for magic, what, remedy in _REFUSED:
        if head.startswith(magic):
            raise InputError(source.name, f"this {what}", remedy)
    target = next((reader for magic, reader in _MAGIC.items() if head.startswith(magic)), None)
    if target is None:
        if source.suffix and source.suffix not in READERS:
            known = ", ".join(READERS)
            raise InputError(
                source.name,
                f"unknown suffix {source.suffix!r} (known: {known}, each also with .gz, .bz2, .xz or .zst)",
                "rename it, or pipe it in as -",
            )
        target = READERS.get(source.suffix, _DELIMITED)
    module, _, function = target.partition(":")
    read: Any = getattr(import_module(module), function)
    table: Table = read(source, dialect, selection)
    return table
