"""How the cells of the chosen columns are to be read, and the first of some lines that cannot be."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from softmax_cli.readers.lines import DELIMITERS, MOST_COLUMNS, WideLineError, cells
from softmax_cli.readers.numerals import is_missing, misspelling, plain_number, truth

_LONGEST_SHOWN = 40  # characters of a cell in a message
_WRITE_NAN = "write nan if the value is missing"
_IGNORE_MISSING = "use --ignore-missing to leave out rows without a label"
_OF_EACH_CLASS = "write a number for each class, or leave the row out of both files"


class Fault(NamedTuple):
    """What is wrong: the line's offset from the first of its chunk, the column from 0, words for both."""

    line: int
    column: int | None
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Spelling:
    """What the cells of the chosen columns hold.

    ``text``: names, not numbers. ``truth``: True and False, for 1 and 0. ``labels``: the cells are labels, and ``rows``
    says that a label is a row of them. ``missing``: a missing label is handed on, as nan or as "". ``decimal``: see
    Dialect. ``overflow``: see Selection.
    """

    text: bool = False
    truth: bool = False
    labels: bool = False
    rows: bool = False
    missing: bool = False
    decimal: str | None = None
    overflow: bool = False

    @property
    def plain(self) -> bool:
        """Whether every cell stands as numpy.loadtxt reads it."""
        return not (self.text or self.truth or self.missing or self.decimal)

    def read(self, cell: str) -> str:
        """The cell as numpy.loadtxt reads it, or a name; something that it does not read where the cell has a fault."""
        if self.missing and is_missing(cell) and not self.text:
            return "nan"
        if self.text:
            return cell
        return (truth(cell) if self.truth else plain_number(cell, self.decimal)) or f"?{cell}"

    def fault(self, cell: str) -> tuple[str, str] | None:
        """What is wrong with a cell, and what to do."""
        if self.missing and is_missing(cell):
            return None
        if not cell:
            return ("the label is missing", self._without_label) if self.labels else ("an empty cell", _WRITE_NAN)
        return None if self.text else self._fault_of_number(cell)

    def _fault_of_number(self, cell: str) -> tuple[str, str] | None:
        if self.truth:
            if truth(cell):
                return None
            what = f"{shown(cell)} is neither True nor False, as the labels above are"
            return what, self._instead if is_missing(cell) else ""
        number = plain_number(cell, self.decimal)
        if number is None:
            return self._no_number(cell)
        if not self.overflow and math.isinf(float(number)) and any(map(str.isdigit, number)):
            return f"{shown(cell)} is beyond the largest float64", "write inf or -inf if that is meant"
        return None

    def _no_number(self, cell: str) -> tuple[str, str]:
        if is_missing(cell):
            return f"{shown(cell)} is not a number: it stands for a missing value", self._instead
        why, remedy = misspelling(cell, self.decimal) or ("", "")
        return f"{shown(cell)} is not a number" + (f": {why}" if why else ""), remedy

    @property
    def _instead(self) -> str:
        """What to do about a word for a missing value."""
        return self._without_label if self.labels else "write nan for it, or leave the row out of both files"

    @property
    def _without_label(self) -> str:
        """What to do about a missing label: among rows of labels none may be."""
        return _OF_EACH_CLASS if self.rows else _IGNORE_MISSING


def find_fault(
    lines: Sequence[str], delimiter: str, width: int, columns: Sequence[int], spelling: Spelling
) -> Fault | None:
    """The first fault: a blank line, a comment, bad quotes, another length, or a cell in ``columns``."""
    for offset, line in enumerate(lines):
        if not line.strip():
            if width == 1 and spelling.missing:
                continue
            remedy = (
                f"remove it, or {_IGNORE_MISSING}"
                if width == 1 and spelling.labels and not spelling.rows
                else "remove it"
            )
            return Fault(offset, None, "a blank line within the rows", remedy)
        try:
            row = cells(line, delimiter)
        except csv.Error as error:
            return uncut(offset, error)
        if len(row) != width:
            if line.startswith("#"):
                return Fault(offset, None, "a comment within the rows", "remove it")
            remedy = _other_delimiter(line, delimiter) if len(row) == 1 else ""
            return Fault(offset, None, f"{_cells(len(row))} where the first line has {width}", remedy)
        for column in columns:
            if what := spelling.fault(row[column]):
                return Fault(offset, column, *what)
    return None


def _other_delimiter(line: str, delimiter: str) -> str:
    """What to do about a line that has others than the first one's delimiter."""
    other = next((each for each in DELIMITERS if each != delimiter and each in line), None)
    if other is None or delimiter not in DELIMITERS:
        return ""
    return f"the first line is cut at {delimiter!r}, and this one has {other!r}: write one of them in all lines"


def uncut(line: int, error: csv.Error) -> Fault:
    """The fault of a line that cannot be cut into cells."""
    if isinstance(error, WideLineError):
        return Fault(line, None, f"more than {MOST_COLUMNS:,} columns", "for so many classes, use NPY")
    what = "a quote opens here and is not closed" if "end of data" in str(error) else f"badly quoted ({error})"
    return Fault(line, None, what, "close each quote on its own line, and double one within")


def shown(cell: str) -> str:
    """A cell in quotes, cut where it is long."""
    return repr(cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}...")


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"
