"""NPZ as NumPy writes it, and as it does not."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

VALUES = np.arange(24.0).reshape(4, 6)


def values(address):
    table = open_table(Source(address), Dialect(), Selection())
    return np.concatenate(list(table.blocks(3, 1)))


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile("x.npz", "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)


def test_arrays_of_objects_are_refused_and_those_beside_them_are_read():
    np.savez("x.npz", objects=np.array([{}, []], object), x=VALUES)
    assert (values("x.npz:x") == VALUES).all()
    with pytest.raises(InputError, match=r"^x\.npz:objects: the array holds Python objects \(a pickle,"):
        values("x.npz:objects")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_each_compression_of_zip_is_unpacked(compression):
    archive({"x.npy": npy(VALUES)}, compression)
    assert (values("x.npz:x") == VALUES).all()


def test_files_beside_the_arrays_do_not_matter():
    archive({"README": b"text", "x.npy": npy(VALUES)})
    assert (values("x.npz") == VALUES).all()


def test_names_may_have_folders_colons_and_any_script():
    archive({"out/로짓:a.npy": npy(VALUES), "b.npy": npy(VALUES[0])})
    assert (values("x.npz:out/로짓:a") == VALUES).all()


def test_a_damaged_byte_of_a_compressed_array_is_noticed():
    archive({"x.npy": npy(np.random.default_rng(0).normal(size=(500, 6)))}, zipfile.ZIP_DEFLATED)
    content = bytearray(Path("x.npz").read_bytes())
    content[len(content) // 2] ^= 0x55
    Path("x.npz").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        values("x.npz:x")


def test_a_member_longer_than_its_place_is_refused():
    archive({"x.npy": npy(VALUES)})
    content = bytearray(Path("x.npz").read_bytes())
    place = content.rindex(b"PK\x01\x02")
    for size in (20, 24):  # the sizes of the member in the directory, packed and unpacked
        content[place + size : place + size + 4] = (10**6).to_bytes(4, "little")
    Path("x.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"^x\.npz: .*longer than its place"):
        values("x.npz:x")


def test_a_password_is_named_as_the_cause():
    archive({"x.npy": npy(VALUES)})
    content = bytearray(Path("x.npz").read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    Path("x.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"^x\.npz:x: encrypted; save it again without a password$"):
        values("x.npz:x")
