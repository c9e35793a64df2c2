"""The first rows of a file that may hold shares of a total, and whether their sums are that by luck."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.hints import FIRST_ROWS
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.certain import rows_sum_to

if TYPE_CHECKING:
    from softmax_cli.metrics.coarseness import Coarseness

_MANY_DECIMALS = 12
_BY_HAND = 1e-5  # how far a number in float32 is off what was written, in steps of its last decimal
_SAMPLE = 1 << 14


class FirstRows:
    """The first rows, which tell how coarsely the values are written and how many rows differ."""

    def __init__(self) -> None:
        self._parts: list[NDArray[Any]] = []
        self.kept = 0

    def add(self, logits: NDArray[Any]) -> None:
        """Take the next rows."""
        if self.kept < FIRST_ROWS:
            self._parts.append(logits[: FIRST_ROWS - self.kept].copy())
            self.kept += len(self._parts[-1])

    @cached_property
    def rows(self) -> NDArray[Any]:
        """All of them, once they have been taken."""
        return np.concatenate(self._parts)

    @cached_property
    def coarseness(self) -> "Coarseness":
        """How coarsely their values are written."""
        from softmax_cli.metrics.coarseness import Coarseness

        resolution = float(np.finfo(self.rows.dtype).eps) if self.rows.dtype.kind == "f" else 0.0
        return Coarseness.of(self.rows.reshape(-1)[:_SAMPLE].astype(np.float64), resolution)

    def sum_to(self, total: float, sums: Bounds, spent: int = 0) -> bool:
        """Whether rows with these sums have this one, and not by luck; ``spent`` of them were used to find it."""
        from softmax_cli.metrics.duplicates import row_hashes

        coarse = self.coarseness
        decimals = coarse.decimals if coarse.decimals is not None else _few_decimals(self.rows)
        luck = 0.0 if decimals is None else 10.0**-decimals / 2
        error = max(sums.off(total), luck if total == 1 or decimals else 0.0) / total
        distinct = len(np.unique(row_hashes(self.rows))) - spent
        return rows_sum_to(total, error, rows=distinct, classes=self.rows.shape[1], coarseness=coarse)

    @property
    def are_exact(self) -> bool:
        """Whether each is written to a dozen digits or more and sums to 1 in all of them: one row is no luck then."""
        values = self.rows.astype(np.float64)
        exact = np.abs(values.sum(axis=1) - 1) <= values.shape[1] * np.finfo(np.float64).eps
        long = (values != values.round(_MANY_DECIMALS)).sum(axis=1) >= 2
        return self.rows.dtype == np.float64 and bool((exact & long & (np.ptp(values, axis=1) > 0)).all())


def _few_decimals(rows: NDArray[Any]) -> int | None:
    """The decimals of a few values that could be written by hand; None for more than three."""
    values = rows.astype(np.float64)
    return next((d for d in range(4) if (np.abs(values * 10**d - np.rint(values * 10**d)) < _BY_HAND).all()), None)
