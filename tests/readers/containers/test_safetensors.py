"""safetensors: its own dtypes, and headers that are damaged."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source


def values(address):
    table = open_table(Source(address), Dialect(), Selection())
    return np.concatenate(list(table.blocks(3, 1)))


def write(header, data=b"\0" * 48):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    Path("x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


def row(dtype="F32", shape=(3, 4), offsets=(0, 48)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_bfloat16_has_the_values_that_torch_gives_it():
    tensor = torch.randn(7, 5, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    safetensors.torch.save_file({"x": tensor}, "x.safetensors")
    assert (values("x.safetensors:x") == tensor.float().numpy()).all()


def test_float8_is_refused_by_its_name_and_the_others_are_read():
    tensors = {"x": torch.ones(2, 3), "small": torch.ones(2, 3).to(torch.float8_e4m3fn)}
    safetensors.torch.save_file(tensors, "x.safetensors")
    assert (values("x.safetensors:x") == 1).all()
    with pytest.raises(InputError, match=r"^x\.safetensors:small: dtype F8_E4M3"):
        values("x.safetensors:small")


def test_metadata_is_no_array():
    safetensors.torch.save_file({"x": torch.ones(2, 3)}, "x.safetensors", metadata={"format": "pt"})
    assert values("x.safetensors").shape == (2, 3)


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ({"x": row(offsets=(0, 49))}, "lie beyond its end"),
        ({"x": row(offsets=(8, 4))}, "lie beyond its end"),
        ({"x": row(offsets=(0, 44))}, "does not fit its 44 bytes"),
        ({"x": row(shape=(3, -4))}, "-4 is no size"),
        ({"x": row(shape=(3, 4.0))}, "4.0 is no size"),
        ({"x": row(shape=(True, 12))}, "True is no size"),
        ({"x": row(shape=(0, 2**63), offsets=(0, 0))}, ""),
        ({"x": row(shape=(1,) * 70, offsets=(0, 4))}, ""),
        ({"x": {"dtype": "F32", "shape": [3, 4]}}, "'data_offsets'"),
        ({"x": 3}, ""),
        ({"x": row(offsets=(0, 1, 2))}, ""),
        (b'{"x": 1, "x": 2}', "two tensors of one name"),
        (b'{"x": ', ""),
        (b"{" * 100_000, ""),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, ""),
    ],
)
def test_a_damaged_header_is_one_line(header, what):
    write(header)
    with pytest.raises(InputError, match=f"^x.safetensors: a damaged safetensors file .*{what}") as refused:
        values("x.safetensors:x")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_a_header_longer_than_the_file_is_refused_before_it_is_read():
    Path("x.safetensors").write_bytes((99_000_000).to_bytes(8, "little") + b'{"x":')
    with pytest.raises(InputError, match="its header of 99,000,000 bytes does not fit in"):
        values("x.safetensors:x")
