"""What a file holds under one name, as its header tells it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Entry:
    """An array in a file: its name, dtype and shape, and where its values lie. No value of it has been read.

    ``offset`` is the place of its first value in the bytes of the file, and ``strides`` are the steps in bytes
    from one value to the next along each axis, as NumPy counts them. An array that is not stored as plain bytes at
    one place has no offset; its format's module gives it as ``values``, or refuses it with ``refusal``.

    bfloat16, which NumPy lacks, has the dtype ``V2``: see :func:`softmax_cli.readers.array.readable_dtype`.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int | None = None
    strides: tuple[int, ...] | None = None
    values: NDArray[Any] | None = None
    refusal: str = ""
    note: str = ""
