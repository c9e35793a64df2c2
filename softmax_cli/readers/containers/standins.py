"""What stands for the objects of a pickle while it is read: names, bytes, pairs and arrays, never the objects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

LIMIT = 1 << 63  # no size and no place in a file is as large
_LONGEST_SHOWN = 80  # characters of what a pickle names in a message


class Refused(Exception):  # noqa: N818  (the caller makes an error of it, with the file's name)
    """What a file asks for, or what is wrong with it; ``asked`` is the dotted name where it asks for an object."""

    def __init__(self, what: str, remedy: str = "", asked: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.asked = asked


class Unfit(Exception):  # noqa: N818  (never leaves the package)
    """The arguments of a call are not those that the name takes."""


class Name:
    """The dotted name of something that a pickle would import. It is never looked up."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    @property
    def path(self) -> str:
        """The name with its module, in Python 3's spelling."""
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(self.module, self.module)
        return f"{module}.{self.name}"


class Raw:
    """Bytes: where they lie in the file, and the bytes themselves where they are few or lie nowhere as they are."""

    __slots__ = ("content", "length", "offset")

    def __init__(self, length: int, offset: int | None, content: bytes | None) -> None:
        self.length = length
        self.offset = offset
        self.content = content


class Pairs(list[tuple[Any, Any]]):
    """The keys and values of a dict. Keys are not hashed: a file could choose them so that all have one hash."""

    __slots__ = ()


class StandIn:
    """What a call of a known name gives."""

    def build(self, state: Any) -> None:  # noqa: ARG002  (for those that have a state)
        """Take the state that a pickle sets on the object."""
        raise Unfit


class Opaque(StandIn):
    """An object that is known and is no array: a set, a device, a date."""

    def build(self, state: Any) -> None:
        """Nothing is kept."""


@dataclass(eq=False)
class Array(StandIn):
    """An array: as bytes of the file at ``offset``, as bytes in memory (``content``) or as ``values``.

    ``refusal`` says why it cannot be read. ``strides`` are in bytes; None is C order. ``storage`` tells arrays that
    share their bytes, and ``stored`` is how many bytes those are.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int | None = None
    strides: tuple[int, ...] | None = None
    content: bytes | None = None
    values: NDArray[Any] | None = None
    refusal: str = ""
    note: str = ""
    storage: str | None = None
    stored: int = 0


Maker = Callable[[tuple[Any, ...]], Any]
"""What is done in the place of a call: it makes a stand-in of the arguments, or raises Unfit."""


class Budget:
    """How much may still be made of a file of some size, so that a small file cannot ask for a lot."""

    def __init__(self, amount: int, what: str) -> None:
        self._left = amount
        self._what = what

    def spend(self, amount: int) -> None:
        """Raise Refused where more is asked for than the file's size justifies."""
        self._left -= amount
        if self._left < 0:
            raise Refused(f"it asks for {self._what} than a file of its size can hold", "save the arrays alone")


def damaged(what: str) -> NoReturn:
    """Raise Refused for bytes that are no pickle."""
    raise Refused(f"a damaged pickle ({what})", "copy or save it again")


def unknown(name: Name) -> NoReturn:
    """Raise Refused for a name that is not in the table."""
    what = f"this pickle asks for {legible(name.path)}, which is no array; nothing of it was run"
    raise Refused(what, "save the arrays alone", name.path)


def legible(text: str) -> str:
    """Text of a file on one line, cut where it is long, its control characters spelled out."""
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def sizes(value: Any) -> tuple[int, ...]:
    """A shape or strides of a file; raises Unfit for anything but a tuple of whole numbers from 0 to 63 bits."""
    if type(value) is not tuple or any(type(size) is not int or not 0 <= size < LIMIT for size in value):
        raise Unfit
    return value
