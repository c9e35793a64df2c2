"""What a backend promises: the values it was given, rounded once, and its own framework's results."""

import sys

import numpy as np
import pytest
import torch

from softmax_cli.backends import BACKENDS, DTYPES, backend_names, load_backends
from softmax_cli.errors import UsageError


def loaded(name, dtype, device="cpu"):
    (backend,) = load_backends(name, device, dtype)
    return backend


def test_all_is_every_backend_of_the_table():
    assert backend_names("all") == tuple(BACKENDS)
    assert [backend.name for backend in load_backends("all", "cpu", "float32")] == list(BACKENDS)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_values_are_rounded_once_and_alike_on_both(dtype):
    values = np.random.default_rng(0).standard_normal(10000) * 10.0 ** np.random.default_rng(1).uniform(-6, 4, 10000)
    with np.errstate(over="ignore"):
        expected = values.astype(dtype)
    for name in BACKENDS:
        backend = loaded(name, dtype)
        with backend.arithmetic():
            found = backend.to_numpy(backend.asarray(values))
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected), name


def test_float64_to_float16_does_not_round_twice():
    # Just above the middle of two float16 numbers; by way of float32 it lands on the middle, and rounds down.
    value = 1 + 2.0**-11 + 2.0**-30
    assert torch.tensor(value, dtype=torch.float64).half() == 1
    for name in BACKENDS:
        backend = loaded(name, "float16")
        assert backend.to_numpy(backend.asarray(np.array([value])))[0] == 1 + 2.0**-10


def test_bfloat16_is_torchs():
    values = np.random.default_rng(2).standard_normal(1000)
    backend = loaded("torch", "bfloat16")
    expected = torch.tensor(values).to(torch.bfloat16).float().numpy()
    assert np.array_equal(backend.to_numpy(backend.asarray(values)), expected)


def test_a_read_only_or_strided_array_is_taken_without_a_warning(backend):
    values = np.arange(12.0).reshape(3, 4).T[::2]
    values.flags.writeable = False
    one = loaded(backend, "float64")
    assert np.array_equal(one.to_numpy(one.asarray(values)), values)


def test_many_classes_do_not_overflow_float16_on_numpy():
    # torch 2.13 sums float16 in float16 on the CPU and gives -inf here, which its column must then show.
    backends = {name: loaded(name, "float16") for name in BACKENDS}
    found = {}
    for name, backend in backends.items():
        with backend.arithmetic():
            found[name] = backend.to_numpy(backend.log_softmax(backend.asarray(np.zeros((1, 100_000)))))[0, 0]
    assert found["numpy"] == np.float16(-np.log(100_000))
    assert found["torch"] == torch.log_softmax(torch.zeros(100_000, dtype=torch.float16), 0)[0]


def test_a_device_goes_to_torch_alone():
    cpu, other = load_backends("all", "cpu", "float32")
    assert (cpu.device, other.device) == ("cpu", "cpu")
    with pytest.raises(UsageError, match="device meta is not available"):
        load_backends("all", "meta", "float32")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:9"])
def test_a_cuda_device_that_is_not_there_is_refused(device):
    with pytest.raises(UsageError, match=f"device {device}: this torch .* sees no CUDA device; use --device cpu"):
        load_backends("torch", device, "float32")


def test_a_missing_extra_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "softmax_cli.backends.torch_backend", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch" or "array_api_compat" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without("torch"), *sys.meta_path])
    with pytest.raises(UsageError, match=r"pip install 'softmax-loss\[torch\]'"):
        load_backends("torch", "cpu", "float32")


class _Without:
    """A finder that finds everything but one package."""

    def __init__(self, missing):
        self._missing = missing

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002
        if name.partition(".")[0] == self._missing:
            raise ModuleNotFoundError(f"No module named {self._missing!r}", name=self._missing)


def test_every_dtype_of_the_table_is_torchs_too():
    assert all(isinstance(getattr(torch, name), torch.dtype) for name in DTYPES)
