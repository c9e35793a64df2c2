"""Lines of a delimited file: counting them, cutting them into cells, and finding what is wrong with one."""

import csv
import math
import re
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple

from softmax_cli.errors import InputError

CHUNK = 1 << 20  # bytes: numpy.loadtxt is no faster with more, and this bounds the memory
_LONGEST_SHOWN = 40  # characters of a cell in a message

_QUOTED = re.compile(r'"[^"]*"')
_DELIMITERS = ("\t", ";", ",", "|")
_LINE_END = re.compile(rb"\r\n?|\n")
_LARGE_EXPONENT = re.compile(r"[eE]\+?\d{3}")
_MANY_DIGITS = re.compile(r"\d{200}")


class Fault(NamedTuple):
    """What is wrong: the line's offset from the first of its chunk, the column from 0, words for both."""

    line: int
    column: int | None
    what: str
    remedy: str = ""


def whole_lines(file: BinaryIO, size: int = CHUNK) -> Generator[bytes, None, None]:
    """The bytes of a file, some ``size`` of them at a time, cut where a line ends; without a byte order mark."""
    rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
    # A line of any length is had by doubling.
    while len(chunk := rest + file.read(max(size, len(rest)))) > len(rest):
        # A CR at the very end may be half of a CRLF.
        end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1
        chunk, rest = chunk[:end], chunk[end:]
        if chunk:
            yield chunk
    if rest:
        yield rest


def behind(chunks: Iterable[bytes], lines: int) -> Iterator[bytes]:
    """The chunks without the first ``lines`` lines."""
    for chunk in chunks:
        ends = [end.end() for end in islice(_LINE_END.finditer(chunk), lines)]
        lines -= len(ends)
        left = chunk[ends[-1] :] if ends else chunk
        if left and not lines:
            yield left


def numbered_lines(
    chunks: Iterable[bytes], name: str, number: int, *, skip_blank: bool = False
) -> Generator[tuple[int, list[str]], None, None]:
    """The lines of each chunk, and the number of its first; ``number`` is that of the very first.

    Lines end as an editor's do: LF, CRLF or CR. Blank lines at the end of the file are left out; ``skip_blank``
    passes over those at the beginning too. Raises InputError at a line that is not UTF-8 text, behind the others.
    """
    blank = 0
    for text, not_text in map(_decoded, chunks):
        lines = [""] * blank + text.split("\n")
        if text.endswith("\n") or not_text:
            lines.pop()
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
        if not_text:
            what = f"not UTF-8 text ({not_text})"
            raise InputError(f"{name}:{number + blank}", what, "convert the file: iconv -f ENCODING -t utf-8")


def _decoded(chunk: bytes) -> tuple[str, str]:
    """The text with LF at its lines' ends, up to the first thing that is not text; and what that is."""
    not_text = ""
    try:
        text = chunk.decode()
    except UnicodeDecodeError as error:
        text, not_text = chunk[: error.start].decode(), f"the byte 0x{chunk[error.start]:02x}"
    if "\0" in text:  # valid UTF-8, and what UTF-16 without a byte order mark looks like
        text, not_text = text[: text.index("\0")], "a NUL byte"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, not_text


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
    lines: Sequence[str],
    delimiter: str,
    width: int,
    columns: Sequence[int],
    *,
    numbers: bool,
    overflow: bool = False,
) -> Fault | None:
    """The first fault: a blank line, bad quotes, another length, or in ``columns`` an empty cell or no number.

    A number beyond float64 is one too, unless ``overflow`` lets it pass.
    """
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
            if what := _fault_of_cell(row[column], numbers=numbers, overflow=overflow):
                return Fault(offset, column, *what)
    return None


def _fault_of_cell(cell: str, *, numbers: bool, overflow: bool) -> tuple[str, str] | None:
    """What is wrong with a cell, and what to do."""
    if not cell:
        return "an empty cell", "write nan if the value is missing"
    if numbers and not is_number(cell):
        return f"{_shown(cell)} is not a number", _hint(cell)
    if numbers and not overflow and _overflows(cell):
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
