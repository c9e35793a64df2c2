"""Charts for a terminal: a line a bin or a bar, its numbers, and beside them a bar of blocks.

So a reliability diagram lies on its side: each bar is an accuracy, and a mark shows where it would end if the
confidence were right.
"""

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from softmax_cli.reports.charts import FEW_ROWS, Bars, Chart, Histogram, Reliability
from softmax_cli.reports.grid import EDGE_ROWS, Grid
from softmax_cli.writers.charts.tabular import BAR, as_grid, coarse, shares
from softmax_cli.writers.elision import left_out
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.signs import Signs, bar

_GUTTER = 2
_SHORTEST = 20  # cells that a bar needs before the less important columns are worth their room
_LONGEST = 60
_DISPENSABLE = ("confidence", "to", "accuracy")  # the first goes first


def chart_lines(chart: Chart, width: int, signs: Signs, shown: Callable[[str], str]) -> Iterator[Text]:
    """The chart in ``width`` cells, with its title and what is to say about it; ``shown`` makes a text printable."""
    chart = coarse(chart)
    grid = as_grid(chart)
    cells = _cells(grid, signs, shown, max(8, width // 4))
    columns = _fitting(grid, cells, width)
    room = min(_LONGEST, max(1, width - sum(_GUTTER + _width(cells, place) for place in columns)))
    yield Text(shown(grid.title), style="bold")
    header, *lines = [_joined(grid, cells, line, columns) for line in range(len(cells))]
    ends = _ends(chart)
    yield Text(header + ends[0] + ends[1].rjust(room - len(ends[0])))
    yield Text(signs.rule * (cell_len(header) + room))
    faint = _faint(chart)
    for place, (line, drawn) in enumerate(zip(lines, _drawn(chart, room, signs), strict=True)):
        if grid.hidden and place == len(lines) - EDGE_ROWS:
            yield Text(signs.rows)
        text = Text(line.rstrip() if not drawn else line)
        yield text.append(drawn, style="dim" if faint[place] else "cyan")
    for sentence in _legend(chart, grid, signs):
        yield Text(shown(sentence), style="dim")
    yield Text("")


def _cells(grid: Grid, signs: Signs, shown: Callable[[str], str], longest: int) -> list[list[str]]:
    """The header and the rows as texts; names longer than ``longest`` lose their end."""
    lines = [[shown(column.name) for column in grid.columns]]
    for row in grid.rows:
        texts = [shown(rounded(value, column.kind)) for value, column in zip(row, grid.columns, strict=True)]
        if grid.columns[0].kind == "text" and cell_len(texts[0]) > longest:
            texts[0] = set_cell_size(texts[0], longest - len(signs.columns)).rstrip() + signs.columns
        lines.append(texts)
    return lines


def _width(cells: Sequence[Sequence[str]], place: int) -> int:
    return max(cell_len(line[place]) for line in cells)


def _fitting(grid: Grid, cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns that leave room for a bar."""
    columns = list(range(len(grid.columns)))
    for name in _DISPENSABLE:
        if width - sum(_GUTTER + _width(cells, place) for place in columns) >= _SHORTEST:
            break
        columns = [place for place in columns if grid.columns[place].name != name]
    return columns


def _joined(grid: Grid, cells: Sequence[Sequence[str]], line: int, columns: Sequence[int]) -> str:
    text = ""
    for place in columns:
        cell = cells[line][place]
        blanks = " " * (_width(cells, place) - cell_len(cell))
        text += (cell + blanks if grid.columns[place].kind == "text" else blanks + cell) + " " * _GUTTER
    return text


def _ends(chart: Chart) -> tuple[str, str]:
    """What the two ends of the bars' scale are."""
    if isinstance(chart, Histogram):
        return "0", f"{max(chart.counts, default=0):,}"
    return "0", f"{chart.whole:g}" if isinstance(chart, Bars) else "1"


def _drawn(chart: Chart, room: int, signs: Signs) -> Iterator[str]:
    lengths = shares(chart)
    if not isinstance(chart, Reliability):
        yield from (bar(length, room, signs) for length in lengths)
        return
    for each, length in zip(chart.bins, lengths, strict=True):
        drawn = bar(length, room, signs)
        if each.sparse:
            drawn = signs.faint * len(drawn)
        if each.rows:
            place = min(room - 1, int(each.confidence * room))
            drawn = drawn.ljust(room)
            drawn = (drawn[:place] + signs.target + drawn[place + 1 :]).rstrip()
        yield drawn


def _faint(chart: Chart) -> list[bool]:
    return [each.sparse for each in chart.bins] if isinstance(chart, Reliability) else [False] * len(shares(chart))


def _legend(chart: Chart, grid: Grid, signs: Signs) -> Iterator[str]:
    if isinstance(chart, Reliability):
        key = f"bar: accuracy; {signs.target} confidence, where it should end"
        if any(each.sparse and each.rows for each in chart.bins):
            key += f"; {signs.faint} fewer than {FEW_ROWS} rows"
        yield key
    if note := left_out(grid, range(len(grid.columns)), BAR):
        yield note
    if grid.legend:
        yield grid.legend
