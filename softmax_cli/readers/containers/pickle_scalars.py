"""Numbers, text and bytes of pickles: what each operation pushes that only reads on."""

import codecs
import re
import struct
from collections.abc import Callable
from typing import Any

from softmax_cli.readers.containers.pickle_stream import Stream
from softmax_cli.readers.containers.standins import Opaque, Pairs, Raw, damaged, legible

_LONGEST_NUMBER = 1_000  # bytes or digits: no array needs more, and Python takes long for longer ones
_LONGEST_TEXT = 1 << 8  # bytes of Python 2's strings that are kept as text: longer ones are the values of arrays
_SURROGATES = re.compile("[\ud800-\udfff]")
_BAD_ESCAPE = re.compile(rb"\\(?:[^\n'\"\\abfnrtvx0-7]|[4-7][0-7][0-7]|$)")


def whole_number(stream: Stream) -> int:
    """A line of digits."""
    return _whole(_number_line(stream))


def _whole(line: bytes) -> int:
    try:
        return int(line.removesuffix(b"L"))
    except ValueError:
        damaged(f"{legible(repr(line))} is no whole number")


def _float_line(stream: Stream) -> float:
    line = _number_line(stream)
    try:
        return float(line)
    except ValueError:
        damaged(f"{legible(repr(line))} is no number")


def _number_line(stream: Stream) -> bytes:
    line = stream.line()
    if len(line) > _LONGEST_NUMBER:
        damaged(f"a number of {len(line):,} digits")
    return line


def _int_or_bool(stream: Stream) -> int:
    """Protocols 0 and 1 have False and True as 00 and 01."""
    line = _number_line(stream)
    return {b"00": False, b"01": True}[line] if line in {b"00", b"01"} else _whole(line)


def _number(length: int, *, signed: bool = False) -> "Reading":
    from_bytes = int.from_bytes
    return lambda stream: from_bytes(stream.take(length), "little", signed=signed)


def _long(length_size: int) -> "Reading":
    def read(stream: Stream) -> int:
        length = stream.number(length_size)
        if length > _LONGEST_NUMBER:
            damaged(f"a number of {length:,} bytes")
        return stream.number(length, signed=True)

    return read


def _text(length_size: int) -> "Reading":
    return lambda stream: stream.take(stream.number(length_size)).decode("utf-8", "backslashreplace")


def _bytes(length_size: int) -> "Reading":
    return lambda stream: stream.raw(stream.number(length_size))


def _old_text(length_size: int) -> "Reading":
    """Python 2's strings: text, or the bytes of an array."""

    def read(stream: Stream) -> str | Raw:
        raw = stream.raw(stream.number(length_size))
        return raw if raw.content is None else raw.content.decode("latin-1")

    return read


def _quoted_line(stream: Stream) -> str | Raw:
    line = stream.line().strip()
    inner = line[1:-1]
    if len(line) < 2 or line[:1] not in {b"'", b'"'} or line[:1] != line[-1:]:
        damaged("text without its quotes")
    if _BAD_ESCAPE.search(inner.replace(b"\\\\", b"")):  # Python would warn of most of them
        damaged("text with a bad escape")
    try:
        content = codecs.escape_decode(inner)[0]
    except ValueError:
        damaged("text with a bad escape")
    return content.decode("latin-1") if len(content) <= _LONGEST_TEXT else Raw(len(content), None, content)


def _unicode_line(stream: Stream) -> str:
    try:
        text = stream.line().decode("raw-unicode-escape")
    except UnicodeDecodeError:
        damaged("text with a bad escape")
    # A lone surrogate is no character, and could not be printed.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") if _SURROGATES.search(text) else text


Reading = Callable[[Stream], Any]

SCALARS: dict[int, Reading] = {
    ord("N"): lambda _: None,
    0x88: lambda _: True,
    0x89: lambda _: False,
    ord("J"): _number(4, signed=True),
    ord("K"): Stream.byte,
    ord("M"): _number(2),
    ord("G"): lambda stream: struct.unpack(">d", stream.take(8))[0],
    ord("I"): _int_or_bool,
    ord("L"): whole_number,
    ord("F"): _float_line,
    0x8A: _long(1),
    0x8B: _long(4),
    ord("S"): _quoted_line,
    ord("T"): _old_text(4),
    ord("U"): _old_text(1),
    ord("V"): _unicode_line,
    ord("X"): _text(4),
    0x8C: _text(1),
    0x8D: _text(8),
    ord("B"): _bytes(4),
    ord("C"): _bytes(1),
    0x8E: _bytes(8),
    0x96: _bytes(8),
    ord(")"): lambda _: (),
    ord("]"): lambda _: [],
    ord("}"): lambda _: Pairs(),
    0x8F: lambda _: Opaque(),
}
"""What each of these operations pushes, by its code."""
