"""Labels as they stand in a file, checked and turned into targets: never wrapped, clipped or guessed."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.inputs.class_names import class_numbers, listing, numbers_note
from softmax_cli.inputs.reading import PROBABILITIES
from softmax_cli.losses.targets import Indices, Target

if TYPE_CHECKING:
    from softmax_cli.inputs.class_order import Order
    from softmax_cli.inputs.distributions import DistributionRule

_LARGEST_PLAIN = 1e16  # floats are written with an exponent from here on
_LARGEST_FLOAT = float(np.finfo(np.float64).max)
_LARGEST_CLASS = 1 << 60  # numbers beyond it are as far outside as it is
_WITHOUT = "if this is a row without a label, use --ignore-missing"
PADDINGS = (255, 65535)
"""What masks of uint8 and uint16 have where no row counts; negative numbers are padding too."""


def widened(values: NDArray[Any]) -> NDArray[Any]:
    """Labels that are floats as float64: of few bits, a float would be compared with a rounded number."""
    return values.astype(np.float64, copy=False) if values.dtype.kind == "f" else values


def are_whole(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each label is a whole number: neither nan nor an infinity is."""
    if values.dtype.kind != "f":
        return np.ones(len(values), bool)
    return np.asarray(np.isfinite(values) & (np.trunc(values) == values))


def are_equal(values: NDArray[Any], number: int) -> NDArray[np.bool_]:
    """Whether each label, widened, is this number, however large it is."""
    if values.dtype.kind == "f" and (abs(number) > _LARGEST_FLOAT or int(float(number)) != number):
        return np.zeros(len(values), bool)
    return np.asarray(values == number)


class LabelRule:
    """What a label may be: a whole number from ``base`` on, a class's name, or a row of probabilities.

    Rows of the label ``ignore_index`` count nowhere. ``place`` gives a row's place in the labels' file, ``logits`` is
    the name of the logits'. ``single`` says that the classes are 0 and 1, of one logit per row; ``soft`` that the
    labels are then probabilities of class 1. ``label_values`` are the rows of labels: see Reading. ``order`` is where
    in these rows each class stands: see class_order. ``numbers`` are the classes' labels: see counted_numbers.
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
        single: bool = False,
        soft: bool = False,
        label_values: str = PROBABILITIES,
        order: "Order" = (None, ""),
        numbers: NDArray[np.int64] | None = None,
    ) -> None:
        self._classes = classes
        self._names = names
        self._base = base
        self.ignore_index = ignore_index
        self._logits = logits
        self._place = place
        self._single = single
        self._soft = soft
        self._by_name = False
        self._seen: set[int] = set()
        self._label_values = label_values
        self._order, self._order_note = order
        self._counted = numbers
        self._rows: DistributionRule | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided without being asked, as far as it is known by now."""
        notes = (*filter(None, [self._order_note]), *(() if self._rows is None else self._rows.notes))
        if self._numbers is not None and self._names and self._seen:
            notes = (*notes, numbers_note(self._logits, self._names))
        return notes

    @property
    def only_class(self) -> int | None:
        """The class of all labels of single logits so far, None where they differ or there are none."""
        return next(iter(self._seen)) if self._single and len(self._seen) == 1 else None

    def target(self, values: NDArray[Any], start: int) -> Target:
        """The target of rows ``start`` on; raises InputError at the first label that cannot be."""
        if values.ndim == 2:
            rows = values if self._order is None else values[:, self._order]
            return self._distributions().target(rows, start)
        if values.dtype.kind == "U":
            return self._named(values, start)
        if self._soft:
            return self._distributions().of_class_1(values, start)
        return self._indices(values, start)

    def text(self, target: Target) -> list[str]:
        """The labels of a block as the file spells them; empty for one that is spread over several classes."""
        if isinstance(target, Indices):
            counted = [True] * len(target.classes) if target.counted is None else target.counted.tolist()
            return [
                self._spell(index) if counts else "" if self.ignore_index is None else str(self.ignore_index)
                for index, counts in zip(target.classes.tolist(), counted, strict=True)
            ]
        return [
            self._spell(int(row.argmax())) if np.count_nonzero(row) == 1 and row.max() == 1 else ""
            for row in target.rows
        ]

    def _distributions(self) -> "DistributionRule":
        """The rule for labels that are rows; loaded with the first of them."""
        if self._rows is None:
            from softmax_cli.inputs.distributions import DistributionRule

            self._rows = DistributionRule(self._label_values, self._spell, self._place)
        return self._rows

    def _spell(self, index: int) -> str:
        if self._by_name and self._names:
            return self._names[index]
        return str(index + self._base if self._numbers is None else self._numbers[index])

    @cached_property
    def _numbers(self) -> NDArray[np.int64] | None:
        return class_numbers(self._names, self._base) if self._counted is None else self._counted

    def _indices(self, values: NDArray[Any], start: int) -> Indices:
        given, values = values, widened(values)
        counted = None if self.ignore_index is None else ~are_equal(values, self.ignore_index)
        if values.dtype.kind == "f" and (faults := np.flatnonzero(~are_whole(values))).size:
            missing = _WITHOUT if np.isnan(values[faults[0]]) else ""
            self._refuse(faults, given, start, "is not a whole number", missing)
        self._refuse_ambiguous(values, given, counted, start)
        classes, inside = self._classes_of(values)
        if not (fine := inside if counted is None else inside | ~counted).all():
            faults = np.flatnonzero(~fine)
            self._refuse(faults, given, start, self._outside(), self._remedy(values, faults))
        # What does not count may be any number, and is class 0 here.
        classes = classes if counted is None else np.where(counted, classes, 0)
        if self._single or self._numbers is not None:
            self._seen.update(np.unique(classes if counted is None else classes[counted]).tolist())
        return Indices(classes, counted)

    @cached_property
    def _doubtful(self) -> list[int]:
        """The names that are numbers, among others that are none, where another class has that number."""
        if not self._names or self._numbers is not None or all(map(str.isdecimal, self._names)):
            return []
        last = self._base + self._classes - 1
        numbers = [(place, int(name)) for place, name in enumerate(self._names) if name.isascii() and name.isdecimal()]
        return [number for place, number in numbers if self._base <= number <= last and number != place + self._base]

    def _refuse_ambiguous(
        self, values: NDArray[Any], given: NDArray[Any], counted: NDArray[np.bool_] | None, start: int
    ) -> None:
        """Raise InputError for a label that is one class's number and another class's name."""
        if not self._doubtful:
            return
        found = np.isin(values, self._doubtful) & (True if counted is None else counted)
        if found.any():
            names = self._names or ()
            number = int(values[found][0])
            what = f"may be class {number} ({names[number - self._base]!r}) or the class named '{number}'"
            self._refuse(np.flatnonzero(found), given, start, what, f"name that class otherwise in {self._logits}")

    def _classes_of(self, values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The classes of whole numbers, and which of them are there."""
        if self._numbers is None:
            inside = (values >= self._base) & (values <= self._base + self._classes - 1)
            if not inside.all():
                values = np.where(inside, values, values.dtype.type(0))
            # A base may be a number that a small dtype lacks.
            return values.astype(np.int64, copy=False) - self._base, inside
        order = np.argsort(self._numbers)
        lowest = 0 if values.dtype.kind == "u" else -_LARGEST_CLASS
        near = np.clip(values, lowest, _LARGEST_CLASS).astype(np.int64)
        places = np.searchsorted(self._numbers, near, sorter=order)
        classes = order[np.minimum(places, self._classes - 1)]
        return classes, self._numbers[classes] == near

    def _outside(self) -> str:
        if self._numbers is not None:
            return f"is none of the classes that {self._logits} names ({listing(self._names or ())})"
        if self._single:
            return f"is outside {self._base}..{self._base + 1} (one logit per row has the classes 0 and 1)"
        return f"is outside {self._base}..{self._base + self._classes - 1} (the logits have {self._classes} classes)"

    def _remedy(self, values: NDArray[Any], faults: NDArray[Any]) -> str:
        """What mends it, where it is likely: labels from 1 have a C and no 0, a mark for padding is one value."""
        odd = values[faults]
        if self._classes == 2 and self.ignore_index is None and self._numbers is None and odd[0] in PADDINGS:
            mark = int(odd[0])
            if set(np.unique(values).tolist()) <= {0, mark}:
                both = f"if {mark} marks class 1, export it as 1; if it marks rows that do not count"
                return f"{both}, use --ignore-index {mark}"
        if self._single and set(np.unique(values).tolist()) == {-1, 1}:
            return "labels of -1 and 1 are those of a hinge loss; write 0 for -1"
        if (odd == odd[0]).all() and self.ignore_index is None and (odd[0] < 0 or odd[0] in PADDINGS):
            return f"if it marks rows that do not count, use --ignore-index {int(odd[0])}"
        no_base = self._base or self._single or self._numbers is not None
        if not no_base and odd[0] == self._classes and not (values == 0).any():
            return "labels that start at 1? use --label-base 1"
        return ""

    def _named(self, values: NDArray[Any], start: int) -> Indices:
        self._by_name = True
        if self._single:
            self._refuse(np.array([0]), values, start, "is a name, and one logit per row has the classes 0 and 1")
        if self._names is None:
            what = f"is a name, and {self._logits} has no header of class names"
            self._refuse(np.array([0]), values, start, what, "give class indices, or the header")
        indices = np.array([self._index_of.get(name, -1) for name in values.tolist()], np.int64)
        counted = None if self.ignore_index is None else values != str(self.ignore_index)
        if (faults := np.flatnonzero(indices < 0 if counted is None else (indices < 0) & counted)).size:
            from softmax_cli.readers.numerals import is_missing  # for this error alone

            missing = _WITHOUT if is_missing(values[faults[0]]) else ""
            self._refuse(faults, values, start, f"is not the name of a class in {self._logits}", missing)
        return Indices(indices if counted is None else np.where(counted, indices, 0), counted)

    @cached_property
    def _index_of(self) -> dict[str, int]:
        names = self._names or ()
        index_of = {name: index for index, name in enumerate(names)}
        twice = next((name for index, name in enumerate(names) if index_of[name] != index), None)
        if twice is not None:
            raise InputError(self._logits, f"two classes are named {twice!r}", "give class indices as labels")
        return index_of

    def _refuse(self, faults: NDArray[Any], values: NDArray[Any], start: int, what: str, remedy: str = "") -> NoReturn:
        first = int(faults[0])
        raise InputError(self._place(start + first), f"label {_shown(values[first])} {what}", remedy)


def _shown(value: Any) -> str:
    """A label as a file spells it: a name in quotes, 3 and 3.0 alike as 3."""
    if isinstance(value, str):
        return repr(str(value))
    # float16 writes 2052 as 2.052e+03.
    return str(int(value)) if float(value).is_integer() and abs(float(value)) < _LARGEST_PLAIN else str(value)
