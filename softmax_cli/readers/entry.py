"""What a file holds under one name, as its header tells it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """An array in a file: its name, dtype and shape, and where its values lie. No value of it has been read.

    ``offset`` is the place of its first value in the bytes of the file, and ``strides`` are the steps in bytes
    from one value to the next along each axis, as NumPy counts them; None for C order. With ``unpack`` the offset
    counts in the bytes that this gives for the open file. An array that is not stored as plain bytes at one place
    has no offset: it is given as ``values``, or cannot be read, and ``refusal`` says why.

    bfloat16, which NumPy lacks, has the dtype ``V2``: see :func:`softmax_cli.readers.array.readable_dtype`.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int | None = None
    strides: tuple[int, ...] | None = None
    unpack: Callable[[BinaryIO], BinaryIO] | None = None
    values: NDArray[Any] | None = None
    refusal: str = ""
    note: str = ""

    @property
    def kind(self) -> str:
        """The dtype as people call it."""
        return {"V2": "bfloat16", "O": "objects"}.get(self.dtype.str.lstrip("|<>"), str(self.dtype.newbyteorder("=")))

    @property
    def size_text(self) -> str:
        """The shape as messages have it."""
        return "x".join(map(str, self.shape)) or "one value"

    def layout(self) -> NDArray[Any]:
        """An array of that shape without memory behind it, for NumPy to work out where each view of it lies.

        Raises ValueError for a shape that no array can have.
        """
        strides = self.strides
        if strides is None:
            sizes = self.shape
            strides = tuple(self.dtype.itemsize * math.prod(sizes[axis + 1 :]) for axis in range(len(sizes)))
        return np.lib.stride_tricks.as_strided(np.empty(1, self.dtype), self.shape, strides, writeable=False)
