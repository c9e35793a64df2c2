"""One weight per class, by position or by the class's name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.class_names import number_text, numbered_names
from softmax_cli.inputs.opening import as_source, open_labels, open_logits
from softmax_cli.inputs.reading import Reading
from softmax_cli.option_numbers import finite_number
from softmax_cli.readers.address import is_file
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count


@dataclass(frozen=True)
class InlineWeights:
    """Weights that stand in an option itself: ``2,4,6``, or ``cat=2,dog=4``. ``names`` is empty without names."""

    values: tuple[float, ...]
    names: tuple[str, ...] = ()


def inline_weights(option: str, given: Any) -> Any:
    """Return weights that are written out in an option's text; a path or an array as it is.

    A file of that name goes before. Raises UsageError for a list in which something is no number.
    """
    if not isinstance(given, str) or is_file(given):
        return given
    cells = given.split(",")
    pairs = [cell.rpartition("=") for cell in cells]
    numbers = [_number(value) for _, _, value in pairs]
    named = [bool(sign) for _, sign, _ in pairs]
    if all(number is None for number in numbers) or (len(cells) == 1 and numbers[0] is None):
        return given
    odd = next((cell for cell, number in zip(cells, numbers, strict=True) if number is None), None)
    if odd is not None:
        raise UsageError(f"{option} {given}: {odd!r} is not a number; write it as 2,4,6 or give a file")
    if any(named) and not all(named):
        raise UsageError(f"{option} {given}: some weights have a name and some have none")
    values = tuple(number for number in numbers if number is not None)
    return InlineWeights(values, tuple(name.strip() for name, _, _ in pairs) if all(named) else ())


def read_weights(given: Any, reading: Reading, class_names: tuple[str, ...], option: str = "--weight") -> NDArray[Any]:
    """Return the weights w (C,) of classes in their order, from an array, a file, or an option's own text.

    A file holds C numbers, in one column or in one row (under a header they are matched by name), or two columns,
    a class's name and its weight. Raises InputError for another number of weights, an unknown or a missing name.
    """
    if isinstance(given, InlineWeights):
        return _inline(given, class_names, option)
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
        what = f"{count(len(weights), 'weight')}{lines} for {count(len(class_names), 'class', 'classes')}"
        raise InputError(table.name, what, "give one weight per class")
    return _finite(_in_order(weights, table, class_names), table.name)


def _inline(given: InlineWeights, class_names: tuple[str, ...], option: str) -> NDArray[np.float64]:
    if given.names:
        return np.array(given.values)[_places(given.names, class_names, lambda _row: option, option)]
    if len(given.values) != len(class_names):
        what = f"{count(len(given.values), 'weight')} for {count(len(class_names), 'class', 'classes')}"
        raise InputError(option, what, "give one weight per class")
    return np.array(given.values)


def _number(text: str) -> float | None:
    """Return a finite number as people write it; None for anything else that float() would take."""
    return finite_number(text.strip())


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
    places = _places(found, class_names, lambda row: names.where(row, None), names.name)
    return _finite(weights[places], values.name)


def _places(found: Sequence[str], class_names: tuple[str, ...], place: Callable[[int], str], whole: str) -> list[int]:
    """Return where each class's name stands; raises InputError unless each stands there once."""
    for row, name in enumerate(found):
        if name not in class_names:
            raise InputError(place(row), f"{name!r} is not the name of a class")
        if name in found[:row]:
            raise InputError(place(row), f"a second weight for {name!r}")
    missing = [name for name in class_names if name not in found]
    if missing:
        raise InputError(whole, f"no weight for {', '.join(map(repr, missing))}", "give one weight per class")
    return [found.index(name) for name in class_names]


def _finite(weights: NDArray[Any], name: str) -> NDArray[Any]:
    faults = np.flatnonzero(~np.isfinite(weights))
    if faults.size:
        raise InputError(f"{name}, weight {int(faults[0])}", f"{weights[faults[0]]} is not a finite number")
    return weights
