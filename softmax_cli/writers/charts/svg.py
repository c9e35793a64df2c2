"""Charts as SVG, for a page that has the classes' colours (page.css).

A drawing is 360 units wide, the width of a phone, so that its letters stay legible there. What it says in colour it
also says in shape or words, and each mark has its numbers as a title.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from softmax_cli.reports.charts import Bars, Bin, Chart, Histogram, Reliability
from softmax_cli.reports.grid import count
from softmax_cli.writers.charts.drawing import END_BARS, WHOLE_BARS, count_text, cut, shown_bars, text_width
from softmax_cli.writers.charts.scales import Tick, count_ticks, edge_ticks, share_ticks, short
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.text import visible

_WIDTH = 360
_LEFT, _RIGHT = 34, 10
_PLOT = _WIDTH - _LEFT - _RIGHT
_TOP = 26  # with room for an axis's name
_BOTTOM = 36  # with room for ticks and an axis's name
_SIZE, _SMALL = 11, 9  # of letters, and of the counts above columns: as in page.css
_NAMES = 130.0  # what names may take up


def svg(chart: Chart, name: str) -> str:
    """The chart as an ``<svg>`` element; ``name`` begins its ids."""
    drawn = _DRAWINGS[type(chart)](chart)
    title = _element("title", visible(chart.title), id=f"{name}-title")
    desc = _element("desc", visible(drawn.says), id=f"{name}-desc")
    return _parent(
        "svg",
        [title, desc, *drawn.marks],
        viewBox=f"0 0 {_WIDTH} {_number(drawn.height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


@dataclass(frozen=True)
class _Drawing:
    height: float
    says: str
    marks: list[str]


def _reliability(chart: Reliability) -> _Drawing:
    bottom = _TOP + _PLOT
    strip_top, strip = bottom + 30, 48
    baseline = strip_top + strip
    rows = sum(each.rows for each in chart.bins)
    largest = max((each.rows for each in chart.bins), default=0) or 1
    marks = [*_rules(share_ticks(), bottom, _PLOT), _text("accuracy", 0, 10, "name")]
    marks += [
        _line(_LEFT, bottom, _LEFT + _PLOT, _TOP, "ideal"),
        _text(
            "perfectly calibrated", _LEFT + 14, bottom - 20, "note", transform=f"rotate(-45 {_LEFT + 14} {bottom - 20})"
        ),
        _text("underconfident", _LEFT + 12, _TOP + 22, "note"),
        _text("overconfident", _LEFT + _PLOT - 12, bottom - 14, "note end"),
    ]
    for each in chart.bins:
        if each.rows:
            marks.append(_point(each, bottom))
    marks.append(_text("rows", 0, strip_top - 8, "name"))
    for each in chart.bins:
        left, width = _LEFT + each.lower * _PLOT, (each.upper - each.lower) * _PLOT
        height = each.rows / largest * strip
        marks += _column(left, baseline, width, height, each.rows, _bin_text(each), "bar count")
    marks += [*_axis(share_ticks(), baseline), _text("confidence", _WIDTH - _RIGHT, baseline + 30, "name end")]
    says = f"Accuracy over mean confidence of {count(rows, 'row')} in {count(len(chart.bins), 'bin')}."
    return _Drawing(baseline + _BOTTOM, says, marks)


def _point(each: Bin, bottom: float) -> str:
    """A dot at a bin's confidence and accuracy, and the way from there to the diagonal."""
    x = _LEFT + each.confidence * _PLOT
    y, ideal = (bottom - share * _PLOT for share in (each.accuracy, each.confidence))
    sparse = " sparse" if each.sparse else ""
    parts = [
        _element("title", _bin_text(each)),
        _line(x, ideal, x, y, f"gap{sparse}"),
        _element("circle", cx=x, cy=y, r=3.5 if each.sparse else 4.5, class_=f"dot{sparse}"),
    ]
    return _parent("g", parts)


def _bin_text(each: Bin) -> str:
    lower, upper, confidence, accuracy = (
        rounded(value, "decimal") for value in (each.lower, each.upper, each.confidence, each.accuracy)
    )
    within = f"confidence {lower} to {upper}: {count(each.rows, 'row')}"
    return f"{within}, mean confidence {confidence}, accuracy {accuracy}" if each.rows else within


def _histogram(chart: Histogram) -> _Drawing:
    height = 150
    baseline = _TOP + height
    largest = max(chart.counts, default=0) or 1
    slot = _PLOT / max(1, len(chart.counts))
    labelled = all(text_width(short(number), _SMALL) <= slot for number in chart.counts)
    marks = [] if labelled else _rules(count_ticks(largest, 4), baseline, height)
    marks.append(_text("rows", 0, 10, "name"))
    for place, (number, (lower, upper)) in enumerate(zip(chart.counts, pairwise(chart.edges), strict=True)):
        said = f"{rounded(lower, 'decimal')} to {rounded(upper, 'decimal')} {chart.unit}: {count(number, 'row')}"
        left = _LEFT + place * slot
        marks += _column(left, baseline, slot, number / largest * height, number, said, "bar", labelled=labelled)
    marks += _axis(edge_ticks(chart.edges, 6), baseline)
    marks.append(_text(visible(chart.unit), _WIDTH - _RIGHT, baseline + 30, "name end"))
    ends = " to ".join(rounded(edge, "decimal") for edge in (chart.edges[0], chart.edges[-1]))
    says = f"{count(sum(chart.counts), 'row')} in {count(len(chart.counts), 'bin')} from {ends} {chart.unit}."
    return _Drawing(baseline + _BOTTOM, says, marks)


def _bars(chart: Bars) -> _Drawing:
    places = list(shown_bars(len(chart.names)))
    shown = {place: (visible(chart.names[place]), chart.values[place]) for place in places if place is not None}
    left = min(_NAMES, max((text_width(name, _SIZE) for name, _ in shown.values()), default=0.0)) + 8
    right = _WIDTH - max((text_width(_value(value), _SIZE) for _, value in shown.values()), default=0.0) - 8
    step = 20 if len(places) <= WHOLE_BARS // 2 else 16
    marks, y = [_text("0", left, 10, "tick middle"), _text(f"{chart.whole:g}", right, 10, "tick middle")], 18.0
    for place in places:
        if place is None:
            marks.append(_text(f"⋮ {len(chart.names) - 2 * END_BARS:,} more", left, y + step / 2 + 4, "note"))
        else:
            marks.append(_bar(*shown[place], chart.whole, left, right, y, step))
        y += step
    says = f"{count(len(chart.names), 'bar')} of {chart.unit} from 0 to {chart.whole:g}"
    known = [(value, name) for value, name in zip(chart.values, chart.names, strict=True) if math.isfinite(value)]
    if known:
        ends = (("lowest", *min(known)), ("highest", *max(known)))
        says += "; " + ", ".join(f"{what} {name} with {_value(value)}" for what, value, name in ends)
    return _Drawing(y + 4, f"{says}.", marks)


def _bar(name: str, value: float, whole: float, left: float, right: float, top: float, step: float) -> str:
    """A bar between its name and its value, in front of what it could be at most."""
    share = min(1.0, max(0.0, value / whole)) if math.isfinite(value) else 0.0
    place: dict[str, Any] = {"x": left, "y": top + 3, "height": step - 6}
    line = top + step / 2 + 4
    parts = [
        _element("title", f"{name}: {_value(value) or 'none'}"),
        _text(cut(name, left - 8, _SIZE), left - 8, line, "label end"),
        _element("rect", **place, width=right - left, class_="track"),
        _element("rect", **place, width=share * (right - left), class_="bar"),
        _text(_value(value), _WIDTH, line, "label end"),
    ]
    return _parent("g", parts)


def _value(value: float) -> str:
    return rounded(value, "decimal") if math.isfinite(value) else ""


_DRAWINGS: dict[type[Any], Callable[[Any], _Drawing]] = {
    Reliability: _reliability,
    Histogram: _histogram,
    Bars: _bars,
}


def _rules(marks: Sequence[Tick], baseline: float, height: float) -> list[str]:
    """Lines across the plot, with what they stand for."""
    drawn = []
    for tick in marks:
        y = baseline - tick.place * height
        drawn.append(_line(_LEFT, y, _LEFT + _PLOT, y, "rule"))
        drawn.append(_text(tick.text, _LEFT - 6, y + 4, "tick end"))
    return drawn


def _axis(marks: Sequence[Tick], baseline: float) -> list[str]:
    """The line on which columns stand, and what its places stand for."""
    drawn = [_line(_LEFT, baseline, _LEFT + _PLOT, baseline, "base")]
    for tick in marks:
        x = _LEFT + tick.place * _PLOT
        drawn.append(_line(x, baseline, x, baseline + 4, "base"))
        drawn.append(_text(tick.text, x, baseline + 16, "tick middle"))
    return drawn


def _column(
    left: float,
    baseline: float,
    slot: float,
    height: float,
    number: int,
    said: str,
    kind: str,
    *,
    labelled: bool = True,
) -> list[str]:
    """A column of a histogram, if it has rows, at least as high and as wide as can be seen, and its count above it."""
    if not number:
        return []
    height, width = max(1.0, height), max(1.0, slot - min(1.0, slot / 10))
    parts = [
        _element("title", said),
        _element("rect", x=left + (slot - width) / 2, y=baseline - height, width=width, height=height, class_=kind),
    ]
    if labelled and (written := count_text(number, slot, _SMALL)):
        parts.append(_text(written, left + slot / 2, baseline - height - 3, "number middle"))
    return [_parent("g", parts)]


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return _element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _text(content: str, x: float, y: float, kind: str, **more: Any) -> str:
    return _element("text", content, x=x, y=y, class_=kind, **more)


def _element(tag: str, content: str = "", **attributes: Any) -> str:
    return _parent(tag, [escape(content, quote=False)], **attributes)


def _parent(tag: str, children: Sequence[str], **attributes: Any) -> str:
    written = "".join(
        f' {name.removesuffix("_").replace("_", "-")}="{escape(_number(value))}"' for name, value in attributes.items()
    )
    inside = "".join(children)
    return f"<{tag}{written}>{inside}</{tag}>" if inside else f"<{tag}{written}/>"


def _number(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
