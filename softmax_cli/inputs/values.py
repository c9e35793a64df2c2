"""What the values of a file stand for, and the logits that they come to."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.axes import asked_axis
from softmax_cli.inputs.class_names import numbered_names
from softmax_cli.inputs.reading import DISTANCES, LOG_PROBABILITIES, LOGITS, PROBABILITIES, SIGMOIDS, Reading
from softmax_cli.inputs.rounded import Rounded
from softmax_cli.inputs.row_sums import RowSums
from softmax_cli.inputs.single import SingleLogits, log_of_rest
from softmax_cli.metrics.rounding import LOOSEST
from softmax_cli.readers.table import Table


def by_class(table: Table, axis: int, reading: Reading) -> Table:
    """Return the logits that a table stands for, their classes on the same axis.

    A single value per row becomes two logits: a softmax over one class says nothing. A table that is converted
    already stays as it is.
    """
    if isinstance(table, ConvertedTable | SingleLogits):
        return table
    if reading.values not in {LOGITS, *_CONVERSIONS}:
        raise UsageError(f"--values {reading.values}: there is one value per row and no class; use loss or report")
    if table.shape[axis] == 1 and not reading.multilabel:
        return SingleLogits(table, axis, reading.values)
    if reading.values == LOGITS:
        return table
    kind = _OF_SIGMOIDS.get(reading.values, reading.values) if reading.multilabel else reading.values
    return ConvertedTable(table, axis, kind)


def single_first(table: Table, reading: Reading) -> Table:
    """Return single values as two logits where the table's axes tell that they are; else the table itself.

    Labels of two classes may then lie beside them as they do beside any logits.
    """
    axis = asked_axis(table, reading.class_axis)
    if axis is None and len(table.shape) <= 2:
        axis = len(table.shape) - 1
    return table if axis is None or table.shape[axis] != 1 or reading.multilabel else by_class(table, axis, reading)


def as_in_file(table: Table) -> Table:
    """Return the table that was converted, or itself."""
    return table.given if isinstance(table, ConvertedTable | SingleLogits) else table


class ConvertedTable:
    """A table of probabilities, distances or the like, as logits.

    They are computed in float64: the logarithm of a float32 probability has digits that float32 cannot hold, and a
    loss is to be that of the file's own values. Log-probabilities are logits already, and stay as they are.
    """

    def __init__(self, table: Table, axis: int, kind: str) -> None:
        self.given = table
        self.name = table.name
        self.shape = table.shape
        self.column_names = table.column_names
        self.dtype: Any = table.dtype if kind == LOG_PROBABILITIES else np.dtype(np.float64)
        self._kind = kind
        self._axis = axis
        self._rounded = Rounded()
        self._sums = RowSums(table, axis, kind) if kind in {PROBABILITIES, LOG_PROBABILITIES} else None

    @property
    def notes(self) -> tuple[str, ...]:
        """The table's own, and what the rows read so far sum to."""
        notes = (*self.given.notes, *self._rounded.notes(self.name))
        return notes if self._sums is None else (*notes, *self._sums.notes)

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; raises InputError at the first value that cannot be."""
        start = 0
        for block in self.given.blocks(rows, axis):
            yield self.converted(block, start)
            start += len(block)

    def progress(self) -> tuple[int, int]:
        """See Table."""
        return self.given.progress()

    def where(self, row: int, axis: int | None) -> str:
        """See Table."""
        return self.given.where(row, axis)

    def converted(self, block: NDArray[Any], start: int) -> NDArray[Any]:
        """Return the logits of rows ``start`` on; raises InputError at the first value that cannot be."""
        block = self._possible(block, start)
        if self._sums is not None:
            self._sums.add(block, start)
        with np.errstate(divide="ignore", invalid="ignore"):
            return _CONVERSIONS[self._kind](block)

    def _possible(self, block: NDArray[Any], start: int) -> NDArray[Any]:
        """Return the rows, less what rounding has put beyond 0 or 1; raises InputError at the first other fault."""
        possible = _POSSIBLE.get(self._kind)
        if possible is None or (possible(block) | np.isnan(block)).all():
            return block
        if self._kind != _LOG_SIGMOIDS:
            block = self._rounded.within(block, start, below_1=self._kind == SIGMOIDS)
        if (fine := possible(block) | np.isnan(block)).all():
            return block
        row, column = np.argwhere(~fine)[0].tolist()
        name = numbered_names(self.column_names, block.shape[1])[column]
        place = f"{self.where(start + row, self._axis)}, class {name}"
        remedy = self._remedy(block, row)
        what = "log-probability" if self._kind == _LOG_SIGMOIDS else "probability"
        raise InputError(place, f"{block[row, column]:.6g} is not a {what}", remedy)

    def _remedy(self, block: NDArray[Any], row: int) -> str:
        """What else the values may be; that it is this one row, where all others are probabilities."""
        if self._kind == PROBABILITIES:
            if (block[row] <= 0).all():
                return f"if these are {LOG_PROBABILITIES}, use --values {LOG_PROBABILITIES}"
            others = block[(block >= 0).all(axis=1)]
            if 2 * len(others) > len(block) and (np.abs(others.sum(axis=1, dtype=np.float64) - 1) < LOOSEST).all():
                return "other rows are probabilities; export this one again, or leave it out with --skip-rows"
        return f"if these are {LOGITS}, use --values {LOGITS}"


def _wide(values: NDArray[Any]) -> NDArray[np.float64]:
    return values.astype(np.float64, copy=False)


_LOG_SIGMOIDS = "log-sigmoids"
_OF_SIGMOIDS = {PROBABILITIES: SIGMOIDS, LOG_PROBABILITIES: _LOG_SIGMOIDS}
"""What these are of multi-label rows, where each class has a probability of its own and no row sums to 1."""

_CONVERSIONS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    PROBABILITIES: lambda p: np.log(_wide(p)),
    LOG_PROBABILITIES: lambda x: x,
    SIGMOIDS: lambda p: np.log(_wide(p)) - np.log1p(-_wide(p)),
    _LOG_SIGMOIDS: lambda x: _wide(x) - log_of_rest(_wide(x)),
    DISTANCES: lambda d: -_wide(d),
}
_POSSIBLE: dict[str, Callable[[NDArray[Any]], NDArray[np.bool_]]] = {
    # More than 1 is fine: the softmax of log p divides each row by its sum, be it 1, 100 or a count.
    PROBABILITIES: lambda p: p >= 0,
    SIGMOIDS: lambda p: (p >= 0) & (p <= 1),
    _LOG_SIGMOIDS: lambda x: x <= 0,
}
