"""safetensors (https://huggingface.co/docs/safetensors): a length in 8 bytes, a header in JSON, then the values."""

import json
import math
from typing import Any, BinaryIO, NoReturn

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.readers.entry import Entry

LONGEST_HEADER = 100_000_000  # bytes, as the format has it

_METADATA = "__metadata__"
_DTYPES = {
    **{f"F{bits}": np.dtype(f"<f{bits // 8}") for bits in (16, 32, 64)},
    **{f"I{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"U{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)},
    "BF16": np.dtype("V2"),
    "BOOL": np.dtype(bool),
}
_UNREAD = np.dtype("V1")  # for dtypes that are named, and not read


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The tensors of a file, in the order of its header; raises InputError where that is damaged."""
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if length > min(LONGEST_HEADER, size - 8):
        _refuse(name, f"its header of {length:,} bytes does not fit in")
    try:
        header = json.loads(file.read(length), object_pairs_hook=_unique)
        return [_entry(key, row, 8 + length, size) for key, row in dict(header).items() if key != _METADATA]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        _refuse(name, str(error) if not isinstance(error, KeyError) else f"its header has no {error}")


def _entry(key: str, row: dict[str, Any], data: int, size: int) -> Entry:
    kind, shape, (begin, end) = row["dtype"], tuple(map(_whole, row["shape"])), map(_whole, row["data_offsets"])
    if not begin <= end <= size - data:
        raise ValueError(f"the values of {key!r} lie beyond its end: it was cut short")
    dtype = _DTYPES.get(kind)
    if dtype is None:
        return Entry(
            key, _UNREAD, shape, refusal=f"dtype {kind}; float64, float32, float16, bfloat16 and integers are read"
        )
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"the shape of {key!r} does not fit its {end - begin:,} bytes")
    entry = Entry(key, dtype, shape, data + begin)
    entry.layout()
    return entry


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is no size in its header")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("two tensors of one name")
    return found


def _refuse(name: str, what: str) -> NoReturn:
    raise InputError(
        name, f"a damaged safetensors file ({what.splitlines()[0][:120]})", "copy or save it again"
    ) from None
