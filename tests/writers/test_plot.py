"""The pictures that matplotlib draws: what is in them, measured on the figure itself."""

import io
import math
import re
import struct
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from softmax_cli.reports.charts import Bars, Histogram
from softmax_cli.writers import write_report
from softmax_cli.writers.plot import figure

SVG = "{http://www.w3.org/2000/svg}"


def written(report, name):
    stream = io.BytesIO()
    write_report(report, name, stream)
    return stream.getvalue()


def texts(root):
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


@pytest.fixture
def of(monkeypatch, pictured):
    """The same report with other charts."""

    def _of(*charts):
        monkeypatch.setattr(type(pictured), "charts", lambda _: iter(charts))
        return pictured

    return _of


def test_a_png_of_two_columns(pictured):
    picture = written(pictured, "png")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert width > height > 1000


def test_an_svg_whose_text_is_text(pictured):
    root = ET.fromstring(written(pictured, "svg"))
    shown = texts(root)
    for name in ("고양이", "سيارة", "<b>bold</b> & co", "$x_1$", "[/x]"):
        assert name in shown
    for chart in pictured.charts():
        assert chart.title in shown
    assert pictured.signature_line().split("|")[0] in " ".join(shown)


@pytest.mark.parametrize("name", ["svg", "png"])
def test_the_same_report_gives_the_same_bytes(pictured, name):
    assert written(pictured, name) == written(pictured, name)


def test_it_names_nothing_on_the_network_but_the_standards(pictured):
    named = set(re.findall(r"https?://[\w./#-]+", written(pictured, "svg").decode()))
    assert all(
        re.match(r"http://(www\.w3\.org|purl\.org|creativecommons\.org)/|https://matplotlib\.org/", each)
        for each in named
    )


def test_what_the_user_has_set_changes_nothing(pictured):
    expected = written(pictured, "svg")
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "text.parse_math": True}):
        assert written(pictured, "svg") == expected
        assert mpl.rcParams["font.size"] == 30


def test_the_dots_and_columns_of_a_reliability_diagram(of, reliability):
    plot, strip = figure(of(reliability)).axes
    known = [each for each in reliability.bins if each.rows]
    dots = [line for line in plot.lines if line.get_marker() == "o"]
    assert [tuple(np.ravel(dot.get_data())) for dot in dots] == [(each.confidence, each.accuracy) for each in known]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [each.rows < 25 for each in known]
    assert (plot.get_xlim(), plot.get_ylim()) == ((0, 1), (0, 1))
    box = plot.get_position()
    width, height = plot.figure.get_size_inches()
    assert box.width * width == pytest.approx(box.height * height)  # so that the diagonal is one
    columns = [bar for bar in strip.patches if bar.get_height()]
    assert [bar.get_height() for bar in columns] == [each.rows for each in known]
    assert strip.get_ylim()[0] == 0
    for each, bar in zip(known, columns, strict=True):
        assert bar.get_x() + bar.get_width() / 2 == pytest.approx((each.lower + each.upper) / 2)


def test_the_columns_of_a_histogram(of, histogram):
    (axes,) = figure(of(histogram)).axes
    assert [bar.get_height() for bar in axes.patches] == list(histogram.counts)
    middles = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert middles == pytest.approx((np.arange(13) + 0.5) / 13)
    assert axes.get_ylim() == (0, max(histogram.counts))
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "∞"]
    assert axes.get_xticks() == pytest.approx([*np.arange(7) * 2 / 13, 1])
    assert axes.get_xlabel() == "nats"


def test_the_bars_are_as_long_as_their_values(of, bars):
    (axes,) = figure(of(bars)).axes
    tracks = [bar for bar in axes.patches if bar.get_width() == bars.whole]
    values = [value for value in bars.values if not math.isnan(value)]
    assert len(axes.patches) == len(bars.names) + len(values)
    assert len(tracks) == len(bars.names) + 1  # one value is 1
    drawn = dict.fromkeys(round(bar.get_y() + bar.get_height() / 2) for bar in axes.patches)
    for bar in axes.patches:  # the last of two is on top
        drawn[round(bar.get_y() + bar.get_height() / 2)] = bar.get_width()
    assert list(drawn.values()) == [*values, 1.0]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first is at the top


def test_of_very_many_bars_it_says_how_many_are_missing(of):
    (axes,) = figure(of(Bars("recall", "recall", [f"c{place}" for place in range(500)], [0.5] * 500))).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert (labels[0], labels[19], labels[20], labels[21], labels[-1]) == ("c0", "c19", "⋮ 460 more", "c480", "c499")


@pytest.mark.parametrize(
    "chart",
    [
        Histogram("none", "nats", [0.0, float("inf")], [0]),
        Bars("a", "b", ["c"], [float("nan")]),
        Bars("a", "b", [], []),
    ],
)
def test_a_chart_of_nothing_is_no_fault(of, chart):
    assert chart.title in texts(ET.fromstring(written(of(chart), "svg")))


def test_a_letter_without_a_font_is_no_fault(of):
    assert written(of(Bars("𓀀", "b", ["𓀀"], [0.5])), "png")
