"""A page that needs nothing but itself: tables, charts as SVG, light and dark, for a screen, a phone and paper.

It asks nothing of the network and runs no script; its policy forbids both. A text of the user's is text in it.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from itertools import zip_longest
from typing import TextIO

from softmax_cli import __version__
from softmax_cli.reports.charts import Chart
from softmax_cli.reports.findings import Finding
from softmax_cli.reports.grid import EDGE_ROWS, Cell, Column, Grid, Report
from softmax_cli.writers.charts.drawing import key
from softmax_cli.writers.charts.svg import svg
from softmax_cli.writers.charts.tabular import BAR, as_grid
from softmax_cli.writers.elision import GAP, left_out, shown_columns
from softmax_cli.writers.findings import effects_grid, headline, sentences
from softmax_cli.writers.numbers import is_odd, rounded
from softmax_cli.writers.signs import UNICODE
from softmax_cli.writers.text import visible

_WIDTH = 120  # of a table, in characters: what a page of A4 holds in small print
_BETWEEN = 2
_MARK = "*"
_LONG = 24  # characters: a longer text may be broken into lines


def write(report: Report, stream: TextIO) -> None:
    """The lead, warnings, the first grid, charts, findings, the other grids, remarks, notes, and the signature."""
    # Where the encoding is not the page's, HTML has its own way to spell characters.
    as_ascii = not (stream.encoding or "utf-8").lower().startswith("utf")
    encoding = "ascii" if as_ascii else "utf-8"
    stream.writelines(f"{line.encode(encoding, 'xmlcharrefreplace').decode()}\n" for line in _page(report))


def _page(report: Report) -> Iterator[str]:
    grids = report.grids()
    first = next(grids, None)
    heading = _escaped(first.title if first else f"softmax-cli {__version__}")
    yield from _head(heading)
    yield "<main>"
    yield f'<h1 id="grid-1">{heading}</h1>'
    if lead := report.lead():
        yield f"<p><strong>{_escaped(lead)}</strong></p>"
    if warnings := report.warnings():
        yield f'<section class="warnings" aria-label="Warnings">\n{_listed(warnings)}\n</section>'
    if first:
        yield from _table(first, "grid-1")
    charts = "\n".join(_figure(chart, f"chart-{number}") for number, chart in enumerate(report.charts(), 1))
    if charts:
        yield f'<section class="charts" aria-label="Charts">\n{charts}\n</section>'
    for number, finding in enumerate(report.diagnostics(), 1):
        yield from _finding(finding, f"finding-{number}")
    if others := list(enumerate(grids, 2)):
        yield '<div class="tables">'
        for number, grid in others:
            yield f'<section>\n<h2 id="grid-{number}">{_escaped(grid.title)}</h2>'
            yield from _table(grid, f"grid-{number}")
            yield "</section>"
        yield "</div>"
    for title, said in (("What the figures say", report.remarks()), ("Notes", report.notes)):
        if said:
            yield f"<h2>{title}</h2>\n{_listed(said)}"
    signature = _escaped(report.signature_line()).replace("|", " ")
    yield f"<footer><p>To have the same figures again: <code>{signature}</code></p></footer>"
    yield "</main>\n</body>\n</html>"


def _head(title: str) -> Iterator[str]:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta name="generator" content="softmax-cli {__version__}">'
    yield f"<title>{title} · softmax-cli</title>"
    yield '<link rel="icon" href="data:,">'  # a browser would ask a server for one
    yield f"<style>{style}</style>\n</head>\n<body>"


@cache
def _style() -> str:
    return files("softmax_cli.writers").joinpath("page.css").read_text("utf-8")


def _finding(finding: Finding, name: str) -> Iterator[str]:
    yield f'<section>\n<h2 id="{name}">{_escaped(headline(finding))}</h2>\n{_listed(sentences(finding))}'
    if finding.effects:
        yield from _table(effects_grid(finding), name)
    if finding.remedy:
        yield f"<p>{_escaped(finding.remedy)}</p>"
    if finding.command:
        box = f'<div class="scroll" role="region" aria-labelledby="{name}" tabindex="0">'
        yield f"{box}<pre><code>{_escaped(finding.command)}</code></pre></div>"
    yield "</section>"


def _figure(chart: Chart, name: str) -> str:
    caption = "<br>".join(_escaped(sentence) for sentence in (chart.legend, key(chart)) if sentence)
    numbers = "\n".join(_table(replace(as_grid(chart), legend=""), f"{name}-title", BAR))
    return f"""<figure class="{type(chart).__name__.lower()}">
<figcaption><b>{_escaped(chart.title)}</b>{caption}</figcaption>
{svg(chart, name)}
<details><summary>The numbers</summary>
{numbers}
</details>
</figure>"""


def _table(grid: Grid, titled_by: str, one: str = "row") -> Iterator[str]:
    """The grid in a box of its own, and what is to say about it; ``one`` is what a line of it is called."""
    texts = [
        [rounded(value, column.kind) for value, column in zip(row, grid.columns, strict=True)] for row in grid.rows
    ]
    headers = [column.name for column in grid.columns]
    widths = [_BETWEEN + max(map(len, column)) for column in zip(headers, *texts, strict=True)]
    shown = shown_columns(grid, widths, _WIDTH, _BETWEEN + len(UNICODE.columns))
    yield f'<div class="scroll" role="region" aria-labelledby="{titled_by}" tabindex="0">\n<table>\n<thead>'
    yield f"<tr>{''.join(_header(grid.columns, place) for place in shown)}</tr>\n</thead>\n<tbody>"
    for number, (row, mark) in enumerate(zip_longest(grid.rows, grid.marked)):
        if grid.hidden and number == len(grid.rows) - EDGE_ROWS:
            yield f'<tr class="gap"><td colspan="{len(shown)}">{UNICODE.rows}</td></tr>'
        cells = (_cell(grid.columns, place, row, marked=place == mark) for place in shown)
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>\n</table>\n</div>"
    notes = [note for note in (grid.legend, left_out(grid, shown, one)) if note]
    if notes:
        yield f'<p class="legend">{_escaped("; ".join(notes))}</p>'


def _header(columns: Sequence[Column], place: int) -> str:
    if place == GAP:
        return f'<th scope="col" class="gap">{UNICODE.columns}</th>'
    column = columns[place]
    classes = _classes(number=column.kind != "text", long=len(column.name) > _LONG)
    return f'<th scope="col"{classes}{_direction(column.name)}>{_escaped(column.name)}</th>'


def _cell(columns: Sequence[Column], place: int, row: Sequence[Cell], *, marked: bool) -> str:
    if place == GAP:
        return f'<td class="gap">{UNICODE.columns}</td>'
    kind = columns[place].kind
    text = rounded(row[place], kind)
    classes = _classes(number=kind != "text", odd=is_odd(row[place]), marked=marked, long=len(text) > _LONG)
    mark = f"<i>{_MARK}</i>" if marked else ""
    head = ' scope="row"' if place == 0 else ""
    tag = "th" if place == 0 else "td"
    return f"<{tag}{head}{classes}{_direction(text)}>{_escaped(text)}{mark}</{tag}>"


def _classes(**classes: bool) -> str:
    names = " ".join(name for name, has in classes.items() if has)
    return f' class="{names}"' if names else ""


def _direction(text: str) -> str:
    """Names in Hebrew or Arabic run from right to left, and none of the cells beside them does."""
    return "" if text.isascii() else ' dir="auto"'


def _listed(sentences: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{_escaped(sentence)}</li>" for sentence in sentences) + "\n</ul>"


def _escaped(text: str) -> str:
    return escape(visible(text))
