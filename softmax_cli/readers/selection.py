"""From the columns that were asked for to their positions."""

import csv
import re

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.lines import cells

_RANGE = re.compile(r"(\d{0,9}):(\d{0,9})")
_POSITION = re.compile(r"-?\d{1,9}")
_INDEX_NAMES = ("", "Unnamed: 0")


def asked_names(selection: Selection) -> tuple[str, ...]:
    """Everything in a selection that a column might be called."""
    without = () if selection.without is None else (selection.without,)
    return without if selection.only is None else (*without, selection.only, *_parts(selection.only, ()))


def choose_columns(
    selection: Selection, names: tuple[str, ...] | None, width: int, file: str
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The positions of the chosen columns, and notes on what was left out without being asked."""
    without = None if selection.without is None else find_column(selection.without, names, width, file)
    if selection.only is not None:
        parts = _parts(selection.only, names or ())
        chosen = tuple(place for part in parts for place in _places(part, names, width, file))
        if without in chosen:
            raise InputError(file, f"column {selection.without!r} cannot hold both the labels and a logit")
        return chosen, ()
    columns = [place for place in range(width) if place != without]
    notes: tuple[str, ...] = ()
    if names is not None and names[0] in _INDEX_NAMES and len(columns) > 1 and columns[0] == 0:
        # pandas.DataFrame.to_csv writes its index under an empty name, which read_csv calls "Unnamed: 0".
        columns.pop(0)
        called = "is called 'Unnamed: 0'" if names[0] else "has no name"
        notes = (f"{file}: the first column {called}; taken for an index and left out",)
    if not columns:
        raise InputError(file, "there is no column of logits beside the labels")
    return tuple(columns), notes


def find_column(given: str, names: tuple[str, ...] | None, width: int, file: str) -> int:
    """The position of a column given by its name or by its position from 0 (negative: from the end)."""
    if names is not None and given in names:
        if names.count(given) > 1:
            raise InputError(file, f"{names.count(given)} columns are named {given!r}", "give the position")
        return names.index(given)
    if _POSITION.fullmatch(given) and -width <= int(given) < width:
        return int(given) % width
    if names is not None:
        raise InputError(file, f"there is no column {given!r}; the columns are {_listing(names)}")
    remedy = "" if _POSITION.fullmatch(given) else "if its first line is a header, use --header"
    raise InputError(file, f"there is no column {given!r}; the file has {width} and no header", remedy)


def _parts(only: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """What stands between the commas; the whole where that is a column's name."""
    if only in names:
        return (only,)
    try:
        return cells(only, ",")
    except csv.Error as error:
        raise UsageError(f"the columns {only}: badly quoted ({error})") from None


def _places(part: str, names: tuple[str, ...] | None, width: int, file: str) -> list[int]:
    span = _RANGE.fullmatch(part)
    if span is None or (names is not None and part in names):
        return [find_column(part, names, width, file)]
    start, stop = int(span[1] or 0), int(span[2] or width)
    if not 0 <= start < stop <= width:
        raise InputError(file, f"there are no columns {part}; the file has {width}")
    return list(range(start, stop))


def _listing(names: tuple[str, ...], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
