"""The rows of two files held together by their ids: columns that tell the rows apart, such as id or image_id."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, SoftmaxCliError
from softmax_cli.inputs.feed import Feed
from softmax_cli.readers.roles import plain_name
from softmax_cli.readers.table import Table, WithIds

_ROWS_AT_ONCE = 1 << 16
_ANYWAY = "if the rows do belong together, choose the classes: --logit-columns"


def refuse_other_order(logits: Table, other: Table | None) -> None:
    """Raise InputError at the first row whose id is another than in the logits, where it is certain of other rows.

    Both files have a column of ids of the same name and kind, each id once. Where a row differs, some id has to stand
    in both files at different rows; of numbers, which may count anything, all ids of one file stand in the other.
    """
    if not (isinstance(logits, WithIds) and isinstance(other, WithIds)):
        return
    theirs = {plain_name(name): name for name in reversed(other.ids)}
    common = next(((name, theirs[plain_name(name)]) for name in logits.ids if plain_name(name) in theirs), None)
    if common is None:
        return
    try:
        columns = logits.id_column(common[0]), other.id_column(common[1])
        if columns[0].dtype.kind != columns[1].dtype.kind:
            return
        row = _first_difference(*columns)
        ids = () if row is None else tuple(np.concatenate(list(each.blocks(_ROWS_AT_ONCE, None))) for each in columns)
    except SoftmaxCliError:  # the ids cannot be read: they say nothing then
        return
    if row is not None and _are_of_the_same_rows(*ids):
        places = [table.where(row, None) for table in columns]
        shown = [_shown(each[row]) for each in ids]
        what = f"its id is {shown[1]}, and {places[0]} has {shown[0]}"
        if len(ids[0]) == len(ids[1]) and np.isin(*ids).all():
            raise InputError(places[1], f"{what}: the rows are in another order", f"sort both by id, or {_ANYWAY}")
        raise InputError(places[1], f"{what}: they are other rows", f"keep the same rows in both files, or {_ANYWAY}")


def _first_difference(one: Table, other: Table) -> int | None:
    """The first row that both files have and where the ids differ."""
    feed = Feed(other.blocks(_ROWS_AT_ONCE, None))
    start = 0
    for block in one.blocks(_ROWS_AT_ONCE, None):
        given = feed.take(len(block))
        if (faults := np.flatnonzero(block[: len(given)] != given)).size:
            return start + int(faults[0])
        start += len(given)
    return None


def _are_of_the_same_rows(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether ids that stand at different rows are those of the same things."""
    if len(np.unique(one)) < len(one) or len(np.unique(other)) < len(other):
        return False
    common, rows, others = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    enough = len(common) if one.dtype.kind == "U" else len(common) == min(len(one), len(other))
    return bool(enough and (rows != others).any())


def _shown(value: Any) -> str:
    return repr(str(value)) if isinstance(value, str) else str(int(value))
