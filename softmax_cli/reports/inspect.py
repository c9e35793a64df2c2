"""What `inspect` lists: the arrays of files, and what each would be taken for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.grid import Column, Grid, Records
from softmax_cli.reports.signature import Signature

_NAMES = ("file", "name", "dtype", "shape", "taken_for", "remark")


@dataclass(frozen=True)
class ListedArray:
    """An array: where it is, what it is, and what `loss` would take it for; ``remark`` says why it cannot be read."""

    file: str
    name: str
    dtype: str
    shape: str
    taken_for: str
    remark: str


@dataclass(frozen=True, eq=False)
class Inspection(Displayed):
    """All arrays of some files, a file after the other."""

    arrays: tuple[ListedArray, ...]
    notes: tuple[str, ...] = ()

    def grids(self) -> Iterator[Grid]:
        """An array a line, a table a file."""
        for file in dict.fromkeys(array.file for array in self.arrays):
            arrays = [array for array in self.arrays if array.file == file]
            columns = [Column("name"), Column("dtype"), Column("shape"), Column("taken for"), Column("remark")]
            rows = [tuple(vars(array).values())[1:] for array in arrays]
            said = [place for place in range(len(columns)) if any(row[place] for row in rows)]
            yield Grid(file, tuple(columns[place] for place in said), [[row[place] for place in said] for row in rows])

    def remarks(self) -> tuple[str, ...]:
        """How to address one of several."""
        first = next((array for array in self.arrays if array.name), None)
        return () if first is None else (f"{first.file}:{first.name} is one of them, wherever a file is asked for",)

    def warnings(self) -> tuple[str, ...]:
        """None."""
        return ()

    def records(self) -> Records:
        """An array a line."""
        return Records(_NAMES, [tuple(vars(array).values()) for array in self.arrays])

    def as_dict(self) -> dict[str, Any]:
        """A list of objects."""
        return {"arrays": [vars(array) for array in self.arrays]}

    def signature_line(self) -> str:
        """Of the version alone: nothing was computed."""
        return Signature((), ()).line()
