"""Files that are not read: each is named as what it is, whatever its name, in one line with a way out."""

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.kinds import refuse_unread
from softmax_cli.readers.magic import HEAD
from softmax_cli.readers.source import Source

VALUES = np.array([[1.5, 2.5], [0.25, -1.0]], np.float32)


def saved(write):
    """What a function writes into a file that it is given."""
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def archive(*members):
    return saved(lambda stream: zip_into(stream, members))


def zip_into(stream, members):
    with zipfile.ZipFile(stream, "w") as file:
        for member in members:
            file.writestr(member, b"1,2\n")


def tar_into(stream):
    with tarfile.open(fileobj=stream, mode="w") as file:
        member = tarfile.TarInfo("x.csv")
        member.size = 4
        file.addfile(member, io.BytesIO(b"1,2\n"))


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE logits (a REAL)")
    content = connection.serialize()
    connection.close()
    return content


SAVE = "save one array of it with numpy.save"

KINDS = [
    (lambda: archive("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook; save its sheet as CSV"),
    (lambda: archive("mimetype", "content.xml"), "an OpenDocument file; save its sheet as CSV"),
    (lambda: archive("x.csv"), "a zip archive of x.csv; unpack it"),
    (lambda: archive(*(f"{n}.csv" for n in range(7))), "a zip archive of 0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 2 more"),
    (lambda: archive("a/b.png"), "a zip archive of a/b.png; unpack it"),
    (lambda: archive("config.json", "model.weights.h5"), "a Keras model"),
    (lambda: saved(lambda f: scipy.io.savemat(f, {"x": VALUES})), "a MATLAB file; " + SAVE),
    (lambda: b"FEA1\0\0\0\0" + bytes(50), "a Feather file of version 1; save it again as version 2"),
    (database, "an SQLite database; save it as CSV"),
    (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Excel workbook (.xls); save its sheet as CSV"),
    (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture; only numbers are read"),
    (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG picture; only numbers are read"),
    (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    (lambda: b"\x7fELF\2\1\1" + bytes(50), "a program (ELF)"),
    (lambda: b"GGUF\3\0\0\0" + bytes(50), "a GGUF model"),
    (lambda: b"RDX3\nX\n\0\0\0\3\0\4\1\0\0\3\5\0", "a file of R's save(); write one matrix with write.csv"),
    (lambda: saved(tar_into), "a tar archive; unpack it"),
    (lambda: gzip.compress(gzip.compress(b"1,2\n")), "compressed by gzip more than once; unpack it once"),
    (lambda: bz2.compress(lzma.compress(b"1,2\n")), "compressed by xz more than once; unpack it once"),
    (lambda: '{"a": 1}'.encode("utf-16"), "JSON, but not in UTF-8; save it as UTF-8"),
    (lambda: '[{"a": 1}]'.encode("utf-16"), "a list as JSON or Python writes it, but not in UTF-8; save it as UTF-8"),
    (lambda: b"([1.0, 2.0], [3.0, 4.0])\n", "a list as Python writes it; write the numbers as CSV, one row per line"),
    (lambda: b"<!DOCTYPE html>\n<html>", "a page of HTML or XML"),
    (lambda: b"<?xml version='1.0'?>", "a page of HTML or XML"),
    (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "a pointer of Git LFS, not the file itself",
    ),
    (lambda: VALUES.tobytes() * 100, "not text (byte 1 is a control character), nor any format known here"),
    (lambda: np.arange(1, 200, dtype=np.int16).tobytes(), "not text (byte 1 is a control character)"),
    (lambda: np.random.default_rng(0).bytes(5000), "not text (byte "),
    (lambda: bytes(10_000), "not text (byte 1 is a control character)"),
]


@pytest.mark.parametrize(("make", "message"), KINDS, ids=[f"{n} {m[:30]}" for n, (_, m) in enumerate(KINDS)])
@pytest.mark.parametrize("name", ["x.csv", "x", "x.npz"])
def test_a_format_that_is_not_read_is_named_by_its_content(run, make, message, name):
    Path(name).write_bytes(make())
    outcome = run("softmax", name)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    assert outcome.err.startswith(f"error: {name}: this is {message}")
    assert run("softmax", "-", stdin=make()).err.startswith(f"error: stdin: this is {message}")


@pytest.mark.parametrize("cut", [30, 100, 150])
def test_a_damaged_archive_is_named_as_one(cut):
    Path("x.npz").write_bytes(saved(lambda stream: np.savez(stream, VALUES))[:cut])
    with pytest.raises(
        InputError, match=r"^x\.npz: this is a zip archive, damaged or cut short \(.*\); copy or save it again$"
    ):
        open_table(Source("x.npz"), Dialect(), Selection())


@pytest.mark.parametrize(
    "content",
    [
        "RDX,b\n0.5,1\n",
        "GGUF,b\n0.5,1\n",
        "PAR1,PAR2\n0.5,1\n",
        "MATLAB,b\n0.5,1\n",
        "cnumpy,b\n0.5,1\n",
        "x\n0.5\n",
        "{a},b\n0.5,1\n",
        "[CLS],[SEP]\n0.5,1\n",
        "<s>,</s>\n0.5,1\n",
        "version,b\n0.5,1\n",
        "SQLite format,b\n0.5,1\n",
        "a\0,b\n",  # a control character alone: its line is named by the reader of text
    ],
)
def test_text_that_begins_like_a_format_is_text(content):
    refuse_unread("x.csv", content.encode()[:HEAD])
