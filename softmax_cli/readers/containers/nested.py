"""The arrays in nested dicts, lists and tuples, each with its address: ``out/logits``, ``0/1``."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from softmax_cli.readers.containers.standins import Array, Budget, Pairs, Raw, Refused
from softmax_cli.readers.entry import Entry

_DEEPEST = 64
_MOST_STACKED = 1 << 28  # bytes: one array is made in memory of so much, at most
_NUMBERS = {bool, int, float}
_TOGETHER = "save them as one array"


def arrays_in(root: Any, file: BinaryIO, size: int) -> list[tuple[str, Array]]:
    """Every array that can be reached from ``root``, with its address; ``size`` is the pickle's, in bytes.

    A list of numbers is an array, and so are lists of equal lists of numbers, and of arrays of one value or of one
    axis that are alike. Other numbers and text are no arrays. What holds itself is entered once. Raises Refused where
    shared parts would make the list longer than the file's size justifies.
    """
    return _Search(file, size).found(root)


def entry_of(address: str, array: Array, note: str = "") -> Entry:
    """The array as what a file holds under an address."""
    if array.refusal:
        return Entry(address, array.dtype, array.shape, refusal=array.refusal)
    values = array.values
    try:
        if array.content is not None:
            values = np.ndarray(array.shape, array.dtype, array.content, 0, array.strides)
        offset, strides = (array.offset, array.strides) if values is None else (None, None)
        entry = Entry(address, array.dtype, array.shape, offset, strides, values=values, note=note or array.note)
        entry.layout()
    except (ValueError, OverflowError):  # longer than any memory, along an axis of a step of 0
        return Entry(address, array.dtype, array.shape, refusal="no array can have its shape")
    return entry


class _Search:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.steps = Budget(10_000 + 4 * size, "more parts")
        self.letters = Budget(1_000_000 + 8 * size, "longer addresses")
        self.entries = Budget(1_000 + size // 8, "more arrays")
        self.numbers = Budget(10_000 + 8 * size, "more numbers")
        self.stacked = size
        self.arrays: dict[int, Array | None] = {}
        self.entered: set[int] = set()

    def found(self, root: Any) -> list[tuple[str, Array]]:
        pairs = list(self.visit(root, ()))
        times = Counter(address for address, _ in pairs)
        several = "two arrays of this file have this address"
        return [(address, replace_refusal(array, several) if times[address] > 1 else array) for address, array in pairs]

    def visit(self, value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
        array = value if isinstance(value, Array) else self.as_array(value)
        if array is not None:
            address = "/".join(path)
            self.entries.spend(1)
            self.letters.spend(len(address))
            yield address, array
        elif isinstance(value, list | tuple) and id(value) not in self.entered:
            if len(path) == _DEEPEST:
                raise Refused(f"its arrays are nested more than {_DEEPEST} deep", "save the arrays alone")
            self.steps.spend(len(value) + 1)
            self.entered.add(id(value))
            for key, part in _parts(value):
                if isinstance(part, list | tuple | Array):
                    yield from self.visit(part, (*path, key))
            self.entered.discard(id(value))

    def as_array(self, value: Any) -> Array | None:
        """The array that a list is, if it is one."""
        if type(value) is not list or not value:
            return None
        if id(value) not in self.arrays:
            self.arrays[id(value)] = self.stack(value) if isinstance(value[0], Array) else self.table(value)
        return self.arrays[id(value)]

    def stack(self, rows: list[Any]) -> Array | None:
        """Arrays of one value, or of one axis, that are alike, as one."""
        first = rows[0]
        length = first.dtype.itemsize * math.prod(first.shape)
        self.steps.spend(len(rows))
        if len(rows) == 1 or len(first.shape) > 1 or not length or not all(_alike(first, row) for row in rows):
            return None
        shape = (len(rows), *first.shape)
        if length * len(rows) > min(_MOST_STACKED, self.stacked):
            refusal = f"{len(rows):,} arrays of {length:,} bytes each in a list are too many; {_TOGETHER}"
            return Array(first.dtype, shape, refusal=refusal)
        self.stacked -= length * len(rows)
        values = np.frombuffer(b"".join(self.bytes_of(row, length) for row in rows), first.dtype).reshape(shape)
        note = f"a list of {len(rows):,} one-dimensional arrays is read as so many rows" if first.shape else ""
        return Array(first.dtype, shape, values=values, note=note)

    def bytes_of(self, array: Array, length: int) -> bytes:
        if array.content is not None:
            return array.content
        self.file.seek(array.offset or 0)
        read = self.file.read(length)
        if len(read) != length:
            raise Refused(f"cut short at byte {(array.offset or 0) + len(read):,}", "copy or save it again")
        return read

    def table(self, rows: list[Any]) -> Array | None:
        """Numbers, or lists of equal lengths of them, as an array; a refused one where the lengths differ."""
        shape: list[int] = []
        inner: Any = rows
        while isinstance(inner, list | tuple) and type(inner) is not Pairs and inner and len(shape) < _DEEPEST:
            shape.append(len(inner))
            inner = inner[0]
        if type(inner) not in _NUMBERS:
            return None
        level: list[Any] = rows
        for axis, size in enumerate(shape[1:], 1):
            self.numbers.spend(len(level))
            if not all(type(row) in {list, tuple} for row in level):
                return None
            other = next((place for place, row in enumerate(level) if len(row) != size), None)
            if other is not None:
                what = f"the first list has {size:,} items, another {len(level[other]):,}"
                return Array(np.dtype(np.float64), tuple(shape[:axis]), refusal=f"lists of unequal lengths: {what}")
            self.numbers.spend(len(level) * size)
            level = [item for row in level for item in row]
        self.numbers.spend(len(level))
        if any(type(item) not in _NUMBERS for item in level):
            return None
        return _numbers(level, tuple(shape))


def replace_refusal(array: Array, refusal: str) -> Array:
    """The same array, refused."""
    return replace(array, refusal=refusal)


def _alike(first: Array, other: Any) -> bool:
    return (
        isinstance(other, Array)
        and not other.refusal
        and other.values is None
        and (other.dtype, other.shape) == (first.dtype, first.shape)
        and other.strides in {None, (first.dtype.itemsize,), ()}
    )


def _numbers(items: list[Any], shape: tuple[int, ...]) -> Array:
    kinds = {type(item) for item in items}
    dtype: type = bool if kinds == {bool} else float if float in kinds else np.int64
    if dtype is np.int64 and max(items) >= 1 << 63:
        dtype = np.uint64
    try:
        values: NDArray[Any] = np.array(items, dtype).reshape(shape)
    except OverflowError:
        return Array(np.dtype(np.int64), shape, refusal="it holds whole numbers of more than 64 bits")
    return Array(values.dtype, shape, values=values)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a list, a tuple or a dict holds; of two values of one key the later one, as Python has it."""
    if type(value) is not Pairs:
        yield from ((str(place), part) for place, part in enumerate(value) if isinstance(part, list | tuple | Array))
        return
    kept = {_key(key, place): part for place, (key, part) in enumerate(value)}
    yield from ((text, part) for (_, text), part in kept.items())


def _key(key: Any, place: int) -> tuple[str, str]:
    """A key's kind and text; one that is neither a number nor text is told by its place."""
    if type(key) is str:
        return "", key
    if type(key) is Raw and key.content is not None:
        return "bytes", key.content.decode("latin-1")
    if key is None or (type(key) in _NUMBERS and abs(key) < 1 << 64):
        return "plain", str(key)
    return "place", str(place)
