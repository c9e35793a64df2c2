"""From the columns that were asked for to their positions."""

import csv
import re
from collections.abc import Sequence
from difflib import get_close_matches

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.lines import cells
from softmax_cli.readers.roles import UNNAMED, Columns, labels_among, matrix_among, no_classes

_RANGE = re.compile(r"([0-9]{0,9}):([0-9]{0,9})")
_POSITION = re.compile(r"-?[0-9]{1,9}")


def asked_names(selection: Selection) -> tuple[str, ...]:
    """Everything in a selection that a column might be called."""
    without = () if selection.without is None else (selection.without,)
    return without if selection.only is None else (*without, selection.only, *_parts(selection.only, ()))


def quoted(name: str) -> str:
    """Return a column's name as --logit-columns takes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def choose_columns(
    selection: Selection, columns: Columns, file: str, line: int
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The positions of the chosen columns, and notes on what was decided without being asked.

    ``line`` is that of the first row. Raises InputError for a column of text that holds a class's numbers.
    """
    names, width = columns.names, columns.width
    without = None if selection.without is None else find_column(selection.without, names, width, file)
    if selection.only is not None:
        chosen = asked_positions(selection.only, names, width, file)
        if without in chosen:
            raise InputError(file, f"column {selection.without!r} cannot hold both the labels and a logit")
        return chosen, ()
    given = [place for place in range(width) if place != without]
    notes: list[str] = []
    if names is not None and names[0] in UNNAMED and len(given) > 1 and given[0] == 0:
        # pandas.DataFrame.to_csv writes its index under an empty name, which read_csv calls "Unnamed: 0".
        given.pop(0)
        called = "is called 'Unnamed: 0'" if names[0] else "has no name"
        notes.append(f"the first column {called}; taken for an index and left out")
    if selection.leave_out and len(given) > 1:
        if selection.text:
            given, more = _labels(columns, given, selection, file)
        else:
            given, more = _classes(columns, given, file, line)
        notes += more
    if not given:
        raise InputError(file, "there is no column of logits beside the labels")
    return tuple(given), tuple(f"{file}: {note}" for note in notes)


def asked_positions(
    only: str, names: tuple[str, ...] | None, width: int, file: str, *, array: bool = False
) -> tuple[int, ...]:
    """The positions of columns given by names, positions and ranges, in the order in which they were given.

    Those of an ``array`` are its classes, which have no names.
    """
    parts = _parts(only, names or ())
    return tuple(place for part in parts for place in _places(part, names, width, file, array=array))


def find_column(given: str, names: tuple[str, ...] | None, width: int, file: str, *, array: bool = False) -> int:
    """The position of a column given by its name or by its position from 0 (negative: from the end)."""
    if names is not None and given in names:
        if names.count(given) > 1:
            raise InputError(file, f"{names.count(given)} columns are named {given!r}", "give the position")
        return names.index(given)
    if _POSITION.fullmatch(given) and -width <= int(given) < width:
        return int(given) % width
    if names is not None:
        what = f"there is no column {given!r}; the columns are {_listing(names)}"
        raise InputError(file, what, _suggestion(given, names))
    if array:
        raise InputError(file, f"there is no class {given!r}; there are {width}, numbered from 0 and without names")
    remedy = "" if _POSITION.fullmatch(given) else "if its first line is a header, use --header"
    raise InputError(file, f"there is no column {given!r}; the file has {width} and no header", remedy)


def _classes(columns: Columns, given: Sequence[int], file: str, line: int) -> tuple[list[int], list[str]]:
    """The columns of logits, and notes on those that were left out."""
    texts = [column for column in given if columns.is_text(column)]
    if texts and len(texts) < len(given):
        from softmax_cli.readers.mixed import refuse_numbers_in_text  # few files have columns of text

        refuse_numbers_in_text(file, line, columns, texts, [column for column in given if column not in texts])
    left_out, said = no_classes(columns, given)
    by_reason: dict[str, list[str]] = {}
    for column in sorted(left_out):
        by_reason.setdefault(left_out[column], []).append(columns.called(column))
    notes = [_left_out(reason, called) for reason, called in by_reason.items()]
    notes += [f"{what}; if it is none, choose the classes with --logit-columns" for what in said]
    return [column for column in given if column not in left_out], notes


def _left_out(reason: str, called: list[str]) -> str:
    """A note on columns that were left out."""
    holds, are = (reason, "is") if len(called) == 1 else (reason.replace("holds", "hold"), "are")
    return f"{' and '.join(called)} {holds}, and {are} left out; --logit-columns chooses the classes"


def _labels(columns: Columns, given: Sequence[int], selection: Selection, file: str) -> tuple[list[int], list[str]]:
    chosen, note = matrix_among(columns, given) if selection.matrix else labels_among(columns, given, selection, file)
    return chosen, [f"{note}; --label-column chooses another"] if note else []


def _parts(only: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """What stands between the commas; the whole where that is a column's name."""
    if only in names:
        return (only,)
    try:
        return cells(only, ",")
    except csv.Error as error:
        raise UsageError(f"the columns {only}: badly quoted ({error})") from None


def _places(part: str, names: tuple[str, ...] | None, width: int, file: str, *, array: bool) -> list[int]:
    span = _RANGE.fullmatch(part)
    if span is None or (names is not None and part in names):
        return [find_column(part, names, width, file, array=array)]
    start, stop = int(span[1] or 0), int(span[2] or width)
    if not 0 <= start < stop <= width:
        what = f"no classes {part}; there are {width}" if array else f"no columns {part}; the file has {width}"
        raise InputError(file, f"there are {what}")
    return list(range(start, stop))


def _listing(names: tuple[str, ...], most: int = 12) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _suggestion(given: str, names: tuple[str, ...]) -> str:
    """The name that was perhaps meant."""
    lower = {name.lower(): name for name in reversed(names)}
    near = get_close_matches(given.lower(), lower, 1)
    return f"did you mean {lower[near[0]]!r}?" if near else ""
