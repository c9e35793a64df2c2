"""The formats for programs, and Markdown: a report of hostile names and numbers, read back by other readers."""

import csv
import io
import json
from dataclasses import dataclass

import numpy as np
import pytest

from softmax_cli.reports.grid import Column, Grid, Records
from softmax_cli.writers import WRITERS, write_report

NAN, INF = float("nan"), float("inf")
NAMES = ("[class]", "[/x]", "a|b", "tab\there", 'quoted, "so"', "고양이", "two\nlines", "🐈")
ROWS = ((1 / 3, NAN, INF, -INF, 0.1 + 0.2, 1e-320, 0.0, 1e23), tuple(map(float, range(8))))


@dataclass(frozen=True)
class HostileReport:
    notes: tuple[str, ...] = ("a note",)

    def lead(self):
        return ""

    def grids(self):
        columns = (Column("row", "integer"), *(Column(name, "decimal", group=True) for name in NAMES))
        rows = [(number, *row) for number, row in enumerate(ROWS)]
        yield Grid("a * title", columns, rows, marked=[1, None])

    def diagnostics(self):
        return iter(())

    def charts(self):
        return ()

    def remarks(self):
        return ("0 * inf is nan.",)

    def warnings(self):
        return ("a <b>warning</b>",)

    def records(self):
        return Records(("text", *NAMES), ((NAMES[0], *row) for row in ROWS))

    def as_dict(self):
        return {"names": NAMES, "rows": ROWS, "single": np.float32(0.1), "none": None, "count": 3, "array": np.ones(2)}

    def signature_line(self):
        return "tool:1|numpy:2"


def written(name, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace", newline="")
    write_report(HostileReport(), name, stream)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def no_literal(name):
    raise AssertionError(f"{name} is not JSON")


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_ends_its_last_line(name):
    assert written(name).endswith("\n")


def test_tsv_has_one_record_a_line_and_as_many_cells_everywhere():
    header, *lines = [line.split("\t") for line in written("tsv").removesuffix("\n").split("\n")]
    assert header == ["text", "[class]", "[/x]", "a|b", "tab here", 'quoted, "so"', "고양이", "two lines", "🐈"]
    assert [line[0] for line in lines] == ["[class]"] * 2
    assert repr([tuple(map(float, line[1:])) for line in lines]) == repr(list(ROWS))


def test_csv_is_what_the_csv_module_reads():
    header, *lines = csv.reader(io.StringIO(written("csv"), newline=""))
    assert header == ["text", *NAMES]
    assert repr([tuple(map(float, line[1:])) for line in lines]) == repr(list(ROWS))
    assert "\r" not in written("csv")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_is_json_in_every_encoding(encoding):
    text = written("json", encoding)
    assert text.count("\n") == 1
    assert json.loads(text, parse_constant=no_literal) == {
        "names": list(NAMES),
        "rows": [[1 / 3, "nan", "inf", "-inf", 0.1 + 0.2, 1e-320, 0.0, 1e23], list(ROWS[1])],
        "single": 0.1,
        "none": None,
        "count": 3,
        "array": [1.0, 1.0],
    }
    assert ("고양이" in text) is (encoding == "utf-8")


def test_jsonl_has_one_object_a_record():
    first, second = (json.loads(line, parse_constant=no_literal) for line in written("jsonl").splitlines())
    assert list(first) == ["text", *NAMES]
    assert list(first.values())[1:5] == [1 / 3, "nan", "inf", "-inf"]
    assert list(second.values())[1:] == list(ROWS[1])


def test_markdown_shows_every_name_as_it_is():
    assert (
        written("markdown")
        == r"""**a \* title**

| row | \[class\] | \[/x\] | a\|b | tab here | quoted, "so" | 고양이 | two lines | 🐈 |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 0 | **0.3333** | nan | inf | -inf | 0.3000 | 1e-320 | 0 | 1e+23 |
| 1 | 0 | 1 | 2.0000 | 3.0000 | 4.0000 | 5.0000 | 6.0000 | 7.0000 |

- 0 \* inf is nan.
- a \<b\>warning\</b\>

`tool:1|numpy:2`
"""
    )


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("log_of_softmax", "log_of_softmax"),
        ("_private_", r"\_private\_"),
        ("a`b", r"a\`b"),
        (r"a\|b", r"a\\\|b"),
        ("~~struck~~", r"\~\~struck\~\~"),
        ("&amp;", r"\&amp;"),
        ("red\x1b[31m", r"red\\x1b\[31m"),
    ],
)
def test_markdown_escapes_what_would_be_markup(name, escaped, monkeypatch):
    monkeypatch.setattr(HostileReport, "grids", lambda _: iter([Grid(name, (Column("text"),), [(name,)])]))
    lines = written("markdown").splitlines()
    assert (lines[0], lines[4]) == (f"**{escaped}**", f"| {escaped} |")


def test_markdown_leaves_out_classes_and_rows_and_says_so(monkeypatch):
    columns = (Column("row", "integer"), *(Column(f"class {place}", "decimal", group=True) for place in range(100)))
    rows = [(number, *[0.5] * 100) for number in (0, 1, 2, 3, 4, 95, 96, 97, 98, 99)]
    monkeypatch.setattr(HostileReport, "grids", lambda _: iter([Grid("", columns, rows, hidden=90)]))
    table = [line for line in written("markdown").splitlines() if line.startswith("|")]
    assert max(map(len, table)) <= 160
    assert len({line.count(" | ") for line in table}) == 1
    assert set(table[7].strip("| ").split(" | ")) == {"…"}
    shown = sum(cell.startswith("class ") for cell in table[0].strip("| ").split(" | "))
    assert f"{100 - shown} of 100 classes and 90 rows not shown" in written("markdown")
