"""Texts of any length in an HDF5 file, found as its format says and not by its library.

Where a file is damaged the library makes room for a text of any length before it looks for it, and in some searches
without an end. In the dataset each text is its length, the place of a heap, and its number there
(https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, "Global Heap").
"""

import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_DEFLATE, _SHUFFLE = 1, 2
_KEPT_HEAPS = 64
_Heap = tuple[bytes, dict[int, tuple[int, int]]]


class Texts:
    """The texts of a dataset; indexed with a slice along each axis. Raises ValueError for what is damaged."""

    def __init__(self, dataset: Any, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._base = dataset.file.userblock_size
        address, self._length = dataset.file.id.get_create_plist().get_sizes()
        self._kind = np.dtype([("length", "<u4"), ("heap", f"<u{address}"), ("number", "<u4")])
        self._nowhere = 2 ** (8 * address) - 1
        self._places = np.zeros(dataset.shape, self._kind)
        for place, values in self._stored(dataset):
            self._places[place] = values
        self._heaps: dict[int, _Heap] = {}

    def __getitem__(self, asked: Any) -> NDArray[Any]:
        places = self._places[asked]
        texts = [self._text(*place) for place in places.reshape(-1).tolist()]
        return np.array(texts, np.str_).reshape(places.shape)

    def _text(self, length: int, heap: int, number: int) -> str:
        if length == 0 or heap in {0, self._nowhere}:
            return ""
        content, found = self._heap(heap)
        if number not in found:
            raise ValueError(f"there is no text {number} at byte {heap}")
        start, size = found[number]
        if length > size:
            raise ValueError(f"a text of {length:,} bytes, where {size:,} are")
        return content[start : start + length].decode("utf-8").rstrip("\0")

    def _heap(self, place: int) -> _Heap:
        """A heap's bytes, and where in them each object lies, and how long it is."""
        if place in self._heaps:
            return self._heaps[place]
        header = 8 + self._length
        self._file.seek(self._base + place)
        begin = self._file.read(header)
        size = int.from_bytes(begin[8:], "little")
        if begin[:4] != b"GCOL" or self._base + place + size > self._size:
            raise ValueError(f"there is no heap at byte {place}")
        content = begin + self._file.read(size - header)
        objects = {}
        at = header
        while at + header <= len(content):
            (number,) = struct.unpack_from("<H", content, at)
            if number == 0:  # the rest is free
                break
            length = int.from_bytes(content[at + 8 : at + header], "little")
            objects[number] = at + header, max(0, min(length, len(content) - at - header))
            at += header + -(-length // 8) * 8
        if len(self._heaps) >= _KEPT_HEAPS:
            self._heaps.pop(next(iter(self._heaps)))
        self._heaps[place] = content, objects
        return self._heaps[place]

    def _stored(self, dataset: Any) -> Iterator[tuple[tuple[slice, ...], NDArray[Any]]]:
        """The places of texts as they are stored, in one piece or chunk by chunk, each with where it belongs."""
        stored = dataset.id
        if dataset.chunks is None:
            place = stored.get_offset()
            if place is None:
                raise ValueError("its texts lie in the header")
            everything = tuple(map(slice, dataset.shape))
            values = self._read(place, dataset.size, [], dataset.size * self._kind.itemsize)
            yield everything, values.reshape(dataset.shape)
            return
        created = stored.get_create_plist()
        filters = [created.get_filter(number)[0] for number in range(created.get_nfilters())]
        for number in range(stored.get_num_chunks()):
            chunk = stored.get_chunk_info(number)
            used = [each for place, each in enumerate(filters) if not chunk.filter_mask >> place & 1]
            values = self._read(chunk.byte_offset, math.prod(dataset.chunks), used, chunk.size).reshape(dataset.chunks)
            ends = [min(a + b, c) for a, b, c in zip(chunk.chunk_offset, dataset.chunks, dataset.shape, strict=True)]
            within = tuple(map(slice, chunk.chunk_offset, ends))
            inside = tuple(slice(0, end - start) for start, end in zip(chunk.chunk_offset, ends, strict=True))
            yield within, values[inside]

    def _read(self, place: int, count: int, filters: list[int], size: int) -> NDArray[Any]:
        """So many places of texts, unpacked."""
        needed = count * self._kind.itemsize
        self._file.seek(place)
        content = self._file.read(min(size, self._size))
        for number in reversed(filters):
            if number == _DEFLATE:
                content = zlib.decompressobj().decompress(content, needed)
            elif number == _SHUFFLE:
                each = self._kind.itemsize
                turned = np.frombuffer(content[: len(content) // each * each], np.uint8).reshape(each, -1)
                content = np.ascontiguousarray(turned.T).tobytes()
            else:
                raise ValueError("texts of any length are read where gzip, or nothing, has packed them")
        if len(content) < needed:
            raise ValueError("it ends within its texts")
        return np.frombuffer(content, self._kind, count)
