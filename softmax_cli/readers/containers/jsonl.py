"""JSON lines (https://jsonlines.org): one object per line, each of them a row."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.json_text import parse, parse_strictly
from softmax_cli.readers.lines import LongLineError, refuse_long_line, whole_lines

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source

_FIRST = 1000  # lines, that show what is in each
_FIRST_BYTES = 4 << 20


class LineRecords:
    """The objects of a file of lines. Blank lines may stand before the first and behind the last of them."""

    count = None

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._first_line = 1
        self.first: list[Any] = []
        size = 0
        for number, line in islice(self._lines(file), _FIRST):
            if not self.first:
                self._first_line = number
            size += len(line)
            if self.first and size > _FIRST_BYTES:
                break
            self.first.append(parse_strictly(line, f"{name}:{number}"))

    def all(self) -> Iterator[Any]:
        """See Records."""
        self._file.seek(0)
        for number, line in self._lines(self._file):
            yield parse(line, f"{self.name}:{number}")

    def each(self, source: "Source", told: Callable[[int], None]) -> Iterator[tuple[Any, bytes]]:
        """See Records."""
        with source.reading(), source.open() as file:
            for number, line in self._lines(file, told):
                yield parse(line, f"{self.name}:{number}"), line

    def place(self, row: int) -> str:
        """The file and the line, as an editor counts."""
        return f"{self.name}:{self._first_line + row}"

    def _lines(self, file: BinaryIO, told: Callable[[int], None] = lambda _: None) -> Iterator[tuple[int, bytes]]:
        """Each line with its number; raises InputError for a blank line between others, and for one without end."""
        number, blank, begun = 0, 0, False
        try:
            for chunk in whole_lines(file):
                told(os.lseek(file.fileno(), 0, os.SEEK_CUR))
                for line in chunk.split(b"\n")[: -1 if chunk.endswith(b"\n") else None]:
                    number += 1
                    if not line.strip():
                        blank = blank or number
                        continue
                    if blank and begun:
                        raise InputError(f"{self.name}:{blank}", "a blank line between others", "delete it")
                    begun, blank = True, 0
                    yield number, line
        except LongLineError:
            raise refuse_long_line(f"{self.name}:{number + 1}") from None
