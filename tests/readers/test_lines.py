"""Lines counted as an editor does, cut into cells, and what is wrong with one."""

import io
from itertools import pairwise

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers.lines import (
    CHUNK,
    behind,
    cells,
    find_fault,
    is_number,
    may_overflow,
    numbered_lines,
    sniff_delimiter,
    whole_lines,
)


def numbered(content, first_line=1, *, size=CHUNK, **options):
    chunks = behind(whole_lines(io.BytesIO(content), size), first_line - 1)
    chunks = numbered_lines(chunks, "x.csv", first_line, **options)
    return [(number + offset, line) for number, lines in chunks for offset, line in enumerate(lines)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_lines_have_their_numbers_whatever_ends_them_and_however_they_are_cut(end, size, start):
    content = start + end.join([b"a,b", b"1,2", b"", b"3,4", b"", b""])
    assert numbered(content, size=size) == [(1, "a,b"), (2, "1,2"), (3, ""), (4, "3,4")]
    assert numbered(content, 2, size=size) == [(2, "1,2"), (3, ""), (4, "3,4")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_chunks_are_the_file_cut_where_a_line_ends(size):
    parts = np.array(["1", "2,", "\n", "\r\n", "\r", "가"])
    for drawn in np.random.default_rng(size).integers(len(parts), size=(300, 40)):
        content = "".join(parts[drawn]).encode()
        chunks = list(whole_lines(io.BytesIO(content), size))
        assert b"".join(chunks) == content
        assert all(chunk.endswith((b"\n", b"\r")) for chunk in chunks[:-1])
        assert not any(one.endswith(b"\r") and other.startswith(b"\n") for one, other in pairwise(chunks))
        for lines in range(4):
            rest = content.decode().splitlines(keepends=True)[lines:]
            assert b"".join(behind(chunks, lines)) == "".join(rest).encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_chunks_are_no_longer_than_need_be(end):
    chunks = list(whole_lines(io.BytesIO((b"1,2" + end) * 1000), 64))
    assert max(map(len, chunks)) <= 64 + 5


def test_a_line_longer_than_a_chunk_is_one_chunk():
    line = b"1," * 5000 + b"\n"
    assert list(whole_lines(io.BytesIO(line * 2), 64)) in ([line, line], [line * 2])


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_blank_lines_at_the_beginning_are_passed_over_and_counted(size):
    assert numbered(b"\n \n\t\n1\n\n2\n", skip_blank=True, size=size) == [(4, "1"), (5, ""), (6, "2")]
    assert numbered(b"\n\n \n", skip_blank=True, size=size) == []


def test_the_file_is_left_open_for_its_owner():
    file = io.BytesIO(b"1\n2\n")
    list(numbered_lines(whole_lines(file), "x.csv", 1))
    assert not file.closed


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(
    ("bad", "what"), [("가".encode("cp949"), "the byte 0xb0"), (b"\xff", "the byte 0xff"), (b"1\0", "a NUL byte")]
)
def test_what_is_no_text_is_refused_with_its_line(end, bad, what):
    content = end.join([b"1"] * 5000 + [bad] + [b"2"] * 5000)
    with pytest.raises(InputError) as caught:
        numbered(content, 3, size=64)
    assert str(caught.value) == (f"x.csv:5001: not UTF-8 text ({what}); convert the file: iconv -f ENCODING -t utf-8")


@pytest.mark.parametrize("bad", [b"\xff", b"\0"])
def test_the_lines_before_what_is_no_text_are_given_first(bad):
    lines = numbered_lines([b"1\n\n2\n3" + bad + b"4\n5\n"], "x.csv", 1)
    assert next(lines) == (1, ["1", "", "2"])
    with pytest.raises(InputError, match=r"^x\.csv:4: not UTF-8 text"):
        next(lines)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_at_its_first_line(encoding):
    with pytest.raises(InputError, match=r"^x\.csv:1: not UTF-8 text"):
        numbered("1,2\n3,4\n".encode(encoding))


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("a,b", ","),
        ("a;b", ";"),
        ("a\tb", "\t"),
        ("a|b", "|"),
        ("a b", " "),
        ("a", " "),
        ("1,5;2,5", ";"),
        ('"a,b";c', ";"),
        ('"a;b",c', ","),
        ('"a, b"', " "),
    ],
)
def test_the_delimiter_is_seen_from_the_line_outside_quotes(line, delimiter):
    assert sniff_delimiter(line) == delimiter


@pytest.mark.parametrize(
    ("line", "delimiter", "expected"),
    [
        ("1,2", ",", ("1", "2")),
        (" 1 , 2 ", ",", ("1", "2")),
        ("1,,2,", ",", ("1", "", "2", "")),
        ("  1   2 \t 3 ", " ", ("1", "2", "3")),
        ('"a,b",c', ",", ("a,b", "c")),
        ('a, "b"', ",", ("a", "b")),
        ('"say ""hi""",c', ",", ('say "hi"', "c")),
        ('5" pipe,c', ",", ('5" pipe', "c")),
        ('"a b"  c ', " ", ("a b", "c")),
        ("고양이\t개", "\t", ("고양이", "개")),
    ],
)
def test_cells_are_unquoted_and_trimmed(line, delimiter, expected):
    assert cells(line, delimiter) == expected


NUMBERS = ["1", "-1", "+1.5", ".5", "5.", "1e5", "1E-5", "nan", "-inf", "Infinity", "1e400"]
TEXT = ["", "x", "1_000", "0x10", "1+2j", "1d5", "1.#INF", "1,5", "--1", "٣", "１", "−1", "1 2", "nan(1)", "1f", "1\0"]


@pytest.mark.parametrize("cell", NUMBERS + TEXT)
def test_a_number_is_what_numpy_loadtxt_takes_for_one(cell):
    try:
        np.loadtxt([f"0;{cell}"], delimiter=";", comments=None)
    except ValueError:
        assert cell in TEXT
        assert not is_number(cell)
    else:
        assert cell in NUMBERS
        assert is_number(cell)


@pytest.mark.parametrize(
    ("line", "column", "what", "remedy"),
    [
        ("", None, "a blank line within the rows", "remove it"),
        (" \t", None, "a blank line within the rows", "remove it"),
        ("1", None, "1 cell where the first line has 2", ""),
        ("1;2;3", None, "3 cells where the first line has 2", ""),
        ("1;", 1, "an empty cell", "write nan if the value is missing"),
        ("1;x", 1, "'x' is not a number", ""),
        ("x;y", 0, "'x' is not a number", ""),
        ("1,5;2", 0, "'1,5' is not a number", "write decimals with a point"),
        ("1;1.#INF", 1, "'1.#INF' is not a number", "write nan, inf or -inf"),
        ("1;" + "9" * 100 + "x", 1, f"'{'9' * 40}...' is not a number", ""),
        ("1;-1e400", 1, "'-1e400' is beyond the largest float64", "write inf or -inf if that is meant"),
    ],
)
def test_a_fault_names_line_column_and_remedy(line, column, what, remedy):
    fault = find_fault(["1;2", "nan;-inf", line, "y;z"], ";", 2, (0, 1), numbers=True)
    assert fault == (2, column, what, remedy)


@pytest.mark.parametrize("line", ['"1;2', '"1"2;3', '1;"' + "2" * 200_000])
def test_a_quote_that_is_not_closed_is_a_fault_of_its_own_line(line):
    fault = find_fault(["1;2", line, '3";4'], ";", 2, (0, 1), numbers=True)
    assert (fault.line, fault.column) == (1, None)
    assert fault.what.startswith("badly quoted (")


def test_columns_that_were_not_asked_for_may_hold_anything():
    assert find_fault(["1;x", "2;"], ";", 2, (0,), numbers=True) is None
    assert find_fault(["1;x", "2;y"], ";", 2, (1,), numbers=False) is None


@pytest.mark.parametrize("number", ["1e309", "-1E+400", "1.e400", "1e0309", "9" * 309, "0.001e312", "9" * 210 + "e99"])
def test_a_number_beyond_float64_is_never_missed(number):
    assert np.isinf(float(number))
    assert may_overflow(f"1,{number},2")


@pytest.mark.parametrize("number", ["1e10", "1e-400", "inf", "1.7e30", "0." + "1" * 150])
def test_ordinary_numbers_are_not_looked_at_twice(number):
    assert not may_overflow(f"1,{number},2")
