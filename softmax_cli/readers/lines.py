"""Lines of a delimited file: counting them, cutting them into cells, and finding what is wrong with one."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from softmax_cli.errors import InputError

_CHUNK = 1 << 20  # characters: numpy.loadtxt is no faster with more, and this bounds the memory

_QUOTED = re.compile(r'"[^"]*"')
_DELIMITERS = ("\t", ";", ",", "|")


class Fault(NamedTuple):
    """What is wrong: the line's offset from the first of its chunk, the column from 0, words for both."""

    line: int
    column: int | None
    what: str
    remedy: str = ""


def numbered_chunks(
    file: BinaryIO, name: str, first_line: int, *, skip_blank: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The lines from ``first_line`` on, a chunk at a time, each with the number of its first line (from 1).

    Blank lines at the end of the file are left out; ``skip_blank`` passes over those at the beginning too.
    Raises InputError at a byte that is not UTF-8.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=None)
    number, blank = 1, 0
    try:
        for number in range(1, first_line):  # noqa: B007
            text.readline()
        number = first_line
        while piece := text.read(_CHUNK) + text.readline():
            lines = [""] * blank + piece.removesuffix("\n").split("\n")
            end = len(lines)
            while end and not lines[end - 1].strip():
                end -= 1
            # Blank lines are held back: they are the file's end, or a fault once another line follows.
            blank = len(lines) - end
            start = 0
            while skip_blank and start < end and not lines[start].strip():
                start += 1
            if start < end:
                skip_blank = False
                yield number + start, lines[start:end]
            number += end
    except UnicodeDecodeError:
        raise InputError(
            _undecodable(file, name), "not UTF-8 text", "convert the file: iconv -f ENCODING -t utf-8"
        ) from None
    finally:
        text.detach()


def _undecodable(file: BinaryIO, name: str) -> str:
    """The place of the first line that is not UTF-8."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return f"{name}:{number}"
    return name


def sniff_delimiter(line: str) -> str:
    """The delimiter of a line: tab, semicolon, comma or bar, in that order; else blanks."""
    bare = _QUOTED.sub("", line)
    return next((delimiter for delimiter in _DELIMITERS if delimiter in bare), " ")


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """A line's cells, unquoted and without blanks around them."""
    if '"' in line:
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    else:
        row = line.split(None if delimiter == " " else delimiter)
    return tuple(cell.strip() for cell in row)


def is_number(cell: str) -> bool:
    """Whether numpy.loadtxt takes a cell for a number: as float() does, less 1_000 and digits of other scripts."""
    if "_" in cell or not cell.isascii():
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def find_fault(
    lines: Sequence[str], delimiter: str, width: int, columns: Sequence[int], numeric: Sequence[int]
) -> Fault | None:
    """The first fault: a blank line, a row of another length, an empty cell, or text in a number's place."""
    for offset, line in enumerate(lines):
        if not line.strip():
            return Fault(offset, None, "a blank line within the rows", "remove it")
        row = cells(line, delimiter)
        if len(row) != width:
            return Fault(offset, None, f"{len(row)} cells where the first row has {width}")
        for column in columns:
            if not row[column]:
                return Fault(offset, column, "an empty cell", "write nan if the value is missing")
        for column in numeric:
            if not is_number(row[column]):
                return Fault(offset, column, f"{row[column]!r} is not a number", _hint(row[column]))
    return None


def _hint(cell: str) -> str:
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return "write decimals with a point"
    if "#" in cell:
        return "write nan, inf or -inf"
    return ""
