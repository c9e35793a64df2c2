"""The tables for people, rendered at several widths and in several encodings."""

import html
import io
import re
import unicodedata
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from softmax_cli.reports.grid import Column, Grid
from softmax_cli.writers.table import as_html, as_text, renderable

KOREAN = ("고양이", "개", "자동차", "비행기")


@dataclass(frozen=True)
class Shown:
    """A report of a single grid."""

    grid: Grid
    sentences: tuple[str, ...] = field(default=())

    def lead(self):
        return ""

    def grids(self):
        yield self.grid

    def diagnostics(self):
        return iter(())

    def charts(self):
        return ()

    def remarks(self):
        return self.sentences

    def warnings(self):
        return ()

    def signature_line(self):
        return "tool:1|numpy:2"


def grid_of(names, rows=2, **more):
    """Each value says which it is: row r, class c is (r * 1000 + c) / 10000, a number of four decimals."""
    columns = (
        Column("row", "integer"),
        Column("label"),
        *(Column(name, "decimal", group=True) for name in names),
        Column("sum", "decimal"),
        Column("loss", "loss"),
    )
    cells = [
        (row, names[row % len(names)], *((row * 1000 + place) / 10000 for place in range(len(names))), 1.0, 12.3456789)
        for row in range(1, rows + 1)
    ]
    return Grid("a title", columns, cells, **more)


def rendered(grid, width=80, encoding="utf-8", *sentences, **console):
    """The lines that a console of that width shows."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    options = {"color_system": None, **console}
    Console(file=stream, width=width, highlight=False, **options).print(renderable(Shown(grid, sentences)), crop=False)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding).splitlines()


def cells_wide(text):
    """How many cells of a terminal a text takes up."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def tables(lines):
    """The tables among the lines: of each, the header and the rows, split into cells."""
    for place, line in enumerate(lines):
        if line and set(line) <= {"─", "-"}:
            rows = []
            for row in lines[place + 1 :]:
                if not re.match(r" *(\d+|⋮|:)  ", row):
                    break
                rows.append(row.split())
            yield lines[place - 1].split(), rows


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("classes", [1, 2, 3, 10, 50, 1000])
def test_no_value_is_cut_or_wrapped_or_silently_missing(classes, width):
    lines = rendered(grid_of([f"c{place}" for place in range(classes)]), width)
    assert max(map(len, lines)) <= width
    seen = set()
    for header, rows in tables(lines):
        assert header[:2] == ["row", "label"]
        assert [row[0] for row in rows] == ["1", "2"]
        for row in rows:
            assert len(row) == len(header)
            for name, cell in list(zip(header, row, strict=True))[2:]:
                seen.add(name)
                exact = {"…": "…", "sum": "1", "loss": "12.345679"}
                if name in exact:
                    assert cell == exact[name]
                else:
                    assert cell == f"{(int(row[0]) * 1000 + int(name[1:])) / 10000:.4f}"
    assert {"sum", "loss"} <= seen
    shown = sum(name.startswith("c") for name in seen)
    said = f"{classes - shown:,} of {classes:,} classes not shown"
    assert (said in " ".join(" ".join(lines).split())) is (shown < classes)
    assert ("…" in seen) <= (shown < classes)


def test_rows_that_are_left_out_are_marked_and_counted():
    grid = grid_of(("a", "b"), rows=10, hidden=9990, whole="look there")
    lines = rendered(grid)
    ((_, rows),) = tables(lines)
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "⋮", "6", "7", "8", "9", "10"]
    assert "9,990 rows not shown (look there)" in lines


@pytest.mark.parametrize("name", ["[class]", "[/x]", "[bold]b[/bold]", "a|b", r"back\slash", ":cat:", "*"])
def test_names_are_text_and_not_markup(name):
    lines = rendered(grid_of((name, "other")), 80, "utf-8", f"a remark on {name}")
    assert lines[1].split() == ["row", "label", name, "other", "sum", "loss"]
    assert lines[3].split()[1] == "other"
    assert f"a remark on {name}" in lines


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("names", [KOREAN, ("é", "ß"), ("👍", "x" * 12)])
def test_columns_are_aligned_in_every_script_and_encoding(names, encoding):
    lines = rendered(grid_of(names, marked=[2, None], rows=2), 120, encoding)
    header, rule, *rows = lines[1:5]
    assert len({cells_wide(line) for line in (header, rule, *rows)}) == 1
    ends = [[cells_wide(line[: found.end()]) for found in re.finditer(r"\S+", line)] for line in rows]
    assert ends[0][3:] == ends[1][3:]
    assert rows[0].split()[2] == "0.1000*"


def test_what_ascii_lacks_is_spelled_out():
    lines = rendered(grid_of(KOREAN, rows=10, hidden=1), 80, "ascii")
    assert lines[3].split()[1] == "\\uac1c"
    assert set(lines[2]) == {"-"}
    assert any(line.startswith("  :") for line in lines)
    assert any("..." in line.split() for line in lines)


def test_control_characters_do_not_reach_the_terminal():
    lines = rendered(grid_of(("red\x1b[31m", "tab\there", "two\nlines")), 100, "utf-8", "a remark\x1b[2J")
    assert "\x1b" not in "".join(lines)
    assert r"red\x1b[31m" in lines[1]
    assert "tab here" in lines[1]
    assert "two lines" in lines[1]


def test_long_names_lose_their_end_only_where_the_table_is_too_wide():
    names = tuple(f"a name that goes on and on {place}" for place in range(3))
    assert all(name in rendered(grid_of(names), 200)[1] for name in names)
    assert "x" * 40 in rendered(grid_of(("x" * 40,)), 120)[1]
    narrow = rendered(grid_of(names), 80)
    assert max(map(len, narrow)) <= 80
    assert "a name that goes on…" in narrow[1]


def test_a_console_too_narrow_for_one_column_still_gets_it_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    grid = grid_of(("a" * 30,))
    for lines in (rendered(grid, 10), as_text(Shown(grid)).splitlines()):
        assert sum("12.345679" in line for line in lines) == 2
        assert sum("0.1000" in line for line in lines) == 1


def test_the_mark_is_on_the_column_it_belongs_to():
    grid = grid_of(("a", "b", "c"), marked=[3, None], legend="* marked")
    lines = rendered(grid, color_system="standard", force_terminal=True)
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]
    assert plain[3].split()[2:5] == ["0.1000", "0.1001*", "0.1002"]
    assert "\x1b[1;32m0.1001*" in lines[3]
    assert "*" not in plain[4]
    assert "* marked" in plain


def test_nan_and_infinities_stand_out():
    grid = Grid("", (Column("x", "loss"),), [(float("nan"),), (float("-inf"),), (1.5,)])
    lines = rendered(grid, color_system="standard", force_terminal=True)
    assert ["\x1b[31m" in line for line in lines[3:6]] == [True, True, False]


def test_text_and_html_hold_every_digit(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    report = Shown(grid_of([f"c{place}" for place in range(50)]), ("<b>a remark</b>",))
    text = as_text(report)
    assert max(map(len, text.splitlines())) <= 60
    page = as_html(report)
    assert "<b>" not in page
    unmarked = html.unescape(re.sub(r"<[^>]*>", "", page))
    for shown in (text, unmarked):
        assert shown.count("12.345679") == 2
        assert "<b>a remark</b>" in shown
        assert "tool:1 numpy:2" in shown
