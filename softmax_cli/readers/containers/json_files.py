"""What a JSON file is: lines of objects or one value; with rows of any program, or of one whose files are known."""

from typing import Any, BinaryIO

from softmax_cli.errors import InputError
from softmax_cli.readers.containers import lm_eval, token_logprobs
from softmax_cli.readers.containers.json_documents import LARGEST, ListedRecords, document, entries_of_document
from softmax_cli.readers.containers.json_records import Records, entries_of_records
from softmax_cli.readers.containers.json_text import parse
from softmax_cli.readers.containers.jsonl import LineRecords
from softmax_cli.readers.entry import Entry

_PART = 1 << 16


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:  # noqa: ARG001  (a format's form)
    """The arrays of a file, by their key paths; raises InputError for what is no JSON, or holds no numbers."""
    if _is_lines(file, name):
        file.seek(0)
        found = _of_records(LineRecords(file, name))
    else:
        file.seek(0)
        found = _of_document(document(file, name), name)
    if not found:
        raise InputError(name, "this JSON holds no numbers and no labels")
    return found


def _of_document(value: Any, name: str) -> list[Entry]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return _of_records(ListedRecords(value, name))
    known = _of_known(ListedRecords([value], name)) if isinstance(value, dict) else None
    return entries_of_document(value, name) if known is None else known


def _of_records(records: Records) -> list[Entry]:
    known = _of_known(records)
    return entries_of_records(records) if known is None else known


def _of_known(records: Records) -> list[Entry] | None:
    """The arrays of a file whose keys are those of a known program; None for any other."""
    for form in (lm_eval, token_logprobs):
        if form.recognises(records.first[0]):
            found: list[Entry] = form.entries(records)
            return found
    return None


def _is_lines(file: BinaryIO, name: str) -> bool:
    """Whether a file has a JSON value on each line, and more than one of them."""
    first = _line_with_text(file)
    second = _line_with_text(file, most=_PART)
    if not second or len(first) > LARGEST:
        return False
    if first.startswith(b"{") and len(first.strip()) > 1 and second.startswith(b"{"):
        return True  # where the first of them is damaged, too: one value over several lines has no such second line
    try:
        parse(first, name)
    except InputError:
        return False
    return True


def _line_with_text(file: BinaryIO, most: int = LARGEST + 1) -> bytes:
    """The next line that is not blank, without a byte order mark; nothing at the file's end."""
    while (line := file.readline(most)) and not line.removeprefix(b"\xef\xbb\xbf").strip():
        pass
    return line.removeprefix(b"\xef\xbb\xbf")
