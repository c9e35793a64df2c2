"""Markdown tables, rounded like those of the terminal, for a pull request or a README.

A chart is a table of its numbers with a bar of block characters at the end of each line.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TextIO

from softmax_cli.reports.charts import Chart
from softmax_cli.reports.findings import Finding
from softmax_cli.reports.grid import EDGE_ROWS, Column, Grid, Report
from softmax_cli.writers.charts.tabular import BAR, as_grid, coarse, shares
from softmax_cli.writers.elision import GAP, left_out, shown_columns
from softmax_cli.writers.findings import effects_grid, headline, sentences
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.signs import ASCII, UNICODE, Signs, bar
from softmax_cli.writers.text import visible

_WIDTH = 160  # of a table, in characters: a page that shows Markdown is wider than a terminal
_BAR_WIDTH = 20
_LEFT_OUT = "…"
_BETWEEN = len(" | ")

# What GitHub's Markdown gives a meaning within a line; an underscore has none between letters.
_SPECIAL = re.compile(r"[\\`*\[\]<>|&~$]|(?<!\w)_|_(?!\w)")


def write(report: Report, stream: TextIO) -> None:
    """The lead, the grids, the charts, the remarks as a list, and the signature as code."""
    if lead := report.lead():
        stream.write(f"**{_escaped(lead)}**\n\n")
    for grid in report.grids():
        _write_grid(grid, stream)
    signs = UNICODE if (stream.encoding or "utf-8").lower().startswith("utf") else ASCII
    for chart in report.charts():
        _write_grid(_with_bars(coarse(chart), signs), stream, BAR, chart.legend)
    for finding in report.diagnostics():
        _write_finding(finding, stream)
    if said := (*report.remarks(), *report.warnings()):
        stream.writelines(f"- {_escaped(sentence)}\n" for sentence in said)
        stream.write("\n")
    stream.write(f"`{report.signature_line()}`\n")


def _write_finding(finding: Finding, stream: TextIO) -> None:
    """A finding: its effects as a table, what was seen as a list, and what mends it as code."""
    if finding.effects:
        _write_grid(effects_grid(finding), stream)
    else:
        stream.write(f"**{_escaped(headline(finding))}**\n\n")
    stream.writelines(f"- {_escaped(sentence)}\n" for sentence in sentences(finding))
    if finding.remedy:
        stream.write(f"\n{_escaped(finding.remedy)}\n")
    stream.write(f"\n```sh\n{visible(finding.command)}\n```\n\n" if finding.command else "\n")


def _with_bars(chart: Chart, signs: Signs) -> Grid:
    grid = as_grid(chart)
    rows = [(*row, bar(share, _BAR_WIDTH, signs)) for row, share in zip(grid.rows, shares(chart), strict=True)]
    return replace(grid, columns=(*grid.columns, Column("")), rows=rows)


def _write_grid(grid: Grid, stream: TextIO, one: str = "row", legend: str = "") -> None:
    stream.write(f"**{_escaped(grid.title)}**\n\n")
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
    if notes := [_escaped(note) for note in (legend, left_out(grid, shown, one)) if note]:
        stream.write(f"\n{'; '.join(notes)}\n")
    stream.write("\n")


def _line(cells: Iterable[str], stream: TextIO) -> None:
    stream.write(f"| {' | '.join(cells)} |\n")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", visible(text))
