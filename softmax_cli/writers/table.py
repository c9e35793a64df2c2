"""Tables for people, with rich: rounded, as wide as the terminal, and never with half a number.

A text of the user's (a class name, a file name) goes in as Text, never as markup: ``[class]`` would vanish.
"""

import io
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from softmax_cli.reports.grid import EDGE_ROWS, Grid, Report
from softmax_cli.writers.charts.terminal import chart_lines
from softmax_cli.writers.diagnostics import diagnostic_lines
from softmax_cli.writers.elision import GAP, left_out, sections, shown_columns, whole_width
from softmax_cli.writers.numbers import is_odd, rounded
from softmax_cli.writers.signs import ASCII, UNICODE, Signs
from softmax_cli.writers.text import visible, visible_lines, written

_MARK = "*"
_GUTTER = 2  # blanks between two columns
_LONGEST_NAME = 16  # or a quarter of the console, where that does not hold the whole table


_ASCII_BOX = Box(str(SIMPLE_HEAD).replace(UNICODE.rule, ASCII.rule), ascii=True)


def write(report: Report, stream: TextIO) -> None:
    """Write to a terminal or a file; COLUMNS, NO_COLOR and TERM are rich's to heed."""
    _print(report, Console(file=stream, highlight=False))


def as_text(report: Report) -> str:
    """The table without colour."""
    stream = io.StringIO()
    _print(report, Console(file=stream, highlight=False, color_system=None))
    return stream.getvalue()


def as_html(report: Report) -> str:
    """The table for a notebook: its own colours, no style sheet."""
    console = Console(file=io.StringIO(), record=True, width=110, highlight=False, force_jupyter=False)
    _print(report, console)
    return console.export_html(inline_styles=True, code_format='<pre style="line-height:normal">{code}</pre>')


def renderable(report: Report) -> "_View":
    """The report as something that rich can print, in any console and at any width."""
    return _View(report)


def _print(report: Report, console: Console) -> None:
    # A column too wide for the console is left to the terminal to break: rich would cut through a number.
    console.print(renderable(report), crop=False)


class _View:
    def __init__(self, report: Report) -> None:
        self._report = report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Every text that reaches the console passes here, and none with a control character of the user's."""
        for part in self._parts(console, options):
            for segment in [part] if isinstance(part, Segment) else console.render(part, options):
                yield segment if segment.control else segment._replace(text=visible_lines(segment.text))

    def _parts(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        if lead := self._report.lead():
            yield Text(visible(lead), style="bold yellow")
            yield Text("")
        for grid in self._report.grids():
            yield Text(grid.title, style="bold")
            yield from _tables(grid, console, options)
        for chart in self._report.charts():
            yield from chart_lines(
                chart, options.max_width, _signs(options), partial(written, encoding=options.encoding)
            )
        for finding in self._report.diagnostics():
            yield from diagnostic_lines(
                finding, console, options.max_width, _signs(options), partial(written, encoding=options.encoding)
            )
        for remark in self._report.remarks():
            yield Text(visible(remark))
        for warning in self._report.warnings():
            yield Text(visible(warning), style="red")
        yield Text(self._report.signature_line().replace("|", " "), style="dim")


def _signs(options: ConsoleOptions) -> Signs:
    return ASCII if options.ascii_only else UNICODE


def _tables(grid: Grid, console: Console, options: ConsoleOptions) -> Iterator[Any]:
    """The grid as one table of whole cells, or several, and a line that says what they leave out."""
    available = options.max_width + _GUTTER
    signs = _signs(options)
    sheet = _Sheet(grid, options.encoding)
    if whole_width(grid, sheet.widths) > available:
        sheet = _Sheet(grid, options.encoding, max(_LONGEST_NAME, options.max_width // 4), signs.columns)
    gap_width = len(signs.columns) + _GUTTER
    shown = shown_columns(grid, sheet.widths, available, gap_width)
    for number, places in enumerate(sections(grid, shown, sheet.widths, available, gap_width)):
        if number:
            yield Text("")
        needed = sum(gap_width if place == GAP else sheet.widths[place] for place in places)
        yield from console.render(sheet.table(places, signs), options.update_width(max(options.max_width, needed)))
    notes = [note for note in (grid.legend, left_out(grid, shown)) if note]
    if notes:
        yield Text("; ".join(notes), style="dim")
    yield Text("")


class _Sheet:
    """A grid as texts, in the characters that ``encoding`` has, and the widths of its columns with their blanks.

    Names (of classes, of labels) longer than ``longest`` lose their end, for which ``left_out`` stands.
    """

    def __init__(self, grid: Grid, encoding: str, longest: int | None = None, left_out: str = "") -> None:
        self._grid = grid
        self._encoding = encoding
        self._longest = longest
        self._left_out = left_out
        self._marking = any(mark is not None for mark in grid.marked)
        self._headers = [self._header(place) for place in range(len(grid.columns))]
        self._rows = [self._cells(number) for number in range(len(grid.rows))]
        columns = zip(self._headers, *self._rows, strict=True)
        self.widths = [_GUTTER + max(text.cell_len for text in column) for column in columns]

    def table(self, places: Sequence[int], signs: Signs) -> Table:
        """The columns at these places, with a sign for those and for the rows that are left out."""
        table = Table(
            box=SIMPLE_HEAD if signs is UNICODE else _ASCII_BOX,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            header_style="",
        )
        for place in places:
            if place == GAP:
                table.add_column(Text(signs.columns))
            else:
                table.add_column(
                    self._headers[place],
                    justify="left" if self._grid.columns[place].kind == "text" else "right",
                    no_wrap=True,
                    width=self.widths[place] - _GUTTER,
                )
        for number, row in enumerate(self._rows):
            if self._grid.hidden and number == len(self._rows) - EDGE_ROWS:
                table.add_row(signs.rows)
            table.add_row(*(Text(signs.columns) if place == GAP else row[place] for place in places))
        return table

    def _header(self, place: int) -> Text:
        column = self._grid.columns[place]
        name = self._name(column.name) if column.group else self._shown(column.name)
        return Text(name + " " * self._has_mark(place))

    def _cells(self, number: int) -> list[Text]:
        marked = self._grid.marked[number] if self._marking else None
        texts = []
        for place, (value, column) in enumerate(zip(self._grid.rows[number], self._grid.columns, strict=True)):
            written = self._name(str(value)) if column.kind == "text" else rounded(value, column.kind)
            text = Text(written, style="red" if is_odd(value) else "")
            if self._has_mark(place):
                text.append(_MARK if place == marked else " ")
            if place == marked:
                text.stylize("bold green")
            texts.append(text)
        return texts

    def _has_mark(self, place: int) -> bool:
        return self._marking and self._grid.columns[place].group

    def _name(self, text: str) -> str:
        name = self._shown(text)
        if self._longest is None or cell_len(name) <= self._longest:
            return name
        return set_cell_size(name, self._longest - len(self._left_out)).rstrip() + self._left_out

    def _shown(self, text: str) -> str:
        return written(text, self._encoding)
