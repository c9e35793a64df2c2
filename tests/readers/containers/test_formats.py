"""Every format that holds several arrays: the same bits as NumPy has them, in blocks along any axis."""

from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source


def write_hdf5(path, arrays, **more):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array, **(more if array.size > 20 else {}))


WRITERS = {
    "npz": lambda path, arrays: np.savez(path, **arrays),
    "compressed.npz": lambda path, arrays: np.savez_compressed(path, **arrays),
    "safetensors": lambda path, arrays: safetensors.numpy.save_file(arrays, path),
    "h5": write_hdf5,
    "compressed.h5": partial(write_hdf5, chunks=True, compression="gzip", shuffle=True),
}
NUMBERS = ["<f2", "<f4", "<f8", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"]
ORDERED = ["npz", "compressed.npz"]
"""Formats that keep the order of an array's axes in memory, and its byte order."""


@pytest.fixture(params=WRITERS)
def written(request):
    """Write arrays to a file of each format in turn; returns its name."""

    def _write(**arrays):
        WRITERS[request.param](f"x.{request.param}", arrays)
        return f"x.{request.param}"

    return _write


def opened(address, *, text=False):
    return open_table(Source(address), Dialect(), Selection(text=text))


def drawn(dtype, shape, seed=0):
    """Any bits at all, so that nan, infinities and subnormal numbers are among them."""
    generator = np.random.default_rng(seed)
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(generator.bytes(size), dtype).reshape(shape)


def assert_same_bits(table, array, rows, axis):
    blocks = list(table.blocks(rows, axis))
    expected = array.reshape(-1) if axis is None else np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
    assert np.concatenate(blocks).tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize(
    ("shape", "axis"), [((7, 3), 1), ((7, 3), 0), ((2, 3, 5), 1), ((11,), None), ((2, 1, 4, 3), 2)]
)
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_an_array_has_the_bits_that_were_written(written, dtype, shape, axis, rows):
    array = drawn(dtype, shape)
    name = written(before=drawn("<f8", (5, 2)), x=array, after=drawn("<i4", (3,)))
    table = opened(f"{name}:x")
    assert (table.shape, table.dtype) == (shape, np.dtype(dtype))
    assert_same_bits(table, array, rows, axis)


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i8", "<f4"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_byte_order_and_fortran_order_change_no_value(name, dtype, axis):
    array = drawn(dtype, (4, 5, 6))
    WRITERS[name](f"x.{name}", {"x": np.asfortranarray(array), "y": array})
    native = array.astype(array.dtype.newbyteorder("="))
    for member in "xy":
        assert_same_bits(opened(f"x.{name}:{member}"), native, 7, axis)


def test_the_blocks_can_be_had_again(written):
    array = drawn("<f4", (9, 4))
    table = opened(f"{written(x=array)}:x")
    for _ in range(2):
        assert_same_bits(table, array, 2, 1)


def test_the_only_array_needs_no_name(written):
    array = drawn("<f4", (9, 4))
    assert_same_bits(opened(written(x=array)), array, 3, 1)


def test_several_arrays_without_a_name_are_listed(written):
    name = written(logits=np.zeros((2, 3), "f4"), y=np.zeros(2, "i8"))
    with pytest.raises(InputError) as refused:
        opened(name)
    # safetensors sorts by the size of the dtype.
    either = ("logits (float32 2x3), y (int64 2)", "y (int64 2), logits (float32 2x3)")
    assert str(refused.value) in {f"{name}: 2 arrays: {listed}; choose one, as {name}:NAME" for listed in either}


def test_a_name_that_is_not_there_is_told_which_are(written):
    name = written(logits=np.zeros((2, 3), "f4"))
    with pytest.raises(InputError) as refused:
        opened(f"{name}:logit")
    what = "there is no array 'logit': logits (float32 2x3)"
    assert str(refused.value) == f"{name}: {what}; choose one, as {name}:NAME"


def test_content_decides_and_not_the_suffix(written):
    array = drawn("<f4", (9, 4))
    Path(written(x=array)).rename("x.csv")
    assert_same_bits(opened("x.csv:x"), array, 3, 1)


def test_a_single_value_and_no_values_are_refused_as_in_npy(written):
    name = written(one=np.array(3, "f4"), none=np.zeros((0, 3), "f4"))
    assert opened(f"{name}:one").shape == ()
    with pytest.raises(InputError, match=rf"^{name}:none: there are no rows \(shape 0x3\)$"):
        opened(f"{name}:none")


def test_truth_values_are_labels_and_no_logits(written):
    name = written(y=np.array([True, False, True]))
    assert np.concatenate(list(opened(f"{name}:y", text=True).blocks(10, None))).tolist() == [1, 0, 1]
    with pytest.raises(InputError, match=f"^{name}:y: the array holds truth values"):
        opened(f"{name}:y")


def test_the_header_alone_lists_the_arrays(written):
    name = written(a=np.zeros((1000, 30), "f4"), b=np.zeros(7, "i8"))
    entries = entries_of(Source(name))
    assert sorted((entry.name, entry.kind, entry.shape) for entry in entries) == [
        ("a", "float32", (1000, 30)),
        ("b", "int64", (7,)),
    ]
    assert all(entry.values is None for entry in entries)


def test_a_compressed_file_reads_as_the_file_itself(written):
    import gzip

    array = drawn("<f4", (9, 4))
    content = Path(written(x=array)).read_bytes()
    Path("x.gz").write_bytes(gzip.compress(content))
    assert_same_bits(opened("x.gz:x"), array, 3, 1)


def test_a_file_that_is_cut_short_is_refused_or_says_so_while_it_is_read(written):
    array = drawn("<f4", (900, 4))
    name = written(x=array)
    content = Path(name).read_bytes()
    for end in (*range(20, len(content), 997), len(content) - 1):
        Path(name).write_bytes(content[:end])
        with pytest.raises(InputError) as refused:
            list(opened(f"{name}:x").blocks(10, 1))
        assert "\n" not in str(refused.value)


def test_every_table_of_them_is_an_array(written):
    assert isinstance(opened(f"{written(x=np.zeros((2, 2)))}:x"), ArrayTable)
