"""`inspect`: what is in files, from their headers alone."""

import os
from collections.abc import Iterator, Sequence

from softmax_cli.errors import InputError
from softmax_cli.inputs.opening import open_labels, open_logits
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.roles import OF_LABELS, OF_LOGITS, roles_of
from softmax_cli.inputs.shapes import shape_text
from softmax_cli.readers.array import readable_dtype
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.pieces import Files
from softmax_cli.readers.source import Source
from softmax_cli.reports.inspect import Inspection, ListedArray


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
    """The one table of a file; of text, whether labels may stand in it."""
    try:
        table, role = open_logits(source, Reading()), OF_LOGITS.what
        role = OF_LABELS.what if table.shape[1:] in {(), (1,)} and table.dtype.kind in "iub" else role
    except InputError:
        table, role = open_labels(source, Reading(), None), OF_LABELS.what
    names = table.column_names or ()
    return ListedArray(source.file, "", str(table.dtype), shape_text(table.shape), role, ", ".join(names))
