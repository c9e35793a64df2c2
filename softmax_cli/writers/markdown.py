"""Markdown tables, rounded like those of the terminal, for a pull request or a README."""

import re
from collections.abc import Iterable
from typing import TextIO

from softmax_cli.reports.grid import EDGE_ROWS, Grid, Report
from softmax_cli.writers.elision import GAP, left_out, shown_columns
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.text import visible

_WIDTH = 160  # of a table, in characters: a page that shows Markdown is wider than a terminal
_LEFT_OUT = "…"
_BETWEEN = len(" | ")

# What GitHub's Markdown gives a meaning within a line; an underscore has none between letters.
_SPECIAL = re.compile(r"[\\`*\[\]<>|&~$]|(?<!\w)_|_(?!\w)")


def write(report: Report, stream: TextIO) -> None:
    """The grids, the remarks as a list, and the signature as code."""
    for grid in report.grids():
        stream.write(f"**{_escaped(grid.title)}**\n\n")
        _write_grid(grid, stream)
        stream.write("\n")
    if sentences := (*report.remarks(), *report.warnings()):
        stream.writelines(f"- {_escaped(sentence)}\n" for sentence in sentences)
        stream.write("\n")
    stream.write(f"`{report.signature_line()}`\n")


def _write_grid(grid: Grid, stream: TextIO) -> None:
    headers = [_escaped(column.name) for column in grid.columns]
    rows = [
        [_escaped(rounded(value, column.kind)) for value, column in zip(row, grid.columns, strict=True)]
        for row in grid.rows
    ]
    for row, marked in zip(rows, grid.marked, strict=False):
        if marked is not None:
            row[marked] = f"**{row[marked]}**"
    widths = [_BETWEEN + max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    shown = shown_columns(grid, widths, _WIDTH, _BETWEEN + len(_LEFT_OUT))
    _line((_LEFT_OUT if place == GAP else headers[place] for place in shown), stream)
    _line(("---" if place == GAP or grid.columns[place].kind == "text" else "---:" for place in shown), stream)
    for number, row in enumerate(rows):
        if grid.hidden and number == len(rows) - EDGE_ROWS:
            _line([_LEFT_OUT] * len(shown), stream)
        _line((_LEFT_OUT if place == GAP else row[place] for place in shown), stream)
    if note := left_out(grid, shown):
        stream.write(f"\n{note}\n")


def _line(cells: Iterable[str], stream: TextIO) -> None:
    stream.write(f"| {' | '.join(cells)} |\n")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", visible(text))
