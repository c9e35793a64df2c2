"""What the pickle in a file of torch.save may name, and the stand-ins that are made instead.

The functions are those of https://github.com/pytorch/pytorch/blob/main/torch/_utils.py.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from softmax_cli.readers.containers.numpy_names import MOST_AXES
from softmax_cli.readers.containers.standins import (
    LIMIT,
    Array,
    Maker,
    Name,
    Opaque,
    Refused,
    StandIn,
    Unfit,
    legible,
    sizes,
    unknown,
)

Order = Literal["<", ">"]
"""The lowest byte of a number first, or the highest."""

Place = Callable[[str], tuple[int, int]]
"""Where the bytes of a storage begin in the file, by its key, and how many there are."""

_STORAGE = re.compile(r"torch\.(?:cuda\.)?(\w+)Storage")
_UNTYPED = {"torch.storage.UntypedStorage", "torch.UntypedStorage", "torch.storage._UntypedStorage"}
_STORAGES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexDouble": "complex128",
    "ComplexFloat": "complex64",
}
_NAMED_AS_IN_NUMPY = {*_STORAGES.values(), "uint16", "uint32", "uint64"} - {"bfloat16"}
_UNREAD = np.dtype("V1")  # for dtypes that are named, and not read
_BFLOAT16 = np.dtype("V2")
_TENSORS = {"torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"}


class Storage(StandIn):
    """The bytes of one or several tensors: a member of the archive. ``dtype`` is empty for plain bytes."""

    def __init__(self, key: str, dtype: str, offset: int, length: int) -> None:
        self.key = key
        self.dtype = dtype
        self.offset = offset
        self.length = length


def storage_of(place: Place, identity: tuple[Any, ...]) -> Storage:
    """The storage that a persistent id names; raises Refused where the archive holds fewer bytes of it."""
    match identity:
        case ("storage", Name() as name, str() as key, _, int() as count):
            pass
        case _:
            raise Unfit
    if not 0 <= count < LIMIT:
        raise Unfit
    path = name.path
    found = _STORAGE.fullmatch(path)
    if found is None and path not in _UNTYPED:
        unknown(name)
    dtype = "" if path in _UNTYPED or found is None else _STORAGES.get(found[1], found[1].lower())
    offset, length = place(key)
    numpy_dtype = _numpy_dtype(dtype, "<")
    itemsize = numpy_dtype.itemsize if numpy_dtype != _UNREAD else int(not dtype)  # others can be packed
    if count * itemsize > length:
        what = f"storage {legible(key)} has {length:,} bytes, and {count * itemsize:,} are promised"
        raise Refused(f"damaged ({what})", "copy or save it again")
    return Storage(key, dtype, offset, length)


def torch_names(order: Order) -> dict[str, Maker]:
    """What is made in the place of each of torch's functions. ``order`` is the byte order of the values, < or >."""
    names: dict[str, Maker] = {}
    made: dict[str, Maker] = {
        "_rebuild_tensor": partial(_tensor, order),
        "_rebuild_tensor_v2": partial(_tensor, order),
        "_rebuild_tensor_v3": partial(_tensor_of_bytes, order),
        "_rebuild_parameter": _first,
        "_rebuild_parameter_with_state": _first,
        "_rebuild_device_tensor_from_cpu_tensor": _first,
        "_rebuild_device_tensor_from_numpy": _first,
        "_rebuild_meta_tensor_no_storage": _meta,
        "_rebuild_qtensor": _quantised,
        "_rebuild_sparse_tensor": _sparse,
        "_rebuild_nested_tensor": _nested,
        "_rebuild_wrapper_subclass": _wrapped,
    }
    names |= {f"torch._utils.{name}": make for name, make in made.items()}
    names |= {
        "torch._tensor._rebuild_from_type": partial(_of_type, names),
        "torch._tensor._rebuild_from_type_v2": partial(_of_type, names),
        "torch.Size": _size,
        "torch.device": _opaque,
        "torch.serialization._get_layout": _opaque,
    }
    return names


def _numpy_dtype(name: str, order: Order) -> np.dtype[Any]:
    if name == "bfloat16":
        return _BFLOAT16
    return np.dtype(name).newbyteorder(order) if name in _NAMED_AS_IN_NUMPY else _UNREAD


def _tensor(order: Order, arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Storage() as storage, int() as start, size, stride, *rest) if storage.dtype:
            metadata = rest[2] if len(rest) > 2 else None
            return _view(storage, storage.dtype, order, (start, size, stride), metadata)
    raise Unfit


def _tensor_of_bytes(order: Order, arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Storage() as storage, int() as start, size, stride, _, _, Name() as dtype, *rest):
            return _view(storage, _dtype_name(dtype), order, (start, size, stride), rest[0] if rest else None)
    raise Unfit


def _dtype_name(name: Name) -> str:
    if name.module != "torch":
        unknown(name)
    return name.name


def _view(storage: Storage, dtype: str, order: Order, place: tuple[int, Any, Any], metadata: Any) -> Array:
    """The values of a tensor, which lie in a storage; raises Refused where they would lie beyond it."""
    start, shape, steps = place[0], sizes(place[1]), sizes(place[2])
    if len(shape) != len(steps) or len(shape) > MOST_AXES or not 0 <= start < LIMIT:
        raise Unfit
    numpy_dtype = _numpy_dtype(dtype, order)
    refusal = _refusal(dtype, order, numpy_dtype, metadata)
    if refusal:
        return Array(numpy_dtype, shape, refusal=refusal)
    itemsize = numpy_dtype.itemsize
    last = sum((size - 1) * step for size, step in zip(shape, steps, strict=True))
    if math.prod(shape) and (start + last + 1) * itemsize > storage.length:
        what = f"a tensor ends at byte {(start + last + 1) * itemsize:,} of the {storage.length:,} of its storage"
        raise Refused(f"damaged ({what})", "copy or save it again")
    offset = storage.offset + start * itemsize if math.prod(shape) else storage.offset
    strides = tuple(step * itemsize for step in steps)
    return Array(numpy_dtype, shape, offset, strides, storage=storage.key, stored=storage.length)


def _refusal(dtype: str, order: Order, numpy_dtype: np.dtype[Any], metadata: Any) -> str:
    if numpy_dtype == _UNREAD:
        return f"dtype {legible(dtype)}; float64, float32, float16, bfloat16 and integers are read"
    if numpy_dtype.kind == "c":
        return f"it holds complex numbers (dtype {dtype})"
    if metadata:
        return "its values are to be conjugated or negated (torch's resolve_conj and resolve_neg do it before saving)"
    if numpy_dtype == _BFLOAT16 and order == ">":
        return "bfloat16 with the highest byte first"
    return ""


def _first(arguments: tuple[Any, ...]) -> Array:
    """A parameter, or a tensor of another device: its values are those of the tensor that it is made of."""
    match arguments:
        case (Array() as array, *_):
            return array
    raise Unfit


def _of_type(names: dict[str, Maker], arguments: tuple[Any, ...]) -> Any:
    """A tensor with attributes, which are left out; refused where it is of a class of its own."""
    match arguments:
        case (Name() as function, Name() as kind, tuple() as inner, _):
            pass
        case _:
            raise Unfit
    make = names.get(function.path)
    if make is None or function.path.startswith("torch._tensor."):  # one in another, and so on, is nothing of torch's
        unknown(function)
    made = make(inner)
    if kind.path in _TENSORS or not isinstance(made, Array):
        return made
    return replace(made, refusal=f"a tensor of the class {legible(kind.path)}, which may give it another meaning")


def _meta(arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Name() as dtype, size, *_):
            return Array(_numpy_dtype(_dtype_name(dtype), "<"), sizes(size), refusal="a meta tensor, without values")
    raise Unfit


def _quantised(arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Storage(), _, size, *_):
            return Array(_UNREAD, sizes(size), refusal="quantised; call dequantize() before saving it")
    raise Unfit


def _sparse(arguments: tuple[Any, ...]) -> Array:
    refusal = "sparse; call to_dense() before saving it"
    match arguments:
        case (_, (Array(), Array() as values, tuple() as size, *_)) | (
            _,
            (Array(), Array(), Array() as values, size, *_),
        ):
            return Array(values.dtype, sizes(size), refusal=refusal)
    raise Unfit


def _nested(arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Array() as buffer, *_):
            return Array(buffer.dtype, (), refusal="nested; call to_padded_tensor() before saving it")
    raise Unfit


def _wrapped(arguments: tuple[Any, ...]) -> Array:
    match arguments:
        case (Name() as kind, Name() as dtype, size, *_):
            refusal = f"a tensor of the class {legible(kind.path)}, without values of its own"
            return Array(_numpy_dtype(_dtype_name(dtype), "<"), sizes(size), refusal=refusal)
    raise Unfit


def _size(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    match arguments:
        case (tuple() as size,):
            return size
    raise Unfit


def _opaque(_: tuple[Any, ...]) -> Opaque:
    return Opaque()
