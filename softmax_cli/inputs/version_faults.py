"""Why two versions of the same logits do not belong together: other classes, other rows, or a file on its side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.shapes import fits, shape_text, squeezed, without
from softmax_cli.metrics.duplicates import Hashes, row_hashes
from softmax_cli.readers.table import Table

_ROWS_AT_ONCE = 1 << 10
_MOST_VALUES = 1 << 26  # of each file, that are read again to find out which rows are missing
_FEW_ROWS = 4
_FEWEST_DISTINCT = 3
_SAME_ROWS = "compare needs the same rows in both"
_HEADER = "a header may have been read as data, or data as a header: --header or --no-header"


def shape_fault(a: Table, b: Table, axis: int) -> tuple[str, str]:
    """Return what is wrong with the shape of B, and the remedy; ``axis`` is that of the classes in A."""
    what = f"shape {shape_text(b.shape)}, and {a.name} has {shape_text(a.shape)}"
    if len(a.shape) == len(b.shape) and fits(without(a.shape, axis), without(b.shape, axis)):
        return what, _surplus(a, b, axis)
    if len(a.shape) == len(b.shape) == 2:
        if fits(a.shape[::-1], b.shape):
            return what, "one of the two is transposed"
        if a.shape[axis] == b.shape[axis]:
            return what, rows_fault(a, b, axis, axis)
    if squeezed(a.shape) == squeezed(b.shape):
        return what, "say which axis holds the classes: --class-axis"
    return what, "compare needs the same rows and classes in both"


def _surplus(a: Table, b: Table, axis: int) -> str:
    """What to say of the classes that one of the two has more, and how to leave them out."""
    fewer, more = sorted((a, b), key=lambda table: table.shape[axis] or 0)
    kept, number = fewer.shape[axis] or 0, more.shape[axis] or 0
    if kept == 1:
        return f"one value per row, as {fewer.name} has it, is a prediction or a logit of two classes, not {number}"
    surplus = number - kept
    one, other = (next(table.blocks(_FEW_ROWS, axis))[:_FEW_ROWS] for table in (fewer, more))
    one, other = in_same_dtype(one[: len(other)], other[: len(one)])
    front = next((by for by in range(1, surplus + 1) if (other[:, by : by + kept] == one).all()), 0)
    if front and not (other[:, :kept] == one).all():
        first = _classes_text(more, 0, front)
        return f"{first} of {more.name} {_are(front)} not in {fewer.name}: its class {front} is class 0 there"
    last = _classes_text(more, kept, number)
    them = "it" if surplus == 1 else "them"
    return f"{last} of {more.name} {_are(surplus)} not in {fewer.name}; --logit-columns 0:{kept} leaves {them} out"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _classes_text(table: Table, start: int, stop: int) -> str:
    """The classes from one number up to another, by their names where they have names."""
    names = table.column_names
    ends = [str(place) if names is None else repr(names[place]) for place in (start, stop - 1)]
    return f"class {ends[0]}" if stop == start + 1 else f"classes {ends[0]} to {ends[1]}"


def rows_fault(a: Table, b: Table, axis_of_a: int, axis_of_b: int) -> str:
    """Return which rows one of the two has more, as far as the others are the same."""
    tables = [(a, axis_of_a), (b, axis_of_b)]
    narrower = in_same_dtype(*(np.empty(0, table.dtype) for table in (a, b)))[0].dtype
    hashes = [_hashes(table, axis, narrower) for table, axis in tables]
    if hashes[0] is None or hashes[1] is None or len(hashes[0]) == len(hashes[1]):
        return _SAME_ROWS
    (shorter, fewer), (longer, more) = sorted(
        zip(hashes, (a, b), strict=True), key=lambda each: len(each[0] if each[0] is not None else ())
    )
    if shorter is None or longer is None or len(np.unique(shorter)) < _FEWEST_DISTINCT:
        return _SAME_ROWS
    by_one = len(longer) - len(shorter) == 1 and None in (*a.shape, *b.shape)
    missing = _missing(shorter, longer)
    if missing is None:
        return _HEADER if by_one else _SAME_ROWS
    first, number = missing[0], len(missing)
    if by_one and first == 0:
        return f"row 0 of {more.name} is not in {fewer.name}; {_HEADER}"
    if missing[-1] - first + 1 != number:
        return f"{number:,} rows of {more.name} are not in {fewer.name}, the first of them row {first}"
    rows = f"row {first}" if number == 1 else f"rows {first} to {missing[-1]}"
    again = first >= number and bool((longer[first - number : first] == longer[first : first + number]).all())
    repeated = ", which repeats the rows before" if again else ""
    return f"{rows} of {more.name} {_are(number)} not in {fewer.name}{repeated}"


def _missing(shorter: Hashes, longer: Hashes) -> list[int] | None:
    """The rows of the longer that the shorter lacks; None where it is not the longer with some rows left out."""
    found, place = [], 0
    for number, each in enumerate(longer.tolist()):
        if place < len(shorter) and each == int(shorter[place]):
            place += 1
        else:
            found.append(number)
    return found if place == len(shorter) else None


def _hashes(table: Table, axis: int, dtype: np.dtype[Any]) -> Hashes | None:
    """A hash of each row; None for a large file."""
    found, values = [], 0
    for block in table.blocks(_ROWS_AT_ONCE, axis):
        found.append(row_hashes(block.astype(dtype) + dtype.type(0)))
        values += block.size
        if values > _MOST_VALUES:
            return None
    return np.concatenate(found)


def in_same_dtype(one: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both in the narrower of their floating dtypes, where the same number is the same bits; 0 for -0.

    Text of float32 has the shortest digits that mean it, which are another number in float64.
    """
    floats = [each.dtype for each in (one, other) if each.dtype.kind == "f"]
    narrower = min(floats, key=lambda dtype: dtype.itemsize) if floats else np.dtype(np.float64)
    with np.errstate(over="ignore"):
        one, other = (each.astype(narrower) + narrower.type(0) for each in (one, other))
    return one, other
