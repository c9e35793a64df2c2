"""Suspicions: each is given up at the first rows that rule it out, so that healthy files cost next to nothing.

What only a suspicious file needs is imported for it alone.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.hints.first_rows import FirstRows
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.certain import (
    COARSEST,
    EIGHT_BITS,
    PERCENTAGES,
    are_one_hot,
    is_copy,
    is_header,
    is_index,
    is_quantised,
    shares_of,
)
from softmax_cli.metrics.rounding import ROUNDING

if TYPE_CHECKING:
    pass

_FEWEST_ROWS = 3
_SAMPLE = 1 << 14
_TELLING = 20  # values: fewer may all be between 0 and 1 by luck


@dataclass(eq=False, repr=False)
class Seen:
    """What is known at the end: the file's rows and classes, and what --logit-columns calls each of these."""

    rows: int
    classes: int
    columns: tuple[str, ...] | None

    def without(self, column: int) -> str:
        """The option that leaves a column out; in words where its others cannot be named."""
        from softmax_cli.checks.remedies import columns_in

        options = columns_in(self.columns, [place for place in range(self.classes) if place != column])
        text = options.get("logit_columns")
        return "; leave the column out" if text is None else f"; use --logit-columns {shlex.quote(text)}"


@dataclass(eq=False, repr=False)
class Part:
    """Rows ``start`` and on: logits (n, C) as they stand in the file, and their labels (n,) where they are numbers."""

    start: int
    logits: NDArray[Any]
    labels: NDArray[Any] | None


class Suspicion(Protocol):
    """That a file holds something else than it is read as."""

    def add(self, part: Part) -> bool:
        """Take some rows, in order; False where they rule it out."""

    def sentence(self, seen: Seen) -> str:
        """What is certain, and the option that mends it; empty where it is not certain."""


@dataclass(eq=False, repr=False)
class Probabilities:
    """Every row sums to 1, and no value is negative.

    As `check` has it, but for one or two rows, and numbers of few decimals: they meet a sum by luck as often as it is
    one of so many steps, 10^-d.
    """

    sums: Bounds = field(default=Bounds())
    one_hot: bool = True
    first: FirstRows = field(default_factory=FirstRows)

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        logits = part.logits
        if not logits.min() >= -ROUNDING:
            return False
        sums = logits.sum(axis=1, dtype=np.float64)
        if not (np.abs(sums - 1) <= COARSEST).all():
            return False
        self.sums |= Bounds.of(sums)
        self.one_hot = self.one_hot and bool((logits.max(axis=1) == 1).all())
        self.first.add(logits)
        return True

    def sentence(self, seen: Seen) -> str:  # noqa: ARG002
        """See Suspicion."""
        if self.one_hot or not (
            self.first.sum_to(1.0, self.sums) if self.first.kept >= _FEWEST_ROWS else self.first.are_exact
        ):
            return ""
        return "every row sums to 1: these look like probabilities; use --values probabilities"


@dataclass(eq=False, repr=False)
class Shares:
    """Every row sums to 100, or the values are whole numbers and every row sums to the same, as `check` has it."""

    sums: Bounds = field(default=Bounds())
    first: FirstRows = field(default_factory=FirstRows)

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        if not part.logits.min() >= 0:
            return False
        self.sums |= Bounds.of(part.logits.sum(axis=1, dtype=np.float64))
        if not (self.sums.low > 1 + COARSEST and self.sums.span <= 2 * COARSEST * self.sums.high):
            return False
        self.first.add(part.logits)
        return True

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        if self.first.kept < _FEWEST_ROWS:
            return ""
        found = shares_of(self.sums, seen.classes, self.first.coarseness)
        if found is None or not self.first.sum_to(found[0], self.sums, spent=int(found[1] != PERCENTAGES)):
            return ""
        total, what = found
        return f"every row sums to {total:.6g}: these look like {what}; use --values probabilities"


@dataclass(eq=False, repr=False)
class OneHot:
    """Each row is a single 1 among zeros."""

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        logits = part.logits
        return bool(logits.min() >= 0 and ((logits.sum(axis=1) == 1) & (logits.max(axis=1) == 1)).all())

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        if not are_one_hot(seen.rows, seen.classes):
            return ""
        return "every row is a single 1 among zeros: labels or hard predictions, not logits; give the scores"


@dataclass(eq=False, repr=False)
class Sigmoids:
    """No value of a multi-label file lies outside 0 to 1: as logits, all of them would predict their label."""

    values: int = 0
    whole: bool = True

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        self.values += part.logits.size
        self.whole = self.whole and bool((part.logits == np.rint(part.logits)).all())
        return bool(part.logits.min() >= 0 and part.logits.max() <= 1)

    def sentence(self, seen: Seen) -> str:  # noqa: ARG002
        """See Suspicion."""
        if self.values < _TELLING:
            return ""
        if self.whole:
            return "every value is 0 or 1: hard predictions, not logits; give the scores they were made from"
        what = "every value lies within [0, 1] and is read as a logit, so that every label is predicted"
        return f"{what}; if these are probabilities, use --values probabilities"


@dataclass(eq=False, repr=False)
class Header:
    """The first row is 0, 1, 2, ... or 1, 2, 3, ..., and the others are not whole."""

    first: int | None = None
    decimals: int | None = 0
    rows_looked_at: bool = False

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        rows = part.logits
        if self.first is None:
            self.first = next((at for at in (0, 1) if (rows[0] == np.arange(at, at + rows.shape[1])).all()), None)
            if self.first is None or part.start:
                return False
            rows = rows[1:]
        if not self.rows_looked_at and rows.size:
            self.rows_looked_at = True
            values = rows.reshape(-1)[:_SAMPLE].astype(np.float64)
            whole = bool((values == np.rint(values))[np.isfinite(values)].all())
            self.decimals = 0 if whole else None
        return not self.rows_looked_at or self.decimals is None

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        if self.first is None or not self.rows_looked_at or not is_header(seen.rows, seen.classes, self.decimals):
            return ""
        last = self.first + seen.classes - 1
        return f"row 0 counts from {self.first} to {last}: a header that was read as a row; use --skip-rows 0"


@dataclass(eq=False, repr=False)
class Index:
    """The first or the last column goes up by exactly 1 per row."""

    first: dict[int, float] | None = None

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        rows = np.arange(part.start, part.start + len(part.logits), dtype=np.float64)
        found = {}
        for column in {0, part.logits.shape[1] - 1} if self.first is None else self.first:
            values = part.logits[:, column].astype(np.float64)
            first = float(values[0] - rows[0]) if self.first is None else self.first[column]
            if first.is_integer() and (values == rows + first).all():
                found[column] = first
        self.first = found
        return bool(found)

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        if not self.first or not is_index(seen.rows, seen.classes):
            return ""
        column, first = min(self.first.items())
        counts = ", ".join(str(int(first) + place) for place in range(3))
        return f"column {column} counts the rows ({counts}, ...): an index, not a class{seen.without(column)}"


@dataclass(eq=False, repr=False)
class Labels:
    """A column equals the labels in every row, and they are not all the same."""

    columns: NDArray[np.intp] | None = None
    labels: Bounds = field(default=Bounds())

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        if part.labels is None:
            return False
        if self.columns is None:
            self.columns = np.flatnonzero(part.logits[0] == part.labels[0])
        same = (part.logits[:, self.columns] == part.labels[:, np.newaxis]).all(axis=0)
        self.columns = self.columns[same]
        self.labels |= Bounds.of(part.labels.astype(np.float64))
        return bool(self.columns.size)

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        certain = self.labels.span > 0 and is_copy(seen.rows, seen.classes)
        if self.columns is None or not certain:
            return ""
        column = int(self.columns[0])
        return f"column {column} equals the label in every row: labels, not logits{seen.without(column)}"


@dataclass(eq=False, repr=False)
class Quantised:
    """Whole numbers of 8 bits that use much of their range."""

    dtype: str = ""
    values: Bounds = field(default=Bounds())

    def add(self, part: Part) -> bool:
        """See Suspicion."""
        self.dtype = str(part.logits.dtype)
        if self.dtype not in EIGHT_BITS:
            return False
        self.values |= Bounds.of(part.logits.astype(np.float64))
        return True

    def sentence(self, seen: Seen) -> str:  # noqa: ARG002
        """See Suspicion."""
        if not is_quantised(self.dtype, self.values.span):
            return ""
        what = f"{self.dtype} values: a quantised export without its scale"
        return f"{what}; if the scale is S, use --temperature with 1 / S"


SUSPICIONS: tuple[Callable[[], Suspicion], ...] = (Probabilities, Shares, OneHot, Quantised, Header, Index, Labels)
"""What is looked for. Where several are certain, each is said."""

OF_MULTILABEL: tuple[Callable[[], Suspicion], ...] = (Sigmoids, Quantised, Header, Index)
"""The same for the rows of a multi-label file."""

_OF_ALL_ROWS = (Header, Index, Labels)  # they speak of rows by their number, so that none may be left out


def suspicions(*, multilabel: bool, all_rows: bool) -> list[Suspicion]:
    """Return what to look for in the rows of a file; ``all_rows`` says that none of them is left out."""
    kinds = OF_MULTILABEL if multilabel else SUSPICIONS
    return [kind() for kind in kinds if all_rows or kind not in _OF_ALL_ROWS]
