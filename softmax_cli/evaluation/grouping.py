"""Figures group by group, as the rows go by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.groups import MOST, Groups, open_groups
from softmax_cli.inputs.pairs import Pair
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.versions import Versions
from softmax_cli.metrics.grouped import Grouped
from softmax_cli.reports.groups import GroupedFigures, GroupLine

_ROWS_AT_ONCE = 1 << 14


class GroupFold:
    """The quantities of each group, by names; the rows are added in their order."""

    def __init__(self, groups: Groups, by: str, quantities: tuple[str, ...]) -> None:
        self._groups = groups
        self._feed = groups.blocks(_ROWS_AT_ONCE)
        self.name = by
        self.quantities = quantities
        self._sums = Grouped(len(quantities))
        self._taken = 0

    def add(
        self,
        rows: int,
        counted: NDArray[Any] | None,
        values: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        """Add the next rows of the file, so many: which of them count, and of these the values (k, n) and weights."""
        groups = self._feed.take(rows)
        self._taken += rows
        self._sums.add(groups if counted is None else groups[counted], values, weights)

    def add_numbered(self, numbers: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add rows by their numbers (n,), which grow: those between them count nowhere."""
        before = self._taken
        self.add(int(numbers[-1]) + 1 - before, numbers - before, values)

    def end(self, rows: int) -> None:
        """Pass over the rows behind those that were added; there are so many in all."""
        self._feed.take(rows - self._taken)
        self._taken = rows

    def add_losses(
        self, losses: NDArray[Any], counted: NDArray[np.bool_] | None, weights: NDArray[np.float64] | None
    ) -> None:
        """Add the losses (n,) of the next rows as a mean over them has them: times their weights."""
        values = losses.astype(np.float64)
        if weights is not None:
            values = np.divide(values, weights, out=np.zeros_like(values), where=weights != 0)
        chosen = slice(None) if counted is None else counted
        self.add(len(losses), counted, values[np.newaxis, chosen], None if weights is None else weights[chosen])

    def found(self) -> GroupedFigures:
        """Every group that has a row; raises InputError where there are more groups' names than rows."""
        self._feed.end()
        means, errors = self._sums.means().T.tolist(), self._sums.standard_errors().T.tolist()
        lines = [
            GroupLine(name, int(rows), tuple(mean), tuple(error))
            for name, rows, mean, error in zip(self._groups.names, self._sums.rows, means, errors, strict=False)
            if rows
        ]
        lines.sort(key=lambda line: -_rank(line.means[0]))
        rest = None
        if len(self._sums.rows) > MOST and self._sums.rows[MOST]:
            name = f"(rows of groups behind the first {MOST:,})"
            rest = GroupLine(name, int(self._sums.rows[MOST]), tuple(means[MOST]), tuple(errors[MOST]))
        return GroupedFigures(self.name, self.quantities, lines, rest)


def group_fold(
    by: Any, labels: Any, logits: Any, rows: Pair | Versions, reading: Reading, quantities: tuple[str, ...]
) -> GroupFold:
    """The fold by a file, an array or a column; rows that are skipped have no group."""
    groups = open_groups(by, labels, logits, reading)
    groups.table = rows.kept_beside(groups.table)
    return GroupFold(groups, by if isinstance(by, str) else groups.name, quantities)


def _rank(value: float) -> float:
    """What orders losses: themselves, with nan before every other."""
    return np.inf if np.isnan(value) else value
