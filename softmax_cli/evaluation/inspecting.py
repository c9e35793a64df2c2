"""`inspect`: what is in files, from their headers alone."""

import os
from collections.abc import Iterator, Sequence

from softmax_cli.errors import InputError
from softmax_cli.inputs.opening import open_labels, open_logits
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.roles import OF_LABELS, OF_LOGITS, roles_of
from softmax_cli.inputs.shapes import shape_text
from softmax_cli.readers.array import ArrayTable, readable_dtype
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.pieces import Files
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Table
from softmax_cli.reports.inspect import Inspection, ListedArray

_FIRST_ROWS = 64


def inspect(paths: Sequence[str | os.PathLike[str]]) -> Inspection:
    """Return the arrays of files: their names, dtypes and shapes, and what `loss` would take each for.

    Of a file that holds one table without a name, that is the only line. Headers are read, and no values, but for the
    first lines of text.

    Raises:
        InputError: a file is not there, is damaged, or holds nothing that is read.
    """
    return Inspection(tuple(array for source in Files(paths).sources() for array in _arrays(source)))


def _arrays(source: Source) -> Iterator[ListedArray]:
    if not source.holds_arrays:
        yield _table(source)
        return
    entries = [entry for entry in entries_of(source) if source.member in {None, entry.name}]
    if not entries:
        raise InputError(source.name, "there is no such array, or none at all")
    taken = roles_of(entries)
    for entry in entries:
        yield ListedArray(
            source.file, entry.name, entry.kind, entry.size_text, taken.get(entry.name, ""), _remark(entry)
        )


def _remark(entry: Entry) -> str:
    if entry.refusal:
        return entry.refusal
    try:
        readable_dtype(entry.dtype, "", text=True)
    except InputError as error:
        return error.what
    return entry.note


def _table(source: Source) -> ListedArray:
    """The one table of a file, as far as its header and its first lines tell."""
    labels = open_labels(source, Reading(), None)
    if labels.dtype.kind == "U" or _is_index(labels):
        table, role = labels, OF_LABELS.what
    else:
        table, role = open_logits(source, Reading()), OF_LOGITS.what
    is_array = isinstance(table, ArrayTable)
    dtype = str(table.dtype) if is_array else "text" if table.dtype.kind == "U" else "numbers"
    shape = table.shape if is_array or table.shape[1:] != (1,) else table.shape[:1]
    return ListedArray(source.file, "", dtype, shape_text(shape), role, ", ".join(table.column_names or ()))


def _is_index(table: Table) -> bool:
    """Whether it is one column of whole numbers, by its first rows."""
    if table.shape[1:] not in {(), (1,)}:
        return False
    first = next(table.blocks(_FIRST_ROWS, None))
    return table.dtype.kind in "iu" or bool((first == first.round()).all())
