"""A file that is one JSON value: an object of arrays, a list of objects, or a list of lists. It is held in memory."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.json_paths import Path, leaves, path_text
from softmax_cli.readers.containers.json_text import parse_strictly, refuse_overflow
from softmax_cli.readers.containers.json_values import Form, FormError
from softmax_cli.readers.entry import Entry

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source

LARGEST = 256 << 20  # bytes of text
_FIRST = 1000


def document(file: BinaryIO, name: str) -> Any:
    """The value of a whole file; raises InputError for one that is too large, or no JSON."""
    text = file.read(LARGEST + 1).removeprefix(b"\xef\xbb\xbf")
    if len(text) > LARGEST:
        what = f"one JSON value of more than {LARGEST >> 20} MiB, and it would have to be held in memory"
        raise InputError(name, what, "write one object per line (JSONL), which is read line by line")
    value = parse_strictly(text, name)
    refuse_overflow(text, name)
    return value


class ListedRecords:
    """The objects of a list, each of them a row."""

    def __init__(self, objects: list[Any], name: str) -> None:
        self._objects = objects
        self.name = name
        self.count = len(objects)
        self.first = list(islice(objects, _FIRST))

    def all(self) -> Iterator[Any]:
        """See Records."""
        return iter(self._objects)

    def each(self, source: "Source", told: Callable[[int], None]) -> Iterator[tuple[Any, bytes]]:
        """See Records."""
        told(source.stored_bytes())
        return ((each, b"") for each in self._objects)

    def place(self, row: int) -> str:
        """The file, and the object's place in Python's notation."""
        return f"{self.name}[{row}]" if self.count > 1 else self.name


def entries_of_document(value: Any, name: str) -> list[Entry]:
    """The arrays of one object, by their key paths; of a list of numbers or lists itself, without a name."""
    found = leaves(value, texts=True)
    return [_entry(path, each, name) for path, each in found.items() if each is not None]


def _entry(path: Path, value: Any, name: str) -> Entry:
    key = path_text(path)
    try:
        form = Form.of([value])
        if form.kind != "U" or not _too_long(value):
            return Entry(key, form.dtype, form.shape, values=form.array(value))
        what = "texts longer than labels"
    except FormError as error:
        what = _first_fault(value) or str(error)
    shape: tuple[int | None, ...] = (len(value), None) if isinstance(value, list) else ()
    return Entry(key, np.dtype("V1"), shape, refusal=f"{key or name}{what}" if what.startswith("[") else what)


def _too_long(value: Any) -> bool:
    try:
        Form.of([value]).array(value)
    except FormError:
        return True
    return False


def _first_fault(value: Any) -> str:
    """The place of the first item that is not as those before it, and how it differs; nothing where none is."""
    if not isinstance(value, list) or not value:
        return ""
    for place, item in enumerate(value):
        try:
            Form.of([item]).array(item)
            Form.of([value[0], item])
        except FormError as error:
            return f"[{place}]: {error}"
    return ""
