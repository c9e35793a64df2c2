"""How large a block of rows is, and the dtype that it is computed in."""

from collections.abc import Sequence
from typing import Any

from softmax_cli.backends.base import Backend
from softmax_cli.readers.table import Table


def rows_per_block(classes: int, backends: Sequence[Backend]) -> int:
    """How many rows of so many classes make a block that suits every backend."""
    size = 8 if backends[0].dtype == "float64" else 4  # the narrower ones are computed in float32
    return max(1, min(backend.block_bytes for backend in backends) // (size * classes))


def computing_dtype(asked: Any, table: Table) -> str:
    """The dtype to compute in: the one asked for, else the file's own; float64 for integers."""
    if asked is not None:
        return str(asked)
    return str(table.dtype) if table.dtype.kind == "f" else "float64"
