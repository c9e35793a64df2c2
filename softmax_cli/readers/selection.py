"""From the columns that were asked for to their positions."""

import re

from softmax_cli.errors import InputError
from softmax_cli.readers.dialect import Selection

_RANGE = re.compile(r"(\d*):(\d*)")


def choose_columns(
    selection: Selection, names: tuple[str, ...] | None, width: int, file: str
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The positions of the chosen columns, and notes on what was left out without being asked."""
    without = None if selection.without is None else find_column(selection.without, names, width, file)
    if selection.only is not None:
        parts = [part.strip() for part in selection.only.split(",")]
        chosen = tuple(place for part in parts for place in _places(part, names, width, file))
        if without in chosen:
            raise InputError(file, f"column {selection.without!r} cannot hold both the labels and a logit")
        return chosen, ()
    columns = [place for place in range(width) if place != without]
    notes: tuple[str, ...] = ()
    if names is not None and names[0] == "" and len(columns) > 1 and columns[0] == 0:
        # pandas.DataFrame.to_csv writes its index under an empty name.
        columns.pop(0)
        notes = (f"{file}: the first column has no name; taken for an index and left out",)
    if not columns:
        raise InputError(file, "there is no column of logits beside the labels")
    return tuple(columns), notes


def find_column(given: str, names: tuple[str, ...] | None, width: int, file: str) -> int:
    """The position of a column given by its name or by its position from 0 (negative: from the end)."""
    if names is not None and given in names:
        if names.count(given) > 1:
            raise InputError(file, f"{names.count(given)} columns are named {given!r}", "give the position")
        return names.index(given)
    if re.fullmatch(r"-?\d+", given) and -width <= int(given) < width:
        return int(given) % width
    known = f"the columns are {_listing(names)}" if names is not None else f"the file has {width} and no header"
    raise InputError(file, f"there is no column {given!r}; {known}")


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
