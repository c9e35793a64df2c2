"""What the classes are called, and where their names are the labels' own numbers."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.readers.table import Table

_NUMBER = r"(-?[0-9]{1,18})(?:\.0*)?"
_NUMBERED = r"(?s:(.*[^0-9])([0-9]{1,18}))"
_COUNTED = r"([0-9]{1,18})[ _-]*([A-Za-z]+?)s?"
_TRUTH = {"false": 0, "true": 1}
_OF_COLUMNS = frozenset(
    [
        "v",
        "x",
        "y",
        "z",
        "c",
        "f",
        "var",
        "col",
        "column",
        "feature",
        "dim",
        "unnamed",
        "output",
        "out",
        "logit",
        "logits",
        "score",
        "value",
    ]
)
"""What programs call the columns of a table that has no names of its own: their numbers count columns."""
_ROWS_AT_ONCE = 1 << 17


def numbered_names(names: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The classes' names: a header's, else their indices."""
    return names or tuple(map(str, range(classes)))


def class_numbers(names: tuple[str, ...] | None, base: int) -> NDArray[np.int64] | None:
    """Return the label of each class where a header's names say another one than its position does, else None.

    Names that are whole numbers (0, 1, 10, 11, 2 or 3, 5, 8) are the labels themselves. Numbered names that stand out
    of order (class_0, class_1, class_10, class_2, as text is sorted) count from ``base`` in the order of their numbers.
    True and False are 1 and 0.
    Raises UsageError for a ``base`` beside names that are the labels.

    >>> class_numbers(("3", "5", "8"), 0).tolist(), class_numbers(("a10", "a11", "a9"), 0).tolist()
    ([3, 5, 8], [1, 2, 0])
    """
    if not names:
        return None
    if sorted(map(str.lower, names)) == sorted(_TRUTH):
        truth = [_TRUTH[name.lower()] for name in names]
        return None if base or truth == sorted(truth) else np.array(truth, np.int64)
    if (numbers := _whole(names)) is not None:
        if numbers == list(range(base, base + len(numbers))):
            return None
        if base:
            what = f"the header names the classes by their labels ({listing(names)})"
            raise UsageError(f"--label-base {base}: {what}; leave it out")
        return np.array(numbers, np.int64)
    numbers = _trailing(names)
    if numbers is None or numbers == sorted(numbers) or max(numbers) - min(numbers) != len(numbers) - 1:
        return None
    return np.array(numbers, np.int64) - min(numbers) + base


def counted_numbers(
    names: tuple[str, ...] | None, base: int, labels: Table, ignore_index: int | None
) -> NDArray[np.int64] | None:
    """Return the numbers in which the classes' names end, or begin, where these are the labels, else None.

    They are where they do not count from 0, as class_1 to class_5 or 1 star to 5 stars, and all labels are among
    them. Names that only number the columns (V1, Column1) do not tell.
    """
    numbers = (_trailing(names) or _leading(names)) if names and not base and labels.dtype.kind != "U" else None
    if not names or numbers is None or min(numbers) < 1 or _prefix(names[0]) in _OF_COLUMNS:
        return None
    for block in labels.blocks(_ROWS_AT_ONCE, None):
        given = block if ignore_index is None else block[block != ignore_index]
        if not np.isin(given[given == given], numbers).all():  # noqa: PLR0124
            return None
    return np.array(numbers, np.int64)


def numbers_note(file: str, names: Sequence[str]) -> str:
    """Return what to say where labels are matched by the numbers that a header's names are, or end in."""
    return f"{file}: the header numbers the classes {listing(names)}; labels are matched by number, not by position"


def listing(names: Sequence[str], most: int = 4) -> str:
    """Return the first names, with commas between them."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])}, ..."


def _whole(names: Sequence[str]) -> list[int] | None:
    """Return the names as whole numbers, None unless all are, and differ."""
    found = [re.fullmatch(_NUMBER, name) for name in names]
    numbers = [int(match[1]) for match in found if match]
    return numbers if len(set(numbers)) == len(names) else None


def _trailing(names: Sequence[str]) -> list[int] | None:
    """Return the numbers in which the names end, None unless what stands before them is the same, and they differ."""
    found = [match for name in names if (match := re.fullmatch(_NUMBERED, name))]
    numbers = [int(match[2]) for match in found]
    same = len({match[1] for match in found}) == 1
    return numbers if same and len(set(numbers)) == len(names) else None


def _leading(names: Sequence[str]) -> list[int] | None:
    """Return the numbers with which the names begin, None unless the same word is behind all, and they differ."""
    found = [match for name in names if (match := re.fullmatch(_COUNTED, name))]
    numbers = [int(match[1]) for match in found]
    same = len(found) == len(names) and len({match[2] for match in found}) == 1
    return numbers if same and len(set(numbers)) == len(names) else None


def _prefix(name: str) -> str:
    """Return a name without the number that it ends in, in lower case."""
    return name.rstrip("0123456789").strip(" _-.").lower()


def number_text(value: float) -> str:
    """Return a number as a class is called by it: 3 and 3.0 alike as 3."""
    return str(int(value)) if float(value).is_integer() else str(value)
