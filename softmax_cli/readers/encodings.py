"""Text in UTF-16 or UTF-32 as UTF-8, in flat memory."""

import codecs
from typing import Any, BinaryIO, cast

from softmax_cli.errors import InputError

_MARKS = (  # UTF-32 first: its mark begins as that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEEN = 64  # bytes that show UTF-16 without a mark
_FEWEST = 4


def encoding_of(head: bytes) -> str | None:
    """The encoding that the first bytes show; None for UTF-8, and for what is no text.

    Without a mark, UTF-16 shows by its every other byte being 0 as long as the text is ASCII.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    seen = head[: min(_SEEN, len(head) // 2 * 2)]
    for encoding, zero in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(seen) >= _FEWEST and not any(seen[zero::2]) and all(seen[1 - zero :: 2]):
            return encoding
    return None


def as_utf8(file: BinaryIO, name: str) -> BinaryIO:
    """The file itself, at its first byte, or one whose read() gives the same text in UTF-8."""
    encoding = encoding_of(file.read(_SEEN))
    file.seek(0)
    return file if encoding is None else cast(BinaryIO, _Recoded(file, encoding, name))


class _Recoded:
    """The bytes of a file as UTF-8; raises InputError where they are not text in that encoding."""

    def __init__(self, file: BinaryIO, encoding: str, name: str) -> None:
        self._file = file
        self._encoding = encoding
        self._name = name
        self.seek(0)

    def seek(self, place: int) -> None:
        """Go to a place in the text that read() gives."""
        self._file.seek(0)
        self._decoder: Any = codecs.getincrementaldecoder(self._encoding)()
        self._ready = b""
        if place:
            self.read(place)

    def read(self, size: int) -> bytes:
        """The next bytes, so many unless the file ends."""
        while len(self._ready) < size:
            part = self._file.read(max(size, 1 << 12))
            try:
                self._ready += self._decoder.decode(part, final=not part).encode()
            except UnicodeError as error:
                what = f"not text in {self._encoding.upper()} ({error})"
                raise InputError(self._name, what, "save the file as UTF-8") from None
            if not part:
                break
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken
