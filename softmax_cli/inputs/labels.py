"""Labels as they stand in a file, checked and turned into targets: never wrapped, clipped or guessed."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.losses.targets import Indices, Probabilities, Target

TOLERANCE = 1e-3  # probabilities written with four decimals still sum to 1 within it


class LabelRule:
    """What a label may be: a whole number from ``base`` on, a class's name, or a row of probabilities.

    Rows of the label ``ignore_index`` count nowhere. ``place`` gives a row's place in the labels' file, ``logits`` is
    the name of the logits'.
    """

    def __init__(
        self,
        *,
        classes: int,
        names: tuple[str, ...] | None,
        base: int,
        logits: str,
        place: Callable[[int], str],
        ignore_index: int | None = None,
    ) -> None:
        self._classes = classes
        self._names = names
        self._base = base
        self.ignore_index = ignore_index
        self._logits = logits
        self._place = place
        self._by_name = False
        self._only_zeros_and_ones = True
        self.notes: tuple[str, ...] = ()

    def target(self, values: NDArray[Any], start: int) -> Target:
        """The target of rows ``start`` on; raises InputError at the first label that cannot be."""
        if values.ndim == 2:
            return self._probabilities(values, start)
        if values.dtype.kind == "U":
            return self._named(values, start)
        return self._indices(values, start)

    def text(self, target: Target) -> list[str]:
        """The labels of a block as the file spells them; empty for one that is spread over several classes."""
        if isinstance(target, Indices):
            counted = [True] * len(target.classes) if target.counted is None else target.counted.tolist()
            return [
                self._spell(index) if counts else str(self.ignore_index)
                for index, counts in zip(target.classes.tolist(), counted, strict=True)
            ]
        return [
            self._spell(int(row.argmax())) if np.count_nonzero(row) == 1 and row.max() == 1 else ""
            for row in target.rows
        ]

    def _spell(self, index: int) -> str:
        return self._names[index] if self._by_name and self._names else str(index + self._base)

    def _indices(self, values: NDArray[Any], start: int) -> Indices:
        if values.dtype.kind == "f" and (faults := np.flatnonzero(np.trunc(values) != values)).size:
            self._refuse(faults, values, start, "is not a whole number")
        last = self._base + self._classes - 1
        counted = None if self.ignore_index is None else values != self.ignore_index
        outside = (values < self._base) | (values > last)
        if (faults := np.flatnonzero(outside if counted is None else outside & counted)).size:
            past_the_end = self._base == 0 and values[faults[0]] == self._classes
            self._refuse(
                faults,
                values,
                start,
                f"is outside {self._base}..{last} (the logits have {self._classes} classes)",
                "labels that start at 1? use --label-base 1" if past_the_end else "",
            )
        if counted is not None:
            values = np.where(counted, values, self._base)
        return Indices(values.astype(np.int64) - self._base, counted)

    def _named(self, values: NDArray[Any], start: int) -> Indices:
        self._by_name = True
        if self._names is None:
            what = f"is a name, and {self._logits} has no header of class names"
            self._refuse(np.array([0]), values, start, what, "give class indices, or the header")
        indices = np.array([self._index_of.get(name, -1) for name in values.tolist()], np.int64)
        counted = None if self.ignore_index is None else values != str(self.ignore_index)
        if (faults := np.flatnonzero(indices < 0 if counted is None else (indices < 0) & counted)).size:
            self._refuse(faults, values, start, f"is not the name of a class in {self._logits}")
        return Indices(indices if counted is None else np.where(counted, indices, 0), counted)

    @cached_property
    def _index_of(self) -> dict[str, int]:
        names = self._names or ()
        index_of = {name: index for index, name in enumerate(names)}
        twice = next((name for index, name in enumerate(names) if index_of[name] != index), None)
        if twice is not None:
            raise InputError(self._logits, f"two classes are named {twice!r}", "give class indices as labels")
        return index_of

    def _probabilities(self, values: NDArray[Any], start: int) -> Probabilities:
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        possible = (values >= 0) & (values <= 1 + TOLERANCE)
        if not possible.all():
            row, column = np.argwhere(~possible)[0]
            what = f"{_shown(values[row, column])} is not a probability"
            raise InputError(f"{self._place(start + int(row))}, class {self._spell(int(column))}", what)
        sums = values.sum(axis=1, dtype=np.float64)
        faults = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
        if faults.size or self._only_zeros_and_ones:
            self._refuse_multi_hot(values, start)
        if not self.notes and faults.size:
            place, total = self._place(start + int(faults[0])), sums[faults[0]]
            self.notes = (f"{place}: the label's probabilities sum to {total:.6g}, not 1; used as they are",)
        return Probabilities(values)

    def _refuse_multi_hot(self, values: NDArray[Any], start: int) -> None:
        """Raise InputError at the first row of 0s and 1s that has several 1s, or among such rows none."""
        hard = ((values == 0) | (values == 1)).all(axis=1)
        among_hard = np.logical_and.accumulate(hard) & self._only_zeros_and_ones
        ones = np.count_nonzero(values, axis=1)
        faults = np.flatnonzero((hard & (ones > 1)) | (among_hard & (ones == 0)))
        self._only_zeros_and_ones = bool(among_hard[-1])
        if faults.size:
            first = int(faults[0])
            found = f"{ones[first]} ones" if ones[first] else "no 1"
            what = f"a row of 0 and 1 with {found}, where a label of one class has a single 1"
            raise InputError(self._place(start + first), what, "if several classes may be right, use --multilabel")

    def _refuse(self, faults: NDArray[Any], values: NDArray[Any], start: int, what: str, remedy: str = "") -> NoReturn:
        first = int(faults[0])
        raise InputError(self._place(start + first), f"label {_shown(values[first])} {what}", remedy)


def _shown(value: Any) -> str:
    """A label as a file spells it: a name in quotes, 3 and 3.0 alike as 3."""
    return repr(str(value)) if isinstance(value, str) else str(value).removesuffix(".0")
