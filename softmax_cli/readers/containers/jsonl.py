"""JSON lines (https://jsonlines.org): one object per line, each of them a row."""

import os
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.json_text import parse, parse_strictly
from softmax_cli.readers.lines import LongLineError, refuse_long_line, whole_lines

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source

_FIRST = 1000  # lines, that show what is in each
_FIRST_BYTES = 4 << 20
_LARGEST_KEPT = 4 << 20
_KEPT = 4  # parts of a file, each of about 1 MiB of text


class LineRecords:
    """The objects of a file of lines. Blank lines may stand before the first and behind the last of them."""

    count = None

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self._file = file
        self._parsed: dict[int, list[tuple[Any, bytes]]] = {}
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
        """See Records. What has been parsed last is kept: logits and labels of one file are read side by side."""
        with source.reading(), source.open() as file:
            for number, lines in enumerate(self._parts(file, told)):
                parsed = self._parsed.get(number)
                if parsed is None or len(parsed) != len(lines):
                    parsed = []
                    for line_number, line in lines:
                        try:
                            parsed.append((parse(line, f"{self.name}:{line_number}"), line))
                        except InputError:
                            yield from parsed
                            raise
                    self._keep(number, parsed)
                yield from parsed

    def _keep(self, number: int, parsed: list[tuple[Any, bytes]]) -> None:
        if sum(len(line) for _, line in parsed) > _LARGEST_KEPT:
            return
        self._parsed[number] = parsed
        for old in sorted(self._parsed)[:-_KEPT]:
            self._parsed.pop(old, None)
        if number == 0:  # another pass: what the one before has left is of no use
            self._parsed = {0: parsed}

    def place(self, row: int) -> str:
        """The file and the line, as an editor counts."""
        return f"{self.name}:{self._first_line + row}"

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        """Each line with its number, but for blank ones at both ends of the file."""
        return chain.from_iterable(self._parts(file, lambda _: None))

    def _parts(self, file: BinaryIO, told: Callable[[int], None]) -> Iterator[list[tuple[int, bytes]]]:
        """The same, some at a time; raises InputError for a blank line between others, and for one without end."""
        number, blank, begun = 0, 0, False
        try:
            for chunk in whole_lines(file):
                told(os.lseek(file.fileno(), 0, os.SEEK_CUR))
                part: list[tuple[int, bytes]] = []
                for line in chunk.split(b"\n")[: -1 if chunk.endswith(b"\n") else None]:
                    number += 1
                    if not line.strip():
                        blank = blank or number
                        continue
                    if blank and begun:
                        yield part
                        raise InputError(f"{self.name}:{blank}", "a blank line between others", "delete it")
                    begun, blank = True, 0
                    part.append((number, line))
                yield part
        except LongLineError:
            raise refuse_long_line(f"{self.name}:{number + 1}") from None
