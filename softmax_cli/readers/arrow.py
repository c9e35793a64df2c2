"""Arrow's streams (https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc).

One is read message by message, so that one batch is in memory at a time: polars itself reads a stream
whole. Of a message's header, a FlatBuffer, three numbers are needed: its kind, the length of its body, its rows.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from softmax_cli.errors import InputError

_CONTINUED = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_KIND, _HEADER, _BODY = 1, 2, 3  # places of fields in a Message
_END = _CONTINUED + bytes(4)


@dataclass(frozen=True)
class _Message:
    kind: int
    start: int
    size: int
    rows: int


class Messages:
    """The messages of a stream in an open file; raises InputError for one that is damaged or cut short.

    ``schema`` is a stream of no rows, ``rows`` the sum over all batches.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        file.seek(0, 2)
        end = file.tell()
        try:
            found = list(self._messages(file, end))
        except (struct.error, IndexError) as error:
            self._refuse(str(error))
        if not found or found[0].kind != _SCHEMA:
            self._refuse("it does not begin with a schema")
        file.seek(found[0].start)
        self._schema = file.read(found[0].size)
        self._found = found[1:]
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
        raise InputError(self._name, f"a damaged Arrow stream ({what})", "copy or save it again") from None


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
