"""Lines counted as an editor does, cut into cells, and what is wrong with one."""

import io
from itertools import pairwise

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import lines as module
from softmax_cli.readers.lines import (
    CHUNK,
    LongLineError,
    behind,
    cells,
    count_lines,
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


@pytest.mark.parametrize("before", [b"", b"1,2\n", b"1\n" * 1000, b"\xef\xbb\xbf1\r\n2\r3\n"])
def test_a_line_that_does_not_end_is_refused_where_it_begins(monkeypatch, before):
    monkeypatch.setattr(module, "LONGEST_LINE", 1000)
    content = before + b"7" * 100_000
    with pytest.raises(LongLineError) as caught:
        list(whole_lines(io.BytesIO(content), 16))
    text = before.removeprefix(b"\xef\xbb\xbf")
    assert caught.value.offset == len(text)
    assert count_lines(io.BytesIO(content), len(text)) == len(text.splitlines())
    assert b"".join(whole_lines(io.BytesIO(before + b"7" * 1000 + b"\n"), 16)) == text + b"7" * 1000 + b"\n"


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
    assert str(caught.value) == (f"x.csv:5001: not UTF-8 text ({what}); save the file as UTF-8 or UTF-16")


@pytest.mark.parametrize("bad", [b"\xff", b"\0"])
def test_the_lines_before_what_is_no_text_are_given_first(bad):
    lines = numbered_lines([b"1\n\n2\n3" + bad + b"4\n5\n"], "x.csv", 1)
    assert next(lines) == (1, ["1", "", "2"])
    with pytest.raises(InputError, match=r"^x\.csv:4: not UTF-8 text"):
        next(lines)


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
