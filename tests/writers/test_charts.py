"""Charts as tables, as lines of a terminal and as Markdown; and the ticks of an axis."""

import io
import math
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from softmax_cli.reports.charts import Bars, Bin, Histogram, Reliability
from softmax_cli.writers import write_report
from softmax_cli.writers.charts.drawing import cut, shown_bars, text_width
from softmax_cli.writers.charts.scales import count_ticks, edge_ticks, share_ticks, short
from softmax_cli.writers.charts.tabular import as_grid, coarse, shares
from softmax_cli.writers.signs import ASCII, UNICODE, bar
from softmax_cli.writers.table import renderable

NAN, INF = float("nan"), float("inf")


class Pictures:
    """A report of charts alone."""

    notes = ()

    def __init__(self, *charts):
        self._charts = charts

    def lead(self):
        return ""

    def grids(self):
        return iter(())

    def diagnostics(self):
        return iter(())

    def charts(self):
        return iter(self._charts)

    def remarks(self):
        return ()

    def warnings(self):
        return ()

    def signature_line(self):
        return "tool:1"


def rendered(*charts, width=80, encoding="utf-8", **console):
    """The lines that a console of that width shows."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    options = {"color_system": None, **console}
    Console(file=stream, width=width, highlight=False, **options).print(renderable(Pictures(*charts)), crop=False)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding).splitlines()


def cells_wide(text):
    """How many cells of a terminal a text takes up."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def filled(text, signs=UNICODE):
    """How many cells of a bar are filled, in parts of a cell."""
    return sum((signs.solid.find(sign) + 1) / len(signs.solid) for sign in text)


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
@pytest.mark.parametrize("cells", [1, 7, 40])
def test_a_bar_is_as_long_as_its_share(cells, signs):
    for share in np.linspace(0, 1, 201):
        # Half of the smallest part of a cell is what rounding can be off; a share above 0 has at least one part.
        tolerance = 0.5 / len(signs.solid) if share * cells * len(signs.solid) >= 0.5 or not share else 1
        assert filled(bar(share, cells, signs), signs) == pytest.approx(share * cells, abs=tolerance + 1e-9)


@pytest.mark.parametrize(("share", "drawn"), [(0.0, ""), (NAN, ""), (1e-12, "▏"), (2.0, "████"), (-1.0, "")])
def test_a_bar_of_little_or_nothing_or_too_much(share, drawn):
    assert bar(share, 4, UNICODE) == drawn


def test_a_reliability_diagram_in_a_terminal():
    bins = [
        Bin(0.0, 0.25, 0, NAN, NAN),
        Bin(0.25, 0.5, 24, 0.375, 0.25),
        Bin(0.5, 0.75, 25, 0.625, 0.75),
        Bin(0.75, 1.0, 12345, 1.0, 0.5),
    ]
    lines = rendered(Reliability("accuracy over confidence", bins, "ECE 0.4"), width=85)
    assert lines[:-1] == [
        "accuracy over confidence",
        "  from      to   rows  confidence  accuracy  0                                      1",
        "─" * 85,
        "     0  0.2500      0",
        # 40 cells: the accuracy of 0.25 is 10 of them, the mark is in the 16th; 24 rows are few.
        "0.2500  0.5000     24      0.3750    0.2500  " + "░" * 10 + " " * 5 + "│",
        "0.5000  0.7500     25      0.6250    0.7500  " + "█" * 25 + "│" + "█" * 4,
        "0.7500       1  12345           1    0.5000  " + "█" * 20 + " " * 19 + "│",
        "bar: accuracy; │ confidence, where it should end; ░ fewer than 25 rows",
        "ECE 0.4",
        "",
    ]


def test_a_histogram_in_a_terminal_of_ascii():
    chart = Histogram("losses of the rows", "nats", [0.0, 0.5, 1.0, INF], [40, 20, 1])
    assert rendered(chart, width=60, encoding="ascii")[:-1] == [
        "losses of the rows, in nats",
        "  from      to  rows  0                                   40",
        "-" * 60,
        "     0  0.5000    40  " + "#" * 38,
        "0.5000       1    20  " + "#" * 19,
        "     1     inf     1  #",
        "",
    ]


def test_bars_in_a_terminal(bars):
    lines = rendered(bars, width=60)
    assert lines[0] == "recall of each class, the <lowest> first"
    by_name = {name: next(line for line in lines if line.startswith(name)) for name in ("고양이", "개", "[/x]")}
    assert "a name that go…" in lines[7]
    assert lines[5].startswith("<b>bold</b> &…")
    # Every bar begins in the same cell, whatever the script of its name.
    starts = [cells_wide(line.partition("█")[0]) for line in lines if "█" in line]
    assert len(set(starts)) == 1
    assert (by_name["고양이"].split()[1:], by_name["개"].split()[1:]) == (["0"], [])
    assert filled(by_name["[/x]"]) == 60 - starts[0]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_charts_fit_the_console(width, encoding, reliability, histogram, bars):
    lines = rendered(reliability, histogram, bars, width=width, encoding=encoding)
    assert max(map(cells_wide, lines)) <= width
    assert any(line.count("#" if encoding != "utf-8" else "█") >= 8 for line in lines)


def test_a_console_too_narrow_for_anything_is_no_fault(reliability, histogram, bars):
    assert rendered(reliability, histogram, bars, width=5)


def test_columns_are_left_out_before_bars_become_too_short(reliability):
    headers = {width: rendered(reliability, width=width)[1].split() for width in (80, 60, 45, 38)}
    assert headers[80] == ["from", "to", "rows", "confidence", "accuracy", "0", "1"]
    assert headers[60] == ["from", "to", "rows", "accuracy", "0", "1"]
    assert headers[45] == ["from", "rows", "accuracy", "0", "1"]
    assert headers[38] == ["from", "rows", "0", "1"]


def test_colour_adds_nothing_that_is_not_there_without(reliability):
    coloured = rendered(reliability, color_system="standard", force_terminal=True)
    plain = rendered(reliability)
    assert [Text.plain for Text in map(without_colour, coloured)] == plain
    assert sum("\x1b[36m" in line for line in coloured) == sum("█" in line for line in plain)


def without_colour(line):
    from rich.text import Text

    return Text.from_ansi(line)


@pytest.mark.parametrize(("bins", "together"), [(20, 1), (21, 2), (100, 5), (101, 6)])
def test_many_bins_are_thrown_together(bins, together):
    generator = np.random.default_rng(0)
    rows = generator.integers(0, 50, bins)
    confidence, accuracy = generator.random((2, bins))
    edges = np.linspace(0, 1, bins + 1)
    columns = zip(edges, edges[1:], rows.tolist(), confidence, accuracy, strict=False)
    fine = [
        Bin(lower, upper, number, *((each, right) if number else (NAN, NAN)))
        for lower, upper, number, each, right in columns
    ]
    found = coarse(Reliability("", fine)).bins
    assert len(found) == math.ceil(bins / together) <= 20
    assert [(each.lower, each.upper) for each in found] == [
        (edges[start], edges[min(start + together, bins)]) for start in range(0, bins, together)
    ]
    for number, each in enumerate(found):
        part = slice(number * together, (number + 1) * together)
        assert each.rows == rows[part].sum()
        for value, values in ((each.confidence, confidence), (each.accuracy, accuracy)):
            assert math.isnan(value) is (each.rows == 0)
            assert each.rows == 0 or value == pytest.approx(np.average(values[part], weights=rows[part]), rel=1e-12)
    counted = coarse(Histogram("", "", edges.tolist(), rows.tolist()))
    assert (sum(counted.counts), len(counted.counts)) == (rows.sum(), len(found))
    assert list(counted.edges) == [edges[0], *(each.upper for each in found)]


def test_of_many_bars_a_terminal_shows_the_first_and_the_last():
    chart = Bars("", "recall", [f"c{place}" for place in range(1000)], np.linspace(0, 1, 1000).tolist())
    assert [row[0] for row in as_grid(chart).rows] == [
        f"c{place}" for place in (0, 1, 2, 3, 4, 995, 996, 997, 998, 999)
    ]
    assert shares(chart) == [value for _, value in as_grid(chart).rows]
    lines = rendered(chart)
    assert lines[8] == "⋮"
    assert "990 bars not shown" in lines


@pytest.mark.parametrize(
    "chart",
    [
        Reliability("empty", []),
        Histogram("empty", "nats", [0.0], []),
        Histogram("none", "nats", [0.0, INF], [0]),
        Histogram("one", "nats", [1.0, 1.0], [3]),
        Bars("empty", "recall", [], []),
        Bars("nothing known", "recall", ["a"], [NAN]),
    ],
)
@pytest.mark.parametrize("name", ["table", "markdown", "html"])
def test_a_chart_of_nothing_is_no_fault(chart, name):
    stream = io.StringIO()
    write_report(Pictures(chart), name, stream)
    assert chart.title in stream.getvalue()


def test_markdown_has_a_bar_in_each_line(histogram, bars):
    stream = io.StringIO()
    write_report(Pictures(histogram, bars), "markdown", stream)
    text = stream.getvalue()
    assert "**losses of the rows, in nats**\n\n| from | to | rows |  |\n| ---: | ---: | ---: | --- |\n" in text
    assert f"| 0 | 0.2500 | 2446 | {'█' * 20} |\n" in text
    assert "| 3.0000 | inf | 7 | ▏ |\n\nthe largest is 9.7\n" in text
    assert rf"| \<b\>bold\</b\> \& co | 0.5000 | {'█' * 10} |" in text
    assert "| 개 |  |  |" in text


@pytest.mark.parametrize(
    ("largest", "texts"),
    [
        (0, ["0"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6"]),
        (2446, ["0", "1k", "2k"]),
        (999_999, ["0", "500k"]),
        (1_000_000, ["0", "500k", "1M"]),
        (500_000_000, ["0", "200M", "400M"]),
    ],
)
def test_the_ticks_of_counts_are_round_and_where_they_belong(largest, texts):
    ticks = count_ticks(largest, 4)
    assert [tick.text for tick in ticks] == texts
    for tick in ticks:
        value = float(tick.text.replace("k", "e3").replace("M", "e6"))
        assert tick.place == pytest.approx(value / max(largest, 1), abs=1e-12)


@pytest.mark.parametrize(
    ("edges", "texts"),
    [
        ([0, 0.5, 1, 1.5, 2], ["0", "0.5", "1.0", "1.5", "2.0"]),
        ([-3, -1, 1, 3], ["-2", "0", "2"]),
        ([0.0001, 0.2271, 0.4541], ["0.1", "0.2", "0.3", "0.4"]),
        ([0, 1, 2, 3, 4, INF], ["0", "1", "2", "3", "4", "∞"]),
        ([-INF, 0, INF], ["−∞", "0", "∞"]),
        ([1e-4, 1e-3, 1e-2, 0.1, 1, 10, INF], ["0.0001", "0.01", "1", "∞"]),
        ([0, 4e6, 8e6], ["0", "2e+06", "4e+06", "6e+06", "8e+06"]),
    ],
)
def test_the_ticks_of_edges_are_where_the_bins_are(edges, texts):
    ticks = edge_ticks(edges, 5)
    assert [tick.text for tick in ticks] == texts
    finite = [(place / (len(edges) - 1), edge) for place, edge in enumerate(edges) if math.isfinite(edge)]
    for tick in ticks:
        if "∞" not in tick.text:
            place = np.interp(float(tick.text), [edge for _, edge in finite], [place for place, _ in finite])
            assert tick.place == pytest.approx(place, abs=1e-9)


def test_the_ticks_of_shares():
    assert [tick.text for tick in share_ticks()] == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]


@pytest.mark.parametrize("number", [0, 7, 999, 1000, 9949, 9950, 99_499, 999_499, 999_500, 9_949_999, 10**9, 10**11])
def test_a_short_count_is_short_and_near(number):
    text = short(number)
    assert len(text) <= 4
    value = float(text.replace("k", "e3").replace("M", "e6").replace("G", "e9"))
    assert value == pytest.approx(number, rel=0.0513)  # of 1.0 to 1.05


@pytest.mark.parametrize(("bars", "shown"), [(0, 0), (40, 40), (41, 41), (5000, 41)])
def test_of_very_many_bars_a_drawing_shows_the_first_and_the_last(bars, shown):
    places = list(shown_bars(bars))
    assert len(places) == shown
    assert (None in places) is (bars > 40)
    assert places[:20] == list(range(min(20, bars)))
    assert bars <= 40 or places[20:] == [None, *range(bars - 20, bars)]


@pytest.mark.parametrize("text", ["short", "a name that goes on and on", "고양이고양이고양이", "e\u0301" * 30])
def test_a_name_is_cut_where_there_is_no_room(text):
    found = cut(text, 60, 10)
    assert text_width(found, 10) <= 60
    assert (found == text) is (text_width(text, 10) <= 60)
    assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


@pytest.mark.parametrize("rows", [24, 25])
def test_a_bin_is_sparse_where_chance_moves_its_accuracy_by_more_than_a_tenth(rows):
    each = Bin(0.5, 0.6, rows, 0.55, 0.5)
    assert each.sparse is (math.sqrt(0.5 * 0.5 / rows) > 0.1)
    assert replace(each, rows=rows + 1000).sparse is False
