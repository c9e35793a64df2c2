"""Charts as a picture, SVG or PNG, with matplotlib (the extra `plot`): as on the page (charts/svg.py), on white.

In an SVG the text stays text: it can be searched, and whoever shows the picture has the letters that names need.
"""

import math
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from softmax_cli.reports.charts import Bars, Chart, Histogram, Reliability
from softmax_cli.reports.grid import Report
from softmax_cli.writers.charts.drawing import END_BARS, count_text, cut, key, shown_bars, text_width
from softmax_cli.writers.charts.scales import Tick, count_ticks, edge_ticks, share_ticks
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.text import visible

# In inches, but for letters, which are in points.
_COLUMN, _MARGIN, _GAP = 5.0, 0.35, 0.45
_AXIS_ROOM, _CAPTION_LINE, _BAR_STEP, _HISTOGRAM = 0.42, 0.17, 0.22, 2.0
_POINTS = 72
_SMALL = 6.5  # the size of the counts above columns
_LETTERS = 86  # of a caption's line
_DOTS_PER_INCH = 160

_INK, _SOFT, _RULE, _FILL = "#1b1f24", "#5b6470", "#dfe3e8", "#f0f2f5"
_DATA, _PALE, _OFF = "#0072b2", "#6d94b2", "#d55e00"
"""Okabe and Ito's blue and vermilion: told apart by everybody."""

# DejaVu Sans comes with matplotlib; the others where they are installed, for names in other scripts.
_FONTS = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Arial Unicode MS",
)


def write_svg(report: Report, stream: BinaryIO) -> None:
    """All charts of a report (there is at least one) as one SVG."""
    # Without a date, and with ids that depend on nothing but the drawing: the same report gives the same bytes.
    _write(report, stream, format="svg", metadata={"Date": None})


def write_png(report: Report, stream: BinaryIO) -> None:
    """All charts of a report (there is at least one) as one PNG."""
    _write(report, stream, format="png", dpi=_DOTS_PER_INCH)


def _write(report: Report, stream: BinaryIO, **form: Any) -> None:
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a box in its place says so well enough
        mpl.rcdefaults()
        mpl.rcParams.update(_style())
        figure(report).savefig(stream, **form)


def _style() -> Any:
    installed = set(fontManager.get_font_names())
    return {
        "font.family": ["DejaVu Sans", *(name for name in _FONTS if name in installed)],
        "font.size": 8,
        "text.parse_math": False,  # a name may hold a dollar
        "text.color": _INK,
        "axes.edgecolor": _SOFT,
        "axes.linewidth": 0.8,
        "axes.axisbelow": True,
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "grid.color": _RULE,
        "grid.linewidth": 0.8,
        "xtick.color": _SOFT,
        "ytick.color": _SOFT,
        "ytick.major.size": 0,
        "svg.fonttype": "none",
        "svg.hashsalt": "softmax-cli",
    }


@dataclass(frozen=True)
class _Panel:
    """A chart, where its upper left corner lies, and the lines above it."""

    chart: Chart
    left: float
    top: float
    caption: Sequence[str]


def figure(report: Report) -> Figure:
    """The charts in two columns, each under the shorter one."""
    charts = list(report.charts())
    columns = [0.0] * min(2, len(charts))
    places = []
    for chart in charts:
        column = columns.index(min(columns))
        caption = [line for said in (chart.legend, key(chart)) for line in textwrap.wrap(visible(said), _LETTERS)]
        places.append(_Panel(chart, _MARGIN + column * (_COLUMN + _GAP), columns[column], caption))
        columns[column] += _height(chart) + _CAPTION_LINE * (len(caption) + 1) + _GAP
    signature = textwrap.wrap(report.signature_line().replace("|", " "), _LETTERS * len(columns))
    foot = _MARGIN + _CAPTION_LINE * len(signature)
    width, height = len(columns) * (_COLUMN + _GAP) - _GAP + 2 * _MARGIN, max(columns) + _MARGIN + foot
    drawn = Figure((width, height))
    for panel in places:
        _draw(drawn, panel)
    _write_at(drawn, _MARGIN, height - foot + 0.1, "\n".join(signature), size=_SMALL, color=_SOFT)
    return drawn


def _height(chart: Chart) -> float:
    if isinstance(chart, Reliability):
        return _COLUMN + 1.35
    if isinstance(chart, Histogram):
        return _HISTOGRAM + 0.35 + _AXIS_ROOM
    return 0.35 + _BAR_STEP * len(list(shown_bars(len(chart.names))))


def _draw(figure: Figure, panel: _Panel) -> None:
    top = panel.top + _MARGIN
    _write_at(figure, panel.left, top, visible(panel.chart.title), size=10, weight="bold")
    for number, line in enumerate(panel.caption, 1):
        _write_at(figure, panel.left, top + 0.05 + number * _CAPTION_LINE, line, color=_SOFT)
    _DRAWINGS[type(panel.chart)](figure, panel.chart, panel.left, top + 0.35 + _CAPTION_LINE * (len(panel.caption) + 1))


def _reliability(figure: Figure, chart: Reliability, left: float, top: float) -> None:
    side = _COLUMN - _AXIS_ROOM
    axes = _axes(figure, left + _AXIS_ROOM, top, side, side)
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[])
    axes.spines["bottom"].set_visible(False)
    _rules(axes, share_ticks(), 1.0, "accuracy")
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle=(0, (4, 3)), linewidth=1)
    note: dict[str, Any] = {"color": _SOFT, "style": "italic"}
    axes.text(0.05, 0.07, "perfectly calibrated", rotation=45, rotation_mode="anchor", **note)
    axes.text(0.04, 0.94, "underconfident", **note)
    axes.text(0.96, 0.04, "overconfident", ha="right", **note)
    for each in chart.bins:
        if each.rows:
            width, dashes, fill = (1, (0, (2, 2)), "white") if each.sparse else (2, "solid", _DATA)
            ends = [each.confidence, each.accuracy]
            axes.plot([each.confidence] * 2, ends, color=_OFF, linewidth=width, linestyle=dashes)
            axes.plot(*ends, "o", markersize=6, markerfacecolor=fill, markeredgecolor=_DATA, clip_on=False, zorder=3)
    strip = _axes(figure, left + _AXIS_ROOM, top + side + 0.35, side, 0.7)
    strip.set(xlim=(0, 1), yticks=[])
    _named_above(strip, "rows")
    _ticks(strip, share_ticks(), "confidence")
    columns = [(each.lower, each.upper - each.lower, each.rows) for each in chart.bins]
    _columns(strip, columns, _PALE, side, labelled=True)


def _histogram(figure: Figure, chart: Histogram, left: float, top: float) -> None:
    width = _COLUMN - _AXIS_ROOM
    axes = _axes(figure, left + _AXIS_ROOM, top, width, _HISTOGRAM)
    axes.set(xlim=(0, 1))
    slot = 1 / max(1, len(chart.counts))
    largest = max(chart.counts, default=0)
    _rules(axes, count_ticks(largest, 4), max(1, largest), "rows")
    _ticks(axes, edge_ticks(chart.edges, 6), visible(chart.unit))
    columns = [(place * slot, slot, number) for place, number in enumerate(chart.counts)]
    _columns(axes, columns, _DATA, width, labelled=False)


def _bars(figure: Figure, chart: Bars, left: float, top: float) -> None:
    places = list(shown_bars(len(chart.names)))
    size, wide = mpl.rcParams["font.size"] / _POINTS, _COLUMN * 0.4
    more = f"⋮ {len(chart.names) - 2 * END_BARS:,} more"
    names = [more if place is None else cut(visible(chart.names[place]), wide, size) for place in places]
    room = max((text_width(name, size) for name in names), default=0.0) + 0.1
    axes = _axes(figure, left + room, top, _COLUMN - room - _AXIS_ROOM - 0.1, _BAR_STEP * max(1, len(places)))
    axes.set(xlim=(0, chart.whole), ylim=(max(1, len(places)) - 0.5, -0.5))
    axes.spines["bottom"].set_visible(False)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xticks([0, chart.whole], ["0", f"{chart.whole:g}"])
    axes.set_yticks(range(len(places)), names, color=_INK)
    for line, place in enumerate(places):
        if place is not None:
            value = chart.values[place]
            axes.barh(line, chart.whole, 0.7, color=_FILL)
            if math.isfinite(value):
                axes.barh(line, value, 0.7, color=_DATA)
                end: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points", "va": "center_baseline"}
                axes.annotate(rounded(value, "decimal"), (chart.whole, line), **end)


_DRAWINGS: dict[type[Any], Callable[[Figure, Any, float, float], None]] = {
    Reliability: _reliability,
    Histogram: _histogram,
    Bars: _bars,
}


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes whose upper left corner lies there, in inches from the figure's."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes(
        (left / whole_width, 1 - (top + height) / whole_height, width / whole_width, height / whole_height)
    )


def _write_at(figure: Figure, left: float, top: float, text: str, **more: Any) -> None:
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - top / height, text, va="top", **more)


def _rules(axes: Axes, ticks: Sequence[Tick], whole: float, name: str) -> None:
    """Lines across, with what they stand for, of an axis from 0 to ``whole``."""
    axes.set_ylim(0, whole)
    axes.set_yticks([tick.place * whole for tick in ticks], [tick.text for tick in ticks])
    axes.grid(axis="y")
    _named_above(axes, name)


def _ticks(axes: Axes, ticks: Sequence[Tick], name: str) -> None:
    axes.set_xticks([tick.place for tick in ticks], [tick.text for tick in ticks])
    axes.set_xlabel(name, loc="right", color=_SOFT)


def _named_above(axes: Axes, name: str) -> None:
    corner = (-_AXIS_ROOM * _POINTS, 9)
    axes.annotate(name, (0, 1), corner, xycoords="axes fraction", textcoords="offset points", color=_SOFT)


def _columns(
    axes: Axes, columns: Sequence[tuple[float, float, int]], color: str, inches: float, *, labelled: bool
) -> None:
    """Columns that start at a place from 0 to 1, are so wide, and as high as their number of rows."""
    largest = max((number for *_, number in columns), default=0) or 1
    axes.set_ylim(0, largest)
    for left, width, number in columns:
        axes.bar(left + width / 2, number, width * 0.95, color=color, clip_on=False)
        if labelled and number:
            written = count_text(number, width * inches, _SMALL / _POINTS)
            label = axes.annotate(written, (left + width / 2, number), xytext=(0, 2), textcoords="offset points")
            label.set(ha="center", size=_SMALL, color=_SOFT)
