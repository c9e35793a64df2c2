"""Objects one after another, each of them a row: their numbers at a key path as a table, read in blocks."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.json_paths import Path, leaves, path_text, value_at
from softmax_cli.readers.containers.json_text import may_overflow, refuse_overflow
from softmax_cli.readers.containers.json_values import Form, FormError, NullError
from softmax_cli.readers.entry import Entry

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source


_VALUES_AT_ONCE = 1 << 17  # as Python's numbers they take 4 times the memory of an array
_WITHOUT = "if this is a row without a label, use --ignore-missing"


class Records(Protocol):
    """The objects of a file, in order. ``first`` are those that show what is in it."""

    first: list[Any]
    name: str

    def all(self) -> Iterator[Any]:
        """All of them, once, while the file is being opened."""

    def each(self, source: "Source", told: Callable[[int], None]) -> Iterator[tuple[Any, bytes]]:
        """All of them, from the first on, each with its text, or with nothing where that has been looked at.

        ``told`` is given the bytes of the file that have been read.
        """

    def place(self, row: int) -> str:
        """The place of one of them, for a message."""

    @property
    def count(self) -> int | None:
        """How many there are, where that is known."""


def entries_of_records(records: Records) -> list[Entry]:
    """What stands at each key path of the first objects: numbers, lists of numbers, and labels."""
    found: dict[Path, list[Any]] = {}
    for record in records.first:
        for path, value in leaves(record).items():
            found.setdefault(path, []).append(value)
    return [_entry(records, path, values) for path, values in found.items() if not _only_null(values)]


def _only_null(values: Sequence[Any]) -> bool:
    return all(value is None for value in values)


def _entry(records: Records, path: Path, values: Sequence[Any]) -> Entry:
    name = path_text(path)
    try:
        form = Form.of(values)
    except FormError:
        return Entry(name, np.dtype("V1"), (records.count,), refusal=_fault(records, path))
    opening, missing = partial(_opened, records, path, form), None
    if not form.shape and form.kind != "b":
        missing = partial(RecordTable, records=records, path=path, form=_with_missing(form))
    return Entry(name, form.dtype, (records.count, *form.shape), opening=opening, opening_missing=missing)


def _with_missing(form: Form) -> Form:
    """The form of labels of which some are null."""
    return Form("U" if form.kind == "U" else "f", (), missing=True)


def _fault(records: Records, path: Path) -> str:
    """What the first object has at a path that is of no form in common with those before it, and its place."""
    values, rows = [], []
    for row, record in enumerate(records.first):
        with suppress(KeyError):
            values.append(value_at(record, path))
            rows.append(row)
    wrong = bisect_left(range(1, len(values) + 1), True, key=lambda number: bool(_why_none(values[:number])))
    return f"{records.place(rows[wrong])}: {_why_none(values[: wrong + 1])}"


def _why_none(values: Sequence[Any]) -> str:
    """Why some values have no form in common; nothing where they have one, and for nulls."""
    try:
        if not _only_null(values):
            Form.of(values)
    except FormError as error:
        return str(error)
    return ""


def _opened(records: Records, path: Path, form: Form, source: "Source", text: bool) -> "RecordTable":
    if not text and form.kind in "bU":
        what = "text" if form.kind == "U" else "true and false"
        raise InputError(source.name, f"{what}, where numbers are needed")
    # Of logits the first rows may be whole numbers by chance.
    as_numbers = form if text and form.kind != "f" else Form("f", form.shape)
    return RecordTable(source, records, path, as_numbers, labels=text)


@dataclass
class _Position:
    read: int = 0


class RecordTable:
    """The values at one key path, a row for each object. See Table."""

    column_names: tuple[str, ...] | None = None

    def __init__(self, source: "Source", records: Records, path: Path, form: Form, *, labels: bool = True) -> None:
        self.name = source.name
        self.notes: tuple[str, ...] = source.notes
        self.shape: tuple[int | None, ...] = (records.count, *(form.shape or (1,)))
        self.dtype: Any = np.dtype(np.uint8) if form.kind == "b" else form.dtype
        """That of text has no length: each block has its own."""
        self._source = source
        self._records = records
        self._path = path
        self._form = form
        self._labels = labels
        self._position = _Position()
        self._chosen: NDArray[np.intp] | None = None
        self._chosen_axis = 0
        if 0 in form.shape:
            raise InputError(records.place(0), f"{path_text(path) or 'the list'} is empty")

    def select(self, axis: int, only: str) -> "RecordTable":
        """See Selectable; raises InputError for a place that is not there."""
        from softmax_cli.readers.selection import asked_positions  # few arrays need it

        places = asked_positions(only, None, self.shape[axis] or 0, f"{self.name}, axis {axis}", array=True)
        table = copy(self)
        table._chosen, table._chosen_axis = np.array(places, np.intp), axis
        table.shape = (*self.shape[:axis], len(places), *self.shape[axis + 1 :])
        return table

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; raises InputError for classes along the objects, and at an object of another form."""
        if axis == 0:
            raise InputError(
                self.name, "with the classes on axis 0, each row would run through all objects of the file"
            )
        most = _VALUES_AT_ONCE // (prod(self._form.shape) or 1)
        for items in self._items(max(1, min(rows // self._rows_each(axis), most))):
            table = items.reshape(-1) if axis is None else np.moveaxis(items, axis, -1).reshape(-1, items.shape[axis])
            for start in range(0, len(table), rows):
                yield table[start : start + rows]

    def progress(self) -> tuple[int, int]:
        """See Table: of the stored bytes."""
        return self._position.read, self._source.stored_bytes()

    def where(self, row: int, axis: int | None) -> str:
        """The place of the object that the row is of."""
        return self._records.place(row // self._rows_each(axis))

    def _rows_each(self, axis: int | None) -> int:
        """How many rows an object has."""
        return prod(size for place, size in enumerate(self.shape[1:], 1) if place != axis and size)

    def _items(self, number: int) -> Iterator[NDArray[Any]]:
        """The values of so many objects at a time, shape (n, ...)."""
        start = 0
        records = self._records.each(self._source, self._told)
        while values := self._values(islice(records, number), start):
            try:
                items = replace(self._form, shape=(len(values), *self._form.shape)).array(values)
            except FormError:
                self._refuse_first(values, start)
                raise
            items = items.reshape(len(values), *(self._form.shape or (1,))).astype(self.dtype, copy=False)
            yield items if self._chosen is None else items.take(self._chosen, axis=self._chosen_axis)
            start += len(values)

    def _values(self, records: Iterator[tuple[Any, bytes]], start: int) -> list[Any]:
        """What stands at the path in each of some objects; of these nothing else is kept."""
        values: list[Any] = []
        for row, (record, text) in enumerate(records, start):
            try:
                value = value_at(record, self._path)
            except KeyError as error:
                self._refuse_first(values, start)
                raise InputError(self._records.place(row), f"there is no {error.args[0]}") from None
            if self._form.kind == "f" and may_overflow(text) and self._is_infinite(value):
                self._refuse_first(values, start)
                refuse_overflow(text, self._records.place(row))
            values.append(value)
        return values

    def _is_infinite(self, value: Any) -> bool:
        with suppress(FormError):
            return bool(np.isinf(self._form.array(value)).any())
        return False

    def _told(self, read: int) -> None:
        self._position.read = read

    def _refuse_first(self, values: Sequence[Any], start: int) -> None:
        """Raise InputError for the first of some values that is of another form than those before it."""
        for row, value in enumerate(values, start):
            try:
                self._form.array(value)
            except FormError as error:
                name, place = path_text(self._path), self._records.place(row)
                remedy = _WITHOUT if self._labels and not self._form.shape and isinstance(error, NullError) else ""
                raise InputError(place, f"{name}: {error}" if name else str(error), remedy) from None
