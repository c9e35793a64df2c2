"""CSV and its kin as people, spreadsheets, NumPy, pandas and R write them; and what is wrong with one."""

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

VALUES = [[0.5, -1.25], [3.0, 4e-5]]
CHUNK = 1 << 20  # bytes that are parsed together

pytestmark = pytest.mark.usefixtures("csv_reader")


def table(content, *, delimiter=None, header=None, **selection):
    Path("x.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(Source("x.csv"), Dialect(delimiter, header), Selection(**selection))


def read(content, **options):
    """The names of the columns, and the rows."""
    opened = table(content, **options)
    return opened.column_names, np.concatenate(list(opened.blocks(1000, 1))).tolist()


def refusal(run, content, *options, command="softmax"):
    Path("x.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    outcome = run(command, "x.csv", *options)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    return outcome.err.removeprefix("error: ").removesuffix("\n")


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", " ", ", ", "  "])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("names", [None, ("a", "b")])
@pytest.mark.parametrize("blank", [0, 3])
def test_every_delimiter_line_end_and_quoting(start, end, delimiter, quote, names, blank):
    rows = [["0.5", "-1.25"], ["3", "4e-5"]]
    lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in ([names] if names else []) + rows]
    content = start + end * blank + end.join(lines) + end * blank
    assert read(content) == (names, VALUES)


def test_savetxt_of_numpy():
    for number_format in ("%.18e", "%g"):
        for options in ({}, {"delimiter": ","}, {"header": "a b"}, {"header": "a,b", "delimiter": ","}):
            np.savetxt("saved.txt", np.array(VALUES), fmt=number_format, **options)
            expected = ("a", "b") if "header" in options else None
            assert read(Path("saved.txt").read_bytes()) == (expected, VALUES)


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("a,b\n0.5,1\n", ("a", "b"), [[0.5, 1]]),
        ("1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        ("#1,#2\n0.5,1\n", ("#1", "#2"), [[0.5, 1]]),
        ('"a,b",c\n0.5,1\n', ("a,b", "c"), [[0.5, 1]]),
        ('"say ""hi""",c\n0.5,1\n', ('say "hi"', "c"), [[0.5, 1]]),
        ("고양이,개\n0.5,1\n", ("고양이", "개"), [[0.5, 1]]),
        ("a\n0.5\n", ("a",), [[0.5]]),
        ("0.5\n1\n", None, [[0.5], [1]]),
        # pandas: df.to_csv(index=False) with names, df.to_csv() with and without, Series.to_csv()
        ("cat,dog\n0.5,1\n", ("cat", "dog"), [[0.5, 1]]),
        (",cat,dog\n0,0.5,1\n1,2,3\n", ("cat", "dog"), [[0.5, 1], [2, 3]]),
        (",0,1\n0,0.5,1\n1,2,3\n", ("0", "1"), [[0.5, 1], [2, 3]]),
        (",0\n0,0.5\n1,2\n", ("0",), [[0.5], [2]]),
        # R: write.csv, with row names and without
        ('"","V1","V2"\n"1",0.5,1\n"2",2,3\n', ("V1", "V2"), [[0.5, 1], [2, 3]]),
        ('"V1","V2"\n0.5,1\n', ("V1", "V2"), [[0.5, 1]]),
    ],
)
def test_headers_as_they_are_found(content, names, rows):
    assert read(content) == (names, rows)


def test_nan_and_infinities_are_values():
    names, rows = read("a,b,c\nnan,inf,-Infinity\n")
    assert names == ("a", "b", "c")
    assert np.array_equal(rows, [[np.nan, np.inf, -np.inf]], equal_nan=True)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        # pandas: DataFrame(array).to_csv(index=False)
        ("0,1,2\n0.5,1,2\n", ("0", "1", "2")),
        ("0,1\n0.5,1.5\n2.0,1.0\n", ("0", "1")),
        ("0\n0.5\n-1.0\n", ("0",)),
        ("0,1,2,3\n" + "-0.5,1e-5,2.0,nan\n" * 3, ("0", "1", "2", "3")),
        # columns chosen, sorted as text, or numbered from 1
        ("3,5,8\n0.5,1.5,2.5\n1.0,-2.0,0.25\n", ("3", "5", "8")),
        ("0,1,10,2\n" + "0.5,1.5,2.5,1.0\n" * 2, ("0", "1", "10", "2")),
        ("1,2\n0.5,1.5\n2.0,1.0\n", ("1", "2")),
    ],
)
def test_whole_numbers_above_decimals_are_a_header_and_a_note_says_so(run, content, names):
    opened = table(content)
    assert opened.column_names == names
    expected = [[float(cell) for cell in line.split(",")] for line in content.splitlines()[1:]]
    assert np.array_equal(np.concatenate(list(opened.blocks(100, 1))), expected, equal_nan=True)
    (note,) = opened.notes
    assert note.startswith(
        f"x.csv: the first line ({', '.join(names)}) is taken for a header; if it is a row, use --no-"
    )
    assert f"note: {note}\n" in run("softmax", "x.csv").err
    assert read(content, header=False)[0] is None


@pytest.mark.parametrize(
    "content",
    [
        "3,5\n1,2\n4,0\n",  # integers throughout
        "0,1\n5,7\n",
        "0,1\n0.5,1\n",  # two classes, and written by hand
        "1,2,3\n0.5,1,2\n",  # as a person writes rows
        "1,2,3\n0.5,1.5,2.5\n",  # a single row shows too little
        "1,1\n0.5,1.5\n2.5,1.5\n",  # names differ
        "0.0,1.0\n0.5,1.5\n",
        "-1,1\n0.5,1.5\n2.5,1.5\n",
        "3\n0.5\n1.5\n",
        "0\n1\n2\n",
    ],
)
def test_a_row_of_whole_numbers_that_may_be_one_stays_a_row(content):
    opened = table(content)
    assert (opened.column_names, opened.notes) == (None, ())
    expected = [[float(cell) for cell in line.split(",")] for line in content.splitlines()]
    assert np.concatenate(list(opened.blocks(100, 1))).tolist() == expected


def test_a_first_line_that_counts_up_above_whole_numbers_is_a_row_and_a_note_says_how_to_make_it_a_header():
    content = "0,1,2\n5,1,2\n"
    assert read(content) == (None, [[0, 1, 2], [5, 1, 2]])
    assert table(content).notes == ("x.csv: the first line counts 0 to 2; if it is a header, use --header",)


@pytest.mark.parametrize(
    ("content", "may"),
    [("0\n3\n1\n", True), ("0,1\n1,0\n", True), ("2.0\n1.0\n", False), ("label\n1\n", False), ("1,1\n0,1\n", False)],
)
def test_a_first_row_that_could_be_a_header_can_be_read_as_one(content, may):
    opened = table(content, text=True)
    assert opened.first_line_may_be_header == may
    if may:
        again = opened.with_header(header=True)
        assert again.column_names == tuple(content.split("\n")[0].split(","))
        rows = sum(map(len, opened.blocks(100, 1)))
        assert sum(map(len, again.blocks(100, 1))) == rows - 1
        assert not again.first_line_may_be_header
    assert not table(content, text=True, header=False).first_line_may_be_header


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("3,NA,1\n4,5,6\n7,8,8\n", "x.csv:1, column 2: 'NA' is not a number: it stands for a missing value"),
        ("3,x,1\n4,5,6\n", "x.csv:1, column 2: 'x' is not a number; if this line is a header, use --header"),
        ("3,1_0,1\n4,5,6\n", "x.csv:1, column 2: '1_0' is not a number: it has underscores"),
        ("3,,1\n4,5,6\n", "x.csv:1, column 2: an empty cell"),
        ("null,None,NA\n4,5,6\n", "x.csv:1, column 1: 'null' is not a number: it stands for a missing value"),
        ("3,x,1.5\n4,5,6\n", "x.csv:1, column 2: 'x' is not a number"),
        ("3,NA,1\n", "x.csv:1, column 2: 'NA' is not a number"),
        ("3,x,1\n", "x.csv:1, column 2: 'x' is not a number"),
    ],
)
def test_a_line_of_numbers_with_a_bad_cell_is_no_header(run, content, fault):
    assert refusal(run, content).startswith(fault)


def test_header_and_no_header_are_obeyed(run):
    assert read("1,2\n3,4\n", header=True) == (("1", "2"), [[3, 4]])
    assert read("1,2\n3,4\n", header=False) == (None, [[1, 2], [3, 4]])
    message = refusal(run, "a,b\n3,4\n", "--no-header")
    assert message == "x.csv:1, column 1: 'a' is not a number; if this line is a header, use --header"


def test_a_line_with_a_name_that_is_asked_for_is_a_header():
    content = "0,1,label\n0.5,2,cat\n"  # pandas: columns 0 and 1, and one of text
    assert read(content, without="label") == (("0", "1"), [[0.5, 2]])
    assert read(content, only="label", text=True) == (("label",), [["cat"]])
    assert read("a,b\nx,y\n", only="b", text=True) == (("b",), [["y"]])


def test_columns_are_chosen_and_the_others_not_parsed():
    content = "a,b,c\n1,x,3\n4,,6\n"
    assert read(content, only="c,a") == (("c", "a"), [[3, 1], [6, 4]])
    assert read(content, without="b") == (("a", "c"), [[1, 3], [4, 6]])


@pytest.mark.parametrize("content", ["a,b,c\n1,2,3\n4,5,6\n", 'a,b,c\n"1",2,3\n4,5,6\n'])
def test_columns_come_in_the_order_in_which_they_were_chosen(content):
    assert read(content, only="c,b,a") == (("c", "b", "a"), [[3, 2, 1], [6, 5, 4]])
    assert read(content, only="b,b,b") == (("b", "b", "b"), [[2, 2, 2], [5, 5, 5]])


def test_a_delimiter_that_was_given_is_used():
    assert read("1x2\n3x4\n", delimiter="x") == (None, [[1, 2], [3, 4]])
    assert read("a,a|b\n1|2\n", delimiter="|") == (("a,a", "b"), [[1, 2]])
    assert read("1 \t 2\n", delimiter="space") == (None, [[1, 2]])


@pytest.mark.parametrize(
    ("content", "known", "names", "expected"),
    [
        ("cat\ndog\n", {"cat", "dog"}, None, ["cat", "dog"]),
        ("label\ndog\n", {"cat", "dog"}, ("label",), ["dog"]),
        ("my label\ncat\n", {"cat"}, ("my label",), ["cat"]),
        ("red cat\nold dog\n", {"red cat"}, None, ["red cat", "old dog"]),
        ('"cat, red"\ndog\n', {"cat, red"}, None, ["cat, red", "dog"]),
        ("고양이\n개\n", {"고양이"}, None, ["고양이", "개"]),
        ("cat\n", set(), None, ["cat"]),
        ("cat\r\n\r\n", {"cat"}, None, ["cat"]),
    ],
)
def test_a_column_of_names_is_text(content, known, names, expected):
    opened = table(content, text=True, known=frozenset(known))
    assert opened.dtype.kind == "U"
    assert opened.column_names == names
    assert np.concatenate(list(opened.blocks(10, None))).tolist() == expected


@pytest.mark.parametrize("content", ["label\n3\n1\n", "my label\n3\n1\n", "3\n1\n", "3.0\n1.0\n", "# label\n3\n1\n"])
def test_a_column_of_numbers_is_numbers_even_where_names_may_stand(content):
    opened = table(content, text=True, known=frozenset({"cat"}))
    assert opened.dtype == np.float64
    assert np.concatenate(list(opened.blocks(10, None))).tolist() == [3, 1]


FAULTS = [
    ("1,2\n3\n", "x.csv:2: 1 cell where the first line has 2"),
    ("1,2\n3,4,5\n", "x.csv:2: 3 cells where the first line has 2"),
    ("a,b,c\n1,2\n", "x.csv:2: 2 cells where the first line has 3"),
    ("1,2,3\n4,5\n6,7,8,9\n", "x.csv:2: 2 cells where the first line has 3"),  # together they fit
    ("1,2\n3,\n", "x.csv:2, column 2: an empty cell; write nan if the value is missing"),
    ("a,b\n1,2\n3,\n", "x.csv:3, column 2 (b): an empty cell; write nan if the value is missing"),
    ('a\n"1"\n""\n', "x.csv:3, column 1 (a): an empty cell; write nan if the value is missing"),
    ("1,2\n3,x\n", "x.csv:2, column 2: 'x' is not a number"),
    ("1,2\n3,1.#INF\n", "x.csv:2, column 2: '1.#INF' is not a number: it is nan or inf as old C libraries print them"),
    ("1,2\n3,1_000\n", "x.csv:2, column 2: '1_000' is not a number"),
    ("1,2\n3,0x10\n", "x.csv:2, column 2: '0x10' is not a number"),
    ("1;2\n3;1,5\n", "x.csv:2, column 2: '1,5' is not a number: it has a decimal comma; use --decimal ,"),
    ("1,2\n3,1e999\n", "x.csv:2, column 2: '1e999' is beyond the largest float64; write inf or -inf if that is meant"),
    ("1,2\n\n3,4\n", "x.csv:2: a blank line within the rows; remove it"),
    ("a,b\n\n1,2\n", "x.csv:2: a blank line within the rows; remove it"),
    ("a,b\n\n\n\n1,2\n", "x.csv:2: a blank line within the rows; remove it"),
    ("\n\n1,2\n3,x\n", "x.csv:4, column 2: 'x' is not a number"),
    ("\n\na,b\n1,2\n3,x\n", "x.csv:5, column 2 (b): 'x' is not a number"),
    ('1,2\n3,"4\n5,6\n', "x.csv:2: a quote opens here and is not closed; close each quote on its own line"),
    ('1,"2\n",3\n', "x.csv:1: a quote opens here and is not closed; close each quote on its own line"),
    ('1,2\n"3"4,5\n', "x.csv:2: badly quoted (',' expected after '\"'); close each quote on its own line"),
    ('"a,b\n1,2\n', "x.csv:1: a quote opens here and is not closed; close each quote on its own line"),
    ('1,"' + "2" * 200_000 + "\n", "x.csv:1: badly quoted (field larger than field limit"),
    ("a,b\nc,d\n", "x.csv:1, column 1: 'a' is not a number; if this line is a header, use --header"),
    ("\n\n", "x.csv: there are no rows"),
    ("\ufeff", "x.csv: there are no rows"),
    ("a,b\n", "x.csv: there are no rows, only a header"),
    ("a,b\n\n\n", "x.csv: there are no rows, only a header"),
    ("1,2\n3,4\0\n", "x.csv:2: not UTF-8 text (a NUL byte); save the file as UTF-8 or UTF-16"),
    ("1,2\n3,x\n5,6\n7,8\0\n", "x.csv:2, column 2: 'x' is not a number"),
]


@pytest.mark.parametrize(("content", "message"), FAULTS, ids=[message[:60] for _, message in FAULTS])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_fault_is_refused_with_its_true_line_value_and_remedy(run, content, message, end):
    assert refusal(run, content.replace("\n", end)).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b,c\n1,2,3\n4,5\n", "x.csv:3: 2 cells where the first line has 3"),
        ("a,b,c\n1,2,3\n4,5\n6,7,8,9\n", "x.csv:3: 2 cells where the first line has 3"),
        ('a,b,c\n1,2,"3"\n4,5,"6",7\n', "x.csv:3: 4 cells where the first line has 3"),
        ("a b c\n1 2 3\n4 5 6 7\n", "x.csv:3: 4 cells where the first line has 3"),
        ("a,b,c\n1,2,3\n4,,6\n", "x.csv:3, column 2 (b): an empty cell"),
        ("a,b,c\n1,2,x\n4,y,6\n", "x.csv:3, column 2 (b): 'y' is not a number"),
    ],
)
def test_rows_of_another_length_are_refused_where_columns_are_chosen_too(run, content, message):
    assert refusal(run, content, "--logit-columns", "0,1").startswith(message)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("1.5,x", ", column 2: 'x' is not a number"),
        ("1.5", ": 1 cell where the first line has 2"),
        ("", ": a blank line within the rows; remove it"),
        ('1.5,"2', ": a quote opens here and is not closed"),
    ],
)
@pytest.mark.parametrize("place", [2, 100_000, 200_000])
def test_the_line_is_true_wherever_the_fault_lies(run, fault, message, place):
    lines = ["1.5000000,2.5000"] * 200_001
    assert len("\n".join(lines)) > 3 * CHUNK
    lines[place - 1] = fault
    assert refusal(run, "\n".join(lines)).startswith(f"x.csv:{place}{message}")


@pytest.mark.parametrize("command", [["softmax"], ["loss", "-q", "--label-column", "0"]], ids=["softmax", "loss"])
def test_a_fault_in_a_compressed_file_has_the_line_of_the_text(run, command):
    Path("x.csv.gz").write_bytes(gzip.compress(b"1,2,3\n" * 5 + b"1,2,x\n"))
    outcome = run(command[0], "x.csv.gz", *command[1:])
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: x.csv.gz:6, column 3: 'x' is not a number\n"


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["", "gz", "bz2", "xz"])
def test_a_pass_goes_from_the_first_byte_of_the_stored_file_to_its_last(compress):
    content = compress(b"".join(b"%.17g,%.17g\n" % (row, row / 7) for row in np.random.default_rng(0).random(40_000)))
    opened = table(content)
    assert opened.progress() == (0, len(content))
    seen = [opened.progress()[0] for _ in opened.blocks(1000, 1)]
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] == len(content)


def test_long_files_are_read_whole_and_in_order():
    rows = np.arange(300_000.0).reshape(-1, 2)
    content = "".join(f"{a:.1f},{b:.1f}\n" for a, b in rows.tolist())
    assert len(content) > 2 * CHUNK
    blocks = list(table(content).blocks(1000, 1))
    assert max(map(len, blocks)) <= 1000
    assert np.array_equal(np.concatenate(blocks), rows)


@pytest.mark.parametrize("header", ["", ",".join(f"class {place}" for place in range(100_000)) + "\n"])
def test_lines_of_a_hundred_thousand_columns(header):
    row = np.random.default_rng(0).standard_normal(100_000).round(6)
    names, rows = read(header + (",".join(map(str, row.tolist())) + "\n") * 2)
    assert rows == [row.tolist()] * 2
    assert (names is not None) == bool(header)


def test_the_layout_is_seen_past_any_number_of_blank_lines():
    assert read("\n" * 100_000 + "a,b\n1,2\n") == (("a", "b"), [[1, 2]])


@pytest.mark.parametrize(
    ("content", "axis", "row", "place"),
    [
        ("1,2\n3,4\n", 1, 1, "x.csv:2"),
        ("\n\na,b\n1,2\n3,4\n", 1, 1, "x.csv:5"),
        ("a,b\n1,2\n3,4\n", None, 3, "x.csv:3"),
    ],
)
def test_a_row_is_named_by_its_line(content, axis, row, place):
    assert table(content).where(row, axis) == place


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["", "gz"])
@pytest.mark.parametrize("before", ["", "a\n", "a\n" + "0.5\n" * 100_000])
def test_a_line_that_does_not_end_is_refused_with_its_number(run, compress, before):
    message = refusal(run, compress(before.encode() + b"0" * (34 << 20)))
    line = before.count("\n") + 1
    assert message == f"x.csv:{line}: a line of more than 32 MiB, longer than any row of logits"
