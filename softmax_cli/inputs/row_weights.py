"""One weight per row: a file or an array of them, or a column of the labels' or of the logits' file."""

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, SoftmaxCliError, UsageError
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.opening import open_logits
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.address import is_file
from softmax_cli.readers.pieces import Files
from softmax_cli.readers.selection import quoted
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

_PATTERN = "*?["


def is_column(given: Any) -> bool:
    """Whether row weights are the name of a column: a text that is no file, no pattern and not standard input."""
    return isinstance(given, str) and given != "-" and not is_pattern(given) and not is_file(given)


def is_pattern(given: Any) -> bool:
    """Whether a text stands for the files that match it."""
    return isinstance(given, str) and bool(set(_PATTERN) & set(given)) and not is_file(given)


class RowWeights:
    """The weights r (N,) of the rows: finite numbers, none below 0."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.name = table.name

    def keep(self, table: Table) -> None:
        """Read from a table with some of the rows alone."""
        self._table = table

    @property
    def table(self) -> Table:
        """Where they are read from."""
        return self._table

    def blocks(self, rows: int) -> "WeightFeed":
        """Return all weights, in order, to be taken as the rows are read."""
        return WeightFeed(self, Feed(self._flat(rows)))

    def checked(self, values: NDArray[Any], start: int) -> NDArray[np.float64]:
        """Return the weights of rows ``start`` on; raises InputError at the first that cannot be."""
        weights = values.astype(np.float64)
        faults = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if faults.size:
            first = int(faults[0])
            what = f"{values[first]} is not a row weight: numbers from 0 on are needed"
            raise InputError(self._table.where(start + first, None), what)
        return weights

    def _flat(self, rows: int) -> Iterator[NDArray[Any]]:
        return self._table.blocks(rows, None)


class WeightFeed:
    """The weights of one pass."""

    def __init__(self, weights: RowWeights, feed: Feed) -> None:
        self._weights = weights
        self._feed = feed
        self._taken = 0

    def take(self, rows: int) -> NDArray[np.float64]:
        """Return the weights of the next rows; raises InputError where there are too few."""
        values = self._feed.take(rows)
        if len(values) < rows:
            self._refuse(self._taken + len(values), f"at least {count(self._taken + rows, 'row')}")
        found = self._weights.checked(values, self._taken)
        self._taken += rows
        return found

    def end(self) -> None:
        """Raise InputError where weights are left over."""
        if surplus := self._feed.rest():
            self._refuse(self._taken + surplus, count(self._taken, "row"))

    def _refuse(self, weights: int, rows: str) -> NoReturn:
        raise InputError(self._weights.name, f"{count(weights, 'row weight')} for {rows}", "give one weight per row")


def open_row_weights(given: Any, labels: Any, logits: Any, reading: Reading) -> RowWeights:
    """Open row weights; of a column by its name in the labels' file, else in that of the logits.

    Raises UsageError where neither has such a column, InputError for several values per row.
    """
    if reading.shift:
        raise UsageError("--row-weight and --shift do not go together; leave one of them out")
    layout = Reading(delimiter=reading.delimiter, decimal=reading.decimal, header=reading.header)
    if not is_column(given):
        return _weights(open_logits(given, layout, "row_weight"))
    for source in (labels, logits):
        if isinstance(source, Files) and (table := _column(given, source, reading)) is not None:
            return _weights(table)
    raise UsageError(f"--row-weight {given}: there is no file of that name, and no column in the labels' or logits'")


def _weights(table: Table) -> RowWeights:
    shape = table.shape
    if len(shape) == 2 and shape[0] is None and shape[1] != 1:
        raise InputError(table.name, f"{count(shape[1] or 0, 'column')}; expected one row weight per line")
    return RowWeights(table)


def _column(name: str, source: Files, reading: Reading) -> Table | None:
    """The column of a delimited file; None where there is none of that name."""
    chosen = Reading(
        delimiter=reading.delimiter, decimal=reading.decimal, header=reading.header, logit_columns=quoted(name)
    )
    try:
        return open_logits(source, chosen)
    except SoftmaxCliError:  # no such column, or a file that has none
        return None
