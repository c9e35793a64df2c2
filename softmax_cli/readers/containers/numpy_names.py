"""What pickles of NumPy's arrays and of Python's own types may name, and the stand-ins that are made instead.

An array's state is told at https://numpy.org/doc/stable/reference/generated/numpy.ndarray.__setstate__.html.
"""

import math
import re
from functools import partial
from typing import Any

import numpy as np

from softmax_cli.readers.containers.standins import (
    Array,
    Budget,
    Maker,
    Name,
    Opaque,
    Pairs,
    Raw,
    StandIn,
    Unfit,
    sizes,
    unknown,
)

MOST_AXES = 32  # as many as every NumPy has

_CODE = re.compile(r"([biufcSUVOMm])(\d{0,9})")
_UNREAD = {
    "c": "complex numbers",
    "O": "Python objects, not numbers",
    "S": "text as bytes",
    "V": "records or raw bytes",
    "M": "dates",
    "m": "lengths of time",
}
_BFLOAT16 = np.dtype("V2")
_LATIN = {"latin1", "latin-1"}


def plain_names(size: int) -> dict[str, Maker]:
    """Python's own types; ``size`` is that of the pickle, and bounds what is made of its text and lists."""
    budget = Budget(size, "more bytes made of text and lists")
    encoded, byte_array, pairs = (partial(make, budget) for make in (_encoded, _byte_array, _pairs))
    return {
        "_codecs.encode": encoded,
        "builtins.bytearray": byte_array,
        "builtins.bytes": byte_array,
        "collections.Counter": pairs,
        "collections.OrderedDict": pairs,
        "collections.defaultdict": pairs,
        **{f"builtins.{name}": _opaque for name in ("complex", "frozenset", "range", "set", "slice")},
    }


def _encoded(budget: Budget, arguments: tuple[Any, ...]) -> Raw:
    match arguments:
        case (str() as text, str() as encoding) if encoding in _LATIN:
            budget.spend(len(text))
            return _latin(text)
    raise Unfit


def _byte_array(budget: Budget, arguments: tuple[Any, ...]) -> Raw:
    match arguments:
        case ():
            return Raw(0, None, b"")
        case (Raw() as raw,):
            return raw
    return _encoded(budget, arguments)


def _pairs(budget: Budget, arguments: tuple[Any, ...]) -> Pairs:
    match arguments:
        case () | (Name(),) | (None,):
            return Pairs()
        case (Pairs() as made,):
            return made
        case (list() as items,):  # Python 2's OrderedDict: a list of lists of two
            budget.spend(len(items))
            if any(type(item) not in {list, tuple} or len(item) != 2 for item in items):
                raise Unfit
            return Pairs((key, value) for key, value in items)
    raise Unfit


def _opaque(_: tuple[Any, ...]) -> Opaque:
    return Opaque()


def _latin(text: str) -> Raw:
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        raise Unfit from None
    return Raw(len(content), None, content)


class Dtype(StandIn):
    """A dtype of a pickle. ``refusal`` says why its arrays cannot be read."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        what = _UNREAD.get(dtype.kind, "") if dtype != _BFLOAT16 else ""
        self.refusal = what and f"it holds {what} (dtype {dtype})"

    def build(self, state: Any) -> None:
        """Take the byte order; refuse records."""
        match state:
            case (int(), "<" | ">" | "=" | "|" as order, base, names, fields, *_):
                self.dtype = self.dtype.newbyteorder(order)
                if base is not None or names is not None or fields is not None:
                    self.refusal = f"it holds records (a structured dtype of {self.dtype.itemsize} bytes)"
            case _:
                raise Unfit


class StatedArray(Array):
    """An array that gets its shape, dtype and values as a state."""

    def build(self, state: Any) -> None:
        """Take them; the first of five is a version."""
        match state:
            case (int(), tuple() as shape, Dtype() as dtype, bool() | int() as fortran, data):
                pass
            case (tuple() as shape, Dtype() as dtype, bool() | int() as fortran, data):
                pass
            case _:
                raise Unfit
        _fill(self, data, dtype, sizes(shape), fortran=bool(fortran))


def _dtype(arguments: tuple[Any, ...]) -> Dtype:
    match arguments:
        case (Name() as name, *_):
            if name.path != "ml_dtypes.bfloat16":
                unknown(name)
            return Dtype(_BFLOAT16)
        case (str() as code, *_) if found := _CODE.fullmatch(code):
            try:
                return Dtype(np.dtype(code if found[1] != "O" else "O"))
            except (TypeError, ValueError):
                raise Unfit from None
    raise Unfit


def _reconstruct(arguments: tuple[Any, ...]) -> StatedArray:
    match arguments:
        case (Name() as name, _, _):
            if name.path != "numpy.ndarray":
                unknown(name)
            return StatedArray(np.dtype("V1"), (), refusal="the pickle gives it no values")
    raise Unfit


def _from_buffer(arguments: tuple[Any, ...]) -> Array:
    """Protocol 5. The axes' order is that of newer NumPy, for arrays laid out in neither C's order nor Fortran's."""
    array = Array(np.dtype("V1"), ())
    match arguments:
        case (data, Dtype() as dtype, shape, "C" | "F" as order) | (
            data,
            Dtype() as dtype,
            shape,
            "C" | "F" as order,
            None,
        ):
            _fill(array, data, dtype, sizes(shape), fortran=order == "F")
        case (data, Dtype() as dtype, shape, "K", axes):
            _fill(array, data, dtype, sizes(shape), fortran=False)
            if sorted(sizes(axes)) != list(range(len(shape))):
                raise Unfit
            strides = _strides(array.shape, array.dtype.itemsize)
            array.shape = tuple(array.shape[axis] for axis in axes)
            array.strides = tuple(strides[axis] for axis in axes)
        case _:
            raise Unfit
    return array


def _scalar(arguments: tuple[Any, ...]) -> Any:
    """A NumPy scalar as a Python number; float64 holds every float16 and float32."""
    match arguments:
        case (Dtype() as dtype, str() | Raw() as data) if dtype.dtype.kind in "biuf" and dtype.dtype.itemsize <= 8:
            raw = _latin(data) if isinstance(data, str) else data
            if raw.content is None or raw.length != dtype.dtype.itemsize:
                raise Unfit
            return np.frombuffer(raw.content, dtype.dtype)[0].item()
        case (Dtype(), _) | (Dtype(),):
            return Opaque()
    raise Unfit


def _fill(array: Array, data: Any, dtype: Dtype, shape: tuple[int, ...], *, fortran: bool) -> None:
    array.dtype, array.shape, array.refusal = dtype.dtype, shape, dtype.refusal
    array.offset = array.strides = array.content = None
    if array.refusal:
        return
    raw = _latin(data) if isinstance(data, str) else data
    if not isinstance(raw, Raw) or len(shape) > MOST_AXES or raw.length != math.prod(shape) * dtype.dtype.itemsize:
        raise Unfit
    array.offset, array.content = raw.offset, raw.content if raw.offset is None else None
    if fortran:
        array.strides = _strides(shape[::-1], dtype.dtype.itemsize)[::-1]


def _strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The steps in bytes from one value to the next along each axis, in C order."""
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


_MULTIARRAY = {"_reconstruct": _reconstruct, "scalar": _scalar}

NUMPY_NAMES: dict[str, Maker] = {
    "numpy.dtype": _dtype,
    **{f"numpy.{core}.multiarray.{name}": make for core in ("core", "_core") for name, make in _MULTIARRAY.items()},
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in ("core", "_core")},
}
"""What a pickle of arrays may call."""
