"""One weight a class, by position or by the class's name."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.inputs.class_names import number_text, numbered_names
from softmax_cli.inputs.opening import as_source, open_labels, open_logits
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Table


def read_weights(given: Any, reading: Reading, class_names: tuple[str, ...]) -> NDArray[Any]:
    """The weights w (C,) of classes in their order, from an array or a file.

    A file holds C numbers, in one column or in one row (under a header they are matched by name), or two columns,
    a class's name and its weight. Raises InputError for another number of weights, an unknown or a missing name.
    """
    of_weights = Reading(delimiter=reading.delimiter, decimal=reading.decimal, header=reading.header)
    source = as_source(given)
    table = open_logits(source, of_weights, leave_out=False)
    two_columns = isinstance(source, Source) and table.shape == (None, 2)
    if two_columns and (by_name := _by_name(source, of_weights, class_names)) is not None:
        return by_name
    axis = len(table.shape) - 1 if table.shape else None
    rows = np.concatenate(list(table.blocks(1 << 16, axis)))
    weights = rows.reshape(-1)
    if len(weights) != len(class_names) or len(weights) not in {*rows.shape, 1}:
        lines = " in several lines" if len(rows) > 1 and rows.ndim > 1 and rows.shape[1] > 1 else ""
        what = f"{len(weights)} weights{lines} for {len(class_names)} classes"
        raise InputError(table.name, what, "give one weight a class")
    return _finite(_in_order(weights, table, class_names), table.name)


def _in_order(weights: NDArray[Any], table: Table, class_names: tuple[str, ...]) -> NDArray[Any]:
    """The weights of a header in the classes' order; as they stand where one of the two has no names."""
    names = table.column_names
    unnamed = class_names == numbered_names(None, len(class_names))
    if names is None or len(names) < len(weights) or (unnamed and set(names) != set(class_names)):
        return weights
    unknown = next((name for name in names if name not in class_names), None)
    if unknown is not None:
        raise InputError(table.name, f"{unknown!r} is not the name of a class")
    return weights[[names.index(name) for name in class_names]]


def _by_name(source: Source, reading: Reading, class_names: tuple[str, ...]) -> NDArray[np.float64] | None:
    """The weights of a file of two columns whose first holds names, or all classes' numbers; None for another file."""
    names = open_labels(source, replace(reading, label_column="0"), class_names)
    found = [
        str(name) if isinstance(name, str) else number_text(name)
        for block in names.blocks(1 << 16, None)
        for name in block.tolist()
    ]
    if names.dtype.kind != "U" and set(found) != set(class_names):
        return None
    values = open_logits(source, replace(reading, header=names.column_names is not None, logit_columns="1"))
    weights = np.concatenate([block.reshape(-1) for block in values.blocks(1 << 16, 1)])
    for row, name in enumerate(found):
        if name not in class_names:
            raise InputError(names.where(row, None), f"{name!r} is not the name of a class")
        if name in found[:row]:
            raise InputError(names.where(row, None), f"a second weight for {name!r}")
    missing = [name for name in class_names if name not in found]
    if missing:
        raise InputError(names.name, f"no weight for {', '.join(map(repr, missing))}", "give one weight a class")
    return _finite(weights[[found.index(name) for name in class_names]], values.name)


def _finite(weights: NDArray[Any], name: str) -> NDArray[Any]:
    faults = np.flatnonzero(~np.isfinite(weights))
    if faults.size:
        raise InputError(f"{name}, weight {int(faults[0])}", f"{weights[faults[0]]} is not a finite number")
    return weights
