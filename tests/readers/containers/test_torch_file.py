"""Files of torch.save: the same bits as the tensors that were saved."""

import io
import os
import pickle
import subprocess
import sys
import tarfile
import warnings
import zipfile

import numpy as np
import pytest
import torch

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import torch_file
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source
from tests.readers.containers.counted import Counted
from tests.readers.containers.mutations import rewritten, saved

INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, *INTEGERS]


def entries(data):
    return torch_file.entries(io.BytesIO(data), len(data), "x.pt")


def refusal(data):
    with pytest.raises(InputError) as caught:
        entries(data)
    assert str(caught.value).isprintable()
    return str(caught.value)


def values(entry, data):
    """The values that an entry tells of."""
    assert entry.refusal == ""
    if entry.values is not None:
        return entry.values
    return np.ndarray(entry.shape, entry.dtype, data, entry.offset, entry.strides)


def read(held):
    data = saved(held)
    return {entry.name: values(entry, data) for entry in entries(data)}


def bits(tensor):
    """A tensor's shape and bytes in C order, as torch has them."""
    detached = tensor.detach().contiguous()
    return tuple(tensor.shape), detached.reshape(-1).view(torch.uint8).numpy().tobytes() if detached.numel() else b""


def same(array, tensor):
    return (array.shape, array.tobytes()) == bits(tensor)


def some(dtype=torch.float32, shape=(4, 3, 2)):
    return torch.from_numpy(np.random.default_rng(3).integers(0, 100, shape)).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype):
    tensor = some(dtype)
    found = read(tensor)
    assert list(found) == [""]
    assert same(found[""], tensor)
    expected = np.dtype("V2") if dtype == torch.bfloat16 else tensor.numpy().dtype
    assert found[""].dtype == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.T if x.ndim == 2 else x.permute(2, 0, 1),
        lambda x: x[1:, ::2],
        lambda x: x[..., 1],
        lambda x: x[:0],
        lambda x: x[0, 0, 0],
        lambda x: x[:1].expand(5, 3, 2),
        lambda x: x.as_strided((2, 2), (1, 1), 3),
        lambda x: x.to(memory_format=torch.channels_last) if x.ndim == 4 else x,
        torch.nn.Parameter,
        lambda x: x.clone().requires_grad_(),
    ],
)
def test_every_layout(change):
    tensor = change(some())
    assert same(read([tensor, 1])["0"], tensor)


def test_addresses():
    logits, labels = some(shape=(4, 3)), some(torch.int64, (4,))
    held = {"out": {"logits": logits}, "labels": labels, "epoch": 3, "pair": (logits, labels), "a/b": labels, 7: labels}
    assert list(read(held)) == ["out/logits", "labels", "pair/0", "pair/1", "a/b", "7"]
    state = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).state_dict()
    found = read(state)
    assert list(found) == list(state)
    assert all(same(found[name], tensor) for name, tensor in state.items())


def test_a_checkpoint_with_its_optimiser():
    model = torch.nn.Linear(2, 3)
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    held = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "size": torch.Size([3]),
        "dtype": torch.float16,
    }
    found = read(held)
    assert same(found["model/weight"], model.weight)
    assert same(found["optimiser/state/0/exp_avg"], optimiser.state_dict()["state"][0]["exp_avg"])


def test_tensors_that_share_a_storage():
    whole = some(shape=(100, 10))
    held = {"a": whole[:50], "b": whole[50:], "again": whole[:50]}
    data = saved(held)
    found = {entry.name: entry for entry in entries(data)}
    assert all(same(values(found[name], data), tensor) for name, tensor in held.items())
    assert [entry.note for entry in found.values()] == ["", "", ""]


def test_a_slice_that_brings_its_whole_storage_along():
    (entry,) = entries(saved({"x": torch.zeros(1_000_000)[:1]}))
    assert entry.note == "x is 4 of the 4,000,000 bytes of its storage; clone() before saving"
    (entry,) = entries(saved(torch.zeros(10)[:5]))
    assert entry.note == "the tensor is 20 of the 40 bytes of its storage; clone() before saving"


def test_a_tensor_with_attributes_and_arrays_of_numpy():
    marked = some()
    marked.source = "test"
    array = np.arange(6, dtype=">f4").reshape(2, 3)
    found = read({"marked": marked, "array": array, "scalar": np.float32(2), "y": [1, 2]})
    assert same(found["marked"], marked)
    assert (found["array"].tobytes(), found["array"].dtype) == (array.tobytes(), array.dtype)
    assert list(found) == ["marked", "array", "y"]


def test_lists_of_equal_rows():
    rows = [some(torch.bfloat16, (5,)) + n for n in range(4)]
    assert same(read(rows)[""], torch.stack(rows))
    assert same(read(list(some(torch.int64, (6,))))[""], some(torch.int64, (6,)))
    assert list(read([some(), some()])) == ["0", "1"]
    column = some(shape=(5, 4))
    assert list(read([column[:, 0], column[:, 1]])) == ["0", "1"]


class Marked(torch.Tensor):
    """A subclass, as torchvision's."""


def test_what_is_not_read_is_refused_and_the_rest_is_read():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of them are experiments of torch's, and it says so
        held = {
            "sparse": torch.eye(3).to_sparse(),
            "csr": torch.eye(3).to_sparse_csr(),
            "quantised": torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.quint8),
            "nested": torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
            "complex": torch.zeros(2, dtype=torch.complex64),
            "conjugated": torch.zeros(2, dtype=torch.complex64).conj().imag,
            "float8": torch.zeros(2, dtype=torch.float8_e4m3fn),
            "meta": torch.zeros(2, device="meta"),
            "subclass": torch.zeros(2).as_subclass(Marked),
            "x": some(),
        }
        data = saved(held)
    found = {entry.name: entry for entry in entries(data)}
    assert list(found) == list(held)
    assert [name for name, entry in found.items() if not entry.refusal] == ["x"]
    for name in ("sparse", "nested", "complex", "float8", "meta"):
        assert name in found[name].refusal
    assert same(values(found["x"], data), held["x"])


def test_the_highest_byte_first():
    def turned(data, order=b"big"):
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(file, "w") as target:
            for name in source.namelist():
                held = source.read(name)
                if name.endswith("byteorder"):
                    held = order
                if "/data/" in name and order == b"big":
                    held = np.frombuffer(held, "<f4").astype(">f4").tobytes()
                target.writestr(name, held)
        return file.getvalue()

    tensor = some()
    data = turned(saved(tensor))
    assert torch.equal(torch.load(io.BytesIO(data)), tensor)  # torch's own answer
    (entry,) = entries(data)
    assert entry.dtype == np.dtype(">f4")
    assert values(entry, data).tolist() == tensor.tolist()
    assert "byteorder is neither little nor big" in refusal(turned(saved(tensor), b"middle"))
    (entry,) = entries(turned(saved({"x": some(torch.bfloat16)})))
    assert "highest byte first" in entry.refusal


# --- what is refused ----------------------------------------------------------------------------------------------


def test_a_whole_model_is_refused_by_name():
    message = refusal(saved(torch.nn.Linear(1, 1)))
    assert message.startswith(
        "x.pt: this pickle asks for torch.nn.modules.linear.Linear, which is no array; nothing of it was run"
    )


@pytest.mark.parametrize("where", ["the root", "a state", "a hook"])
def test_a_call_runs_nowhere(where, tmp_path):
    sentinel = tmp_path / "it ran"

    class Runs:
        def __reduce__(self):
            return os.system, (f"touch '{sentinel}'",)

    held = {"the root": Runs(), "a state": {"x": some(), "y": [Runs()]}, "a hook": some()}[where]
    if where == "a hook":
        held.attribute = Runs()
    assert "asks for posix.system" in refusal(saved(held))
    assert not sentinel.exists()


def test_torch_is_not_needed_to_read_them(tmp_path):
    (tmp_path / "x.pt").write_bytes(saved(some()))
    program = (
        "import sys; from softmax_cli.readers.containers import torch_file; "
        "file = open(sys.argv[1], 'rb'); print(torch_file.entries(file, 10**6, 'x')[0].shape, 'torch' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "x.pt"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\n")[0] == "(4, 3, 2) False"


def test_files_of_before_1_6():
    file = io.BytesIO()
    torch.save(some(), file, _use_new_zipfile_serialization=False)
    assert refusal(file.getvalue()).endswith("in a format of its own; save it again with torch 1.6 or later")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    assert refusal(file.getvalue()).endswith("save it again with torch 1.6 or later")


def test_programs_are_refused():
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would have another used
        torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.ones(1, 1)), file)
    assert "a TorchScript program (torch.jit.save)" in refusal(file.getvalue())


def test_other_archives_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "")
    assert "without the one data.pkl" in refusal(file.getvalue())
    assert "a zip archive, damaged" in refusal(b"no archive")
    assert "without the one data.pkl" in refusal(b"PK\5\6" + bytes(18))


def pickled_tensor(shape, strides, start=0, count=6, key="0", dtype="FloatStorage"):
    """The pickle of a tensor in a storage of 6 float32 numbers."""

    class Storage:
        pass

    class Pickler(pickle._Pickler):
        def persistent_id(self, held):
            return ("storage", getattr(torch, dtype), key, "cpu", count) if isinstance(held, Storage) else None

    class Tensor:
        def __reduce__(self):
            return torch._utils._rebuild_tensor_v2, (Storage(), start, shape, strides, False, {})

    file = io.BytesIO()
    Pickler(file, 2).dump(Tensor())
    return rewritten(saved(torch.arange(6.0)), lambda _: file.getvalue())


def test_a_tensor_within_its_storage_is_read():
    (entry,) = entries(pickled_tensor((2, 3), (3, 1)))
    assert values(entry, pickled_tensor((2, 3), (3, 1))).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("case", "what"),
    [
        ({"shape": (7,), "strides": (1,)}, "ends at byte 28 of the 24"),
        ({"shape": (2, 3), "strides": (4, 1)}, "ends at byte 28 of the 24"),
        ({"shape": (6,), "strides": (1,), "start": 1}, "ends at byte 28 of the 24"),
        ({"shape": (6,), "strides": (1,), "start": 2**62}, "ends at byte"),
        ({"shape": (6,), "strides": (1,), "start": -1}, "does not take"),
        ({"shape": (6,), "strides": (-1,), "start": 5}, "does not take"),
        ({"shape": (-6,), "strides": (1,)}, "does not take"),
        ({"shape": (6,), "strides": (1, 1)}, "does not take"),
        ({"shape": (2**63,), "strides": (0,)}, "does not take"),
        ({"shape": (True,), "strides": (1,)}, "does not take"),
        ({"shape": (1.0,), "strides": (1,)}, "does not take"),
        ({"shape": (1,) * 40, "strides": (1,) * 40}, "does not take"),
        ({"shape": (6,), "strides": (1,), "count": 7}, "24 bytes, and 28 are promised"),
        ({"shape": (6,), "strides": (1,), "count": -1}, "another kind"),
        ({"shape": (6,), "strides": (1,), "key": "../0"}, "it has no data/../0"),
        ({"shape": (6,), "strides": (1,), "dtype": "DoubleStorage"}, "24 bytes, and 48 are promised"),
        ({"shape": (6,), "strides": (1,), "dtype": "Generator"}, "asks for torch"),
    ],
)
def test_a_tensor_beyond_its_storage_is_damaged(case, what):
    assert what in refusal(pickled_tensor(**case))


def test_a_shape_that_no_array_can_have_is_refused():
    (entry,) = entries(pickled_tensor((2**62, 2**62), (0, 0)))
    assert entry.refusal == "no array can have its shape"


def test_a_rebuilding_within_a_rebuilding_is_refused_however_deep():
    name = b"ctorch\n_tensor._rebuild_from_type_v2\n"
    inner = b"N" + (b"q\x010" + name + b"q\x020(h\x02ctorch\nTensor\nh\x01Nt") * 20_000
    data = rewritten(
        saved(torch.zeros(1)), lambda _: b"\x80\x02" + name + b"(" + name + b"ctorch\nTensor\n" + inner + b"NtR."
    )
    assert "asks for torch._tensor._rebuild_from_type_v2" in refusal(data)


# --- archives -----------------------------------------------------------------------------------------------------


def archive(change):
    """A file of torch.save with a change of the directory's rows; each begins with PK\\1\\2."""
    data = bytearray(saved(torch.arange(6.0)))
    at = data.index(b"PK\1\2")
    while data[at : at + 4] == b"PK\1\2":
        length = 46 + sum(int.from_bytes(data[at + place : at + place + 2], "little") for place in (28, 30, 32))
        row = data[at : at + length]
        data[at : at + length] = change(row, bytes(row[46 : 46 + int.from_bytes(row[28:30], "little")]).decode())
        at += length
    return bytes(data)


def put(row, place, value, width):
    row[place : place + width] = value.to_bytes(width, "little")
    return row


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda row, name: put(row, 8, 1, 2) if "data/0" in name else row, "encrypted"),
        (lambda row, name: put(row, 10, 8, 2) if "data/0" in name else row, "encrypted or compressed"),
        (
            lambda row, name: put(put(row, 20, 2**31, 4), 24, 2**31, 4) if "data/0" in name else row,
            "longer than its place",
        ),
        (lambda row, name: put(put(row, 20, 300, 4), 24, 300, 4) if "data/0" in name else row, "longer than its place"),
        (lambda row, name: put(row, 42, 0, 4) if "data/0" in name else row, "share their bytes"),
        (lambda row, name: put(row, 42, 2**31, 4) if "data/0" in name else row, "damaged"),
        (lambda row, _: row.replace(b"data/0", b"data/1"), "it has no data/0"),
        (lambda row, _: row.replace(b"data/0", b"version"[:6]), "it has no data/0"),
        (lambda row, _: row.replace(b"data.pkl", b"data.pk1"), "without the one data.pkl"),
    ],
)
def test_a_damaged_directory(change, what):
    assert what in refusal(archive(change))


def test_two_members_of_one_name():
    file = io.BytesIO(saved(torch.arange(6.0)))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("archive/data/0", bytes(24))
    assert "two members are called archive/data/0" in refusal(file.getvalue())


def test_every_cut_is_an_error():
    data = saved({"x": some(), "y": [some()]})
    for length in range(0, len(data), 7):
        assert "x.pt: " in refusal(data[:length])


def test_only_the_pickle_is_read():
    data = saved({"x": torch.zeros(2_000_000), "y": torch.ones(3, 1_000_000)})
    file = Counted(data)
    assert len(torch_file.entries(file, len(data), "x.pt")) == 2
    assert file.taken < 500_000


# --- as a table ---------------------------------------------------------------------------------------------------


def table(name):
    return np.concatenate(list(open_table(Source(name), Dialect(), Selection()).blocks(2, 1)))


def test_whatever_the_file_is_called_its_tensors_are_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tensor = some(shape=(7, 5))
    (tmp_path / "x.csv").write_bytes(saved({"out": {"logits": tensor.T.contiguous().T, "half": tensor.bfloat16()}}))
    assert table("x.csv:out/logits").tobytes() == tensor.numpy().tobytes()
    assert table("x.csv:out/half").tobytes() == tensor.bfloat16().float().numpy().tobytes()
    (tmp_path / "y.pt").write_bytes(saved(tensor))
    assert table("y.pt").tobytes() == tensor.numpy().tobytes()
    file = io.BytesIO()
    torch.save(tensor, file, _use_new_zipfile_serialization=False)
    (tmp_path / "old.pt").write_bytes(file.getvalue())
    with pytest.raises(InputError, match=r"^old\.pt: torch wrote it before version 1\.6"):
        table("old.pt")
