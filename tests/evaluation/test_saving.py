import errno
import os
import stat

import numpy as np
import pytest

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.saving import check_output, save

VALUES = np.arange(24, dtype=np.float32).reshape(6, 4) / 7
NAMES = ("a", "b, c", "d\te", "f")


def blocks(values=VALUES, step=4):
    return (values[start : start + step] for start in range(0, len(values), step))


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("p.csv", 'a,"b, c",d\te,f\n0.0,0.14285715,0.2857143,0.42857143\n'),
        ("p.tsv", "a\tb, c\td e\tf\n0.0\t0.14285715\t0.2857143\t0.42857143\n"),
        ("P.CSV", 'a,"b, c",d\te,f\n0.0,0.14285715,0.2857143,0.42857143\n'),
    ],
)
def test_text(tmp_path, name, first):
    save(tmp_path / name, blocks(), NAMES, VALUES.shape, 1)
    text = (tmp_path / name).read_bytes().decode()
    assert text.startswith(first)
    assert text.count("\n") == 7


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", "<i8"])
def test_npy_of_rows_whose_number_is_not_known_before(tmp_path, dtype):
    values = (VALUES * 7).astype(dtype)
    save(tmp_path / "p.npy", blocks(values), NAMES, (None, 4), 1)
    found = np.load(tmp_path / "p.npy", mmap_mode="r")
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), values)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3, 4), 2), ((2, 4, 3), 1), ((4, 2, 3), 0), ((4, 6), 0), ((6, 4), 1)])
def test_npy_with_the_classes_on_any_axis(tmp_path, shape, axis):
    save(tmp_path / "p.npy", blocks(), NAMES, shape, axis)
    expected = np.moveaxis(VALUES.reshape(*(size for place, size in enumerate(shape) if place != axis), 4), -1, axis)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), expected)


def test_one_row_keeps_its_one_axis(tmp_path):
    save(tmp_path / "p.npy", [VALUES[:1]], NAMES, (4,), 0)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), VALUES[0])


@pytest.mark.parametrize("name", ["p", "p.txt", "p.npz", "p.csv.gz"])
def test_an_unknown_suffix(tmp_path, name):
    with pytest.raises(UsageError, match=r"the suffixes are \.npy, \.csv, \.tsv"):
        check_output(tmp_path / name)
    with pytest.raises(UsageError, match="unknown suffix"):
        save(tmp_path / name, blocks(), NAMES, VALUES.shape, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), UsageError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (ValueError("a fault in the rows"), ValueError),
    ],
)
@pytest.mark.parametrize("name", ["p.csv", "p.npy"])
def test_whole_or_not_at_all(tmp_path, name, raised, expected, there):
    path = tmp_path / name
    if there:
        path.write_text("as it was")

    def failing():
        yield VALUES
        raise raised

    with pytest.raises(expected):
        save(path, failing(), NAMES, (None, 4), 1)
    assert list(tmp_path.iterdir()) == [path] * there
    assert not there or path.read_text() == "as it was"


def test_a_new_file_has_the_permissions_that_new_files_have(tmp_path):
    (tmp_path / "plain").write_text("")
    save(tmp_path / "p.csv", blocks(), NAMES, VALUES.shape, 1)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1
