"""What stands beside the rows, one value for each: a file, an array, or a column of the labels' or the logits' file."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, SoftmaxCliError, UsageError
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.opening import open_column
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.address import STDIN, is_file
from softmax_cli.readers.pieces import Files, holds_arrays
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

_PATTERN = "*?["

Value = TypeVar("Value", bound=np.generic)
Convert = Callable[[NDArray[Any], int], NDArray[Value]]
"""Makes of the values of some rows what is wanted; the second argument is the number of the first row."""


def is_column(given: Any) -> bool:
    """Whether a text is the name of a column: it is no file, no pattern and not standard input."""
    return isinstance(given, str) and given != STDIN and not is_pattern(given) and not is_file(given)


def is_pattern(given: Any) -> bool:
    """Whether a text stands for the files that match it."""
    return isinstance(given, str) and bool(set(_PATTERN) & set(given)) and not is_file(given)


def open_beside(
    option: str, what: str, given: Any, labels: Any, logits: Any, reading: Reading, *, spelled: bool = False
) -> Table:
    """The table of one value per row; of a column by its name in the labels' file, else in that of the logits.

    ``what`` is what such a value is called. ``spelled``: text, as it stands in the file. Raises UsageError where
    neither file has such a column, InputError for several values per row.
    """
    layout = Reading(delimiter=reading.delimiter, decimal=reading.decimal, header=reading.header)
    if not is_column(given):
        return _of_one_column(open_column(given, layout, option.strip("-").replace("-", "_"), spelled=spelled), what)
    for files in (labels, logits):
        if isinstance(files, Files) and (table := _column(given, files, layout, spelled=spelled)) is not None:
            return _of_one_column(table, what)
    raise UsageError(f"{option} {given}: there is no file of that name, and no column in the labels' or logits'")


def _column(name: str, files: Files, layout: Reading, *, spelled: bool) -> Table | None:
    """The column of a file, or the array of that name in it; None where there is none."""
    try:
        if holds_arrays(files):
            return open_column(files.whole().of(name), layout, name, spelled=spelled)
        return open_column(files, layout, name, column=name, spelled=spelled)
    except SoftmaxCliError:  # no such column, or a file that has none
        return None


def _of_one_column(table: Table, what: str) -> Table:
    shape = table.shape
    if len(shape) == 2 and shape[0] is None and shape[1] != 1:
        raise InputError(table.name, f"{count(shape[1] or 0, 'column')}; expected one {what} per line")
    return table


class Beside(Generic[Value]):
    """One pass over what stands beside the rows, taken as the rows are read."""

    def __init__(self, table: Table, what: str, rows: int, convert: Convert[Value]) -> None:
        self._name = table.name
        self._what = what
        self._feed = Feed(self._flat(table, rows))
        self._convert = convert
        self._taken = 0

    @staticmethod
    def _flat(table: Table, rows: int) -> Iterator[NDArray[Any]]:
        return table.blocks(rows, None)

    def take(self, rows: int) -> NDArray[Value]:
        """What stands beside the next rows; raises InputError where there is too little."""
        values = self._feed.take(rows)
        if len(values) < rows:
            self._refuse(self._taken + len(values), f"at least {count(self._taken + rows, 'row')}")
        found = self._convert(values, self._taken)
        self._taken += rows
        return found

    def end(self) -> None:
        """Raise InputError where something is left over."""
        if surplus := self._feed.rest():
            self._refuse(self._taken + surplus, count(self._taken, "row"))

    def _refuse(self, values: int, rows: str) -> NoReturn:
        raise InputError(self._name, f"{count(values, self._what)} for {rows}", f"give one {self._what} per row")
