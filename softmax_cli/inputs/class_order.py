"""The order of the classes in two files, by the names in their headers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.inputs.class_names import numbered_names
from softmax_cli.readers.table import Table

Order = tuple[NDArray[np.intp] | None, str]
"""Where each class stands in another file (None: in the same place), and what there is to say about it."""


def class_order(a: Table, b: Table) -> Order:
    """Return where in B each class of A stands, and what there is to say about it.

    Files with the same names are held together by them, and files without a name in common by position. Names that
    are partly the same are refused: either way could be meant.
    """
    names, others = a.column_names, b.column_names
    if (names is None) != (others is None):
        # Beside an array, whose classes have numbers only, names that are these numbers tell the order.
        numbered = numbered_names(None, len(names or others or ()))
        if set(names or others or ()) == set(numbered):
            names, others = names or numbered, others or numbered
    if names is None or others is None or names == others:
        return None, ""
    place = {name: index for index, name in enumerate(others)}
    if len(place) == len(others) and set(names) == set(others):
        order = np.array([place[name] for name in names], np.intp)
        return order, f"{b.name}: the classes stand in another order than in {a.name}; matched by name"
    if place.keys().isdisjoint(names):
        what = f"the classes have other names than in {a.name} ({others[0]!r} for {names[0]!r}); matched by position"
        return None, f"{b.name}: {what}"
    odd = next(((index, name) for index, name in enumerate(names) if name not in place), None)
    what = (
        "two classes have the same name"
        if odd is None
        else f"no class is named {odd[1]!r}, as class {odd[0]} is in {a.name}"
    )
    raise InputError(b.name, what, "rename the classes in one of the headers, or choose columns: --logit-columns")


def label_order(logits: Table, labels: Table, label_axis: int | None) -> Order:
    """Return the order of the classes in rows of labels, as class_order does; one label per row has none."""
    columns = logits.shape[-1]
    if label_axis != 1 or len(logits.shape) != 2 or labels.shape[-1] != columns:
        return None, ""
    return class_order(logits, labels)


def in_order(rows: NDArray[Any], order: NDArray[np.intp] | None) -> NDArray[Any]:
    """Return rows (n, C) with their classes in that order."""
    return rows if order is None else rows[:, order]
