"""Rows without a label: nan among numbers, an empty name among names."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.targets import Indices, Target

_OF_PROBABILITIES = "--ignore-missing is for one class per row, and these labels are probabilities; leave it out"


def require_single_labels(reading: Reading, *, by_probabilities: bool) -> None:
    """Raise UsageError for missing labels among labels that are probabilities."""
    if by_probabilities and reading.ignore_missing:
        raise UsageError(_OF_PROBABILITIES)


def missing_labels(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which labels of one value each are missing."""
    missing: NDArray[np.bool_]
    if values.dtype.kind == "U":
        missing = values == ""
    else:
        missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    return missing


def target_of_present(target: Callable[[NDArray[Any], int], Target], values: NDArray[Any], start: int) -> Target:
    """Return the target of rows ``start`` on by ``target``, where rows without a label count nowhere."""
    missing = missing_labels(values)
    if not missing.any():
        return target(values, start)
    if missing.all():
        return Indices(np.zeros(len(values), np.int64), np.zeros(len(values), bool))
    # A missing label stands in as the one before it, so that the first fault is found in its own row.
    first = int(np.argmin(missing))
    latest = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))))
    found = target(values[latest[first:]], start + first)
    if not isinstance(found, Indices):
        raise UsageError(_OF_PROBABILITIES)
    counted = ~missing
    if found.counted is not None:
        counted[first:] &= found.counted
    return Indices(np.append(np.zeros(first, np.int64), found.classes), counted)
