"""Whether the first line of a delimited file names the columns."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.numerals import Content, content, is_missing, is_number, plain_number, truth, with_decimals
from softmax_cli.readers.roles import is_index_name, is_label_name, is_prediction_name
from softmax_cli.readers.selection import asked_names

_LIKE_A_NUMBER = (Content.NUMBER, Content.MISSPELLED, Content.MISSING)
_BEGINS_AS_NUMBER = re.compile(r"[^\w\s]?[+-]?\d")
_ALIKE = 0.8  # of difflib: a label this near to the name of a class is a mistyped one

Row = tuple[str, ...]


def is_header(first: Row, rows: Sequence[Row], selection: Selection, decimal: str | None = None) -> bool:
    """Whether a line is a header, as the ``rows`` below it show.

    A line that holds the name of a column that was asked for is one. Else a header has names above numbers, more than
    it has whole numbers, or these alone above numbers with decimals (pandas names columns 0, 1, 2). A line of numbers
    with a bad cell among them is none.
    """
    if any(name in first and not is_number(name) for name in asked_names(selection)):
        return True
    if selection.text and len(first) == 1:
        return _is_header_of_labels(first[0], [row[0] for row in rows if row], selection)
    if any(is_number(cell) and not cell.isdigit() for cell in first):
        return False
    rows = [row for row in rows if len(row) == len(first)]
    numbers = [place for place, cell in enumerate(first) if cell.isdigit()]
    named = [place for place, cell in enumerate(first) if content(cell, decimal) is Content.TEXT]
    if len(named) > max(len(numbers), 1) or not numbers:
        return bool(named) and (not rows or _names(first, named, rows, selection, decimal))
    unlike = len(first) - len(named) - len(numbers) - (first[0] == "")
    return not unlike and (_is_beside_index(first, rows) or _are_numbers_names(first, numbers, rows, decimal))


def may_be_header(first: Row) -> bool:
    """Whether a line of numbers could be a header all the same: whole numbers, each once."""
    return all(cell.isdigit() for cell in first) and len(set(first)) == len(first)


def may_be_row(names: Row) -> bool:
    """Whether a header has as many numbers as words, or one name that begins as a number: a row with a bad cell."""
    if len(names) == 1:
        return bool(_BEGINS_AS_NUMBER.match(names[0]))
    numbers = sum(map(is_number, names))
    words = sum(any(map(str.isalpha, name)) for name in names) if numbers else 0
    return 0 < numbers >= words and not any(not name or _is_known(name) for name in names)


def counts_up(first: Row) -> bool:
    """Whether a line counts 0, 1, 2, ..."""
    return list(first) == [str(place) for place in range(len(first))]


def _names(first: Row, named: Sequence[int], rows: Sequence[Row], selection: Selection, decimal: str | None) -> bool:
    """Whether names without a number among them are those of columns."""
    if any(content(row[place], decimal) in _LIKE_A_NUMBER for row in rows for place in named):
        return True
    if not selection.text:
        return False
    columns = [(first[place], [row[place] for row in rows]) for place in named]
    return any(
        _is_known(name)
        or (truth(name) is None and all(map(truth, column)))
        or (name not in selection.known and selection.known.issuperset(column))
        for name, column in columns
    )


def _are_numbers_names(first: Row, places: Sequence[int], rows: Sequence[Row], decimal: str | None) -> bool:
    """Whether whole numbers name the columns that they stand above.

    Whole numbers count up to be names, or stand alone above numbers that are all written with decimals: a program
    that writes 1.0 would not have written 1 in the first row.
    """
    names = [first[place] for place in places]
    if not rows or len(set(names)) < len(names):
        return False
    below = [with_decimals(plain_number(row[place], decimal) or "0") for row in rows for place in places]
    if counts_up(tuple(names)) and len(names) > 2:
        return any(below)
    if counts_up(tuple(names)) and len(names) == 2:
        return all(below)
    return all(below) and len(rows) > 1 and (len(first) > 1 or names == ["0"])


def _is_beside_index(first: Row, rows: Sequence[Row]) -> bool:
    """Whether whole numbers stand beside a name that tells of a header: known, or left empty, as pandas does."""
    index = [row[0] for row in rows]
    counts = any(index == [str(start + place) for place in range(len(index))] for start in (0, 1))
    return (first[0] == "" and (counts_up(first[1:]) or counts)) or any(_is_known(name) for name in first if name)


def _is_known(name: str) -> bool:
    return is_index_name(name) or is_label_name(name) or is_prediction_name(name)


def _is_header_of_labels(first: str, column: Sequence[str], selection: Selection) -> bool:
    """Whether the first cell of a column of labels is its name."""
    if is_number(first) or is_missing(first) or first in selection.known:
        return False
    if is_label_name(first) or not column:
        return is_label_name(first)
    given = [cell for cell in column if not is_missing(cell)]
    if selection.spelled:
        return all(map(is_number, given))
    if given and all(map(truth, given)) and not selection.known.intersection(given):
        return truth(first) is None
    if any(map(is_number, given)) and not selection.known.intersection(given):
        return content(first) is Content.TEXT
    return bool(selection.known) and not _nearest(first, selection.known)


def _nearest(name: str, known: frozenset[str]) -> list[str]:
    """The names that this one may be a mistyped form of."""
    return get_close_matches(name.lower(), [each.lower() for each in known], 1, _ALIKE)
