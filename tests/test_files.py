import errno
import os
from pathlib import Path

import pytest

from softmax_cli.errors import UsageError
from softmax_cli.files import known_suffix, replacing


@pytest.mark.parametrize("there", [True, False])
def test_a_file_is_replaced_at_the_end(tmp_path, there):
    path = tmp_path / "p.txt"
    if there:
        path.write_text("as it was")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        temporary.write_text("new")
        assert path.exists() is there
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), ValueError("a fault")])
def test_what_was_there_is_kept_where_something_fails(tmp_path, raised):
    path = tmp_path / "p.txt"
    path.write_text("as it was")

    def failing():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise raised

    with pytest.raises(type(raised)):
        failing()
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_the_error_names_the_file_and_the_reason(tmp_path):
    path = tmp_path / "p.csv"
    with pytest.raises(UsageError) as caught, replacing(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value) == f"{path}: cannot be written (no space left on device)"


def test_a_suffix_is_known_in_capitals_too():
    assert known_suffix(Path("a.b.CSV"), [".csv", ".tsv"]) == ".csv"


@pytest.mark.parametrize("name", ["p", ".csv", "p.txt", "p.csv.gz"])
def test_an_unknown_suffix(name):
    with pytest.raises(UsageError, match=r"unknown suffix .* the suffixes are \.csv, \.tsv$"):
        known_suffix(Path(name), [".csv", ".tsv"])
