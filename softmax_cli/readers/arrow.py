"""Arrow's files and streams (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc).

They are read message by message, so that one batch is in memory at a time: polars reads a stream whole, and maps a
file into memory, where the system ends the process should somebody cut it short. Of a message's header, a FlatBuffer,
three numbers are needed: its kind, the length of its body, its rows.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from softmax_cli.errors import InputError
from softmax_cli.readers.magic import ARROW

_CONTINUED = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_KIND, _HEADER, _BODY = 1, 2, 3  # places of fields in a Message
_DICTIONARIES, _BATCHES = 2, 3  # places of fields in a Footer
_TAIL = 10  # bytes: the footer's length, and the magic without its padding
_END = _CONTINUED + bytes(4)


@dataclass(frozen=True)
class _Message:
    kind: int
    start: int
    size: int
    rows: int


class Messages:
    """The messages of an open file, or of a stream in it; raises InputError for one that is damaged or cut short.

    ``schema`` is a stream of no rows, ``rows`` the sum over all batches.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        file.seek(0, 2)
        end = file.tell()
        file.seek(0)
        try:
            if file.read(len(ARROW)) == ARROW:
                self._schema, self._found = self._of_file(file, end)
            else:
                self._schema, self._found = self._of_stream(file, end)
        except (struct.error, IndexError) as error:
            self._refuse(str(error))
        self.schema = self._schema + _END
        self.rows = sum(message.rows for message in self._found)

    def streams(self, file: BinaryIO) -> Iterator[bytes]:
        """A stream for each batch, with the dictionaries that it needs."""
        dictionaries: list[bytes] = []
        for message in self._found:
            file.seek(message.start)
            content = file.read(message.size)
            if len(content) < message.size:
                self._refuse(f"it ends at byte {file.tell()}")
            if message.kind == _DICTIONARY:
                dictionaries.append(content)
            else:
                yield b"".join([self._schema, *dictionaries, content, _END])

    def _of_stream(self, file: BinaryIO, end: int) -> tuple[bytes, list[_Message]]:
        """The schema, and the messages behind it."""
        found = list(self._messages(file, end))
        if not found or found[0].kind != _SCHEMA:
            self._refuse("it does not begin with a schema")
        file.seek(found[0].start)
        return file.read(found[0].size), found[1:]

    def _of_file(self, file: BinaryIO, end: int) -> tuple[bytes, list[_Message]]:
        """The same of a file, whose footer says where the messages are; polars leaves out the schema's length."""
        file.seek(max(0, end - _TAIL))
        tail = file.read(_TAIL)
        length = int.from_bytes(tail[:4], "little")
        start = end - _TAIL - length
        if tail[4:] != ARROW[:6] or start < len(ARROW):
            self._refuse("it has no end")
        file.seek(start)
        footer = file.read(length)
        (root,) = struct.unpack_from("<I", footer)
        blocks = [*_blocks(footer, root, _DICTIONARIES), *_blocks(footer, root, _BATCHES)]
        file.seek(len(ARROW))
        schema = file.read(min((block[0] for block in blocks), default=start) - len(ARROW))
        if schema[:4] != _CONTINUED:
            schema = _CONTINUED + struct.pack("<I", len(schema)) + schema
        return schema, [self._of_block(file, start, *block) for block in blocks]

    def _of_block(self, file: BinaryIO, end: int, start: int, length: int, body: int) -> _Message:
        if min(start, body) < 0 or length < 8 or start + length + body > end:
            self._refuse(f"a message reaches beyond byte {end}")
        file.seek(start)
        kind, _, rows = _read(file.read(length)[8:])
        if rows < 0 or kind not in {_DICTIONARY, _BATCH}:
            self._refuse(f"there is no message at byte {start}")
        return _Message(kind, start, length + body, rows)

    def _messages(self, file: BinaryIO, end: int) -> Iterator[_Message]:
        start = 0
        while start < end:
            file.seek(start)
            prefix = file.read(8)
            length = int.from_bytes(prefix[4:], "little")
            if prefix[:4] != _CONTINUED:
                self._refuse("a message begins otherwise than since Arrow 0.15")
            if len(prefix) < 8 or length == 0:
                return
            if start + 8 + length > end:
                self._refuse(f"a message reaches beyond byte {end}")
            kind, body, rows = _read(file.read(length))
            size = 8 + length + body
            if body < 0 or rows < 0 or start + size > end:
                self._refuse(f"a message reaches beyond byte {end}")
            if kind in {_SCHEMA, _DICTIONARY, _BATCH}:
                yield _Message(kind, start, size, rows)
            start += size

    def _refuse(self, what: str) -> NoReturn:
        raise InputError(self._name, f"a damaged Arrow file ({what})", "copy or save it again") from None


def _read(header: bytes) -> tuple[int, int, int]:
    """The kind of a message, the length of its body, and its rows; 0 rows for what is no batch."""
    (message,) = struct.unpack_from("<I", header)
    kind_at, header_at, body_at = (_field(header, message, field) for field in (_KIND, _HEADER, _BODY))
    kind = header[kind_at] if kind_at else 0
    (body,) = struct.unpack_from("<q", header, body_at) if body_at else (0,)
    if kind != _BATCH or not header_at:
        return kind, body, 0
    (offset,) = struct.unpack_from("<I", header, header_at)
    rows_at = _field(header, header_at + offset, 0)
    (rows,) = struct.unpack_from("<q", header, rows_at) if rows_at else (0,)
    return kind, body, rows


def _blocks(footer: bytes, root: int, field: int) -> list[tuple[int, int, int]]:
    """Where messages begin, the lengths of their headers, and of their bodies."""
    at = _field(footer, root, field)
    if not at:
        return []
    (offset,) = struct.unpack_from("<I", footer, at)
    (count,) = struct.unpack_from("<I", footer, at + offset)
    if 24 * count > len(footer):
        raise struct.error("more messages than fit into its footer")
    return [struct.unpack_from("<qi4xq", footer, at + offset + 4 + 24 * place) for place in range(count)]


def _field(buffer: bytes, table: int, field: int) -> int:
    """Where a field of a FlatBuffer's table lies; 0 where it is left out."""
    (back,) = struct.unpack_from("<i", buffer, table)
    table_of_fields = table - back
    if table_of_fields < 0:
        raise struct.error("a table of fields before the beginning")
    (size,) = struct.unpack_from("<H", buffer, table_of_fields)
    if 4 + 2 * field >= size:
        return 0
    (place,) = struct.unpack_from("<H", buffer, table_of_fields + 4 + 2 * field)
    return table + place if place else 0
