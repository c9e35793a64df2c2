"""Lines of a delimited file: counting them, cutting them into cells, and finding what is wrong with one."""

import csv
import io
import math
import re
from collections.abc import Generator, Sequence
from typing import BinaryIO, NamedTuple

from softmax_cli.errors import InputError

_CHUNK = 1 << 20  # characters: numpy.loadtxt is no faster with more, and this bounds the memory
_LONGEST_SHOWN = 40  # characters of a cell in a message

_QUOTED = re.compile(r'"[^"]*"')
_DELIMITERS = ("\t", ";", ",", "|")
_ESCAPED = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of bytes that are not UTF-8
_LARGE_EXPONENT = re.compile(r"[eE]\+?\d{3}")
_MANY_DIGITS = re.compile(r"\d{200}")


class Fault(NamedTuple):
    """What is wrong: the line's offset from the first of its chunk, the column from 0, words for both."""

    line: int
    column: int | None
    what: str
    remedy: str = ""


def numbered_chunks(
    file: BinaryIO, name: str, first_line: int, *, skip_blank: bool = False, size: int = _CHUNK
) -> Generator[tuple[int, list[str]], None, None]:
    """The lines from ``first_line`` on, a chunk of ``size`` characters at a time, each with its first line's number.

    Lines are counted from 1, and end as an editor's do: LF, CRLF or CR. Blank lines at the end of the file are
    left out; ``skip_blank`` passes over those at the beginning too. Raises InputError at a byte that is not UTF-8.
    """
    text = _decoded(file, "strict")
    number, blank = first_line, 0
    try:
        for _ in range(1, first_line):
            text.readline()
        while piece := text.read(size) + text.readline():
            if "\0" in piece:  # valid UTF-8, and what UTF-16 without a byte order mark looks like
                raise _not_text(name, number + blank + piece.count("\n", 0, piece.index("\0")), "a NUL byte")
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
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise _not_text(name, _undecodable_line(file), f"the byte 0x{byte:02x}") from None
    finally:
        text.detach()  # else it would close the file, which is the caller's


def _decoded(file: BinaryIO, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors=errors, newline=None)


def _undecodable_line(file: BinaryIO) -> int:
    """The number of the first line that is not UTF-8."""
    file.seek(0)
    text = _decoded(file, "surrogateescape")
    number = next(number for number, line in enumerate(text, 1) if _ESCAPED.search(line))
    text.detach()
    return number


def _not_text(name: str, line: int, what: str) -> InputError:
    return InputError(f"{name}:{line}", f"not UTF-8 text ({what})", "convert the file: iconv -f ENCODING -t utf-8")


def sniff_delimiter(line: str) -> str:
    """The delimiter of a line: tab, semicolon, comma or bar, in that order; else blanks."""
    bare = _QUOTED.sub("", line)
    return next((delimiter for delimiter in _DELIMITERS if delimiter in bare), " ")


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """A line's cells, unquoted and without blanks around them.

    Raises csv.Error for a quote that is not closed within the line, or has text behind it.
    """
    if '"' in line:
        if delimiter == " ":
            line = line.strip()
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True), [])
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
    lines: Sequence[str], delimiter: str, width: int, columns: Sequence[int], *, numbers: bool
) -> Fault | None:
    """The first fault: a blank line, bad quotes, another length, or in ``columns`` an empty cell or no number."""
    for offset, line in enumerate(lines):
        if not line.strip():
            return Fault(offset, None, "a blank line within the rows", "remove it")
        try:
            row = cells(line, delimiter)
        except csv.Error as error:
            return bad_quotes(offset, error)
        if len(row) != width:
            return Fault(offset, None, f"{_cells(len(row))} where the first line has {width}")
        for column in columns:
            if what := _fault_of_cell(row[column], numbers=numbers):
                return Fault(offset, column, *what)
    return None


def _fault_of_cell(cell: str, *, numbers: bool) -> tuple[str, str] | None:
    """What is wrong with a cell, and what to do."""
    if not cell:
        return "an empty cell", "write nan if the value is missing"
    if numbers and not is_number(cell):
        return f"{_shown(cell)} is not a number", _hint(cell)
    if numbers and _overflows(cell):
        return f"{_shown(cell)} is beyond the largest float64", "write inf or -inf if that is meant"
    return None


def bad_quotes(line: int, error: csv.Error) -> Fault:
    """The fault of a line that cannot be cut into cells."""
    return Fault(line, None, f"badly quoted ({error})", "close each quote on its own line, and double one within")


def may_overflow(line: str) -> bool:
    """Whether a line could hold a number beyond the range of float64: cheap, and never wrong where it says no."""
    # Looking for one letter, or at the length, takes a tenth of a pattern's time.
    exponent = ("e" in line or "E" in line) and _LARGE_EXPONENT.search(line)
    # An exponent of two digits needs 209 digits before it.
    return bool(exponent or (len(line) > 200 and _MANY_DIGITS.search(line)))


def _overflows(cell: str) -> bool:
    return math.isinf(float(cell)) and any(map(str.isdigit, cell))


def _hint(cell: str) -> str:
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return "write decimals with a point"
    if "#" in cell:
        return "write nan, inf or -inf"
    return ""


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}...")
