"""The bytes of a pickle, from one place of a file to another. What is long is passed over and only its place kept."""

from typing import BinaryIO

from softmax_cli.readers.containers.standins import Raw, Refused, damaged

_CHUNK = 1 << 13
_LONGEST_KEPT = 1 << 8  # bytes: what is longer is values, and stays in the file


class Stream:
    """Reads on from ``start``, never beyond ``end``. No length is believed before it is held against ``end``."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self.end = end
        self._file = file
        self._chunk = b""
        self._at = 0
        self._next = start  # where the chunk ends in the file

    @property
    def position(self) -> int:
        """The place in the file of the next byte."""
        return self._next - len(self._chunk) + self._at

    def byte(self) -> int:
        """The next byte."""
        if self._at == len(self._chunk):
            self._fill()
        value = self._chunk[self._at]
        self._at += 1
        return value

    def take(self, length: int) -> bytes:
        """The next bytes."""
        stop = self._at + length
        if stop > len(self._chunk):
            return self._read_on(length)
        taken = self._chunk[self._at : stop]
        self._at = stop
        return taken

    def number(self, length: int, *, signed: bool = False) -> int:
        """The next bytes as a whole number, the lowest byte first."""
        return int.from_bytes(self.take(length), "little", signed=signed)

    def line(self) -> bytes:
        """The bytes up to the next line feed, without it."""
        parts = []
        while (stop := self._chunk.find(b"\n", self._at)) < 0:
            parts.append(self._chunk[self._at :])
            self._fill()
        parts.append(self._chunk[self._at : stop])
        self._at = stop + 1
        return b"".join(parts)

    def raw(self, length: int) -> Raw:
        """The place of the next bytes, and the bytes where they are few."""
        place = self.position
        if length <= _LONGEST_KEPT:
            return Raw(length, place, self.take(length))
        self.require(length)
        if self._at + length <= len(self._chunk):
            self._at += length
        else:
            self._chunk, self._at, self._next = b"", 0, place + length
        return Raw(length, place, None)

    def require(self, length: int) -> None:
        """Raise Refused where the pickle ends before so many bytes."""
        if length > self.end - self.position:
            damaged(f"cut short: byte {self.position:,} begins {length:,} bytes of {self.end - self.position:,}")

    def require_end(self) -> None:
        """Raise Refused where anything follows."""
        if self.position != self.end:
            what = f"{self.end - self.position:,} bytes follow the first pickle"
            raise Refused(what, "save all of it in one pickle")

    def _read_on(self, length: int) -> bytes:
        self.require(length)
        begun = self._chunk[self._at :]
        self._file.seek(self._next)
        rest = self._file.read(length - len(begun))
        self._chunk, self._at, self._next = b"", 0, self._next + len(rest)
        if len(begun) + len(rest) != length:
            damaged(f"cut short at byte {self._next:,}")
        return begun + rest

    def _fill(self) -> None:
        self._file.seek(self._next)
        self._chunk = self._file.read(max(0, min(_CHUNK, self.end - self._next)))
        self._at = 0
        self._next += len(self._chunk)
        if not self._chunk:
            damaged(f"cut short at byte {self._next:,}")
