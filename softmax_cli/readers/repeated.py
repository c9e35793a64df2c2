"""A header of whole numbers that stands again among the rows, as where one file was appended to another."""

from collections.abc import Iterable, Iterator

from softmax_cli.errors import InputError
from softmax_cli.readers.layout import Layout
from softmax_cli.readers.lines import cells
from softmax_cli.readers.numerals import plain_number, with_decimals


def without_repeated_header(chunks: Iterable[bytes], file: str, layout: Layout, header: str) -> Iterator[bytes]:
    """The chunks of a file's rows; raises InputError at a line that is the header's, unless it can be a row."""
    line, looking = layout.first_line, True
    for chunk in chunks:
        if looking and (offset := _find(chunk, header.encode())) is not None:
            looking = _is_no_row(chunk, layout, header)
            if not looking:
                yield chunk
                continue
            what = "the header again, read as a row otherwise; the file seems to have been appended to"
            raise InputError(f"{file}:{line + offset}", what, "remove the line")
        line += chunk.count(b"\n") if looking else 0
        yield chunk


def _find(chunk: bytes, header: bytes) -> int | None:
    """How many lines stand before the header's; None where it is not in the chunk."""
    start = 0
    while (start := chunk.find(header, start)) >= 0:
        end = start + len(header)
        if (start == 0 or chunk[start - 1 : start] == b"\n") and chunk[end : end + 1] in {b"\n", b"\r", b""}:
            return chunk.count(b"\n", 0, start)
        start = end
    return None


def _is_no_row(chunk: bytes, layout: Layout, header: str) -> bool:
    """Whether the other rows show that their program writes decimals.

    Of two classes it is every number, and some lie beyond 0 and 1: as probabilities, 0,1 is a row.
    """
    two, beyond = len(layout.columns) == 2, False
    for line in chunk.decode().splitlines():
        if line.strip() and line != header:
            row = cells(line, layout.delimiter)
            found = [plain_number(row[place]) or "0." for place in layout.columns if place < len(row)]
            if not (all if two else any)(map(with_decimals, found)):
                return False
            beyond = beyond or any(not 0 <= float(number) <= 1 for number in found)
    return beyond or not two
