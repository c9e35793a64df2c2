"""JSON text to Python values, by orjson where it is installed, which changes no value; and what is wrong with a text.

NaN, Infinity and -Infinity are read, as Python's json writes them. Of a key that stands twice in an object the last one
counts, as json and orjson have it; `parse_strictly` refuses it.
"""

import json
import math
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

from softmax_cli.errors import InputError

_MAY_OVERFLOW = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{309}")
_SHOWN = 60  # characters of what a parser or a file says


class TwiceError(ValueError):
    """A key stands twice in an object."""


def parse(text: bytes, place: str) -> Any:
    """The value of a text; raises InputError for what is no JSON, with its place."""
    try:
        return _quickest()(text)
    except ValueError:
        return parse_strictly(text, place, _as_dict)  # for NaN, and for the place of the fault


def parse_strictly(text: bytes, place: str, of_pairs: "Callable[[list[tuple[str, Any]]], Any] | None" = None) -> Any:
    """The same; raises InputError for a key that stands twice, too. A ``place`` may end in the number of a line."""
    try:
        return json.loads(text.decode(), object_pairs_hook=of_pairs or _unique)
    except UnicodeDecodeError as error:
        _refuse(place, text, error.start, f"not UTF-8 text (the byte 0x{text[error.start]:02x})", "save it as UTF-8")
    except json.JSONDecodeError as error:
        cut_short = not text[len(error.doc[: error.pos].encode()) :].strip()
        what = f"no JSON ({error.msg.lower()})" + (": the text ends here" if cut_short else "")
        _refuse(place, text, len(error.doc[: error.pos].encode()), what)
    except RecursionError:
        raise InputError(place, "the JSON is nested too deeply") from None
    except ValueError as error:  # a key that stands twice; a whole number of thousands of digits
        raise InputError(place, str(error).splitlines()[0][:120]) from None


def may_overflow(text: bytes) -> bool:
    """Whether a number of a text may lie beyond float64: one of a large exponent, or of very many digits."""
    return _MAY_OVERFLOW.search(text) is not None


def refuse_overflow(text: bytes, place: str) -> None:
    """Raise InputError where a number of a text lies beyond float64: 1e400 would be read as an infinity."""
    if may_overflow(text):
        json.loads(text.decode(), parse_float=lambda digits: _finite(digits, place))


def _finite(digits: str, place: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise InputError(place, f"{digits[:_SHOWN]} lies beyond float64")
    return value


def _refuse(place: str, text: bytes, at: int, what: str, remedy: str = "") -> NoReturn:
    """Raise InputError for a byte of a text: its line, where the text is that of a whole file, and its column."""
    before = text[:at].decode(errors="replace")
    column = len(before) - before.rfind("\n")
    of_line = place.rpartition(":")[2].isdigit()
    where = place if of_line else f"{place}:{before.count(chr(10)) + 1}"
    raise InputError(where, f"column {column}: {what}", remedy) from None


@cache
def _quickest() -> Callable[[bytes], Any]:
    """What reads JSON quickest here. Whatever it refuses is read again by Python's json, NaN among it."""
    try:
        loads: Callable[[bytes], Any] = import_module("orjson").loads
    except ModuleNotFoundError:
        return _plainly
    return loads


def _plainly(text: bytes) -> Any:
    """By Python's json, which takes other encodings, too, and recurses."""
    try:
        return json.loads(text.decode())
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _as_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TwiceError(f"the key {twice[:_SHOWN]!r} stands twice in one object, and only one of them can be meant")
    return found
