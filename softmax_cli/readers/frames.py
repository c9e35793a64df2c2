"""Parquet and Arrow files, batch by batch as polars' frames: https://parquet.apache.org, https://arrow.apache.org."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl

from softmax_cli.errors import InputError
from softmax_cli.readers.array import reason
from softmax_cli.readers.arrow import Messages
from softmax_cli.readers.magic import FIRST, PARQUET

_BATCH = 1 << 24  # bytes of values that are asked for at once; a Parquet file gives whole pages
_PEEKED = 1 << 10  # rows, before the width of a list is known
_NAMES = ["Float16", "Float32", "Float64", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"]
_NUMBERS: dict[Any, np.dtype[Any]] = {
    pl.Boolean: np.dtype(bool),
    # The first versions of polars lack Float16.
    **{getattr(pl, name): np.dtype(name.lower()) for name in _NAMES if hasattr(pl, name)},
}
_TEXTS = (pl.String, pl.Categorical, pl.Enum)


class Frames:
    """The columns of a file: their types, how many rows there are, and the rows in batches."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(FIRST)
            self._messages = None if head.startswith(PARQUET) else Messages(file, name)
        with _damage_named(name):
            if self._messages is None:
                self.schema = dict(self._scan().collect_schema())
                self.rows = int(self._scan().select(pl.len()).collect().item())
            else:
                self.schema = dict(pl.read_ipc_stream(self._messages.schema).schema)
                self.rows = self._messages.rows

    def batches(self, columns: Sequence[str], row_bytes: int = 0) -> Iterator[pl.DataFrame]:
        """These columns, some rows at a time; raises InputError where there are fewer than the header promised."""
        found = 0
        for batch in self._batches(columns, row_bytes):
            found += len(batch)
            yield batch
        if found < self.rows:  # a thread of polars that panics ends the batches without a word
            what = f"damaged: its header promises {self.rows:,} rows, {found:,} can be read"
            raise InputError(self._name, what, "copy or save it again")

    def _batches(self, columns: Sequence[str], row_bytes: int) -> Iterator[pl.DataFrame]:
        with _damage_named(self._name):
            if self._messages is None:
                rows = max(1, _BATCH // row_bytes) if row_bytes else _PEEKED
                plan = self._scan().select(columns)
                batches = plan.collect_batches(chunk_size=rows, maintain_order=True)
                try:
                    yield from batches
                finally:  # whoever asks for no more of them need not wait for the rest
                    if hasattr(batches, "stop"):
                        batches.stop()
                return
            with open(self._path, "rb") as file:  # noqa: PTH123
                for stream in self._messages.streams(file):
                    yield pl.read_ipc_stream(stream, columns=list(columns))

    def head(self, columns: Sequence[str], rows: int) -> pl.DataFrame:
        """The first rows, or all of so few."""
        with _damage_named(self._name):
            if self._messages is None:
                return self._scan().select(columns).head(rows).collect()
        found = next(self.batches(columns), None)
        return pl.DataFrame(schema={name: self.schema[name] for name in columns}) if found is None else found.head(rows)

    def _scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self._path, glob=False, hive_partitioning=False)


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn what polars says of damage into an InputError; a panic of its own is no Exception in Python."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputError(name, f"polars cannot read it ({reason(error)})", "copy or save it again") from None


def nesting(kind: Any) -> tuple[tuple[int | None, ...], Any]:
    """The lengths of lists within lists, None where each row has its own, and the type of what is in them."""
    widths: list[int | None] = []
    while isinstance(kind, pl.List | pl.Array):
        widths.append(kind.size if isinstance(kind, pl.Array) else None)
        kind = kind.inner
    return tuple(widths), kind


def dtype_of(kind: Any) -> np.dtype[Any] | None:
    """The dtype of single values; None for a type that is not read."""
    if isinstance(kind, _TEXTS):
        return np.dtype("U1")
    return _NUMBERS.get(kind.base_type())


def first_null(values: pl.Series) -> int | None:
    """The place of the first value that is missing."""
    return None if not values.null_count() else int(values.is_null().arg_max() or 0)


def uneven(values: pl.Series, width: int) -> tuple[int, int] | None:
    """The first list that has not so many values, and how many it has; of arrays of one size there is none."""
    if isinstance(values.dtype, pl.Array):
        return None
    lengths = values.list.len()
    other = lengths != width
    if not other.any():
        return None
    place = int(other.arg_max() or 0)
    return place, int(lengths[place])


def numpy_of(values: pl.Series, *, missing: bool) -> np.ndarray[Any, np.dtype[Any]]:
    """Single values as an array; with ``missing`` one that is not there is nan, or an empty text."""
    if isinstance(values.dtype, _TEXTS):
        texts = values.cast(pl.String)
        return np.array((texts.fill_null("") if missing else texts).to_list(), np.str_)
    if missing:
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values.to_numpy()


def described(kind: Any) -> str:
    """A type that is not read, as polars calls it."""
    return f"{kind}".partition("(")[0] if len(f"{kind}") > 60 else f"{kind}"
