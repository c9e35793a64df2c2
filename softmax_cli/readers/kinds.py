"""What a file is, by its first bytes: formats that are not read, each named with a way to something that is."""

import re
from collections.abc import Callable
from typing import NoReturn

from softmax_cli.errors import InputError
from softmax_cli.readers.encodings import encoding_of
from softmax_cli.readers.magic import COMPRESSED, NPY, may_hold_arrays

_SAVE = "save one array of it with numpy.save"
_CSV = "save it as CSV, one row per line"
_NUMBERS = "only numbers are read, as NPY or delimited text"

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"MATLAB 5.0", "a MATLAB file", _SAVE),
    (b"FEA1\0\0\0\0", "a Feather file of version 1", "save it again as version 2, as Arrow files are today"),
    (b"Obj\x01", "an Avro file", _CSV),
    (b"SQLite format 3\0", "an SQLite database", _CSV),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", "save its sheet as CSV"),
    (b"RDX", "a file of R's save()", "write one matrix with write.csv"),
    (b"X\n\0\0\0", "a file of R's saveRDS()", "write one matrix with write.csv"),
    (b"GGUF", "a GGUF model", _NUMBERS),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", _NUMBERS),
    (b"\xff\xd8\xff", "a JPEG picture", _NUMBERS),
    (b"GIF87a", "a GIF picture", _NUMBERS),
    (b"GIF89a", "a GIF picture", _NUMBERS),
    (b"%PDF-", "a PDF document", _NUMBERS),
    (b"\x7fELF", "a program (ELF)", _NUMBERS),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (b"x\x9c", "compressed by zlib (a joblib dump?)", _SAVE),
    (b"x\xda", "compressed by zlib (a joblib dump?)", _SAVE),
    (b"\x04\x22\x4d\x18", "compressed by lz4", "unpack it"),
    (b"version https://git-lfs.", "a pointer of Git LFS, not the file itself", "fetch it: git lfs pull"),
)
# These are text, so that a column could be called so: what makes them binary must follow soon.
_MAY_BE_TEXT = (b"RDX", b"GGUF")
_NUMBERS_AS_CSV = "write the numbers as CSV, one row per line"
# Compiled when they are needed: few files begin so.
_TEXTS = (
    (rb'\{\s*["}]', "JSON, but not in UTF-8", "save it as UTF-8"),
    (rb"\[\s*[\[({\"\d.+-]", "a list as JSON or Python writes it, but not in UTF-8", "save it as UTF-8"),
    (rb"[\[(]\s*[\[({\"\d.+-]", "a list as Python writes it", _NUMBERS_AS_CSV),
    (rb"(?i:<(?:!doctype|html|\?xml)\b)", "a page of HTML or XML", "fetch the file itself"),
)
_BEGIN_TEXTS = (b"{", b"[", b"(", b"<")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b\x1f")) + b"\x7f"
_FEW = 3  # control bytes that a text may hold by mistake: their line is named by the reader of text


def refuse_unread(name: str, head: bytes) -> None:
    """Raise InputError where the first bytes are those of a format that is not read; a zip archive may be one."""
    if may_hold_arrays(head):
        return
    encoding = encoding_of(head)
    if encoding is not None:
        head = head.decode(encoding, "ignore").encode()
    found = _known(head)
    if found is not None:
        raise InputError(name, f"this is {found[0]}", found[1])
    if not head.startswith(NPY) and _is_binary(head):
        what = f"this is not text (byte {_first_control(head)} is a control character), nor any format known here"
        raise InputError(name, what, "save one array with numpy.save")


def refuse_archive(name: str, members: list[str]) -> NoReturn:
    """Raise InputError that says what a zip archive of these members is."""
    files = [member for member in members if not member.endswith("/")]
    what, remedy = next(said(files) for holds, said in _ARCHIVES if holds(files))
    raise InputError(name, f"this is {what}", remedy)


def _listed(members: list[str], most: int = 5) -> str:
    shown = ", ".join(members[:most])
    return shown if len(members) <= most else f"{shown} and {len(members) - most} more"


def _all(*suffixes: str) -> Callable[[list[str]], bool]:
    return lambda members: bool(members) and all(member.lower().endswith(suffixes) for member in members)


def _any(*suffixes: str) -> Callable[[list[str]], bool]:
    return lambda members: any(member.endswith(suffixes) for member in members)


_ARCHIVES: tuple[tuple[Callable[[list[str]], bool], Callable[[list[str]], tuple[str, str]]], ...] = (
    (_any("xl/workbook.xml", "xl/workbook.bin"), lambda _: ("an Excel workbook", "save its sheet as CSV")),
    (
        lambda members: {"mimetype", "content.xml"} <= set(members),
        lambda _: ("an OpenDocument file", "save its sheet as CSV"),
    ),
    (_any("model.weights.h5"), lambda _: ("a Keras model", "save its outputs with numpy.save")),
    (
        _all(".csv", ".tsv", ".txt"),
        lambda members: (f"a zip archive of {_listed(members)}", "unpack it, or pipe in what unzip -p prints, as -"),
    ),
    (lambda _: True, lambda members: (f"a zip archive of {_listed(members) or 'nothing'}", "unpack it")),
)


def _known(head: bytes) -> tuple[str, str] | None:
    """What a format that is not read is called, and what to do."""
    by_magic = next((row for row in _MAGIC if head.startswith(row[0])), None)
    if by_magic is not None and (by_magic[0] not in _MAY_BE_TEXT or _is_binary(head)):
        return by_magic[1:]
    codec = next((codec for magic, codec in COMPRESSED.items() if head.startswith(magic)), None)
    if codec is not None:
        return f"compressed by {codec} more than once", "unpack it once"
    return ("a tar archive", "unpack it") if head[257:262] == b"ustar" else _known_text(head)


def _known_text(head: bytes) -> tuple[str, str] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(_BEGIN_TEXTS):
        return None
    return next(((what, remedy) for form, what, remedy in _TEXTS if re.match(form, text)), None)


def _is_binary(head: bytes) -> bool:
    control = len(head) - len(head.translate(None, _CONTROL))
    return control > max(_FEW, len(head) // 32)


def _first_control(head: bytes) -> int:
    return next(place for place, byte in enumerate(head) if byte in _CONTROL) + 1
