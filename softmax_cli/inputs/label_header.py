"""A header that looks like the first label: pandas writes 0 above a series, where it writes 0, 1, 2 above a table."""

from typing import Protocol, runtime_checkable

import numpy as np

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
    called 0, 1, 2, ...: then pandas wrote both.
    """
    names = logits.column_names
    if not isinstance(labels, Reopening) or not labels.first_line_may_be_header or labels.shape != (None, 1):
        return labels, ()
    if names is None or list(names) != [str(place) for place in range(len(names))]:
        return labels, ()
    first = next(labels.blocks(1, None), np.empty(0))
    if first.tolist() != [0.0] or row_count(labels) != row_count(logits) + 1:
        return labels, ()
    note = f"{labels.name}: its first line, 0, is a header, as there is one for each column of {logits.name}"
    return labels.with_header(header=True), (note,)
