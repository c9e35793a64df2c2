"""Pickles of NumPy arrays: the same bits as pickle.loads gives, of every protocol."""

import gzip
import io
import pickle
from collections import OrderedDict, defaultdict

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import pickled
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source
from tests.readers.containers.counted import Counted

DTYPES = [
    "<f2",
    "<f4",
    "<f8",
    ">f4",
    ">f8",
    "|i1",
    "|u1",
    "<i2",
    ">u2",
    "<i4",
    "<u4",
    "<i8",
    ">i8",
    "<u8",
    "|b1",
    "<U3",
    ">U2",
]


def entries(data):
    return pickled.entries(io.BytesIO(data), len(data), "x.pkl")


def values(entry, data):
    """The values that an entry tells of."""
    assert entry.refusal == ""
    if entry.values is not None:
        assert entry.values.shape == entry.shape
        return entry.values
    return np.ndarray(entry.shape, entry.dtype, data, entry.offset, entry.strides)


def read(held, protocol=4):
    data = pickle.dumps(held, protocol)
    return {entry.name: values(entry, data) for entry in entries(data)}


def same(left, right):
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def some(dtype, shape):
    drawn = np.random.default_rng(5).integers(0, 100, shape)
    return drawn.astype(dtype)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype, protocol):
    array = some(dtype, (5, 3))
    assert same(read(array, protocol)[""], array)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        np.transpose,
        lambda array: array[::2, 1:],
        lambda array: array[::-1],
        lambda array: array[:0],
        lambda array: array[0, 0, 0],
        lambda array: array.transpose(1, 0, 2),
        lambda array: np.broadcast_to(array[:1], array.shape),
        lambda array: np.concatenate([array] * 500),
    ],
)
def test_every_layout(change, protocol):
    array = change(some("<f4", (4, 3, 2)))
    assert all(same(each, np.asarray(array)) for each in read({"x": array}, protocol).values())


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_large_arrays_stay_in_the_file(protocol):
    array = some("<f8", (200, 50))
    data = pickle.dumps([array, {"more": array.T}], protocol)
    assert [(entry.values, entry.offset is not None) for entry in entries(data)] == [(None, True), (None, True)]


def test_addresses():
    logits, labels = some("<f4", (4, 3)), some("<i8", (4, 1))
    assert list(read(((logits, labels), (logits, labels)))) == ["0/0", "0/1", "1/0", "1/1"]
    nested = {
        "out": OrderedDict(logits=logits),
        "step": 3,
        "name": "run",
        5: defaultdict(list, y=labels),
        b"b": labels,
        None: labels,
    }
    assert list(read(nested)) == ["out/logits", "5/y", "b", "None"]
    assert list(read(logits)) == [""]
    assert read({"a": 1, "b": "text", "c": None, "d": {1, 2}}) == {}


@pytest.mark.parametrize("protocol", range(6))
def test_lists_of_numbers_are_arrays(protocol):
    held = {
        "y": [3, 1, 2],
        "p": [[0.25, 0.75], [1, 0]],
        "b": [True, False],
        "big": [2**63, 1],
        "scalars": [np.float32(0.1)] * 2,
    }
    expected = {
        "y": np.array([3, 1, 2]),
        "p": np.array([[0.25, 0.75], [1, 0]]),
        "b": np.array([True, False]),
        "big": np.array([2**63, 1], np.uint64),
        "scalars": np.array([np.float32(0.1)] * 2, np.float64),
    }
    found = read(held, protocol)
    assert list(found) == list(expected)
    assert all(same(found[name], array) for name, array in expected.items())


def test_lists_of_other_things_are_none():
    assert read({"names": ["a", "b"], "mixed": [1, None], "empty": [], "shape": (3, 4)}) == {}


def test_a_ragged_list_tells_where():
    data = pickle.dumps({"x": [[1, 2], [3]], "y": [2**64, 1]})
    assert [entry.refusal for entry in entries(data)] == [
        "lists of unequal lengths: the first list has 2 items, another 1",
        "it holds whole numbers of more than 64 bits",
    ]


@pytest.mark.parametrize("protocol", range(6))
def test_a_list_of_equal_rows_is_their_array(protocol):
    rows = [some("<f4", 100) + row for row in range(30)]
    found = read(rows, protocol)
    assert list(found) == [""]
    assert same(found[""], np.stack(rows))
    (entry,) = entries(pickle.dumps(rows, protocol))
    assert entry.note == "a list of 30 one-dimensional arrays is read as so many rows"


def test_a_list_of_more_than_its_bytes_is_refused():
    row = np.zeros(1000)  # the same array 2,000 times: 16 MB of 8 KB
    (entry,) = entries(pickle.dumps([row] * 2000))
    assert entry.shape == (2000, 1000)
    assert entry.refusal == "2,000 arrays of 8,000 bytes each in a list are too many; save them as one array"


def test_the_same_list_under_two_names_is_told_twice():
    held = [some("<f4", (2, 3)), "text"]
    assert list(read({"a": held, "b": held})) == ["a/0", "b/0"]


def test_lists_of_other_arrays_are_told_one_by_one():
    assert list(read([np.zeros(3), np.zeros(4)])) == ["0", "1"]
    assert list(read([np.zeros(3), np.zeros(3, np.float32)])) == ["0", "1"]
    assert list(read([np.zeros((2, 3)), np.zeros((2, 3))])) == ["0", "1"]
    assert list(read((np.zeros(3), np.zeros(3)))) == ["0", "1"]


@pytest.mark.parametrize("protocol", range(6))
def test_what_holds_no_numbers_is_refused_and_the_rest_is_read(protocol):
    held = {
        "records": np.zeros(2, "i4,f4"),
        "objects": np.array([np.zeros(2), None], object),
        "complex": np.zeros(2, "c8"),
        "dates": np.zeros(2, "M8[s]"),
        "bytes": np.zeros(2, "S3"),
        "x": np.arange(3.0),
    }
    data = pickle.dumps(held, protocol)
    found = {entry.name: entry for entry in entries(data)}
    assert list(found) == list(held)
    assert [name for name, entry in found.items() if not entry.refusal] == ["x"]
    assert "records" in found["records"].refusal
    assert "Python objects" in found["objects"].refusal
    assert "complex" in found["complex"].refusal
    assert same(values(found["x"], data), held["x"])


@pytest.mark.parametrize("protocol", [2, 4])
def test_other_objects_are_refused_by_name(protocol):
    import torch

    data = pickle.dumps(torch.zeros(2), protocol)
    with pytest.raises(InputError, match=r"asks for torch\.storage\._load_from_bytes.*save it with torch\.save$"):
        entries(data)
    with pytest.raises(InputError, match=r"asks for numpy\.matrix"):
        entries(b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmatrix\nK\x00\x85C\x01b\x87R.")
    with pytest.raises(
        InputError, match=r"a joblib dump \(this pickle asks for joblib\.numpy_pickle\.NumpyArrayWrapper"
    ):
        entries(b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}b.")


def test_pickles_of_python_2():
    # What Python 2.7 and NumPy 1.16 write for {'x': numpy.arange(3), 'y': numpy.float32(1.5)}, of protocols 0 and 2.
    state = b"(I1\n(I3\ntcnumpy\ndtype\n(S'i8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\n"
    text = rb"S'\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00'"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    zero = b"(dS'x'\n" + made + state + text + b"\ntbs."
    assert pickle.loads(zero, encoding="latin-1")["x"].tolist() == [0, 1, 2]  # noqa: S301  (Python's own answer)
    (entry,) = entries(zero)
    assert same(values(entry, zero), np.arange(3, dtype="<i8"))
    for count in (3, 100):
        held = np.arange(count, dtype="<i8").tobytes()
        data = b"T" + len(held).to_bytes(4, "little") + held
        two = b"\x80\x02}U\x01x" + made + state.replace(b"(I3\nt", b"(I%d\nt" % count, 1) + data + b"tbs."
        assert pickle.loads(two, encoding="latin-1")["x"].tolist() == list(range(count))  # noqa: S301  (the same)
        (entry,) = entries(two)
        assert same(values(entry, two), np.arange(count, dtype="<i8"))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"K\x05K\x03\x86", b"K\x05K\x04\x86"),
        lambda data: data.replace(b"f4", b"f8"),
        lambda data: data.replace(b"f4", b"f3"),
        lambda data: data.replace(b"K\x05K\x03\x86", b"J\xff\xff\xff\xffK\x03\x86"),
        lambda data: data.replace(b"K\x05K\x03\x86", b"G\x40\x14\x00\x00\x00\x00\x00\x00K\x03\x86"),
        lambda data: data.replace(b"X\x01\x00\x00\x00<", b"X\x01\x00\x00\x00?"),
    ],
)
def test_a_shape_that_does_not_fit_its_bytes_is_damaged(change):
    data = pickle.dumps(some("<f4", (5, 3)), 3)
    assert change(data) != data
    with pytest.raises(InputError, match=r"x\.pkl: a damaged pickle"):
        entries(change(data))


def test_a_scalar_is_a_number_and_no_array():
    assert (
        read({"loss": np.float64(2.5), "n": np.int32(3), "text": np.str_("a"), "when": np.datetime64("2020-01-01")})
        == {}
    )


def test_bytes_between_the_places_that_are_told_are_not_read():
    data = pickle.dumps([np.zeros(1_000_000), np.ones((3, 1_000_000))], 4)
    file = Counted(data)
    assert len(pickled.entries(file, len(data), "x.pkl")) == 2
    assert file.taken < 500_000


@pytest.mark.parametrize("protocol", range(6))
def test_whatever_the_file_is_called_its_arrays_are_tables(protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = some("<f4", (70, 5))
    held = {"0/0.pkl": array, "0/1.gz": {"p": (array, array.T)}, "2": [array, array[:3].tolist()]}
    (tmp_path / "x.csv").write_bytes(pickle.dumps(array, protocol))
    (tmp_path / "y.gz").write_bytes(gzip.compress(pickle.dumps(held, protocol)))
    (tmp_path / "z").write_bytes(pickle.dumps((array, array), protocol))
    for name in ("x.csv", "y.gz:0/1.gz/p/0", "y.gz:2/0", "z:1"):
        read_in_blocks = open_table(Source(name), Dialect(), Selection()).blocks(16, 1)
        assert np.concatenate(list(read_in_blocks)).tobytes() == array.tobytes()
