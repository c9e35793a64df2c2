"""Labels as they stand in a file, taken as far as they go: what cannot be a class is set aside and counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.inputs.class_names import class_numbers, number_text
from softmax_cli.inputs.labels import are_equal, are_whole, widened

NO_CLASS = np.int64(-(1 << 62))
"""Stands for a label that is no whole number."""

_LARGEST = 1 << 60  # numbers beyond it are as far outside as it is


@dataclass(frozen=True, eq=False)
class LooseLabels:
    """Labels of some rows.

    ``numbers`` (n,) are class numbers from 0, whatever they are, with NO_CLASS for what is none; ``valid`` (n,) says
    which are classes, ``ignored`` (n,) which do not count. ``given`` are the labels as they stand in the file:
    numbers or names (n,), or probabilities (n, C).
    """

    numbers: NDArray[np.int64]
    valid: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    given: NDArray[Any]

    @property
    def kind(self) -> str:
        """``probabilities``, ``names`` or ``indices``."""
        return "probabilities" if self.given.ndim == 2 else "names" if self.given.dtype.kind == "U" else "indices"


class LooseRule:
    """What LabelRule refuses, this one lets pass: see there for what a label may be."""

    def __init__(
        self,
        classes: int,
        names: tuple[str, ...] | None,
        base: int,
        ignore_index: int | None,
        numbers: NDArray[np.int64] | None = None,
    ) -> None:
        self._classes = classes
        numbers = class_numbers(names, base) if numbers is None else numbers
        self._of_name = _places(names or ())
        self._of_number = None if numbers is None else _places(map(str, numbers.tolist()))
        self._base = base
        self._ignore_index = ignore_index

    def read(self, given: NDArray[Any]) -> LooseLabels:
        """The labels of some rows."""
        if given.ndim == 2:
            finite = np.isfinite(given).all(axis=1)
            classes = np.where(finite, given.argmax(axis=1), NO_CLASS)
            return LooseLabels(classes, finite, np.zeros(len(given), bool), given)
        known = self._of_name
        if self._of_number is not None and given.dtype.kind != "U":
            given, known = np.array([number_text(value) for value in given.tolist()]), self._of_number
        if given.dtype.kind == "U":
            numbers = np.array([known.get(name, NO_CLASS) for name in given.tolist()], np.int64)
            ignored = given == str(self._ignore_index)
        else:
            values = widened(given)
            numbers = self._whole(values)
            ignored = np.zeros(len(given), bool)
            if self._ignore_index is not None:
                ignored = are_equal(values, self._ignore_index)
        valid = (numbers >= 0) & (numbers < self._classes) & ~ignored
        return LooseLabels(numbers, valid, ignored, given)

    def _whole(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """The whole numbers, counted from the base."""
        whole = are_whole(values)
        lowest = 0 if values.dtype.kind == "u" else -_LARGEST
        near = np.clip(np.where(whole, values, values.dtype.type(0)), lowest, _LARGEST)
        return np.where(whole, near.astype(np.int64) - self._base, NO_CLASS)


def _places(names: Iterable[str]) -> dict[str, int]:
    """The first place of each name."""
    return {name: index for index, name in reversed(list(enumerate(names)))}
