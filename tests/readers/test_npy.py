"""NPY files of every version, order and dtype; and damaged ones."""

import io
import os
import sys
import tokenize
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

VALUES = np.arange(24.0).reshape(4, 6)


def saved(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def with_header(header, body=b"\0" * 480, version=(1, 0)):
    size = len(header).to_bytes(2 if version == (1, 0) else 4, "little")
    return b"\x93NUMPY" + bytes(version) + size + header + body


def load(content):
    Path("x.npy").write_bytes(content)
    return open_table(Source("x.npy"), Dialect(), Selection())


def values(content):
    return np.concatenate(list(load(content).blocks(3, 1)))


@pytest.mark.filterwarnings("error")
def test_what_pythons_parser_says_of_a_damaged_header_is_not_passed_on():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1or 2, 3), }\n"
    with pytest.raises(InputError, match="not a readable NPY file"):
        load(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(48))


def refusal(run, content):
    Path("x.npy").write_bytes(content)
    outcome = run("softmax", "x.npy")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    assert outcome.err.startswith("error: x.npy: ")
    return outcome.err.removeprefix("error: x.npy: ").removesuffix("\n")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">f8", "<i2", ">i8", "|u1", "|i1", "<u4", ">u8"])
def test_every_version_order_and_dtype_reads_as_numpy_reads_it(version, order, dtype):
    content = saved(np.asarray(VALUES.astype(dtype), order=order), version)
    read = values(content)
    assert read.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(read, np.load(io.BytesIO(content)))


@pytest.mark.skipif(sys.platform == "win32", reason="longdouble is float64 there")
def test_a_longdouble_is_read_as_float64_and_says_so():
    content = saved(VALUES.astype(np.longdouble))
    assert np.array_equal(values(content), VALUES)
    assert load(content).notes[0].endswith("is read as float64")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
@pytest.mark.parametrize("shape", [(5,), (1,), (7, 3), (1, 4), (300, 2), (2, 3, 4), (3, 1, 5), (2, 3, 4, 5)], ids=str)
def test_blocks_along_any_axis_are_those_of_the_array(shape, rows, order):
    array = np.asarray(np.random.default_rng(0).random(shape), order=order)
    table = load(saved(array))
    for axis in range(len(shape)):
        expected = np.moveaxis(array, axis, -1).reshape(-1, shape[axis])
        assert np.array_equal(np.concatenate(list(table.blocks(rows, axis))), expected)
    assert np.array_equal(np.concatenate(list(table.blocks(rows, None))), array.reshape(-1))


def test_the_data_are_read_block_by_block_and_not_mapped():
    array = np.random.default_rng(0).random((400_000, 10))
    Path("x.npy").write_bytes(saved(array))
    table = load(saved(array))
    tracemalloc.start()
    try:
        for block in table.blocks(1000, 1):
            assert type(block) is np.ndarray
            assert not isinstance(block.base, np.memmap)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes / 20


def test_a_file_cut_short_while_it_is_read_is_refused():
    table = load(saved(VALUES))
    blocks = table.blocks(1, 1)
    next(blocks)
    os.truncate("x.npy", 128 + 60)
    with pytest.raises(InputError, match=r"^x.npy: cut short while it was read: it ends at byte 188; wait until"):
        list(blocks)


@pytest.mark.parametrize("shape", [(6,), (4, 6), (2, 3, 4)], ids=str)
def test_bfloat16_as_ml_dtypes_writes_it_is_read_with_a_note(shape):
    exact = torch.randn(shape, generator=torch.Generator().manual_seed(0)).bfloat16()
    bits = exact.view(torch.int16).numpy()
    content = saved(bits.view("V2"))  # the descr '<V2' is what numpy.save writes for that dtype
    table = load(content)
    assert table.dtype == np.float32
    assert np.array_equal(np.concatenate(list(table.blocks(2, None))), exact.float().numpy().reshape(-1))
    assert table.notes == ("x.npy: two raw bytes per value are read as bfloat16, as ml_dtypes (JAX) writes it",)


def test_a_header_of_python_2_is_read_without_a_warning():
    content = with_header(b"{'descr':'<f8','fortran_order':False,'shape':(4L, 6L)}\n", VALUES.tobytes())
    assert np.array_equal(values(content), VALUES)


def test_a_second_array_behind_the_first_is_left_unread_with_a_note():
    table = load(saved(VALUES) + saved(VALUES))
    assert table.shape == (4, 6)
    assert table.notes == (f"x.npy: the {len(saved(VALUES))} bytes behind the first array are left unread",)


def test_a_file_cut_short_anywhere_is_refused(run):
    content = saved(VALUES)
    data_start = len(content) - VALUES.nbytes
    for size in (3, 6, 7, 8, 9, 10, 50, data_start - 1):
        assert refusal(run, content[:size]).startswith("not a readable NPY file (EOF: reading ")
    assert refusal(run, content[:-1]) == (
        "cut short: its header promises 192 bytes of data, 191 are there; copy or save it again"
    )
    assert refusal(run, content[:data_start]).startswith("cut short: its header promises 192 bytes of data, 0 are")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff\xfe\n",
        b"{[]: 1}\n",
        b"((((\n",
        b"(" * 3000,
        b"'abc\n",
        b"   x\n  y\n",
        b"x" * 20_000,
        b"{'descr':'zz','fortran_order':False,'shape':(1,)}\n",
        b"{'descr':'<f8','fortran_order':False,'shape':(-3,)}\n",
        b"{'descr':'<f8','fortran_order':False,'shape':(-2,-3)}\n",
        b"{'descr':'<f8','fortran_order':False,'shape':(2.5,)}\n",
        b"{'descr':'<f8','fortran_order':False,'shape':(0,%s)}\n" % (b"9" * 30),
        b"{'descr':'<f8','fortran_order':False,'shape':(%s,)}\n" % (b"9" * 5000),
        b"{'descr':'<f8','fortran_order':False,'shape':(%s)}\n" % (b"1," * 70),
    ],
    ids=lambda value: value[:60].decode("latin1") if isinstance(value, bytes) else None,
)
def test_a_damaged_header_is_refused_in_one_short_line(run, header, version):
    message = refusal(run, with_header(header, version=version))
    assert message.startswith("not a readable NPY file (")
    assert message.endswith("); save it again")
    assert len(message) < 200


def test_numpys_parser_raises_more_than_value_errors():
    """Why the reader catches any exception: should this fail, it can catch less."""
    with pytest.raises(tokenize.TokenError):
        np.load(io.BytesIO(with_header(b"((((\n")))
    with pytest.raises(TypeError):
        np.load(io.BytesIO(with_header(b"{[]: 1}\n")))


def test_a_version_that_is_not_known_is_refused(run):
    header = b"{'descr':'<f8','fortran_order':False,'shape':(2,3)}\n"
    message = refusal(run, with_header(header, version=(4, 0)))
    assert message == "not a readable NPY file (version 4.0 of the format is not known); save it again"


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.array([[1, None]], object), "Python objects (a pickle, and reading it could run code)"),
        (np.zeros(3, [("a", "<f4")]), "records or raw bytes (dtype [('a', '<f4')])"),
        (np.ones((2, 2), complex), "complex values (dtype complex128)"),
        (np.ones((2, 2), bool), "truth values (dtype bool)"),
        (np.array(["a"]), "text or dates (dtype <U1)"),
    ],
)
def test_what_holds_no_real_numbers_is_refused(run, array, what):
    message = refusal(run, saved(array))
    assert message == f"the array holds {what}, not real numbers; save it with a numeric dtype"


def test_an_array_without_rows_is_refused(run):
    assert refusal(run, saved(np.empty((0, 3)))) == "there are no rows (shape 0x3)"


def test_a_single_number_is_no_row(run):
    assert refusal(run, saved(np.array(3.0))) == "a single number, where a row of logits is needed"


def test_it_has_no_column_of_labels(run):
    Path("x.npy").write_bytes(saved(VALUES))
    outcome = run("loss", "x.npy", "--label-column", "0")
    assert (outcome.status, outcome.out) == (2, "")
    assert (
        "x.npy: --label-column is for delimited files, and this is an array; give the labels' own file" in outcome.err
    )


@pytest.mark.parametrize("shape", [(7, 5), (3, 5, 4), (3, 4, 5), (5, 3)], ids=str)
@pytest.mark.parametrize(
    ("only", "places"), [("2,0,1", [2, 0, 1]), ("1:3", [1, 2]), ("-1,0", [4, 0]), (":", [0, 1, 2, 3, 4])]
)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("asked", [False, True])
def test_classes_are_chosen_along_their_axis_by_every_command(run, shape, only, places, order, asked):
    array = np.asarray(np.random.default_rng(0).standard_normal(shape), order=order)
    axis = shape.index(5)
    asked = asked or axis == 0
    rows = np.moveaxis(array, axis, -1).reshape(-1, 5)[:, places]
    labels = np.arange(len(rows)) % len(places)
    Path("x.npy").write_bytes(saved(array))
    np.save("y.npy", labels.reshape([size for place, size in enumerate(shape) if place != axis]))
    options = ["--logit-columns", only, *(["--class-axis", str(axis)] if asked else [])]
    expected = torch.nn.functional.cross_entropy(torch.tensor(rows), torch.tensor(labels))
    assert float(run("loss", "-q", "x.npy", "y.npy", *options).out) == pytest.approx(float(expected), rel=1e-13)
    assert run("check", "x.npy", "y.npy", *options).status in {0, 1}
    (found,) = [line for line in run("report", "x.npy", "y.npy", *options, "-f", "tsv").lines if line[0] == "loss"]
    assert float(found[1]) == pytest.approx(float(expected), rel=1e-12)
    shown = run("softmax", "x.npy", *options, *([] if len(shape) == 2 else ["--class-axis", str(axis)]))
    assert np.array(shown.lines[1:], float) == pytest.approx(torch.softmax(torch.tensor(rows), 1).numpy(), rel=1e-13)
