"""Values of JSON as NumPy arrays: numbers, truth values or labels, each of one form throughout."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_TEXT = 256  # characters of a label

_DTYPES = {"f": np.float64, "i": np.int64, "u": np.uint64, "b": np.bool_, "U": np.str_}
_TYPES: dict[str, set[type]] = {"f": {float, int}, "i": {int}, "u": {int}, "b": {bool}, "U": {str}}
_NEEDED = {"f": "a number", "i": "a whole number", "u": "a whole number", "b": "true or false", "U": "a text"}


class FormError(ValueError):
    """A value is of another form than those before it; the text says how."""


class NullError(FormError):
    """It is null."""


@dataclass(frozen=True)
class Form:
    """What the values of a column are: the kind of NumPy's dtype, and the shape of each."""

    kind: str
    shape: tuple[int, ...]
    missing: bool = False
    """Whether null may stand there: it is read as nan, or as an empty text."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Form":
        """The form that some values have; null is of any. Raises FormError where they have none in common."""
        present = [value for value in values if value is not None]
        if not present:
            raise FormError("null")
        shape = _shape(present[0])
        flat = list(chain.from_iterable(flattened(value, shape) for value in present))
        if not flat:
            raise FormError("an empty list")
        types = set(map(type, flat)) - {type(None)}
        kind = next((kind for kind, allowed in _TYPES.items() if types <= allowed and kind not in "fiu"), "")
        if types <= _TYPES["f"]:
            kind = "f" if float in types else _kind_of_whole([value for value in flat if value is not None])
        if not kind or not types:
            raise FormError(" and ".join(sorted(_said(value) for value in _one_of_each(flat))))
        return cls(kind, shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's."""
        return np.dtype(_DTYPES[self.kind])

    def array(self, value: Any) -> NDArray[Any]:
        """A value of this form as an array; raises FormError for one of another form."""
        flat = flattened(value, self.shape)
        if self.missing and None in flat:
            none = "" if self.kind == "U" else math.nan
            flat = [none if each is None else each for each in flat]
        types = set(map(type, flat))
        if not types <= _TYPES[self.kind]:
            flat = self._converted(flat)
        if self.kind == "U" and (longest := max(map(len, flat), default=0)) > LONGEST_TEXT:
            raise FormError(f"a text of {longest:,} characters, longer than any label")
        try:
            array: NDArray[Any] = np.array(flat, self.dtype)
        except OverflowError:
            size = "float64" if self.kind == "f" else "64 bits"
            raise FormError(f"a number beyond {size}") from None
        return array.reshape(self.shape)

    def _converted(self, flat: list[Any]) -> list[Any]:
        """The same as whole numbers, where they were written as 3.0; raises FormError for anything else."""
        for place, value in enumerate(flat):
            if type(value) in _TYPES[self.kind]:
                continue
            if self.kind in "iu" and isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
                flat[place] = int(value)
                continue
            error = NullError if value is None else FormError
            raise error(f"{_said(value)}, where {_NEEDED[self.kind]} is needed")
        return flat


def flattened(value: Any, shape: tuple[int, ...]) -> list[Any]:
    """The values within nested lists of this shape, in order; raises FormError for another shape."""
    values = [value]
    for size in shape:
        for each in values:
            if type(each) is not list:
                raise FormError(f"{_said(each)}, where a list of {size:,} is needed")
            if len(each) != size:
                raise FormError(f"{len(each):,} values, where there are {size:,} before")
        values = list(values[0]) if len(values) == 1 else list(chain.from_iterable(values))
    return values


def _shape(value: Any) -> tuple[int, ...]:
    """How long a value's lists are, by the first of each."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _kind_of_whole(values: Iterable[int]) -> str:
    values = list(values)
    low, high = min(values, default=0), max(values, default=0)
    if low >= -(1 << 63) and high < 1 << 63:
        return "i"
    return "u" if low >= 0 and high < 1 << 64 else "f"


def _one_of_each(values: Iterable[Any]) -> Iterable[Any]:
    return {
        _said(value).split()[0] if isinstance(value, int | float) else type(value): value for value in values
    }.values()


def _said(value: Any) -> str:
    """What a value is, for a message."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"the text {value[:40]!r}" + ("..." if len(value) > 40 else "")
    if isinstance(value, int | float):
        return f"the number {value!r:.40}"
    return "an object" if isinstance(value, dict) else f"a list of {len(value):,}"
