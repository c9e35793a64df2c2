"""CSV and its kin as found in the wild, read strictly and in flat memory: a fault is refused, never guessed at.

numpy.loadtxt parses, a chunk of lines at a time. The lines are counted here, so that a fault can be named by
its true line: loadtxt's own row numbers restart with each call and pass over blank lines. In a large file polars,
where it is installed, goes ahead for as long as the lines are plain.
"""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.parallel import in_order
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.lines import (
    CHUNK,
    Fault,
    bad_quotes,
    behind,
    cells,
    find_fault,
    is_number,
    may_overflow,
    numbered_lines,
    sniff_delimiter,
    whole_lines,
)
from softmax_cli.readers.selection import asked_names, choose_columns
from softmax_cli.readers.source import Source

_NONE = "\x1f"  # the delimiter of a file of one column: the unit separator, which no text holds
_BEGINNING = 1 << 14  # bytes that show a file's layout; longer lines are read whole
_FIRST_LINES = 3  # a header, a row, and a blank line between them

POLARS_FROM = 16 << 20  # bytes of a file: with fewer, the time it saves goes into importing it
POLARS_CHUNK = 4 << 20  # bytes: fewer, and each call's own cost shows; more are no faster and take more memory
_POLARS_THREADS = 2  # chunks at a time: polars' own threads have a rest between two calls

_ParsePlain = Callable[[bytes], NDArray[np.float64] | None]


@dataclass(frozen=True)
class Layout:
    """What the first lines of a file say: its delimiter, names, width, and where its rows begin."""

    delimiter: str
    names: tuple[str, ...] | None
    width: int
    first_line: int
    first_row: tuple[str, ...]
    columns: tuple[int, ...]
    notes: tuple[str, ...]


def read(source: Source, dialect: Dialect, selection: Selection) -> "DelimitedTable":
    """Look at the first lines; raises InputError where there is no row, or no such column."""
    layout = _layout(source.name, _first_lines(source), dialect, selection)
    one_column = selection.text and len(layout.columns) == 1
    text = one_column and not is_number(layout.first_row[layout.columns[0]])
    return DelimitedTable(source, layout, text=text, overflow=selection.overflow)


class DelimitedTable:
    """The chosen columns of a delimited file: float64, or str where they are class names."""

    def __init__(self, source: Source, layout: Layout, *, text: bool, overflow: bool = False) -> None:
        self.name = source.name
        self.notes = layout.notes
        self.dtype: Any = np.dtype(np.str_ if text else np.float64)
        self.shape: tuple[int | None, ...] = (None, len(layout.columns))
        names = layout.names
        self.column_names = None if names is None else tuple(names[column] for column in layout.columns)
        self.positions = layout.columns
        self._source = source
        self._layout = layout
        self._text = text
        self._overflow = overflow
        self._bytes_read = 0

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table: shape (n, C) for axis 1, (n,) without. A column cannot be read before its file ends."""
        for table in self._tables():
            for start in range(0, len(table), rows):
                block = table[start : start + rows]
                yield block.reshape(-1) if axis is None else block

    def progress(self) -> tuple[int, int]:
        """See Table: of the stored bytes, which may be compressed."""
        return self._bytes_read, self._source.stored_bytes()

    def where(self, row: int, axis: int | None) -> str:
        """The file and the line, as an editor counts."""
        line = row // (len(self._layout.columns) if axis is None else 1)
        return f"{self.name}:{self._layout.first_line + line}"

    def _tables(self) -> Iterator[NDArray[Any]]:
        """The rows of one chunk of lines after another, shape (n, columns)."""
        layout = self._layout
        parse = self._parse_text if self._text else self._parse_numbers
        parse_plain, size, threads = self._plain_parser()
        all_plain = True

        def attempt(chunk: bytes) -> tuple[bytes, NDArray[np.float64] | None]:
            return chunk, parse_plain(chunk) if all_plain else None

        attempts = in_order(attempt, self._chunks(size), threads)
        line = layout.first_line
        for chunk, table in attempts:
            if table is None:  # what is not plain once would not be so again
                all_plain = False
                rest = chain([chunk], (later for later, _ in attempts))
                for first, lines in numbered_lines(rest, self.name, line):
                    yield parse(first, lines)
                return
            yield table
            line += len(table)

    def _chunks(self, size: int) -> Iterator[bytes]:
        """The file's bytes from its first row on, cut where a line ends."""
        with self._source.reading(), self._source.open() as file:
            for chunk in behind(whole_lines(file, size), self._layout.first_line - 1):
                self._bytes_read = os.lseek(file.fileno(), 0, os.SEEK_CUR)
                yield chunk

    def _plain_parser(self) -> tuple[_ParsePlain, int, int]:
        """What reads plain chunks of the file, or gives None for want of polars; their size, and how many at a time."""
        layout = self._layout
        if not self._text and self._source.stored_bytes() >= POLARS_FROM:
            try:
                from softmax_cli.readers.polars_csv import parse
            except ModuleNotFoundError as error:
                if error.name != "polars":
                    raise
            else:
                plain = partial(parse, delimiter=layout.delimiter, width=layout.width, columns=layout.columns)
                return plain, POLARS_CHUNK, _POLARS_THREADS
        return lambda _: None, CHUNK, 1

    def _parse_numbers(self, line: int, lines: list[str]) -> NDArray[np.float64]:
        layout = self._layout
        quoted = any('"' in text for text in lines)
        plain, delimiter = (self._unquoted(line, lines), _NONE) if quoted else (lines, layout.delimiter)
        every = quoted or layout.columns == tuple(range(layout.width))
        try:
            table = np.loadtxt(
                plain,
                delimiter=None if delimiter == " " else delimiter,
                comments=None,  # the default takes "1.#INF" for 1.0 and a comment
                usecols=None if every else layout.columns,
                ndmin=2,
            )
        except ValueError as error:
            self._refuse(line, lines, str(error))
        # loadtxt passes over blank lines, reads 1e400 as inf and, where columns are chosen, does not compare the
        # rows' lengths.
        if (
            len(table) != len(lines)
            or table.shape[1] != len(layout.columns)
            or (not every and self._ragged(lines))
            or (np.isinf(table).any() and any(map(may_overflow, lines)) and self._fault(lines))
        ):
            self._refuse(line, lines, "the rows differ in length")
        return table

    def _unquoted(self, line: int, lines: list[str]) -> list[str]:
        """The chosen cells without their quotes: loadtxt would read on past a line's end, and "1"2 as 12."""
        plain = [_NONE.join(row[column] for column in self._layout.columns) for row in self._rows(line, lines)]
        if not all(plain):  # loadtxt would pass over them, and warn where there is nothing else
            self._refuse(line, lines, "an empty cell")
        return plain

    def _parse_text(self, line: int, lines: list[str]) -> NDArray[np.str_]:
        column = self._layout.columns[0]
        names = [row[column] for row in self._rows(line, lines)]
        if not all(names):
            self._refuse(line, lines, "an empty cell")
        return np.array(names)[:, np.newaxis]

    def _rows(self, line: int, lines: list[str]) -> list[tuple[str, ...]]:
        """Each line's cells, as many as in the first."""
        layout = self._layout
        try:
            rows = [cells(text, layout.delimiter) for text in lines]
        except csv.Error as error:
            self._refuse(line, lines, str(error))
        if any(len(row) != layout.width for row in rows):
            self._refuse(line, lines, "the rows differ in length")
        return rows

    def _ragged(self, lines: list[str]) -> bool:
        """Whether lines without quotes differ in length."""
        delimiter, width = self._layout.delimiter, self._layout.width
        if delimiter == " ":
            return any(len(text.split()) != width for text in lines)
        return any(text.count(delimiter) != width - 1 for text in lines)

    def _fault(self, lines: list[str]) -> Fault | None:
        layout = self._layout
        return find_fault(
            lines, layout.delimiter, layout.width, layout.columns, numbers=not self._text, overflow=self._overflow
        )

    def _refuse(self, line: int, lines: list[str], reason: str) -> NoReturn:
        layout = self._layout
        fault = self._fault(lines) or Fault(0, None, reason)
        in_first_line = line + fault.line == layout.first_line and fault.column is not None
        if layout.names is None and in_first_line and not fault.remedy:
            fault = fault._replace(remedy="if this line is a header, use --header")
        raise _refusal(self.name, line, fault, layout.names) from None


def _refusal(name: str, line: int, fault: Fault, names: tuple[str, ...] | None) -> InputError:
    """A fault of a chunk whose first line has this number."""
    where = f"{name}:{line + fault.line}"
    if fault.column is not None:
        where += f", column {fault.column + 1}"
        if names is not None:
            where += f" ({names[fault.column]})"
    return InputError(where, fault.what, fault.remedy)


def _first_lines(source: Source) -> list[tuple[int, str]]:
    """The first line that is not blank and those behind it, each with its number."""
    with source.reading(), source.open() as file:
        chunks = numbered_lines(whole_lines(file, _BEGINNING), source.name, 1, skip_blank=True)
        numbered = ((number + offset, line) for number, lines in chunks for offset, line in enumerate(lines))
        return list(islice(numbered, _FIRST_LINES))


def _layout(name: str, lines: list[tuple[int, str]], dialect: Dialect, selection: Selection) -> Layout:
    if not lines:
        raise InputError(name, "there are no rows")
    number, line = lines[0]
    delimiter = dialect.delimiter or sniff_delimiter(line)
    if dialect.delimiter is None and delimiter == " " and selection.text and not _numbers(_cut(name, *lines[0], " ")):
        delimiter = _NONE  # a column of class names, which may have blanks in them
    first = _cut(name, number, line, delimiter)
    names: tuple[str, ...] | None = None
    second = next((_cut(name, *below, delimiter) for below in lines[1:] if below[1].strip()), ())
    if dialect.header if dialect.header is not None else _is_header(first, second, selection):
        # numpy.savetxt marks its header with "# ".
        names = _cut(name, number, line.removeprefix("# "), delimiter)
        lines = lines[1:]
    if not lines:
        raise InputError(name, "there are no rows, only a header")
    width = len(first if names is None else names)
    number, line = lines[0]
    if fault := find_fault([line], delimiter, width, (), numbers=False):
        raise _refusal(name, number, fault, names)
    row = cells(line, delimiter)
    columns, notes = choose_columns(selection, names, width, name)
    if names is None and selection.text is False and _counts_up(row):
        notes = (*notes, f"{name}: the first line counts 0 to {width - 1}; if it is a header, use --header")
    return Layout(delimiter, names, width, number, row, columns, notes)


def _cut(name: str, number: int, line: str, delimiter: str) -> tuple[str, ...]:
    """A line's cells; raises InputError where it is badly quoted."""
    try:
        return cells(line, delimiter)
    except csv.Error as error:
        raise _refusal(name, number, bad_quotes(0, error), None) from None


def _is_header(first: tuple[str, ...], second: tuple[str, ...], selection: Selection) -> bool:
    """A header has a name above a number, and no number but whole ones (pandas names columns 0, 1, 2).

    So has a line that holds the name of a column that was asked for.
    """
    if any(name in first and not is_number(name) for name in asked_names(selection)):
        return True
    if selection.text and len(first) == 1 and not is_number(first[0]) and not (second and _numbers(second)):
        # A column of class names: a first line that no class is called is its header.
        return bool(selection.known) and first[0] not in selection.known
    if any(is_number(cell) and not cell.isdigit() for cell in first):
        return False
    if not second:
        return not _numbers(first)
    return any(is_number(below) and not is_number(name) for name, below in zip(first, second, strict=False))


def _numbers(row: tuple[str, ...]) -> bool:
    return all(map(is_number, row))


def _counts_up(row: tuple[str, ...]) -> bool:
    return len(row) > 2 and list(row) == [str(place) for place in range(len(row))]
