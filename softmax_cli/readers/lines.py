"""Lines of a delimited file: counting them, and cutting them into cells."""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from softmax_cli.errors import InputError

CHUNK = 1 << 20  # bytes: numpy.loadtxt is no faster with more, and this bounds the memory
LONGEST_LINE = 32 << 20  # bytes: five times a row of 256,000 classes with 25 characters each
MOST_COLUMNS = 1 << 20  # four times as many as the largest vocabularies have words

_QUOTED = re.compile(r'"[^"]*"')
DELIMITERS = ("\t", ";", ",", "|")
_LINE_END = re.compile(rb"\r\n?|\n")
_WORD = re.compile(r"\S+")


class LongLineError(Exception):
    """A line is longer than any row of logits; ``offset`` is where it begins, in bytes."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class WideLineError(csv.Error):
    """A line has more cells than are ever cut out of one: each would take its own memory."""


def refuse_long_line(where: str) -> InputError:
    """The refusal of a line that does not end."""
    return InputError(where, f"a line of more than {LONGEST_LINE >> 20} MiB, longer than any row of logits")


def whole_lines(file: BinaryIO, size: int = CHUNK) -> Generator[bytes, None, None]:
    """The bytes of a file, some ``size`` of them at a time, cut where a line ends; without a byte order mark.

    Raises LongLineError for a line of more than LONGEST_LINE bytes.
    """
    rest = file.read(len(BOM_UTF8)).removeprefix(BOM_UTF8)
    offset = 0
    # A long line is had by doubling.
    while len(chunk := rest + file.read(max(size, len(rest)))) > len(rest):
        # A CR at the very end may be half of a CRLF.
        end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1
        chunk, rest = chunk[:end], chunk[end:]
        offset += end
        if chunk:
            yield chunk
        if len(rest) > LONGEST_LINE:
            raise LongLineError(offset)
    if rest:
        yield rest


def count_lines(file: BinaryIO, size: int) -> int:
    """How many lines end within the first ``size`` bytes, a byte order mark not counted."""
    lines, last = 0, b""
    file.seek(len(BOM_UTF8) if file.read(len(BOM_UTF8)) == BOM_UTF8 else 0)
    while size > 0 and (chunk := file.read(min(size, CHUNK))):
        size -= len(chunk)
        lines += sum(1 for _ in _LINE_END.finditer(chunk)) - (last == b"\r" and chunk.startswith(b"\n"))
        last = chunk[-1:]
    return lines


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
            raise InputError(f"{name}:{number + blank}", what, "save the file as UTF-8 or UTF-16")


def _decoded(chunk: bytes) -> tuple[str, str]:
    """The text with LF at its lines' ends, up to the first thing that is not text; and what that is."""
    not_text = ""
    try:
        text = chunk.decode()
    except UnicodeDecodeError as error:
        text, not_text = chunk[: error.start].decode(), f"the byte 0x{chunk[error.start]:02x}"
    if "\0" in text:
        text, not_text = text[: text.index("\0")], "a NUL byte"
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, not_text


def sniff_delimiter(line: str) -> str:
    """The delimiter of a line: tab, semicolon, comma or bar, in that order; else blanks."""
    bare = unquoted(line)
    return next((delimiter for delimiter in DELIMITERS if delimiter in bare), " ")


def unquoted(line: str) -> str:
    """What of a line stands outside quotes."""
    return _QUOTED.sub("", line)


def is_wide(line: str, delimiter: str | None = None) -> bool:
    """Whether a line has more than MOST_COLUMNS cells; without a delimiter, by whichever may be it."""
    if len(line) < MOST_COLUMNS:
        return False
    if delimiter is None:
        delimiter = max(DELIMITERS, key=line.count)
        delimiter = delimiter if delimiter in line else " "
    if delimiter == " ":
        return next(islice(_WORD.finditer(line), MOST_COLUMNS, None), None) is not None
    return line.count(delimiter) >= MOST_COLUMNS


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """A line's cells, unquoted and without blanks around them.

    Raises csv.Error for a quote that is not closed within the line, or has text behind it, and WideLineError.
    """
    if is_wide(line, delimiter):
        raise WideLineError
    if '"' in line:
        if delimiter == " ":
            line = line.strip()
        row = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True), [])
    else:
        row = line.split(None if delimiter == " " else delimiter)
    return tuple(cell.strip() for cell in row)
