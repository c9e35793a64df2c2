"""Markdown tables, rounded like those of the terminal, for a pull request or a README."""

from typing import TextIO

from softmax_cli.reports.grid import EDGE_ROWS, Grid, Report
from softmax_cli.writers.elision import GAP, left_out, shown_columns
from softmax_cli.writers.numbers import rounded

_WIDTH = 160  # of a table, in characters: a page that shows Markdown is wider than a terminal
_LEFT_OUT = "…"


def write(report: Report, stream: TextIO) -> None:
    """The grids, the remarks as a list, and the signature as code."""
    for grid in report.grids():
        stream.write(f"**{_escaped(grid.title)}**\n\n")
        _write_grid(grid, stream)
        stream.write("\n")
    stream.writelines(f"- {_escaped(remark)}\n" for remark in (*report.remarks(), *report.warnings()))
    stream.write(f"\n`{report.signature_line()}`\n")


def _write_grid(grid: Grid, stream: TextIO) -> None:
    texts = [
        [rounded(value, column.kind) for value, column in zip(row, grid.columns, strict=True)] for row in grid.rows
    ]
    for row, marked in zip(texts, grid.marked, strict=False):
        if marked is not None:
            row[marked] = f"**{row[marked]}**"
    widths = [
        3 + max(len(column.name), *(len(row[place]) for row in texts), 0) for place, column in enumerate(grid.columns)
    ]
    shown = shown_columns(grid, widths, _WIDTH)
    _line([_LEFT_OUT if place == GAP else grid.columns[place].name for place in shown], stream)
    _line(["---" if place == GAP or grid.columns[place].kind == "text" else "---:" for place in shown], stream)
    for number, row in enumerate(texts):
        if grid.hidden and number == len(texts) - EDGE_ROWS:
            _line([_LEFT_OUT] * len(shown), stream)
        _line([_LEFT_OUT if place == GAP else row[place] for place in shown], stream)
    if note := left_out(grid, shown):
        stream.write(f"\n{note}\n")


def _line(cells: list[str], stream: TextIO) -> None:
    stream.write(f"| {' | '.join(map(_escaped, cells))} |\n")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
