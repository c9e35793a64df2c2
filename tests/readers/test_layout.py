"""What the first lines say: Excel's sep=, comments, delimiters at the ends of lines, decimal marks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

VALUES = [[0.377, -0.396, 1.921], [3.912, 2.841, -2.111], [-3.796, -1.87, 0.124]]
NAMES = ("cat", "dog", "fox")

pytestmark = pytest.mark.usefixtures("csv_reader")


def table(content, *, delimiter=None, header=None, decimal=None, **selection):
    Path("x.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(Source("x.csv"), Dialect(delimiter, header, decimal), Selection(**selection))


def read(content, **options):
    """The names of the columns, the rows, and the notes once they have been read."""
    opened = table(content, **options)
    rows = np.concatenate(list(opened.blocks(1000, 1)))
    return opened.column_names, rows.tolist(), opened.notes


def lines(delimiter=",", *, names=NAMES, values=VALUES, end="", decimal=".", quote=""):
    rows = [[str(value).replace(".", decimal) for value in row] for row in values]
    return [delimiter.join(f"{quote}{cell}{quote}" for cell in row) + end for row in ([names] if names else []) + rows]


def refusal(run, content, *options, status=3):
    Path("x.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = run("softmax", "x.csv", *options)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (status, "", 1)
    return outcome.err.removeprefix("error: ").removesuffix("\n")


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", ":"])
@pytest.mark.parametrize("names", [NAMES, None])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
@pytest.mark.parametrize("sep", ["sep={}", "SEP={}", '"sep={}"'])
def test_excels_line_names_the_delimiter(delimiter, names, end, start, sep):
    content = start + end.join([sep.format(delimiter), *lines(delimiter, names=names)])
    assert read(content) == (names, VALUES, ())
    assert read(content.replace("fox", "f,x") if delimiter == ";" else content)[1] == VALUES
    line = start.count("\n") + 3 + (names is not None)
    assert table(content).where(1, 1) == f"x.csv:{line}"


def test_a_delimiter_that_is_given_counts_more_than_excels_line():
    assert read("sep=;\n1,2\n3,4\n", delimiter=",") == (None, [[1, 2], [3, 4]], ())
    with pytest.raises(InputError, match=r"^x\.csv: there are no rows$"):
        table("sep=;\n")


def test_a_fault_behind_excels_line_has_its_true_line(run):
    assert refusal(run, "sep=;\r\na;b\r\n1;2\r\n3;x\r\n") == "x.csv:4, column 2 (b): 'x' is not a number"
    assert refusal(run, "sep=;\ra;b\r1;2\r3;x\r") == "x.csv:4, column 2 (b): 'x' is not a number"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["same", "without", "none"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_delimiter_at_the_end_of_each_line_is_no_column(delimiter, header, end, quote):
    rows = lines(delimiter, names=None if header == "none" else NAMES, end=delimiter, quote=quote)
    if header == "without":
        rows[0] = rows[0].removesuffix(delimiter)
    names, values, (note,) = read(end.join(rows) + end)
    assert (names, values) == (None if header == "none" else NAMES, VALUES)
    called = {",": "comma", ";": "semicolon", "\t": "tab", "|": "'|'"}[delimiter]
    assert note == f"x.csv: each line ends in a {called}; taken for the line's end, not for a column"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,\n3,4,\n5,,\n", "x.csv:3, column 2: an empty cell"),
        ("1,2,\n3,4,\n5,6,7\n", "x.csv:1, column 3: an empty cell"),
        ("1,2,\n" * 60 + "5,6,7,\n", "x.csv:61: 3 cells where the first line has 2"),
        ("1,2,\n" * 60 + "5,6,7\n", "x.csv:61: 3 cells where the first line has 2"),
        ("1,2,\n" * 60 + "5,\n", "x.csv:61: 1 cell where the first line has 2"),
        ("a,b\n" + "1,2,\n" * 60 + "5,x,\n", "x.csv:62, column 2 (b): 'x' is not a number"),
        ("1,2,\n", "x.csv:1, column 3: an empty cell"),  # a single row may lack its last value
        ("a,b,c\n1,2,\n3,4,\n", "x.csv:2, column 3 (c): an empty cell"),  # the header has a name for it
    ],
)
def test_a_missing_value_is_no_delimiter_at_the_end(run, content, message):
    assert refusal(run, content).startswith(message)


@pytest.mark.parametrize("comments", [["# model A"], ["# model A", "# epoch 3"], ["#", "#a,b"]])
@pytest.mark.parametrize("names", [NAMES, None])
@pytest.mark.parametrize("marked", [False, True])
def test_comments_before_the_rows_are_passed_over_with_a_note(comments, names, marked):
    rows = lines(names=names)
    if marked and names:  # numpy.savetxt marks its header, of several lines perhaps
        rows[0] = f"# {rows[0]}"
    found = read("\n".join([*comments, *rows]))
    said = f"x.csv: {len(comments)} line{'s' if len(comments) > 1 else ''} of comment passed over"
    assert found == (names, VALUES, (said,))
    line = len(comments) + 2 + (names is not None)
    assert table("\n".join([*comments, *rows])).where(1, 1) == f"x.csv:{line}"


def test_what_numpy_savetxt_writes_with_a_header_of_several_lines():
    np.savetxt("saved.csv", VALUES, delimiter=",", header="made today\ncat,dog,fox")
    names, rows, _ = read(Path("saved.csv").read_bytes())
    assert (names, rows) == (NAMES, VALUES)


@pytest.mark.parametrize("place", [2, 3, 60])
def test_a_comment_among_the_rows_is_named_as_one(run, place):
    rows = ["1,2"] * 70
    rows[place - 1] = "# half way"
    assert refusal(run, "\n".join(rows)) == f"x.csv:{place}: a comment within the rows; remove it"


def test_names_that_begin_with_the_mark_of_a_comment_are_names():
    assert read("#1,#2\n0.5,1\n")[0] == ("#1", "#2")
    labels = table("#b\n#a\n", text=True, known=frozenset({"#a", "#b"}))
    assert np.concatenate(list(labels.blocks(9, None))).tolist() == ["#b", "#a"]


@pytest.mark.parametrize(
    ("delimiter", "quote"), [(";", ""), ("\t", ""), ("|", ""), (" ", ""), (";", '"'), (",", '"'), ("\t", '"')]
)
@pytest.mark.parametrize("names", [NAMES, None])
def test_a_decimal_comma_is_read_where_asked_for(run, delimiter, quote, names):
    content = "\n".join(lines(delimiter, names=names, decimal=",", quote=quote))
    assert read(content, decimal=",") == (names, VALUES, ())
    line = 2 if names else 1
    called = " (cat)" if names else ""
    expected = f"x.csv:{line}, column 1{called}: '0,377' is not a number: it has a decimal comma; use --decimal ,"
    assert refusal(run, content).startswith(expected)
    assert run("softmax", "x.csv", "--decimal", ",").status == 0  # the remedy as it is printed


def test_long_files_with_decimal_commas_are_read_whole():
    rows = np.random.default_rng(0).standard_normal((100_000, 2)).round(6)
    content = "\n".join(f"{a};{b}".replace(".", ",") for a, b in rows.tolist())
    assert read(content, decimal=",")[1] == rows.tolist()


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1,5", ",", 1.5),
        ("-1,5e-3", ",", -0.0015),
        ("+,5", ",", 0.5),
        ("3", ",", 3),
        ("1.234,5", ",", 1234.5),
        ("-12.345.678,25", ",", -12345678.25),
        ("1.234.567", ",", 1234567),
        ("nan", ",", np.nan),
        ("-inf", ",", -np.inf),
        ("1,234.5", ".", 1234.5),
        ("-1,870.00", ".", -1870),
        ("1,921", ".", 1921),
        ("1.5", ".", 1.5),
        ("\N{MINUS SIGN}1,5", ",", -1.5),
    ],
)
def test_a_number_with_its_decimal_mark(cell, decimal, value):
    ((_, [[found, one]], _)) = read(f"a;b\n{cell};1\n", decimal=decimal)
    assert np.array_equal([found, one], [value, 1], equal_nan=True)


@pytest.mark.parametrize(
    ("cell", "decimal", "message"),
    [
        ("0.5", ",", "'0.5' is not a number: it has a decimal point, and --decimal , was given"),
        ("1.50", ",", "'1.50' is not a number: it has a decimal point, and --decimal , was given"),
        ("1.607", ",", "'1.607' is not a number: its point may be decimal or separate thousands"),
        ("1,2,3", ",", "'1,2,3' is not a number"),
        ("1.23,5", ",", "'1.23,5' is not a number"),
        ("1,5", ".", "'1,5' is not a number: it has a decimal comma; use --decimal ,"),
        ("12,34.5", ".", "'12,34.5' is not a number"),
        ("1,921.00", ",", "'1,921.00' is not a number: its commas separate thousands; use --decimal ."),
        ("1,921.00", None, "'1,921.00' is not a number: its commas separate thousands; use --decimal ."),
        ("1.921,0", None, "'1.921,0' is not a number: its points separate thousands; use --decimal ,"),
        (
            "1,921",
            None,
            "'1,921' is not a number: its comma may be decimal or separate thousands; use --decimal , if it",
        ),
    ],
)
@pytest.mark.parametrize("place", [2, 70])
def test_a_number_with_another_decimal_mark_is_refused(run, cell, decimal, message, place):
    content = "\n".join(["a;b", *["7;1"] * (place - 2), f"{cell};1"])
    options = () if decimal is None else ("--decimal", decimal)
    assert refusal(run, content, *options).startswith(f"x.csv:{place}, column 1 (a): {message}")


@pytest.mark.parametrize("content", ["a,b\n0,5,1,5\n2,5,1,0\n", "0,5,1,5\n", "0,5,1,5\n2,5,1,0\n"])
def test_a_comma_cannot_be_the_delimiter_as_well(run, content):
    message = refusal(run, content, "--decimal", ",", status=2)
    assert message.startswith("--decimal ,: commas separate the cells of x.csv as well; leave it out, or quote the")
    assert refusal(run, content, "--decimal", ",", "--delimiter", ",", status=2).startswith("--decimal ,: commas")


def test_a_comma_delimits_whole_numbers_beside_a_file_with_decimal_commas():
    labels = table("id,label\n7,2\n8,0\n", decimal=",", text=True)
    assert np.concatenate(list(labels.blocks(9, None))).tolist() == [2, 0]
    assert read("0,5\n-1,5\n", decimal=",")[1] == [[0.5], [-1.5]]


def test_quoted_numbers_with_points_are_refused_where_commas_were_asked_for(run):
    message = refusal(run, '"a","b"\n"0.377","1.5"\n', "--decimal", ",")
    assert message.startswith("x.csv:2, column 1 (a): '0.377' is not a number: it has a decimal point, and --decimal ,")


def test_another_decimal_mark_is_a_usage_error(run):
    Path("x.csv").write_text("1;2\n")
    outcome = run("softmax", "x.csv", "--decimal", ";")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--decimal ';': a point or a comma is needed" in outcome.err
    assert Dialect(decimal=",").decimal == ","
    assert issubclass(UsageError, ValueError)


def test_a_minus_sign_beyond_ascii_is_read_with_a_note(run):
    content = "a,b\n\N{MINUS SIGN}1.5,1e\N{MINUS SIGN}2\n" + "1,2\n" * 100
    assert read(content) == (
        ("a", "b"),
        [[-1.5, 0.01], *[[1, 2]] * 100],
        ("x.csv: the minus sign U+2212 is read as -",),
    )
    assert "note: x.csv: the minus sign U+2212 is read as -\n" in run("softmax", "x.csv").err
    assert refusal(run, "1,2\n\N{EN DASH}1.5,2\n") == (
        "x.csv:2, column 1: '\N{EN DASH}1.5' is not a number: it begins with a dash, not with a minus sign; write -"
    )


@pytest.mark.parametrize(
    "text", ["2\n\n1\n", '2\n""\n1\n', "2\nNA\n1\n", "2\nnan\n1\n", "2.0\nNone\n1.0\n", "label\n2\nnull\n1\n"]
)
def test_a_missing_label_is_handed_on_where_asked_for(text):
    labels = table(text, text=True, missing=True)
    found = np.concatenate(list(labels.blocks(9, None)))
    assert np.array_equal(found, [2, np.nan, 1], equal_nan=True)


@pytest.mark.parametrize("missing", ["", '""', "NA", "null"])
def test_a_missing_name_is_handed_on_as_an_empty_one(missing):
    content = f"a,label\n1,cat\n2,{missing}\n3,dog\n"
    opened = table(content, only="label", text=True, missing=True, known=frozenset({"cat", "dog"}))
    assert np.concatenate(list(opened.blocks(9, None))).tolist() == ["cat", "", "dog"]
    named = table(content, only="label", text=True, missing=True, known=frozenset({"cat", "dog", "NA"}))
    assert np.concatenate(list(named.blocks(9, None))).tolist() == ["cat", "NA" if missing == "NA" else "", "dog"]


def test_a_header_alone_may_end_in_a_delimiter():
    assert read("cat,dog,fox,\n" + "\n".join(lines(names=None))) == (NAMES, VALUES, ())


def test_blanks_of_every_kind_around_numbers_are_no_part_of_them():
    assert read("1.5\u00a0,\u20032\n1, 2\n") == (None, [[1.5, 2], [1, 2]], ())


@pytest.mark.parametrize("line", ["1, 2", "1 ,2", "1.5 , 2", "1,2"])
def test_a_comma_beside_blanks_is_the_delimiter(line):
    assert np.shape(read(f"{line}\n{line}\n")[1]) == (2, 2)


@pytest.mark.parametrize(
    ("header", "delimiter", "names"),
    [
        ("c;at,dog,fox", ",", ("c;at", "dog", "fox")),
        ("c\tat,dog,fox", ",", ("c\tat", "dog", "fox")),
        ("c|at;dog;fox", ";", ("c|at", "dog", "fox")),
        ("c,at\tdog,s\tfox", "\t", ("c,at", "dog,s", "fox")),
        ("c,a,t|dog|fox", "|", ("c,a,t", "dog", "fox")),
        ("c;at dog fox", " ", ("c;at", "dog", "fox")),
    ],
)
def test_a_name_may_hold_another_delimiter(header, delimiter, names):
    content = f"{header}\n" + "".join(f"{delimiter.join(map(str, row))}\n" for row in VALUES)
    assert read(content)[:2] == (names, VALUES)


def test_a_delimiter_that_the_rows_have_is_kept(run):
    # One row lacks a cell: that, and not another delimiter, is what is wrong.
    assert read("a,b;c\n1;2\n3;4\n")[0] == ("a,b", "c")
    assert "x.csv:3: 1 cell where the first line has 2" in refusal(run, "a,b;c,d\n1;2\n3\n")


def test_the_name_of_the_only_column_may_hold_a_delimiter():
    assert read("my;logit\n0.5\n1.25\n")[:2] == (("my;logit",), [[0.5], [1.25]])
    rows = table("my,label\n0\n2\n", text=True)
    assert [block.tolist() for block in rows.blocks(9, None)] == [[0, 2]]


def test_rows_with_another_delimiter_than_the_header(run):
    said = refusal(run, "a;b;c\n1,2,3\n4,5,6\n7\n")
    assert said.startswith(
        "x.csv:2: 1 cell where the first line has 3; the first line is cut at ';', and this one has ','"
    )


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_an_open_quote_is_named_by_its_own_line(run, end):
    content = end.join(["", "", "a,b", "1,2", '"3,4', "5,6", ""])
    assert refusal(run, content).startswith("x.csv:5: a quote opens here and is not closed; ")


@pytest.mark.parametrize("delimiter", [",", " ", "\t"])
@pytest.mark.parametrize("before", [0, 1, 100])
def test_a_line_of_too_many_columns(run, delimiter, before):
    wide = delimiter.join("1" for _ in range((1 << 20) + 1))
    said = refusal(run, f"1{delimiter}2\n" * before + f"{wide}\n")
    assert said == f"x.csv:{before + 1}: more than 1,048,576 columns; for so many classes, use NPY"


def test_ten_million_columns_take_no_memory_of_their_own(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"1," * 10_000_000 + b"1\n")
    limited = ["import resource, sys", "from softmax_cli.cli.app import main"]
    # The text and its copy are 40 MB; ten million cells would be over 500 MB.
    limited += ["resource.setrlimit(resource.RLIMIT_DATA, (400 << 20, 400 << 20))"]
    limited += ["sys.argv[1:] = ['softmax', 'x.csv', '--threads', '1']", "main()"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(limited)],
        cwd=tmp_path,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: x.csv:1: more than 1,048,576 columns; for so many classes, use NPY\n"


@pytest.mark.parametrize(
    "content", ["3kg\n4\n7\n", "2020-01-01\n4\n7\n", "x,1\n4.5,5.5\n7.5,8.5\n", "1,-,x\n4,5,6\n7,8,8\n"]
)
def test_a_header_that_may_be_a_row_is_said_to_be_taken_for_one(run, content):
    Path("x.csv").write_text(content)
    outcome = run("softmax", "x.csv")
    names = content.splitlines()[0].replace(",", ", ")
    said = f"note: x.csv: the first line ({names}) is taken for a header; if it is a row, use --no-header"
    assert said in outcome.err.splitlines()
    # As a row it is refused, with the cell that is bad.
    assert refusal(run, content, "--no-header").startswith("x.csv:1, column ")


def test_names_with_another_delimiter_may_stand_in_the_rows_too(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ["a;b,cat,fox,label", "1.5,0.25,2,cat", "0.5,1.5,0.125,a;b", "2.5,0.5,1,fox"]
    (tmp_path / "x.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "z.csv").write_text("1.5,0.25,2\n0.5,1.5,0.125\n2.5,0.5,1\n")
    (tmp_path / "y.csv").write_text("1\n0\n2\n")
    assert run("loss", "-q", "x.csv", "--label-column", "label").out == run("loss", "-q", "z.csv", "y.csv").out


def test_a_ragged_file_of_semicolons_is_not_cut_at_its_decimal_commas(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("1,5;2,5\n1,5;2,5;3\n2,5;3,5\n")
    outcome = run("softmax", "x.csv", "--decimal", ",")
    assert (outcome.status, outcome.err.count("\n")) == (3, 1)
    assert outcome.err.startswith("error: x.csv:2: 3 cells where the first line has 2")
