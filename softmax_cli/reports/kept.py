"""Columns of a file that travel with the rows, so that a person sees the text of what went wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.grid import Column, Grid, Records


@dataclass(frozen=True)
class Kept:
    """What stands in these columns beside some rows, by the rows' numbers."""

    names: tuple[str, ...]
    values: Mapping[int, tuple[str, ...]]

    def grid(self, rows: Sequence[int]) -> Grid:
        """A row a line, of these numbers, in their order."""
        columns = (Column("row", "integer"), *map(Column, self.names))
        return Grid("what these rows hold", columns, [(row, *self.values[row]) for row in rows])

    def beside(self, records: Records) -> Records:
        """Records of rows with the columns behind their own; their first column is the row's number."""
        return Records((*records.columns, *self.names), self._joined(records.rows))

    def _joined(self, rows: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
        return ((*row, *self.values[row[0]]) for row in rows)


def row_entries(lines: Iterable[Any], kept: Kept | None) -> list[dict[str, Any]]:
    """Lines of rows by their fields' names, and with each what is kept of its row."""
    if kept is None:
        return [vars(line) for line in lines]
    return [{**vars(line), "kept": dict(zip(kept.names, kept.values[line.row], strict=True))} for line in lines]
