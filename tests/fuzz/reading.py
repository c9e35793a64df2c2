"""The oracle's reading of files: Python's csv module and float() for text, numpy.load for arrays."""

import bz2
import codecs
import csv
import gzip
import io
import lzma
import math
import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.fuzz.arithmetic import Criterion, Doubtful, Label

_LINE_END = re.compile(r"\r\n|\r|\n")
_MINUS = "\N{MINUS SIGN}"
_UNPACK = {"gz": gzip.decompress, "bz2": bz2.decompress, "xz": lzma.decompress}
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
_LARGEST_LABEL = 1 << 53


class Unreadable(Exception):  # noqa: N818  (what is right for it is a refusal)
    """The file does not hold what it should."""


def rows_of(data: bytes, facts: Mapping[str, Any]) -> list[list[str]]:
    """The cells of a delimited file below its header, without the blanks around them.

    ``facts`` name the ``delimiter``, whether there is a ``header`` and how it is packed (``packed``). Raises Unreadable
    for what is no such file, Doubtful where people disagree on what it says.
    """
    lines = _LINE_END.split(_text(_unpacked(data, facts.get("packed"))))
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    if lines and re.match(r"#|\"?sep=", lines[0].strip()):
        raise Doubtful
    if facts["header"]:
        if lines and any(map(str.isdigit, lines[0])) and not facts.get("sure"):
            raise Doubtful  # a name that is a number may be a label
        _cells(lines[0] if lines else "", facts["delimiter"])
        lines = lines[1:]
    if not lines:
        raise Unreadable("there are no rows")
    if any(not line.strip() for line in lines):
        raise Doubtful  # a blank line among them
    rows = [_cells(line, facts["delimiter"]) for line in lines]
    if len({len(row) for row in rows}) > 1:
        if rows and all(row[-1] == "" for row in rows):
            raise Doubtful
        raise Unreadable("ragged")
    return rows


def _unpacked(data: bytes, packed: str | None) -> bytes:
    try:
        return _UNPACK[packed](data) if packed else data
    except _DAMAGED as error:
        raise Unreadable(f"damaged {packed}: {error}") from None


def _text(data: bytes) -> str:
    utf16 = next(
        (
            name
            for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
            if data.startswith(mark)
        ),
        None,
    )
    try:
        text = data[2:].decode(utf16) if utf16 else data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(str(error)) from None
    if "\0" in text:
        raise Doubtful  # of UTF-16 without a mark every other byte is 0
    return text


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        if '"' in line:
            raise Doubtful
        return line.split()
    try:
        return [
            cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
        ]
    except (csv.Error, StopIteration) as error:
        raise Unreadable(f"bad quotes: {error}") from None


def number(cell: str, decimal: str = ".") -> float:
    """The number that a cell spells; raises Unreadable for anything else, and for one beyond float64."""
    spelled = cell.replace(_MINUS, "-")
    if decimal == ",":
        if "." in spelled:
            raise Doubtful
        spelled = spelled.replace(",", ".")
    if not spelled.isascii() or "_" in spelled:
        raise Unreadable(f"{cell!r} is no number")
    try:
        value = float(spelled)
    except ValueError:
        raise Unreadable(f"{cell!r} is no number") from None
    if math.isinf(value) and any(map(str.isdigit, spelled)):
        raise Unreadable(f"{cell!r} is too large")
    return value


def table(data: bytes, facts: Mapping[str, Any]) -> list[list[float]]:
    """The numbers in the chosen ``columns`` of a delimited file."""
    rows = rows_of(data, facts)
    if len(rows[0]) != facts["width"]:
        raise Doubtful
    for column in facts["columns"]:
        if all(_is_text(row[column], facts["decimal"]) for row in rows):
            raise Doubtful  # a column of text may be left out
    return [[number(row[column], facts["decimal"]) for column in facts["columns"]] for row in rows]


def labels(data: bytes, facts: Mapping[str, Any], classes: int, by: Criterion) -> list[Label]:
    """The labels in a delimited file: indices, names, or rows of probabilities, as ``facts["labels"]`` says."""
    rows = rows_of(data, facts)
    if facts["labels"] == "rows":
        if len(rows[0]) == 1:
            raise Doubtful  # cut so short that it may be an index
        if len(rows[0]) != classes:
            raise Unreadable("another number of classes")
        return [[number(cell, facts["decimal"]) for cell in row] for row in rows]
    if len(rows[0]) <= facts["column"]:
        raise Unreadable("there is no column of labels")
    if len(rows[0]) != facts["width"]:
        raise Doubtful
    column = [row[facts["column"]] for row in rows]
    if {cell.lower() for cell in column} <= {"true", "false"}:
        raise Doubtful
    if facts["labels"] == "names":
        if facts.get("guessed") and column[0] not in {name.strip() for name in facts["names"]}:
            raise Doubtful  # it may be the column's name
        return [_named(cell, facts["names"]) for cell in column]
    if facts.get("guessed") and _is_text(column[0]):
        raise Doubtful  # the first cell may be the column's name
    return indices([number(cell, facts["decimal"]) for cell in column], classes, by)


def _is_text(cell: str, decimal: str = ".") -> bool:
    try:
        number(cell, decimal)
    except Unreadable:
        return True
    return False


def _named(cell: str, names: Sequence[str]) -> int:
    stripped = [name.strip() for name in names]  # as all cells are
    if cell not in stripped:
        raise Unreadable(f"{cell!r} names no class")
    return stripped.index(cell)


def indices(values: Sequence[float], classes: int, by: Criterion) -> list[Label]:
    """Numbers as classes from ``label_base`` on; None for the one to be ignored."""
    found: list[Label] = []
    for value in values:
        if not math.isfinite(value) or value != int(value):
            raise Doubtful if classes == 1 and 0 <= value <= 1 else Unreadable(f"{value} is not a whole number")
        if abs(value) > _LARGEST_LABEL:
            raise Unreadable("beyond every class") if by.ignore_index is None else Doubtful
        whole = int(value)
        if whole == by.ignore_index:
            found.append(None)
        elif by.label_base <= whole < by.label_base + max(classes, 2):
            found.append(whole - by.label_base)
        else:
            raise Unreadable(f"label {whole} is outside the classes")
    return found


def array(data: bytes) -> np.ndarray[Any, Any]:
    """What numpy.load makes of it, pickles refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of headers that Python 2 wrote
            loaded = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # whatever numpy raises, the file is not one that it reads
        if "Cannot parse header" in str(error):  # it has another parser for headers that Python 2 wrote
            raise Doubtful from None
        raise Unreadable(f"{type(error).__name__}: {error}") from None
    if not isinstance(loaded, np.ndarray):
        raise Doubtful
    return loaded
