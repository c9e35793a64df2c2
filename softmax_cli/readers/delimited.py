"""CSV and its kin as found in the wild, read strictly and in flat memory: a fault is refused, never guessed at.

numpy.loadtxt parses, a chunk of lines at a time. The lines are counted here, so that a fault can be named by
its true line: loadtxt's own row numbers restart with each call and pass over blank lines.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.lines import Fault, cells, find_fault, is_number, numbered_chunks, sniff_delimiter
from softmax_cli.readers.selection import choose_columns
from softmax_cli.readers.source import Source

_NONE = "\x1f"  # the delimiter of a file of one column: the unit separator, which no text holds


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
    layout = _layout(source, dialect, selection)
    one_column = selection.text and len(layout.columns) == 1
    return DelimitedTable(source, layout, text=one_column and not is_number(layout.first_row[layout.columns[0]]))


class DelimitedTable:
    """The chosen columns of a delimited file: float64, or str where they are class names."""

    def __init__(self, source: Source, layout: Layout, *, text: bool) -> None:
        self.name = source.name
        self.notes = layout.notes
        self.dtype: Any = np.dtype(np.str_ if text else np.float64)
        self.shape: tuple[int | None, ...] = (None, len(layout.columns))
        names = layout.names
        self.column_names = None if names is None else tuple(names[column] for column in layout.columns)
        self._source = source
        self._layout = layout
        self._text = text

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """See Table: shape (n, C) for axis 1, (n,) without. A column cannot be read before its file ends."""
        for table in self._tables():
            for start in range(0, len(table), rows):
                block = table[start : start + rows]
                yield block.reshape(-1) if axis is None else block

    def where(self, row: int, axis: int | None) -> str:
        """The file and the line, as an editor counts."""
        line = row // (len(self._layout.columns) if axis is None else 1)
        return f"{self.name}:{self._layout.first_line + line}"

    def _tables(self) -> Iterator[NDArray[Any]]:
        """The rows of one chunk of lines after another, shape (n, columns)."""
        layout = self._layout
        parse = self._parse_text if self._text else self._parse_numbers
        with self._source.reading(), self._source.open() as file:
            for line, lines in numbered_chunks(file, self.name, layout.first_line):
                yield parse(line, lines)

    def _parse_numbers(self, line: int, lines: list[str]) -> NDArray[np.float64]:
        layout = self._layout
        every = len(layout.columns) == layout.width
        try:
            table = np.loadtxt(
                lines,
                delimiter=None if layout.delimiter == " " else layout.delimiter,
                comments=None,  # the default takes "1.#INF" for 1.0 and a comment
                quotechar='"',
                usecols=None if every else layout.columns,
                ndmin=2,
            )
        except ValueError as error:
            self._refuse(line, lines, str(error))
        # loadtxt passes over blank lines and, where columns are chosen, does not compare the rows' lengths.
        if len(table) != len(lines) or (table.shape[1] != layout.width if every else self._ragged(lines)):
            self._refuse(line, lines, "the rows differ in length")
        return table

    def _parse_text(self, line: int, lines: list[str]) -> NDArray[np.str_]:
        layout = self._layout
        column = layout.columns[0]
        rows = [cells(text, layout.delimiter) for text in lines]
        if any(len(row) != layout.width or not row[column] for row in rows):
            self._refuse(line, lines, "the rows differ in length")
        return np.array([[row[column]] for row in rows])

    def _ragged(self, lines: list[str]) -> bool:
        delimiter, width = self._layout.delimiter, self._layout.width
        if delimiter != " " and not any('"' in text for text in lines):
            return any(text.count(delimiter) != width - 1 for text in lines)
        return any(len(cells(text, delimiter)) != width for text in lines)

    def _refuse(self, line: int, lines: list[str], reason: str) -> None:
        layout = self._layout
        numeric = () if self._text else layout.columns
        fault = find_fault(lines, layout.delimiter, layout.width, layout.columns, numeric) or Fault(0, None, reason)
        where = f"{self.name}:{line + fault.line}"
        if fault.column is not None:
            where += f", column {fault.column + 1}"
            if layout.names is not None:
                where += f" ({layout.names[fault.column]})"
        raise InputError(where, fault.what, fault.remedy) from None


def _layout(source: Source, dialect: Dialect, selection: Selection) -> Layout:
    with source.reading(), source.open() as file:
        chunk = next(numbered_chunks(io.BytesIO(_beginning(file)), source.name, 1, skip_blank=True), None)
    if chunk is None:
        raise InputError(source.name, "there are no rows")
    line, lines = chunk
    delimiter = dialect.delimiter or sniff_delimiter(lines[0])
    if dialect.delimiter is None and delimiter == " " and selection.text and not _numbers(cells(lines[0], " ")):
        delimiter = _NONE  # a column of class names, which may have blanks in them
    first = cells(lines[0], delimiter)
    names: tuple[str, ...] | None = None
    second = cells(lines[1], delimiter) if len(lines) > 1 else ()
    if dialect.header if dialect.header is not None else _is_header(first, second, selection):
        # numpy.savetxt marks its header with "# ".
        names = cells(lines[0].lstrip("# "), delimiter) if lines[0].startswith("#") else first
        line, lines = line + 1, lines[1:]
    if not lines:
        raise InputError(source.name, "there are no rows, only a header")
    width = len(first if names is None else names)
    row = cells(lines[0], delimiter)
    if len(row) != width:
        raise InputError(f"{source.name}:{line}", f"{len(row)} cells where the header has {width} names")
    columns, notes = choose_columns(selection, names, width, source.name)
    if names is None and selection.text is False and _counts_up(row):
        notes = (
            *notes,
            f"{source.name}: the first line counts 0 to {width - 1}; if it is a header, use --header",
        )
    return Layout(delimiter, names, width, line, row, columns, notes)


def _beginning(file: Any) -> bytes:
    """Enough of the file for its header and a row or two, ending with a whole line."""
    return bytes(file.read(1 << 16) + file.readline() + file.readline())


def _is_header(first: tuple[str, ...], second: tuple[str, ...], selection: Selection) -> bool:
    """A header has a name above a number, and no number but whole ones (pandas names columns 0, 1, 2)."""
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
