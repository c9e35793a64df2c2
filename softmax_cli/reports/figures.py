"""Figures by name, a line each: for programs, and for conditions."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from softmax_cli.reports.grid import Column, Grid, Records


class Figure(NamedTuple):
    """A number, and what there is to say of it: how uncertain it is, and where it is from."""

    quantity: str
    value: float
    standard_error: float | str = ""
    low: float | str = ""
    high: float | str = ""
    row: int | str = ""
    class_name: str = ""
    group: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What there is of it but its name."""
        return {name: value for name, value in self._asdict().items() if value != "" and name != "quantity"}


def figure_records(lines: Iterable[Figure], signature: str, of_groups: Iterable[Figure] | None = None) -> Records:
    """A figure a line, with the signature; where there are groups, their figures are behind the others."""
    names = tuple({"class_name": "class"}.get(name, name) for name in Figure._fields)
    if of_groups is None:
        return Records((*names[:-1], "signature"), ((*line[:-1], signature) for line in lines))
    return Records((*names, "signature"), ((*line, signature) for line in chain(lines, of_groups)))


def figures_grid(title: str, figures: Iterable[Figure], meanings: Mapping[str, str]) -> Grid:
    """Those of the figures that have a meaning, a line each, with what is known of their uncertainty."""
    figures = [figure for figure in figures if figure.quantity in meanings]
    optional = {
        "s.e.": [figure.standard_error for figure in figures],
        "95 % from": [figure.low for figure in figures],
        "to": [figure.high for figure in figures],
    }
    shown = {name: column for name, column in optional.items() if any(value != "" for value in column)}
    columns = (
        Column("figure"),
        Column("value", "decimal"),
        *(Column(name, "decimal") for name in shown),
        Column("which is"),
    )
    rows = [
        (figure.quantity, figure.value, *(column[place] for column in shown.values()), meanings[figure.quantity])
        for place, figure in enumerate(figures)
    ]
    return Grid(title, columns, rows)
