"""Files in pieces: paths, and patterns that stand for several, read in their order as one table."""

import glob
import math
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.address import STDIN, cuts, split_address
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Selectable, Table, WithIds, left_out

_PATTERN = re.compile(r"[*?]|\[.+\]", re.DOTALL)
_NUMBER = re.compile(r"([0-9]+)")


class Files:
    """Paths (``-`` is standard input), and patterns in the place of their matches.

    A pattern is a shell's (``*``, ``?``, ``[ab]``, ``**`` for folders within folders), unless a file has that very
    name. Its matches stand in the order of the numbers in them, logits-2 before logits-10; paths as they were given.
    ``notes`` tells where that might not be the order that was meant. Raises InputError for a pattern that matches
    nothing.
    """

    def __init__(self, given: Iterable[str | os.PathLike[str]]) -> None:
        names = [os.fspath(path) for path in given]
        found = [matched_paths(name) for name in names]
        self.paths = tuple(path for paths in found for path in paths)
        refuse_second_stdin(self.paths)
        of_patterns = [_order_of(name, paths) for name, paths in zip(names, found, strict=True)]
        self.notes = tuple(note for note in (*of_patterns, _order_as_given(self.paths)) if note)
        one_pattern = len(names) == 1 < len(self.paths)
        self.name = names[0] if one_pattern else _and_more(["stdin" if path == STDIN else path for path in self.paths])
        self._sources: tuple[Source, ...] = ()

    def sources(self) -> tuple[Source, ...]:
        """One for each path, made once and kept, so that each can be read more than once."""
        if not self._sources:
            self._sources = tuple(map(Source, self.paths))
        return self._sources

    @property
    def opened(self) -> bool:
        """Whether the sources have been made."""
        return bool(self._sources)

    def whole(self) -> "Files":
        """The same files, without the name of an array."""
        files = copy(self)
        files.paths = tuple(split_address(path)[0] for path in self.paths)
        files._sources = tuple(source.of(None) for source in self.sources())
        files.name = files._sources[0].file if len(files._sources) == 1 else self.name
        return files

    def of(self, member: str, *notes: str) -> "Files":
        """The same files, for one array of each."""
        files = copy(self)
        if member:  # the only array of a file may have no name
            files.name = f"{self.name}:{member}"
            files.paths = tuple(f"{path}:{member}" for path in self.paths)
        files._sources = tuple(source.of(member, *notes) for source in self.sources())
        return files

    def noting(self, note: str) -> "Files":
        """The same files, of which the first has something to say."""
        files = copy(self)
        first, *others = self.sources()
        files._sources = (first.of(first.member, note), *others)
        return files


def holds_arrays(given: Any) -> bool:
    """Whether these are files that may hold several arrays, each by its name."""
    if not isinstance(given, Files) or not given.sources()[0].holds_arrays:
        return False
    from softmax_cli.readers.containers import is_one_table  # most files hold one array, or are text

    return not is_one_table(given.sources()[0])


def refuse_second_stdin(paths: Sequence[str]) -> None:
    """Raise InputError where several paths are standard input, which can be read as one of them only."""
    if sum(split_address(path)[0] == STDIN for path in paths) > 1:
        raise InputError("stdin", "only one of the files can come from standard input", "name the others")


def open_files(files: Files, dialect: Dialect, selection: Selection) -> Table:
    """The table that the files hold together; raises InputError where one holds none, or another kind."""
    tables = [open_table(source, dialect, selection) for source in files.sources()]
    return tables[0] if len(tables) == 1 else Pieces(tables, files.name, files.notes)


def positions_of(table: Table) -> tuple[int, ...] | None:
    """Where in its file each column of a table stands; None where these are all the columns there are."""
    positions: tuple[int, ...] | None = getattr(table, "positions", None)
    return positions


class Pieces:
    """Tables one below the other, along their first axis. No file is open but the one that is being read.

    They agree in the number of their axes, in all sizes but the first, in the names of their columns and in their
    dtype; integers of several widths are read as the widest, which changes no value. Raises InputError, which names
    both files, where they do not.
    """

    def __init__(self, tables: Sequence[Table], name: str, notes: tuple[str, ...] = ()) -> None:
        first = tables[0]
        for table in tables:
            _refuse_unlike(table, first)
        self.name = name
        self._own_notes = notes
        self.column_names = first.column_names
        self.left_out = left_out(first)
        self.ids = first.ids if isinstance(first, WithIds) else ()
        self.positions = positions_of(first)
        self.dtype = _common_dtype(tables)
        self._tables = tables
        self._lengths = [table.shape[0] for table in tables]
        self._bytes_before = [0, *accumulate(table.progress()[1] for table in tables)]
        self._reading = 0
        known = [length for length in self._lengths if length is not None]
        self.shape: tuple[int | None, ...] = (sum(known) if len(known) == len(tables) else None, *first.shape[1:])

    @property
    def notes(self) -> tuple[str, ...]:
        """See Table: of all pieces, as far as they have been read."""
        return (*self._own_notes, *_notes_of(self._tables))

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table; each piece ends a block. Raises InputError for classes on axis 0."""
        self.refuse_classes_on(axis)
        return self._chained(rows, axis)

    def progress(self) -> tuple[int, int]:
        """See Table: of all pieces."""
        return self._bytes_before[self._reading] + self._tables[self._reading].progress()[0], self._bytes_before[-1]

    def where(self, row: int, axis: int | None) -> str:
        """The file itself, and the row's place in it; of a row that has been read."""
        place = 0
        # A length that is not known yet is that of the file being read, or of one behind it.
        for length in self._lengths[:-1]:
            if length is None or row < length * self._rows_each(axis):
                break
            row -= length * self._rows_each(axis)
            place += 1
        return self._tables[place].where(row, axis)

    def select(self, axis: int, only: str) -> "Pieces":
        """The same with some places along an axis of arrays; columns of delimited files have been chosen already."""
        tables = [table.select(axis, only) if isinstance(table, Selectable) else table for table in self._tables]
        return Pieces(tables, self.name, self._own_notes)

    def id_column(self, name: str) -> "Pieces":
        """Return the column of that name alone, of files that have one."""
        return Pieces([table.id_column(name) for table in self._tables if isinstance(table, WithIds)], self.name)

    def refuse_classes_on(self, axis: int | None) -> None:
        """Raise InputError for classes on axis 0, along which the pieces follow each other."""
        if axis != 0:
            return
        if len(self.shape) == 1:
            first = self._tables[0]
            what = f"pieces hold whole rows, and these are vectors ({_form(first)} in {first.name})"
            remedy = f"one logit per row needs as many labels as values, one row per file the shape 1x{first.shape[0]}"
            raise InputError(self.name, what, remedy)
        what = "with the classes on axis 0, each row would run through all files"
        raise InputError(self.name, what, "give a single file, or another --class-axis")

    def _chained(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        for place, table in enumerate(self._tables):
            self._reading = place
            found = 0
            for block in table.blocks(rows, axis):
                found += len(block)
                yield block if self.dtype.kind == "U" else block.astype(self.dtype, copy=False)
            self._lengths[place] = found // self._rows_each(axis)

    def _rows_each(self, axis: int | None) -> int:
        """How many rows of the blocks an item along the first axis makes."""
        return math.prod(size or 1 for place, size in enumerate(self.shape) if place not in {0, axis})


def matched_paths(name: str) -> list[str]:
    """The path itself, or what it matches as a pattern, in the order of the numbers, each with the array's name."""
    if not _PATTERN.search(name) or split_address(name)[1] or os.path.lexists(name):
        return [name]
    for pattern, member in ((name, ""), *((before, f":{after}") for before, after in cuts(name))):
        found = glob.glob(pattern, recursive=True)  # noqa: PTH207  (pathlib's takes no pattern from the root)
        if found:
            return [f"{path}{member}" for path in sorted(found, key=_by_numbers)]
    raise InputError(name, "no such file, and none that it matches as a pattern")


def _by_numbers(path: str) -> tuple[list[Any], str]:
    """Sorts logits-2 before logits-10. Text and numbers alternate, so that like is compared with like."""
    return [int(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(path))], path


def _order_of(name: str, matches: Sequence[str]) -> str:
    """What to say of a pattern's matches where a shell would have put them in another order."""
    for here, there in zip(matches, sorted(matches), strict=True):
        if here != there:
            return f"{name}: {len(matches):,} files in the order of their numbers, {here} before {there}"
    return ""


def _order_as_given(paths: Sequence[str]) -> str:
    """What to say of paths that a shell has put into the order of the alphabet, and not of their numbers."""
    for one, other in pairwise(paths):
        if one < other and _by_numbers(one) > _by_numbers(other):
            remedy = "a pattern in quotes is read in the order of the numbers"
            return f"{one} is read before {other}, as they were given; {remedy}"
    return ""


def _and_more(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more"


def _notes_of(tables: Sequence[Table]) -> tuple[str, ...]:
    """The notes of all tables; what is said of several is said once."""
    said: dict[str, list[str]] = {}
    for table in tables:
        for note in table.notes:
            said.setdefault(note.removeprefix(f"{table.name}: "), []).append(table.name)
    return tuple(f"{_and_more(names)}: {text}" for text, names in said.items())


def _refuse_unlike(table: Table, first: Table) -> None:
    """Raise InputError unless the table could go on where the first one ends."""
    if not table.shape:
        raise InputError(table.name, "a single number, where a piece has rows", "save it with shape 1")
    if len(table.shape) != len(first.shape) or table.shape[1:] != first.shape[1:]:
        labels = table.shape[1:] in {(), (1,)} and first.shape[1:] not in {(), (1,)}
        remedy = "if these are labels, quote their pattern: --labels 'labels-*'" if labels else ""
        raise InputError(table.name, f"{_form(table)}, where {first.name} has {_form(first)}", remedy)
    names, expected = table.column_names, first.column_names
    if names is None and expected is not None:
        remedy = "if only the first piece has one, join them with cat, and give - for the pieces"
        raise InputError(table.name, f"no header, where {first.name} has one", remedy)
    if names is not None and expected is None:
        remedy = "use --header if all have one, --no-header if none has"
        of_arrays = isinstance(first, ArrayTable)
        raise InputError(table.name, f"a header, where {first.name} has none", "" if of_arrays else remedy)
    for name, other in zip(names or (), expected or (), strict=True):
        if name != other:
            raise InputError(table.name, f"a column {name!r}, where {first.name} has {other!r}")


def _form(table: Table) -> str:
    """The sizes that pieces agree in."""
    if len(table.shape) == 2:
        return f"{table.shape[1]:,} column{'s' if table.shape[1] != 1 else ''}"
    return f"shape {'x'.join('?' if size is None else str(size) for size in table.shape)}"


def _common_dtype(tables: Sequence[Table]) -> Any:
    """The dtype of all tables, the widest of integers; raises InputError where there is none."""
    of_dtype: dict[Any, Table] = {}
    for table in tables:
        for dtype, earlier in of_dtype.items():
            if not _joinable(table.dtype, dtype):
                what = f"{_kind(table.dtype)}, where {earlier.name} has {_kind(dtype)}"
                text = "U" in {table.dtype.kind, dtype.kind}
                raise InputError(table.name, what, "" if text else "save all pieces with one dtype")
        of_dtype.setdefault(table.dtype, table)
    return np.result_type(*of_dtype)


def _joinable(one: np.dtype[Any], other: np.dtype[Any]) -> bool:
    """Whether the values of both can stand in one array, none of them changed."""
    if one.kind in "iu" and other.kind in "iu":
        return np.result_type(one, other).kind in "iu"  # not int64 with uint64, for which NumPy takes float64
    return one == other or one.kind == other.kind == "U"


def _kind(dtype: np.dtype[Any]) -> str:
    return "class names" if dtype.kind == "U" else f"numbers ({dtype})"
