"""Headers that look like rows: pandas writes 0 above a series, and 0, 1, 2 above the columns of a table."""

from typing import Protocol, runtime_checkable

import numpy as np

from softmax_cli.inputs.class_names import listing, number_text
from softmax_cli.inputs.layout import row_count
from softmax_cli.readers.table import Table


@runtime_checkable
class Reopening(Protocol):
    """A delimited file: whether its first line, read as a row, could be a header, and how to read it as one."""

    first_line_may_be_header: bool

    def with_header(self, header: bool) -> Table:
        """Return the same file with its first line taken for a header, or for a row."""


def without_header(logits: Table, labels: Table) -> tuple[Table, tuple[str, ...]]:
    """Return the labels without a first line that is their header for certain, and a note of it.

    It is one where its only cell is 0, there is exactly one label more than rows, and the columns of the logits are
    called 0, 1, 2, ...: then pandas wrote both. Where both files have a first line that could be a header, nothing
    tells; both are rows, and a note says so.
    """
    names = logits.column_names
    if not isinstance(labels, Reopening) or not labels.first_line_may_be_header or labels.shape != (None, 1):
        return labels, ()
    if names is None:
        return labels, _doubt(logits, labels)
    if list(names) != [str(place) for place in range(len(names))]:
        return labels, ()
    if not _begins_with_0(labels) or row_count(labels) != row_count(logits) + 1:
        return labels, ()
    note = f"{labels.name}: its first line, 0, is a header, as there is one for each column of {logits.name}"
    return labels.with_header(header=True), (note,)


def _begins_with_0(labels: Table) -> bool:
    return next(labels.blocks(1, None), np.empty(0)).tolist() == [0.0]


def _doubt(logits: Table, labels: Table) -> tuple[str, ...]:
    """A note where the first label is 0, and the first row of logits counts up or down, as names of columns do."""
    may_be = isinstance(logits, Reopening) and logits.first_line_may_be_header and len(logits.shape) == 2
    if not may_be or (logits.shape[1] or 0) < 3 or not _begins_with_0(labels):
        return ()
    first = next(logits.blocks(1, 1))[0].tolist()
    names = [number_text(value) for value in first]
    if first == list(range(len(first))) or not _in_order(first, names):
        return ()  # the reader itself speaks of 0, 1, 2
    what = f"the first lines ({listing(names)}, and 0 in {labels.name}) are read as rows"
    return (f"{logits.name}: {what}; if they are headers, use --header",)


def _in_order(first: list[float], names: list[str]) -> bool:
    return first in (sorted(first), sorted(first, reverse=True)) or names == sorted(names)
