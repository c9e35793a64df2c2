"""Whether the rows of probabilities, or of their logarithms, sum to 1 as far as their digits can tell."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.reading import PROBABILITIES
from softmax_cli.readers.table import Table

_SAMPLE = 1 << 11


class RowSums:
    """The sum that is farthest from 1 of the rows read so far, the first of equals.

    Each row is summed by itself, and the digits are those of the first 2,048 values: how the rows were cut into blocks
    makes no difference.
    """

    def __init__(self, table: Table, axis: int, kind: str) -> None:
        self._table = table
        self._axis = axis
        self._logs = kind != PROBABILITIES
        self._sample_rows = -(-_SAMPLE // int(table.shape[axis] or 1))
        self._sample: dict[int, NDArray[Any]] = {}
        self._farthest, self._row, self._sum = -1.0, 0, 1.0

    def add(self, block: NDArray[Any], start: int) -> None:
        """Take rows ``start`` on."""
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(block, np.float64)
            sums = (np.exp(values) if self._logs else values).sum(axis=1)
        distances = np.where(np.isnan(sums), -1.0, np.abs(sums - 1))
        row = int(distances.argmax())
        if distances[row] > self._farthest:
            self._farthest, self._row, self._sum = float(distances[row]), start + row, float(sums[row])
        if start < self._sample_rows:
            self._sample[start] = block[: self._sample_rows - start].copy()

    @property
    def notes(self) -> tuple[str, ...]:
        """The largest distance where there is one; of logarithms also that there is none."""
        if self._farthest < 0:
            return ()
        if self._farthest > self._precision():
            place = self._table.where(self._row, self._axis)
            what = "exp of the log-probabilities sums" if self._logs else "the probabilities sum"
            return (
                f"{place}: {what} to {self._sum:.6g}, not 1, the farthest of all rows; each row is divided by its sum",
            )
        return (f"{self._table.name}: exp of each row sums to 1 within {self._farthest:.1e}",) if self._logs else ()

    def _precision(self) -> float:
        """How far the sum of a row may be off since each value was rounded, to the digits of the file or of its dtype.

        The values are of the order of 1 (a logarithm that counts is at most of the order of 10): half a unit of the
        last decimal, or of the last significant digit, whichever is coarser.
        """
        sample = np.concatenate([block.reshape(-1) for block in self._sample.values()])
        sample = sample[np.isfinite(sample) & (sample != 0)]
        classes = int(self._table.shape[self._axis] or 1)
        kind = sample.dtype.kind
        epsilon = float(np.finfo(sample.dtype).eps) if kind == "f" else 0.0
        if not len(sample):
            return classes * epsilon
        digits = [_digits(value) for value in sample]
        decimals, significant = (max(column) for column in zip(*digits, strict=True))
        if self._logs:  # sum_c p_c |error_c| for errors in the logarithms
            return float(0.5 * max(10.0**-decimals, 10.0 ** (1 - significant)) + 10 * classes * epsilon)
        return float(classes * (0.5 * max(10.0**-decimals, 10.0**-significant) + epsilon))


def _digits(value: Any) -> tuple[int, int]:
    """The decimals and the significant digits that the dtype needs to write a value.

    >>> _digits(np.float64(0.0625)), _digits(np.float32(0.1))
    ((4, 3), (1, 1))
    """
    mantissa, _, exponent = np.format_float_scientific(value, trim="-").partition("e")
    significant = len(mantissa.lstrip("-").replace(".", ""))
    return significant - 1 - int(exponent), significant
