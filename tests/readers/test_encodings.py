"""UTF-16 and UTF-32, known by their marks or their zeros."""

import io
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers.encodings import as_utf8, encoding_of

TEXT = "고양이,개,🐈\r\n0.5,1,2\r\n-1,2.5,3\r\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1 << 20])
@pytest.mark.parametrize("text", [TEXT, TEXT * 1000, "", "a"])
def test_a_marked_file_reads_as_the_same_text_in_utf8(encoding, size, text):
    file = io.BytesIO(("\ufeff" * ("-" in encoding[4:]) + text).encode(encoding))
    recoded = as_utf8(file, "x")
    for _ in range(2):
        parts = list(iter(lambda: recoded.read(size), b""))
        assert b"".join(parts) == text.encode()
        assert all(len(part) == size for part in parts[:-1])
        recoded.seek(0)
    recoded.seek(3)
    assert recoded.read(4) == text.encode()[3:7]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_shows_by_its_zeros(encoding):
    assert encoding_of("1.5,2\n".encode(encoding)) == encoding
    assert as_utf8(io.BytesIO("1.5,2\n".encode(encoding)), "x").read(100) == b"1.5,2\n"


@pytest.mark.parametrize(
    "head",
    [b"", b"1", b"1,2\n", "é,b".encode(), b"\0\0\0\0", b"a\0b", b"\x93NUMPY\x01\0", np.ones(9, np.float32).tobytes()],
)
def test_nothing_else_is_recoded(head):
    assert encoding_of(head) is None
    file = io.BytesIO(head)
    assert as_utf8(file, "x") is file
    assert file.tell() == 0


@pytest.mark.parametrize("content", [b"\xff\xfe1\0,", b"\xff\xfe\x00\xd8\x41\x00"])
def test_what_is_cut_short_or_broken_is_refused(content):
    with pytest.raises(InputError, match=r"^x\.csv: not text in UTF-16 \(.*\); save the file as UTF-8$"):
        as_utf8(io.BytesIO(content), "x.csv").read(100)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_faults_have_their_true_lines_in_every_encoding(run, encoding, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_bytes(("a,b\n" + "1,2\n" * 50_000 + "3,oops\n").encode(encoding))
    assert run("softmax", "x.csv").err == "error: x.csv:50002, column 2 (b): 'oops' is not a number\n"
    Path("x.csv").write_bytes("a,b\n0.5,1\n".encode(encoding))
    assert run("softmax", "x.csv").lines[0] == ["a", "b"]
