"""Files that hold several arrays, each by its name. One module a format; no format knows of another.

A format is a function ``entries(file, size, name)``, which tells from the header alone which arrays are in a file and
where their values lie, and its row in the table below. What reads the values is the same for all: see
:mod:`softmax_cli.readers.stored`.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable, refuse_label_column
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.magic import (
    FIRST,
    HDF5,
    MATLAB,
    OLD_TORCH,
    ZIP,
    begins_json,
    is_columnar,
    is_llama,
    is_pickle,
    is_safetensors,
)
from softmax_cli.readers.stored import StoredTable

if TYPE_CHECKING:
    from softmax_cli.readers.dialect import Selection
    from softmax_cli.readers.source import Source
    from softmax_cli.readers.table import Table

_MOST_LISTED = 20

_FORMATS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda head: head.startswith(ZIP), "softmax_cli.readers.containers.zips"),
    (is_safetensors, "softmax_cli.readers.containers.safetensors"),
    (lambda head: head.startswith(OLD_TORCH), "softmax_cli.readers.containers.torch_file"),
    (is_pickle, "softmax_cli.readers.containers.pickled"),
    (begins_json, "softmax_cli.readers.containers.json_files"),
    (is_llama, "softmax_cli.readers.containers.llama"),
    (lambda head: head.startswith((HDF5, MATLAB)), "softmax_cli.readers.containers.hdf5"),
    (is_columnar, "softmax_cli.readers.containers.columnar"),
)
"""Modules by what the first bytes of their files say."""

_READ_IN_ORDER = {"softmax_cli.readers.containers.json_files"}
"""Those that read a file from its first byte on: a compressed one is not unpacked to the disk for them."""


def entries_of(source: "Source") -> list[Entry]:
    """Every array of a file, in its order; raises InputError for a file that is damaged, or holds something else."""
    if "entries" not in source.memory:
        head = source.head(FIRST)
        module = next(module for fits, module in _FORMATS if fits(head))
        entries: Any = import_module(module).entries
        with source.reading(), _opened(source, module) as file:
            source.memory["entries"] = entries(file, os.fstat(file.fileno()).st_size, source.file)
    found: list[Entry] = source.memory["entries"]
    if not found:
        raise InputError(source.file, "it holds no array")
    return found


def _opened(source: "Source", module: str) -> BinaryIO:
    return source.open() if module in _READ_IN_ORDER else open(source.local_path(), "rb")  # noqa: PTH123


def open_member(source: "Source", selection: "Selection") -> "Table":
    """The array that a source names, or the only one there is; raises InputError, with a list, for any other number."""
    if holds_columns(source):
        from softmax_cli.readers.containers.columnar import open_columns

        table: Any = open_columns(source, selection)
        if table is not None:
            table.notes = (*source.notes, *table.notes)
            return cast("Table", table)
    refuse_label_column(selection, source.name)
    entries = entries_of(source)
    found = [entry for entry in entries if source.member in {None, entry.name}]
    if len(found) != 1:
        what = f"{len(entries)} arrays" if source.member is None else f"there is no array {source.member!r}"
        raise InputError(source.file, f"{what}: {listed(entries)}", f"choose one, as {source.file}:NAME")
    (entry,) = found
    if entry.refusal:
        raise InputError(source.name, entry.refusal)
    if selection.missing and entry.opening_missing is not None:
        return entry.opening_missing(source)
    if entry.opening is not None:
        return entry.opening(source, selection.text)
    notes = tuple(filter(None, [*source.notes, entry.note]))
    if entry.values is not None:
        return ArrayTable(entry.values, source.name, text=selection.text, notes=notes)
    return StoredTable(source, entry, text=selection.text, notes=notes)


def holds_columns(source: "Source") -> bool:
    """Whether what has a name in a file is a column, and all columns have the same rows."""
    return is_columnar(source.head(FIRST))


def is_one_table(source: "Source") -> bool:
    """Whether a file of named columns is one table, as a delimited file is, and no column of it an array."""
    if not holds_columns(source):
        return False
    from softmax_cli.readers.containers.columnar import is_one_table as has_single_columns_alone

    return has_single_columns_alone(source)


def listed(entries: list[Entry]) -> str:
    """Their names, dtypes and shapes, for a message."""
    shown = ", ".join(f"{entry.name} ({entry.kind} {entry.size_text})".lstrip() for entry in entries[:_MOST_LISTED])
    return shown if len(entries) <= _MOST_LISTED else f"{shown} and {len(entries) - _MOST_LISTED:,} more"
