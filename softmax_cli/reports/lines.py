"""The losses themselves, a line each, and the tables that show them side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.grid import Column, Grid, Numbers

# A terminal's usual width, and what its columns take up with the blanks between them.
_GRID_WIDTH, _NAMES_WIDTH, _LOSS_WIDTH, _DELTA_WIDTH, _COUNT_WIDTH = 80, 14, 11, 16, 11

Place = tuple[str, str]
"""A backend's name and a dtype's."""


@dataclass(frozen=True, eq=False)
class LossLine:
    """One variant on one backend.

    ``loss`` is the mean or the sum in nats, or one loss a row for the reduction none. ``delta`` is its
    distance from the float64 reference on the same values (for none: the largest of the rows'), 0 where both
    are the same infinity or both nan; None where no reference was asked for. ``ulp`` is the same in units in the
    last place of ``dtype``. ``nonfinite`` counts the rows whose loss is nan or infinite, and ``causes`` say why the
    first of them are. ``clamped`` counts the rows in which a logarithm was clamped, and ``clamps`` say where.
    ``family`` is False for losses other than the ways to the report's own, whose reference is their own.
    """

    variant: str
    backend: str
    device: str
    dtype: str
    loss: float | Numbers
    reference: float | None
    delta: float | None
    ulp: float | None
    nonfinite: int
    causes: tuple[str, ...] = ()
    family: bool = True
    clamped: int = 0
    clamps: tuple[str, ...] = ()


def by_column(lines: Sequence[LossLine]) -> dict[Place, list[LossLine]]:
    """The lines of each backend and dtype."""
    columns: dict[Place, list[LossLine]] = {}
    for line in lines:
        columns.setdefault((line.backend, line.dtype), []).append(line)
    return columns


def losses_grids(lines: Sequence[LossLine], names: Mapping[Place, str], title: str) -> Iterator[Grid]:
    """A row a variant; as many backends and dtypes side by side as a terminal's usual width holds."""
    columns = by_column(lines)
    # Where the rows that are not finite are as many everywhere, one column serves.
    apart = len({tuple(line.nonfinite for line in of_column) for of_column in columns.values()}) > 1
    part: dict[Place, list[LossLine]] = {}
    names_width = max(_NAMES_WIDTH, *(len(line.variant) for line in lines)) if lines else _NAMES_WIDTH
    width = names_width
    for place, of_column in columns.items():
        width += max(len(names[place]), _LOSS_WIDTH) + _DELTA_WIDTH + apart * _COUNT_WIDTH
        if part and width > _GRID_WIDTH:
            yield _losses_grid(part, names, title, apart=apart)
            part, width = {}, names_width
        part[place] = of_column
    if part:
        yield _losses_grid(part, names, title, apart=apart)


def _losses_grid(
    columns_of: Mapping[Place, Sequence[LossLine]], names: Mapping[Place, str], title: str, *, apart: bool
) -> Grid:
    first = next(iter(columns_of.values()))
    per_row = not isinstance(first[0].loss, float)
    columns = [Column("variant")]
    rows: list[list[Any]] = [[line.variant] for line in first]
    references: list[Any] = ["reference"]
    for place, lines in columns_of.items():
        name = names[place]
        columns += (
            [Column(f"{name} delta", "distance")]
            if per_row
            else [Column(name, "loss"), Column("delta", "distance"), Column("ulp", "units")]
        )
        columns += [Column("nonfinite", "integer")] * apart
        for row, line in zip(rows, lines, strict=True):
            figures = [line.delta] if per_row else [line.loss, line.delta, line.ulp]
            row.extend("" if figure is None else figure for figure in figures)
            row.extend([line.nonfinite] * apart)
        references += [lines[0].reference, "", *[""] * apart, ""]
    if not apart and any(line.nonfinite for line in first):
        columns.append(Column("nonfinite", "integer"))
        for row, line in zip(rows, first, strict=True):
            row.append(line.nonfinite)
        references.append("")
    if first[0].family and first[0].reference is not None and not per_row:
        rows.append(references)
    return Grid(title, tuple(columns), rows)
