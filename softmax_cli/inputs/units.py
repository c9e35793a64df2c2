"""How many units each row stands for: the bytes, words or characters of its text."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.beside import open_beside
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.sums import Sum
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count

_ROWS_AT_ONCE = 1 << 14
_WHAT = "number of units"


class Units:
    """The sum of the counted rows' units, as the rows go by; or those of groups of rows, one number for each group."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self._table = table
        self._feed = Feed(table.blocks(_ROWS_AT_ONCE, None))
        self._rows = self._values = 0
        self._counted = self._all = Sum()

    def add(self, rows: int, counted: NDArray[Any] | None) -> None:
        """Take those of the next rows of the file, so many, of which these count."""
        values = self._checked(self._feed.take(rows))
        self._rows += rows
        self._all += Sum.of(values, np)
        if len(values) == rows:
            self._counted += Sum.of(values if counted is None else values[counted], np)

    def total(self, groups: int | None) -> float:
        """The units of all counted rows, or of so many groups, where there is one number for each of these.

        Raises InputError for another number of numbers.
        """
        self._values += self._feed.rest()
        if self._values == self._rows:
            return self._counted.value()
        if self._values != groups:
            self._refuse(groups)
        return self._all.value()

    def _checked(self, values: NDArray[Any]) -> NDArray[np.float64]:
        units = values.astype(np.float64)
        faults = np.flatnonzero(~(np.isfinite(units) & (units >= 0)))
        if faults.size:
            place = self._table.where(self._values + int(faults[0]), None)
            raise InputError(place, f"{values[faults[0]]} is no {_WHAT}: numbers from 0 on are needed")
        self._values += len(units)
        return units

    def _refuse(self, groups: int | None) -> NoReturn:
        needed = count(self._rows, "row") + (f" and {count(groups, 'group')}" if groups is not None else "")
        remedy = "give one per row" + (" or one per group" if groups is not None else "")
        raise InputError(self.name, f"{count(self._values, _WHAT, 'numbers of units')} for {needed}", remedy)


def open_units(given: Any, labels: Any, logits: Any, rows: Any, reading: Reading) -> Units:
    """Open the units of the rows; ``rows`` tells which are skipped. Raises UsageError where there is no such file."""
    if reading.shift:
        raise UsageError("--units and --shift do not go together; leave one of them out")
    return Units(rows.kept_beside(open_beside("--units", _WHAT, given, labels, logits, reading)))
