"""The shapes that every report can take: grids for people, records for programs."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar

from softmax_cli.reports.charts import Chart
from softmax_cli.reports.findings import Finding

Kind = Literal["text", "integer", "decimal", "loss", "measure", "distance", "units"]
"""How a table rounds a column: not at all, to four decimals, to six digits, three, or two (with an exponent or not)."""

Cell = Any
"""A string, or a number whose ``str`` is its shortest exact form."""


class Numbers(Protocol):
    """A sequence of numbers, or of rows of them: a list, a tuple, or an array, used as nothing more than that."""

    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, place: int, /) -> Any: ...


ALL_IN_TSV = "--format tsv writes them all"
EDGE_ROWS = 5
WHOLE_ROWS = 20


@dataclass(frozen=True)
class Column:
    """``group`` columns (one a class) are what a narrow table leaves out; ``stand_in`` is shown only then."""

    name: str
    kind: Kind = "text"
    group: bool = False
    stand_in: bool = False


@dataclass(frozen=True)
class Grid:
    """A titled table for people. ``marked`` has, for each row, the column that a reader should find first.

    Where ``hidden`` rows are left out, they belong before the last ``EDGE_ROWS`` rows; ``whole`` says how to
    see everything.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    hidden: int = 0
    marked: Sequence[int | None] = field(default=())
    legend: str = ""
    whole: str = ""


@dataclass(frozen=True)
class Records:
    """A flat table for programs, whole and exact; ``rows`` may be read once only."""

    columns: tuple[str, ...]
    rows: Iterable[Numbers]


_Row = TypeVar("_Row")


class Report(Protocol):
    """What every writer can write."""

    notes: tuple[str, ...]

    @property
    def hints(self) -> tuple[str, ...]:
        """For everybody: what the files hold that they were not read as, known once everything has been written."""

    def lead(self) -> str:
        """For everybody: the answer in a sentence, above everything else; empty where there is none."""

    def grids(self) -> Iterator[Grid]:
        """For people: tables one under the other."""

    def charts(self) -> Iterator[Chart]:
        """For people: pictures, behind the tables."""

    def diagnostics(self) -> Iterator[Finding]:
        """For people: what is wrong, one under the other, behind the tables."""

    def remarks(self) -> tuple[str, ...]:
        """For people: what the figures mean, a sentence each."""

    def warnings(self) -> tuple[str, ...]:
        """For everybody: what is wrong with the figures, a sentence each."""

    def records(self) -> Records:
        """For programs: one flat table."""

    def as_dict(self) -> Mapping[str, Any]:
        """For programs: everything, as one object."""

    def signature_line(self) -> str:
        """What it takes to get the same figures again."""


def edges(rows: Iterable[_Row]) -> tuple[list[_Row], int]:
    """The rows that a table shows, and how many it leaves out: all of few, else the first and the last."""
    iterator = iter(rows)
    head = list(islice(iterator, WHOLE_ROWS))
    tail: deque[_Row] = deque(maxlen=EDGE_ROWS)
    rest = 0
    for rest, row in enumerate(iterator, 1):  # noqa: B007
        tail.append(row)
    if not rest:
        return head, 0
    last = [*head, *tail][-EDGE_ROWS:]
    return [*head[:EDGE_ROWS], *last], len(head) + rest - 2 * EDGE_ROWS


def class_columns(class_names: tuple[str, ...], kind: Kind = "decimal") -> tuple[Column, ...]:
    """One column a class."""
    return tuple(Column(name, kind, group=True) for name in class_names)


def count(number: int, one: str, many: str = "") -> str:
    """A number of things in words: 1 row, 12,000 rows."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def all_ignored(rows: int) -> str:
    """Why there is no figure where every one of so many labels is ignored, in words."""
    return f"no row counts: {'the only label is' if rows == 1 else f'all {rows:,} labels are'} ignored"


def header_names(class_names: Iterable[str]) -> tuple[str, ...]:
    """The classes as a file's header: class_0 for a class without a name, so that it cannot be read as data."""
    return tuple(f"class_{name}" if name.isdigit() else name for name in class_names)


def distance_text(distance: float) -> str:
    """A distance in words and tables: two digits, and 0 only where it is exactly that."""
    return f"{distance:.1e}" if distance and math.isfinite(distance) else f"{distance:g}"
