"""Key paths into JSON values: ``choices.0.logits`` is the key choices, its first item, and the key logits of that."""

from collections.abc import Iterator
from typing import Any

from softmax_cli.readers.containers.json_values import LONGEST_TEXT

Path = tuple[str | int, ...]

_DEEPEST = 8
_ITEMS = 16  # of a list of objects: so many are looked into
_MOST = 500  # paths of one object


def path_text(path: Path) -> str:
    """The path as people write it."""
    return ".".join(map(str, path))


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value within objects and lists of objects, with its path, from the outside in."""
    yield path, value
    if len(path) >= _DEEPEST:
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield from nodes(each, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, each in enumerate(value[:_ITEMS]):
            yield from nodes(each, (*path, place))


def leaves(value: Any, *, texts: bool = False) -> dict[Path, Any]:
    """The values that may be numbers, labels, or lists of numbers (with ``texts``, of labels, too), by their paths."""
    found: dict[Path, Any] = {}
    for path, each in nodes(value):
        if _may_be_array(each, texts=texts):
            found[path] = each
        if len(found) >= _MOST:
            break
    return found


def value_at(record: Any, path: Path) -> Any:
    """The value at a path; raises KeyError, with what is missing, where there is none."""
    value = record
    for depth, key in enumerate(path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            raise KeyError(path_text(path[: depth + 1])) from None
    return value


def _may_be_array(value: Any, *, texts: bool) -> bool:
    if isinstance(value, list):
        first = value
        while isinstance(first, list) and first:
            first = first[0]
        return first is None or isinstance(first, int | float | list) or (texts and isinstance(first, str))
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST_TEXT)
