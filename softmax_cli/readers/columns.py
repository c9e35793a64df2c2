"""Columns of Parquet and Arrow files: one of them as an array, or several single ones as a table."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.array import reason
from softmax_cli.readers.boxes import BoxTable, Place
from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.frames import Frames, described, dtype_of, first_null, nesting, numpy_of, uneven
from softmax_cli.readers.roles import Columns
from softmax_cli.readers.selection import choose_columns, find_column, quoted
from softmax_cli.readers.source import Source

_PEEKED = 50  # rows that show what the columns hold
_INDEX = re.compile(r"__index_level_\d+__")


def column_entry(frames: Frames, name: str) -> Entry:
    """What the header tells of a column: the length of lists is not in it, unless it is one for all."""
    widths, kind = nesting(frames.schema[name])
    dtype = dtype_of(kind)
    shape = (frames.rows, *widths)
    if dtype is None or (widths and dtype.kind == "U"):
        return Entry(name, np.dtype("V1"), shape, refusal=_unread(frames.schema[name]))
    entry = Entry(name, dtype, shape)
    try:
        entry.layout()
    except ValueError as error:
        return Entry(name, np.dtype("V1"), shape, refusal=f"a damaged column ({reason(error)})")
    return entry


def _unread(kind: Any) -> str:
    cast = "; save it as Float64" if "Decimal" in f"{kind}" else ""
    return f"it holds {described(kind)}; numbers, lists of them, and text are read{cast}"


def open_column(source: Source, frames: Frames, selection: Selection) -> "ColumnTable":
    """The column that a source names; raises InputError for one that is not read."""
    name = source.member or next(iter(frames.schema))
    entry = column_entry(frames, name)
    if entry.refusal:
        raise InputError(source.name, entry.refusal)
    widths = entry.shape[1:]
    if None in widths and frames.rows:
        widths = _first_widths(frames, name, source.name)
    shape = (frames.rows, *(width or 0 for width in widths))
    missing = selection.missing and not widths
    dtype = np.dtype(np.float64) if missing and entry.dtype.kind != "U" else entry.dtype
    return ColumnTable(source, frames, Entry(name, dtype, shape), missing=missing, text=selection.text)


def _first_widths(frames: Frames, name: str, place: str) -> tuple[int, ...]:
    """The lengths of the lists in the first row."""
    values = frames.head([name], 1)[name]
    widths = []
    for _ in nesting(values.dtype)[0]:
        if not len(values) or first_null(values) == 0:
            raise InputError(f"{place}[0]", "a list is missing (null)")
        widths.append(values.dtype.size if hasattr(values.dtype, "size") else int(values.list.len()[0]))
        values = values.explode()
    return tuple(widths)


class ColumnTable(BoxTable):
    """One column: single values, or lists of them that have one length; a list of lists has one axis more."""

    def __init__(self, source: Source, frames: Frames, entry: Entry, *, missing: bool, **more: Any) -> None:
        super().__init__(entry, source.name, **more)
        self._frames = frames
        self._column = entry.name
        self._widths = [size or 0 for size in entry.shape[1:]]
        self._missing = missing
        self._row_bytes = int(np.prod(self._widths)) * entry.dtype.itemsize
        if entry.dtype.kind == "U":
            self.dtype = np.dtype(np.str_)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """See BoxTable."""
        yield _Rows(self._arrays)

    def box(self, opened: Any, first: Place, end: Place) -> NDArray[Any]:
        """See BoxTable."""
        within = tuple(map(slice, first[1:], end[1:]))
        parts = [part[:, *within] for part in opened.parts(first[0], end[0])]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _arrays(self) -> Iterator[NDArray[Any]]:
        """The column, batch by batch."""
        start = 0
        for batch in self._frames.batches([self._column], self._row_bytes):
            values = batch[self._column]
            count = len(values)
            for depth, width in enumerate(self._widths):
                self._refuse_null(values, start, depth, "a list is missing (null)")
                other = uneven(values, width)
                if other is not None:
                    place = self._place(start, other[0], depth)
                    what = f"a list of {other[1]} values, and those of the first row have {width}"
                    raise InputError(place, what, "an array has rows of one length")
                values = values.explode()
            if not self._missing:
                remedy = "" if self._widths else "to leave out rows without a label: --ignore-missing"
                self._refuse_null(values, start, len(self._widths), "a value is missing (null)", remedy)
            yield numpy_of(values, missing=self._missing).reshape(count, *self._widths)
            start += count

    def _refuse_null(self, values: Any, start: int, depth: int, what: str, remedy: str = "") -> None:
        place = first_null(values)
        if place is not None:
            raise InputError(self._place(start, place, depth), what, remedy)

    def _place(self, start: int, place: int, depth: int) -> str:
        """Where a value of a batch stands that was flattened so many times."""
        row, *inner = np.unravel_index(place, (2**40, *self._widths[:depth])) if depth else (place,)
        return f"{self.name}[{', '.join(map(str, (start + int(row), *map(int, inner))))}]"


class _Rows:
    """Rows of batches that come one after another; begun again for rows that have gone by."""

    def __init__(self, arrays: Any) -> None:
        self._begin = arrays
        self._arrays: Iterator[NDArray[Any]] | None = None
        self._first = 0
        self._batch: NDArray[Any] | None = None

    def parts(self, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """The rows from ``start`` up to ``stop``, or to the last one, cut where batches end; one part at least."""
        if self._arrays is None or start < self._first:
            self._arrays, self._first = self._begin(), 0
            self._batch = next(self._arrays, None)
        while self._batch is not None:
            end = self._first + len(self._batch)
            part = self._batch[max(0, start - self._first) : max(0, stop - self._first)]
            yield part
            if end >= stop:
                return
            self._first, self._batch = end, next(self._arrays, None)


class FrameTable:
    """The single columns of a file as a table, chosen as those of a delimited file are: by name, place or kind."""

    def __init__(self, source: Source, frames: Frames, selection: Selection) -> None:
        self.name = source.name
        self._source = source
        self._frames = frames
        self._selection = selection
        names = tuple(frames.schema)
        index = [name for name in names if _INDEX.fullmatch(name)]
        given = [place for place, name in enumerate(names) if name not in index or selection.only is not None]
        columns = self._peeked([names[place] for place in given])
        if not frames.rows or not given:
            raise InputError(self.name, "there are no rows" if given else "there are no columns")
        chosen, notes = choose_columns(selection, columns, self.name, 0)
        self.positions = tuple(given[place] for place in chosen)
        self._chosen = tuple(names[place] for place in self.positions)
        self.column_names: tuple[str, ...] | None = self._chosen
        told = " and ".join(map(repr, index)) if selection.only is None else ""
        self.notes = (*notes, *([f"{self.name}: {told}: the index that pandas wrote is left out"] if told else []))
        self.ids = columns.id_names(chosen) if selection.text or selection.only is None else ()
        self.left_out = self._names_left_out(names)
        self.dtype: Any = self._dtype()
        self.shape: tuple[int | None, ...] = (None, len(chosen))
        self._rows_read = 0

    def id_column(self, name: str) -> "FrameTable":
        """Return the column of that name alone, text or whole numbers."""
        return FrameTable(self._source, self._frames, Selection(only=quoted(name), text=True))

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table: shape (n, C) for axis 1, (n,) without."""
        self._rows_read = 0
        width = self.dtype.itemsize * len(self._chosen)
        for batch in self._frames.batches(self._chosen, max(width, 8)):
            table = self._table(batch)
            self._rows_read += len(table)
            for start in range(0, len(table), rows):
                block = table[start : start + rows]
                yield block.reshape(-1) if axis is None else block

    def progress(self) -> tuple[int, int]:
        """See Table: of the stored bytes, as many as the rows say."""
        size = self._source.stored_bytes()
        return size * self._rows_read // max(1, self._frames.rows), size

    def where(self, row: int, axis: int | None) -> str:
        """The row, counted from 0."""
        return f"{self.name}[{row // (len(self._chosen) if axis is None else 1)}]"

    def _table(self, batch: Any) -> NDArray[Any]:
        missing = self._selection.missing and self._selection.text
        columns = []
        for name in self._chosen:
            values = batch[name]
            null = None if missing else first_null(values)
            if null is not None:
                remedy = "to leave out rows without a label: --ignore-missing" if self._selection.text else ""
                place = f"{self.name}[{self._rows_read + null}], column {name!r}"
                raise InputError(place, "a value is missing (null)", remedy)
            columns.append(numpy_of(values, missing=missing))
        if self.dtype.kind == "U":
            return columns[0][:, np.newaxis]
        table = np.empty((len(batch), len(columns)), self.dtype)
        for position, column in enumerate(columns):
            table[:, position] = column
        return table

    def _dtype(self) -> np.dtype[Any]:
        """The dtype that holds all chosen columns; raises InputError for a column of another kind."""
        text = self._selection.text
        dtypes = []
        for name in self._chosen:
            dtype = dtype_of(self._frames.schema[name])
            if dtype is None or (dtype.kind == "U" and not (text and len(self._chosen) == 1)):
                what = "it holds text, not numbers" if dtype is not None else _unread(self._frames.schema[name])
                raise InputError(f"{self.name}, column {name!r}", what)
            dtypes.append(np.dtype(np.uint8) if dtype.kind == "b" else dtype)
        if dtypes[0].kind == "U":
            return np.dtype(np.str_)
        return np.result_type(*dtypes, *([np.float64] if text and self._selection.missing else []))

    def _peeked(self, names: Sequence[str]) -> Columns:
        """The columns' names and first rows, the cells as a delimited file has them."""
        frame = self._frames.head(names, _PEEKED)
        cells = [_cells(frame[name]) for name in names]
        return Columns(tuple(names), len(names), list(zip(*cells, strict=True)), labels=self._selection.text)

    def _names_left_out(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the columns that nobody asked to leave out."""
        selection = self._selection
        if selection.only is not None:
            return ()
        kept = set(self.positions)
        if selection.without is not None:
            kept.add(find_column(selection.without, names, len(names), self.name))
        return tuple(name for place, name in enumerate(names) if place not in kept)


def _cells(values: Any) -> list[str]:
    """The first values of a column as text; those of a type that is not read as its name."""
    if dtype_of(values.dtype) is None:
        return [described(values.dtype)] * len(values)
    return ["" if value is None else str(value) for value in values.to_list()]
