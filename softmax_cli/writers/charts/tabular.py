"""A chart as a small table of its numbers, and how long the bar beside each line is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from softmax_cli.reports.charts import Bars, Bin, Chart, Histogram, Reliability
from softmax_cli.reports.grid import WHOLE_ROWS, Column, Grid, edges

BAR = "bar"
"""What a line of a chart's table is called where some are left out: only bars can be."""


def as_grid(chart: Chart) -> Grid:
    """The numbers of a chart, a line a bin or a bar; of many bars the first and the last."""
    return _GRIDS[type(chart)](chart)


def shares(chart: Chart) -> list[float]:
    """For each line of that table: the length of its bar, from 0 to 1 (nan where it has none)."""
    return _SHARES[type(chart)](chart)


def coarse(chart: Chart) -> Chart:
    """The chart with neighbouring bins thrown together, as few as it takes for a table to hold them all."""
    if isinstance(chart, Reliability):
        together = _together(len(chart.bins))
        bins = [_merged(chart.bins[start : start + together]) for start in range(0, len(chart.bins), together)]
        return replace(chart, bins=bins)
    if isinstance(chart, Histogram):
        together = _together(len(chart.counts))
        starts = range(0, len(chart.counts), together)
        counts = [sum(chart.counts[start : start + together]) for start in starts]
        return replace(chart, counts=counts, edges=[*(chart.edges[start] for start in starts), chart.edges[-1]])
    return chart


def _together(bins: int) -> int:
    return max(1, math.ceil(bins / WHOLE_ROWS))


def _merged(bins: Sequence[Bin]) -> Bin:
    rows = sum(each.rows for each in bins)

    def mean(of: Callable[[Bin], float]) -> float:
        return math.fsum(each.rows * of(each) for each in bins if each.rows) / rows if rows else math.nan

    confidence, accuracy = mean(lambda each: each.confidence), mean(lambda each: each.accuracy)
    return Bin(bins[0].lower, bins[-1].upper, rows, confidence, accuracy)


def _reliability_grid(chart: Reliability) -> Grid:
    columns = (
        Column("from", "decimal"),
        Column("to", "decimal"),
        Column("rows", "integer"),
        Column("confidence", "decimal"),
        Column("accuracy", "decimal"),
    )
    rows = [
        (each.lower, each.upper, each.rows, _or_blank(each.confidence), _or_blank(each.accuracy)) for each in chart.bins
    ]
    return Grid(chart.title, columns, rows, legend=chart.legend)


def _histogram_grid(chart: Histogram) -> Grid:
    columns = (Column("from", "decimal"), Column("to", "decimal"), Column("rows", "integer"))
    rows = [(*ends, count) for ends, count in zip(pairwise(chart.edges), chart.counts, strict=True)]
    return Grid(f"{chart.title}, in {chart.unit}", columns, rows, legend=chart.legend)


def _bars_grid(chart: Bars) -> Grid:
    columns = (Column("name"), Column(chart.unit, "decimal"))
    rows, hidden = edges((name, _or_blank(value)) for name, value in zip(chart.names, chart.values, strict=True))
    return Grid(chart.title, columns, rows, hidden, legend=chart.legend)


def _or_blank(value: float) -> float | str:
    return "" if math.isnan(value) else value


def _bars_shares(chart: Bars) -> list[float]:
    shown, _ = edges(chart.values)
    return [value / chart.whole for value in shown]


def _histogram_shares(chart: Histogram) -> list[float]:
    largest = max(chart.counts, default=0) or 1
    return [count / largest for count in chart.counts]


_GRIDS: dict[type[Any], Callable[[Any], Grid]] = {
    Reliability: _reliability_grid,
    Histogram: _histogram_grid,
    Bars: _bars_grid,
}
_SHARES: dict[type[Any], Callable[[Any], list[float]]] = {
    Reliability: lambda chart: [each.accuracy for each in chart.bins],
    Histogram: _histogram_shares,
    Bars: _bars_shares,
}
