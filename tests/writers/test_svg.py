"""The drawings of a page: well-formed, and every length and place in them in proportion to its number."""

import math
import re
from xml.etree import ElementTree as ET

import pytest

from softmax_cli.reports.charts import Bars, Histogram
from softmax_cli.writers.charts.svg import svg


class Drawing:
    """An SVG, read back. Its scales are taken from its ticks: the numbers that are written beside the axes."""

    def __init__(self, chart):
        self.text = svg(chart, "it")
        self.root = ET.fromstring(self.text)

    def all(self, tag, *classes):
        """The elements of that tag that have these classes."""
        return [each for each in self.root.iter(tag) if set(classes) <= set(each.get("class", "").split())]

    def texts(self, *classes):
        return [each.text for each in self.all("text", *classes)]

    def value_at(self, place, along):
        """What an axis says of a place, read between two of its ticks."""
        side = "middle" if along == "x" else "end"
        ticks = [(float(each.get(along)), number(each.text)) for each in self.all("text", "tick", side)]
        (start, first), (end, last) = ticks[0], ticks[-1]
        # The letters of an upright axis stand a little lower than their lines.
        offset = 4 if along == "y" else 0
        return first + (place + offset - start) / (end - start) * (last - first)


def number(text):
    return float(text.replace("k", "e3").replace(",", ""))


def of(element, *names):
    return [float(element.get(name)) for name in names]


def titles(root):
    return [each.text for each in root.iter("title")]


@pytest.fixture(params=["reliability", "histogram", "bars"])
def any_drawing(request):
    """Each kind in turn."""
    return Drawing(request.getfixturevalue(request.param))


def test_a_drawing_has_a_title_and_a_description(any_drawing):
    root = any_drawing.root
    assert root.get("role") == "img"
    assert [each.tag for each in root][:2] == ["title", "desc"]
    assert all(each.text for each in list(root)[:2])
    assert root.get("aria-labelledby").split() == [each.get("id") for each in list(root)[:2]] == ["it-title", "it-desc"]


def test_a_drawing_lies_within_its_frame(any_drawing):
    left, top, width, height = map(float, any_drawing.root.get("viewBox").split())
    assert (left, top, width) == (0, 0, 360)
    for rect in any_drawing.root.iter("rect"):
        x, y, wide, high = of(rect, "x", "y", "width", "height")
        assert 0 <= x <= x + wide <= width + 0.02
        assert 0 <= y <= y + high <= height
    for text in any_drawing.root.iter("text"):
        x, y = of(text, "x", "y")
        assert 0 <= x <= width
        assert 8 <= y <= height


def test_a_drawing_has_no_style_of_its_own(any_drawing):
    # The page's policy forbids it.
    assert not re.search(r"style=|<style|<script|href|url\(", any_drawing.text)


def test_the_dots_lie_at_their_confidence_and_accuracy(reliability):
    drawing = Drawing(reliability)
    known = [each for each in reliability.bins if each.rows]
    dots, gaps = drawing.all("circle", "dot"), drawing.all("line", "gap")
    assert len(dots) == len(gaps) == len(known) >= 7
    for each, dot, gap in zip(known, dots, gaps, strict=True):
        x, y = of(dot, "cx", "cy")
        assert drawing.value_at(x, "x") == pytest.approx(each.confidence, abs=1e-4)
        assert drawing.value_at(y, "y") == pytest.approx(each.accuracy, abs=1e-4)
        x1, y1, x2, y2 = of(gap, "x1", "y1", "x2", "y2")
        assert (x1, x2, y2) == (x, x, y)
        assert drawing.value_at(y1, "y") == pytest.approx(each.confidence, abs=1e-4)


def test_the_diagonal_goes_from_corner_to_corner(reliability):
    drawing = Drawing(reliability)
    (line,) = drawing.all("line", "ideal")
    x1, y1, x2, y2 = of(line, "x1", "y1", "x2", "y2")
    ends = [drawing.value_at(x1, "x"), drawing.value_at(y1, "y"), drawing.value_at(x2, "x"), drawing.value_at(y2, "y")]
    assert ends == pytest.approx([0, 0, 1, 1], abs=1e-4)


def test_bins_of_few_rows_are_hollow(reliability):
    few = [each.rows < 25 for each in reliability.bins if each.rows]
    assert any(few)
    assert not all(few)
    drawing = Drawing(reliability)
    for tag in ("circle", "line"):
        marks = drawing.all(tag, "dot" if tag == "circle" else "gap")
        assert ["sparse" in each.get("class").split() for each in marks] == few


def test_the_counts_under_the_diagram_are_columns_with_their_numbers(reliability):
    drawing = Drawing(reliability)
    known = [each for each in reliability.bins if each.rows]
    columns = drawing.all("rect", "count")
    heights = [of(each, "height")[0] for each in columns]
    assert len(columns) == len(known)
    largest = max(each.rows for each in known)
    for each, column, height in zip(known, columns, heights, strict=True):
        # Nothing is lower than what can be seen: one unit.
        assert height == pytest.approx(max(1, each.rows / largest * max(heights)), abs=0.01)
        x, width = of(column, "x", "width")
        assert drawing.value_at(x, "x") == pytest.approx(each.lower, abs=0.005)
        assert drawing.value_at(x + width, "x") == pytest.approx(each.upper, abs=0.005)
    assert [number(text) for text in drawing.texts("number")] == pytest.approx([each.rows for each in known], rel=0.05)
    assert "confidence 0.9000 to 1: " in titles(drawing.root)[-1]
    assert f"{known[-1].rows:,} rows, mean confidence {known[-1].confidence:.4f}" in titles(drawing.root)[-1]


@pytest.mark.parametrize("labelled", [True, False])
def test_the_columns_of_a_histogram_are_as_high_as_their_counts(histogram, labelled):
    counts = histogram.counts if labelled else [*histogram.counts, *range(900, 918)]
    edges = [place / 4 for place in range(len(counts) + 1)]
    drawing = Drawing(Histogram("losses", "nats", edges, counts))
    columns = drawing.all("rect", "bar")
    baseline = max(of(each, "y", "height")[0] + of(each, "height")[0] for each in columns)
    scale = max(of(each, "height")[0] for each in columns) / max(counts)
    known = [(place, count) for place, count in enumerate(counts) if count]
    assert len(columns) == len(known)
    for (place, count), column in zip(known, columns, strict=True):
        x, y, width, height = of(column, "x", "y", "width", "height")
        assert y + height == pytest.approx(baseline, abs=0.02)
        assert height == pytest.approx(max(1, count * scale), abs=0.02)
        assert drawing.value_at(x + width / 2, "x") == pytest.approx((edges[place] + edges[place + 1]) / 2, abs=0.01)
        if not labelled and height > 1:
            assert drawing.value_at(y, "y") == pytest.approx(count, abs=20)
    # Either each column has its number, or an axis at the side does.
    assert len(drawing.texts("number")) == (len(known) if labelled else 0)
    assert bool(drawing.texts("tick", "end")) is not labelled


def test_an_open_bin_has_an_endless_edge(histogram):
    drawing = Drawing(histogram)
    assert drawing.texts("tick")[-1] == "∞"
    assert titles(drawing.root)[-1] == "3.0000 to inf nats: 7 rows"
    assert "nats" in drawing.texts("name")


def test_the_bars_are_as_long_as_their_values(bars):
    drawing = Drawing(bars)
    tracks, found = drawing.all("rect", "track"), drawing.all("rect", "bar")
    assert len(found) == len(tracks) == len(bars.values)
    for value, bar, track in zip(bars.values, found, tracks, strict=True):
        x, width = of(bar, "x", "width")
        start, whole = of(track, "x", "width")
        assert x == start
        assert width / whole == pytest.approx(0 if math.isnan(value) else value, abs=1e-4)
    ends = [of(each, "x")[0] for each in drawing.all("text", "tick")]
    assert ends == pytest.approx([start, start + whole], abs=0.02)


def test_the_bars_keep_their_order_and_their_names(bars):
    drawing = Drawing(bars)
    names = [name for name, value in zip(bars.names, bars.values, strict=True)]
    shown = drawing.texts("label")[::2]
    assert shown[:4] == names[:4]
    assert shown[4].endswith("…")
    assert names[4].startswith(shown[4].removesuffix("…"))
    assert drawing.texts("label")[1::2] == ["0", "0.1250", "0.5000", "0.6250", "0.7500", "1", None]
    assert titles(drawing.root)[1:] == [
        f"{name}: {value}"
        for name, value in zip(names, ["0", "0.1250", "0.5000", "0.6250", "0.7500", "1", "none"], strict=True)
    ]
    heights = [of(each, "y")[0] for each in drawing.all("rect", "bar")]
    assert heights == sorted(heights)


def test_bars_of_another_whole():
    drawing = Drawing(Bars("losses", "nats", ["a", "b"], [1.0, 3.0], whole=4.0))
    widths = [of(each, "width")[0] for each in (*drawing.all("rect", "bar"), *drawing.all("rect", "track"))]
    assert widths[0] * 4 == pytest.approx(widths[2], abs=0.05)
    assert widths[1] * 4 == pytest.approx(widths[2] * 3, abs=0.05)
    assert drawing.texts("tick") == ["0", "4"]


def test_very_many_bars_say_how_many_are_missing():
    drawing = Drawing(Bars("recall", "recall", [f"c{place}" for place in range(1000)], [0.5] * 1000))
    assert len(drawing.all("rect", "bar")) == 40
    assert drawing.texts("note") == ["⋮ 960 more"]
