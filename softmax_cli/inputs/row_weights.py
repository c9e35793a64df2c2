"""One weight per row: a file or an array of them, or a column of the labels' or of the logits' file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.beside import Beside, open_beside
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.table import Table

_WHAT = "row weight"


class RowWeights:
    """The weights r (N,) of the rows: finite numbers, none below 0."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name

    def blocks(self, rows: int) -> Beside[np.float64]:
        """Return all weights, in order, to be taken as the rows are read."""
        return Beside(self.table, _WHAT, rows, self.checked)

    def checked(self, values: NDArray[Any], start: int) -> NDArray[np.float64]:
        """Return the weights of rows ``start`` on; raises InputError at the first that cannot be."""
        weights = values.astype(np.float64)
        faults = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if faults.size:
            first = int(faults[0])
            what = f"{values[first]} is not a row weight: numbers from 0 on are needed"
            raise InputError(self.table.where(start + first, None), what)
        return weights


def open_row_weights(given: Any, labels: Any, logits: Any, reading: Reading) -> RowWeights:
    """Open row weights; raises UsageError where there is no such file or column."""
    if reading.shift:
        raise UsageError("--row-weight and --shift do not go together; leave one of them out")
    return RowWeights(open_beside("--row-weight", _WHAT, given, labels, logits, reading))
