"""CSV and its kin as found in the wild, read strictly and in flat memory: a fault is refused, never guessed at.

numpy.loadtxt parses, a chunk of lines at a time. The lines are counted here, so that a fault can be named by
its true line: loadtxt's own row numbers restart with each call and pass over blank lines. In a large file polars,
where it is installed, goes ahead for as long as the lines are plain.
"""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.parallel import in_order
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.encodings import as_utf8
from softmax_cli.readers.faults import Fault, find_fault
from softmax_cli.readers.layout import NONE, layout_of, minus_note, refusal
from softmax_cli.readers.lines import (
    CHUNK,
    LongLineError,
    behind,
    cells,
    count_lines,
    numbered_lines,
    refuse_long_line,
    whole_lines,
)
from softmax_cli.readers.numerals import Content, content, has_minus_sign, is_missing, may_overflow
from softmax_cli.readers.selection import quoted
from softmax_cli.readers.source import Source

_BEGINNING = 1 << 14  # bytes that show a file's layout; longer lines are read whole
_FEWEST_LINES = 3  # a header, a row, and a blank line between them
_MOST_LINES = 50

POLARS_FROM = 16 << 20  # bytes of a file: with fewer, the time it saves goes into importing it
POLARS_CHUNK = 4 << 20  # bytes: fewer, and each call's own cost shows; more are no faster and take more memory
_POLARS_THREADS = 2  # chunks at a time: polars' own threads have a rest between two calls

_ParsePlain = Callable[[bytes], NDArray[np.float64] | None]


def read(source: Source, dialect: Dialect, selection: Selection) -> "DelimitedTable":
    """Look at the first lines; raises InputError where there is no row, or no such column."""
    return DelimitedTable(source, dialect, selection)


class DelimitedTable:
    """The chosen columns of a delimited file: float64, or str where they are class names."""

    def __init__(self, source: Source, dialect: Dialect, selection: Selection) -> None:
        layout = layout_of(source.name, _first_lines(source), dialect, selection)
        self.name = source.name
        self.notes = layout.notes
        self.dtype: Any = np.dtype(np.str_ if layout.spelling.text else np.float64)
        self.shape: tuple[int | None, ...] = (None, len(layout.columns))
        names = layout.names
        self.column_names = None if names is None else tuple(names[column] for column in layout.columns)
        self.left_out = layout.left_out
        self.ids = layout.ids
        self.first_line_may_be_header = layout.first_line_may_be_header
        self.positions = layout.columns
        self._source = source
        self._dialect = dialect
        self._selection = selection
        self._layout = layout
        self._bytes_read = 0

    def with_header(self, header: bool) -> "DelimitedTable":
        """Return the same file with its first line taken for a header, or for a row."""
        return DelimitedTable(self._source, replace(self._dialect, header=header), self._selection)

    def id_column(self, name: str) -> "DelimitedTable":
        """Return the column of that name alone, text or whole numbers."""
        return DelimitedTable(self._source, self._dialect, Selection(only=quoted(name), text=True))

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
        parse = self._parse_text if layout.spelling.text else self._parse_numbers
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
                    yield parse(first, layout.lines(lines))
                return
            yield table
            line += len(table)

    def _chunks(self, size: int) -> Iterator[bytes]:
        """The file's bytes from its first row on, cut where a line ends."""
        with self._source.reading(), self._source.open() as file:
            try:
                chunks = behind(whole_lines(as_utf8(file, self.name), size), self._layout.first_line - 1)
                if self._layout.header is not None:
                    from softmax_cli.readers.repeated import without_repeated_header  # few headers are numbers

                    chunks = without_repeated_header(chunks, self.name, self._layout, self._layout.header)
                for chunk in chunks:
                    self._bytes_read = os.lseek(file.fileno(), 0, os.SEEK_CUR)
                    yield chunk
            except LongLineError as error:
                _refuse_long_line(self._source, error)

    def _plain_parser(self) -> tuple[_ParsePlain, int, int]:
        """What reads plain chunks of the file, or gives None for want of polars; their size, and how many at a time."""
        layout = self._layout
        if layout.spelling.plain and not layout.trailing and self._source.stored_bytes() >= POLARS_FROM:
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
        by_cell = not layout.spelling.plain or any('"' in text or not text.isascii() for text in lines)
        plain, delimiter = (self._by_cell(line, lines), NONE) if by_cell else (lines, layout.delimiter)
        every = by_cell or layout.columns == tuple(range(layout.width))
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

    def _by_cell(self, line: int, lines: list[str]) -> list[str]:
        """The chosen cells as loadtxt reads them: it would read on past a line's end in quotes, and "1"2 as 12."""
        read, columns = self._layout.spelling.read, self._layout.columns
        rows = self._rows(line, lines)
        note = minus_note(self.name)
        if note not in self.notes and any(map(has_minus_sign, lines)):
            signed = any(has_minus_sign(row[column]) for row in rows for column in columns)
            self.notes = (*self.notes, note) if signed else self.notes
        plain = [NONE.join([read(row[column]) for column in columns]) for row in rows]
        if not all(plain):  # loadtxt would pass over them, and warn where there is nothing else
            self._refuse(line, lines, "an empty cell")
        return plain

    def _parse_text(self, line: int, lines: list[str]) -> NDArray[np.str_]:
        column, missing = self._layout.columns[0], self._layout.spelling.missing
        names = [row[column] for row in self._rows(line, lines)]
        if missing:
            known = self._selection.known
            names = ["" if is_missing(name) and name not in known else name for name in names]
        elif not (self._selection.spelled or all(names)):
            self._refuse(line, lines, "an empty cell")
        return np.array(names, np.str_)[:, np.newaxis]

    def _rows(self, line: int, lines: list[str]) -> list[tuple[str, ...]]:
        """Each line's cells, as many as in the first."""
        layout = self._layout
        try:
            rows = [cells(text, layout.delimiter) for text in lines]
        except csv.Error as error:
            self._refuse(line, lines, str(error))
        if layout.width == 1 and layout.spelling.missing:
            rows = [row or ("",) for row in rows]
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
        return find_fault(lines, layout.delimiter, layout.width, layout.columns, layout.spelling)

    def _refuse(self, line: int, lines: list[str], reason: str) -> NoReturn:
        layout = self._layout
        fault = self._fault(lines) or Fault(0, None, reason)
        if layout.names is None and line + fault.line == layout.first_line and fault.column is not None:
            row = cells(lines[fault.line], layout.delimiter)
            if content(row[fault.column], layout.spelling.decimal) is Content.TEXT:
                fault = fault._replace(remedy="if this line is a header, use --header")
        raise refusal(self.name, line, fault, layout.names) from None


def _refuse_long_line(source: Source, error: LongLineError) -> NoReturn:
    with source.open() as file:
        line = count_lines(as_utf8(file, source.name), error.offset) + 1
    raise refuse_long_line(f"{source.name}:{line}") from None


def _first_lines(source: Source) -> list[tuple[int, str]]:
    """The first line that is not blank and some behind it, each with its number."""
    found: list[tuple[int, str]] = []
    with source.reading(), source.open() as file:
        try:
            chunks = whole_lines(as_utf8(file, source.name), _BEGINNING)
            for number, lines in numbered_lines(chunks, source.name, 1, skip_blank=True):
                found += ((number + offset, line) for offset, line in enumerate(lines[:_MOST_LINES]))
                if len(found) >= _FEWEST_LINES:
                    break
        except LongLineError as error:
            _refuse_long_line(source, error)
    return found
