"""What every reader gives: a table of numbers (or of class names) that is read in blocks of rows."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray


class Table(Protocol):
    """Rows by columns, or an array of any number of axes.

    ``shape`` has None where a size is known only at the end of the file. ``column_names`` are a header's.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: Any
    column_names: tuple[str, ...] | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader decided by itself, as far as it is known by now."""

    def blocks(self, rows: int, axis: int | None) -> Iterator[NDArray[Any]]:
        """Pieces of at most ``rows`` rows, in order; of more where so few would be read byte by byte (see npy.py).

        With ``axis`` (the classes'), each piece has shape (n, C): that axis goes last and the others become
        the rows, in C order. With None, each is flat, shape (n,): every value is a row of its own.
        """

    def progress(self) -> tuple[int, int]:
        """How many bytes of the file the latest pass has read, and how many there are."""

    def where(self, row: int, axis: int | None) -> str:
        """The place of a row of those blocks, for a message: ``labels.csv:12``, ``labels.npy[11]``."""


@runtime_checkable
class WithIds(Protocol):
    """A table of a file with columns that tell its rows apart, and hold no values of its own."""

    ids: tuple[str, ...]

    def id_column(self, name: str) -> Table:
        """Return the column of that name alone, text or whole numbers."""


@runtime_checkable
class Selectable(Protocol):
    """A table of arrays, whose classes can be chosen along their axis once that is known."""

    def select(self, axis: int, only: str) -> Any:
        """Return the same with some places along an axis; ``only`` as in Selection."""


def left_out(table: Any) -> tuple[str, ...]:
    """The names of the columns that the reader of a file left out without being asked."""
    found: tuple[str, ...] = getattr(table, "left_out", ())
    return found
