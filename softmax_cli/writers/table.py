"""Tables for people, with rich: rounded, as wide as the terminal, and never with half a number.

A text of the user's (a class name, a file name) goes in as Text, never as markup: ``[class]`` would vanish.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from softmax_cli.reports.grid import EDGE_ROWS, Grid, Report
from softmax_cli.writers.elision import GAP, left_out, shown_columns
from softmax_cli.writers.numbers import is_odd, rounded

_MARK = "*"
_GUTTER = 2  # blanks between two columns
_LEFT_OUT = "…"
_ROWS_LEFT_OUT = "⋮"


def write(report: Report, stream: TextIO) -> None:
    """Write to a terminal or a file; COLUMNS, NO_COLOR and TERM are rich's to heed."""
    Console(file=stream, highlight=False).print(renderable(report), crop=False)


def as_text(report: Report) -> str:
    """The table without colour."""
    stream = io.StringIO()
    Console(file=stream, highlight=False, color_system=None).print(renderable(report), crop=False)
    return stream.getvalue()


def as_html(report: Report) -> str:
    """The table for a notebook: its own colours, no style sheet."""
    console = Console(file=io.StringIO(), record=True, width=110, highlight=False, force_jupyter=False)
    console.print(renderable(report))
    return console.export_html(inline_styles=True, code_format='<pre style="line-height:normal">{code}</pre>')


def renderable(report: Report) -> "_View":
    """The report as something that rich can print, in any console and at any width."""
    return _View(report)


class _View:
    def __init__(self, report: Report) -> None:
        self._report = report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for grid in self._report.grids():
            yield Text(grid.title, style="bold")
            yield from _table(grid, console, options)
        for remark in self._report.remarks():
            yield Text(remark)
        for warning in self._report.warnings():
            yield Text(warning, style="red")
        yield Text(self._report.signature_line().replace("|", " "), style="dim")


def _table(grid: Grid, console: Console, options: ConsoleOptions) -> Iterator[Any]:
    """The grid as a table of whole cells, and a line that says what it leaves out."""
    texts = [_cells(grid, number) for number in range(len(grid.rows))]
    headers = [Text(column.name + " " * _has_mark(grid, place)) for place, column in enumerate(grid.columns)]
    widths = [max(text.cell_len for text in column) for column in zip(headers, *texts, strict=True)]
    shown = shown_columns(grid, [width + _GUTTER for width in widths], options.max_width + _GUTTER)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    for place in shown:
        if place == GAP:
            table.add_column(Text(_LEFT_OUT))
        else:
            justify: Literal["left", "right"] = "left" if grid.columns[place].kind == "text" else "right"
            table.add_column(headers[place], justify=justify, no_wrap=True, width=widths[place])
    for number, row in enumerate(texts):
        if grid.hidden and number == len(texts) - EDGE_ROWS:
            table.add_row(_ROWS_LEFT_OUT)
        table.add_row(*(Text(_LEFT_OUT) if place == GAP else row[place] for place in shown))
    # Where even this is too wide the terminal may break the lines: better than rich cutting through a number.
    needed = sum(1 if place == GAP else widths[place] for place in shown) + _GUTTER * len(shown)
    yield from console.render(table, options.update_width(max(options.max_width, needed)))
    notes = [note for note in (grid.legend, left_out(grid, shown)) if note]
    if notes:
        yield Text("; ".join(notes), style="dim")
    yield Text("")


def _cells(grid: Grid, number: int) -> Sequence[Text]:
    marked = grid.marked[number] if grid.marked else None
    texts = []
    for place, (value, column) in enumerate(zip(grid.rows[number], grid.columns, strict=True)):
        text = Text(rounded(value, column.kind), style="red" if is_odd(value) else "")
        if _has_mark(grid, place):
            text.append(_MARK if place == marked else " ")
        if place == marked:
            text.stylize("bold green")
        texts.append(text)
    return texts


def _has_mark(grid: Grid, place: int) -> bool:
    return grid.columns[place].group and any(mark is not None for mark in grid.marked)
