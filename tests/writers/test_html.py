"""The page as text: sound HTML that holds the figures, and nothing of a user's that is more than text."""

import base64
import hashlib
import html
import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from softmax_cli import evaluate, softmax
from softmax_cli.reports.grid import Column, Grid
from softmax_cli.writers import write_report

VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """A page, read back: every element is closed in its turn, and what there is of it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.elements = []
        self.text = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, dict(attributes), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert "svg" in self.open, tag
        self.elements.append((tag, dict(attributes), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, tag):
        """The attributes of each element of that tag."""
        return [attributes for name, attributes, _ in self.elements if name == tag]


def written(report, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace", newline="")
    write_report(report, "html", stream)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.fixture
def text(pictured):
    """The page of the report with all charts."""
    return written(pictured)


@pytest.fixture
def page(text):
    """The same, read back."""
    return Page(text)


def test_ids_are_unique_and_what_refers_to_them_finds_them(page):
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) >= 8
    referred = [
        attributes["aria-labelledby"].split() for _, attributes, _ in page.elements if "aria-labelledby" in attributes
    ]
    assert len(referred) >= 8
    assert {name for names in referred for name in names} <= set(ids)


def test_the_outline_is_one_heading_and_those_below_it(page, pictured):
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) - 3 - len(page.all("g")) == 1
    titles = [grid.title for grid in pictured.grids()]
    assert page.text["h1"] == titles[:1]
    assert [title for title in page.text["h2"] if title in titles] == titles[1:]
    assert page.all("html") == [{"lang": "en"}]


def test_tables_have_headers_and_as_many_cells_in_every_row(text):
    tables = re.findall(r"<table>.*?</table>", text, re.DOTALL)
    assert len(tables) == 6
    for table in tables:
        root = ET.fromstring(table)
        columns = [each.get("scope") for each in root.findall("thead/tr/th")]
        assert set(columns) == {"col"}
        for row in root.findall("tbody/tr"):
            assert sum(int(cell.get("colspan", 1)) for cell in row) == len(columns)
            assert row.get("class") == "gap" or row[0].get("scope") == "row"


def test_figures_are_those_of_the_terminal(text, pictured):
    first = next(pictured.grids())
    table = ET.fromstring(re.search(r"<table>.*?</table>", text, re.DOTALL)[0])
    cells = [["".join(cell.itertext()) for cell in row] for row in table.findall("tbody/tr")]
    assert len(cells) == len(first.rows)
    # samples/hostile.csv, row 4, of class 0: softmax([3, -inf, 4]) rounded to four digits.
    assert cells[4] == ["4", "0", "0.2689*", "0", "0.7311", "1", "1.3133"]
    numbers = [cell.get("class", "").split() for cell in table.findall("tbody/tr")[4]]
    assert ["number" in classes for classes in numbers] == [True, False, True, True, True, True, True]
    assert ["marked" in classes for classes in numbers] == [place == 2 for place in range(7)]


def test_what_is_odd_stands_out(page):
    odd = [attributes for tag, attributes, _ in page.elements if "odd" in attributes.get("class", "").split()]
    assert len(odd) >= 4
    assert "nan" in page.text["td"]


def test_warnings_come_first_and_notes_are_kept(text, pictured):
    warning, first = text.index('<section class="warnings"'), text.index("<table>")
    assert text.index("<h1") < warning < first
    for sentence in (*pictured.warnings(), *pictured.remarks(), *pictured.notes):
        assert f"<li>{html.escape(sentence)}</li>" in text


def test_each_drawing_is_sound_xml_with_ids_of_its_own(text, pictured):
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 3
    for drawing, chart in zip(drawings, pictured.charts(), strict=True):
        assert ET.fromstring(drawing).find("title").text == chart.title
    assert text.count("<details>") == 3


def test_names_are_text(text, page):
    assert "<b>bold" not in text
    assert "<lowest>" not in text
    for name in ("<b>bold</b> & co", "고양이", "سيارة", "$x_1$", "[/x]"):
        assert name in page.text["th"]
        assert name in page.text["text"]
    directions = [attributes.get("dir") for attributes in page.all("th")]
    assert directions.count("auto") >= 3  # two in Korean, one in Arabic


@pytest.mark.parametrize(
    "name",
    [
        "</style><script>alert(1)</script>",
        '" onload="alert(1)',
        "a\x1b[31mb\x00",
        "\u202eturned",
        "\udce9",
        "&amp;",
        "'",
    ],
)
def test_a_hostile_name_is_harmless_everywhere(pictured, monkeypatch, bars, name):
    monkeypatch.setattr(type(bars), "legend", name)
    hostile = type(bars)(name, name, [name], [0.5], legend=name)
    columns = (Column(name), Column("x", "decimal", group=True))
    monkeypatch.setattr(type(pictured), "charts", lambda _: iter([hostile]))
    monkeypatch.setattr(type(pictured), "grids", lambda _: iter([Grid(name, columns, [(name, 1.0)], legend=name)]))
    monkeypatch.setattr(type(pictured), "remarks", lambda _: (name,))
    page = Page(written(pictured))
    assert page.all("script") == []
    assert [key for _, attributes, _ in page.elements for key in attributes if key.startswith("on")] == []
    shown = (
        name.replace("\x1b", "\\x1b").replace("\x00", "\\x00").replace("\u202e", "\\u202e").replace("\udce9", "\ufffd")
    )
    assert page.text["h1"] == [shown]
    assert shown in page.text["li"]
    assert shown in page.text["th"]


def test_nothing_on_it_asks_the_network_or_runs(text, page):
    assert page.all("script") == []
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert not re.search(r"https?:|//|@import|url\(", text)
    assert not any("style" in attributes for _, attributes, _ in page.elements)


def test_the_policy_allows_the_page_its_own_style_and_nothing_else(text, page):
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    (style,) = page.text["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    # It is read before what it is about.
    assert text.index("Content-Security-Policy") < text.index("<title>") < text.index("<style>")


def test_another_encoding_spells_what_it_lacks_as_html_does(pictured, text):
    for encoding in ("ascii", "latin-1"):
        page = written(pictured, encoding)
        assert page.isascii()
        assert Page(page).text["th"] == Page(text).text["th"]


def test_a_table_of_very_many_classes_leaves_out_the_middle_and_says_so():
    rows, classes = 30, 1000
    report = evaluate([[float(row == place) for place in range(classes)] for row in range(rows)], list(range(rows)))
    text = written(report)
    header, *_ = re.findall(r"<thead>.*?</thead>", text, re.DOTALL)
    names = re.findall(r"<th[^>]*>(.*?)</th>", header)
    shown = [name for name in names if name.isdigit()]
    assert 4 < len(shown) < 20
    assert shown[0] == "0"
    assert shown[-1] == "999"
    assert names.count("…") == 1
    said = f"{classes - len(shown)} of 1,000 classes and 20 rows not shown (the softmax command writes them all)"
    assert said in text
    assert text.count('<tr class="gap">') == 1
    assert len(text) < 50_000


def test_a_report_that_is_streamed_is_not_built_into_the_page():
    class Blocks:
        """Of 100,000 rows, each read as it is wanted."""

        def __iter__(self):
            return (block for _ in range(100) for block in softmax([[1.0, 2.0]] * 1000).blocks)

    report = softmax([[1.0, 2.0]])
    object.__setattr__(report, "blocks", Blocks())
    text = written(report)
    assert "softmax, 100,000 rows of 2 classes" in text
    assert "99,990 rows not shown" in text
    assert len(text) < 20_000


def test_a_report_without_tables_is_still_a_page(pictured, monkeypatch):
    monkeypatch.setattr(type(pictured), "grids", lambda _: iter(()))
    page = Page(written(pictured))
    assert page.text["h1"][0].startswith("softmax-cli ")
    assert len(page.all("svg")) == 3
