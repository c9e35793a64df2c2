"""What a file holds under one name, as its header tells it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source
    from softmax_cli.readers.table import Table


@dataclass(frozen=True, eq=False, repr=False)
class Score:
    """How many of ``rows`` rows a way to choose has right, and what the file itself says of it, row by row.

    ``stated`` is the sum of what it says, None where it says nothing. ``differs`` is the place of the first row where
    that is another number.
    """

    right: int
    rows: int
    stated: float | None = None
    differs: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Entry:
    """An array in a file: its name, dtype and shape, and where its values lie. No value of it has been read.

    ``offset`` is the place of its first value in the bytes of the file, and ``strides`` are the steps in bytes
    from one value to the next along each axis, as NumPy counts them; None for C order. With ``unpack`` the offset
    counts in the bytes that this gives for the open file. ``shape`` has None where only the end of the file tells.

    An array that is not stored as plain bytes at one place has no offset. It is given as ``values``, or as the table
    that ``opening`` makes of a source (its second argument says whether text may stand there; its notes begin with the
    source's); or it cannot be read, and ``refusal`` says why. ``opening_missing`` makes a table of labels, in which one
    that is missing is nan, or an empty name.

    ``holds`` is what its values are known to be, a name out of VALUES in inputs/reading.py; empty where only the name
    tells. With ``padded`` rows are of differing lengths, and -inf stands for the classes that a row does not have.
    ``scores`` are the figures that the program which wrote the file has for these logits, by their names.

    bfloat16, which NumPy lacks, has the dtype ``V2``: see :func:`softmax_cli.readers.array.readable_dtype`.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]
    offset: int | None = None
    strides: tuple[int, ...] | None = None
    unpack: Callable[[BinaryIO], BinaryIO] | None = None
    values: NDArray[Any] | None = None
    opening: "Callable[[Source, bool], Table] | None" = None
    opening_missing: "Callable[[Source], Table] | None" = None
    refusal: str = ""
    note: str = ""
    holds: str = ""
    padded: bool = False
    scores: "Mapping[str, Score] | None" = None

    @property
    def kind(self) -> str:
        """The dtype as people call it."""
        if self.dtype.kind in "SU":
            return "text"
        return {"V2": "bfloat16", "V1": "another type", "O": "objects"}.get(
            self.dtype.str.lstrip("|<>"), str(self.dtype.newbyteorder("="))
        )

    @property
    def size_text(self) -> str:
        """The shape as messages have it."""
        return "x".join("?" if size is None else str(size) for size in self.shape) or "one value"

    def layout(self) -> NDArray[Any]:
        """An array of that shape without memory behind it, for NumPy to work out where each view of it lies.

        Raises ValueError for a shape that no array can have.
        """
        sizes = [size or 0 for size in self.shape]
        strides = self.strides
        if strides is None:
            strides = tuple(self.dtype.itemsize * math.prod(sizes[axis + 1 :]) for axis in range(len(sizes)))
        try:
            return np.lib.stride_tricks.as_strided(np.empty(1, self.dtype), sizes, strides, writeable=False)
        except OverflowError as error:
            raise ValueError(str(error)) from None
