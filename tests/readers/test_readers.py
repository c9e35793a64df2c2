"""Which reader a file gets: by its first bytes, then by its suffix."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

NPY = io.BytesIO()
np.save(NPY, np.array([[1.5, 2.5]]))

pytestmark = pytest.mark.usefixtures("csv_reader")


def read(name, content):
    Path(name).write_bytes(content)
    return np.concatenate(list(open_table(Source(name), Dialect(), Selection()).blocks(100, 1)))


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "A.CSV", "a", "v1.2/a.csv", "a.b.csv", "a.dat", "a.log", "a.xls", "a.json"]
)
def test_text_is_delimited_text_whatever_the_suffix(name):
    Path(name).parent.mkdir(exist_ok=True)
    assert read(name, b"1.5,2.5\n").tolist() == [[1.5, 2.5]]


@pytest.mark.parametrize("name", ["a.npy", "a.csv", "a", "a.bin"])
def test_npy_is_known_by_its_first_bytes_whatever_the_suffix(name):
    assert read(name, NPY.getvalue()).tolist() == [[1.5, 2.5]]


def archive():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a.png", b"")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.zip", archive(), "a.zip: this is a zip archive of a.png; unpack it"),
        ("a.csv", pickle.dumps(1j), "a.csv: it holds no array"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "a.h5: a damaged HDF5 file"),
        ("a.parquet", b"PAR1\x15\x04", "a.parquet: polars cannot read it (parquet: File out of specification"),
        ("a.npy", b"1,2\n", "a.npy: not a readable NPY file"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_a_remedy(name, content, message):
    with pytest.raises(InputError) as caught:
        read(name, content)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["PAR1", "BZhang", "PK"])
def test_a_column_may_be_named_like_the_magic_of_a_format(name):
    assert read("a.csv", f"{name},b\n1.5,2.5\n".encode()).tolist() == [[1.5, 2.5]]


def test_every_refusal_of_a_file_ends_with_status_3_and_one_line(run):
    Path("a.zip").write_bytes(archive())
    outcome = run("softmax", "a.zip")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    assert outcome.err.startswith("error: a.zip: this is a zip archive")
