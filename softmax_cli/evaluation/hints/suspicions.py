"""Suspicions: each is given up at the first rows that rule it out, so that healthy files cost next to nothing.

What only a suspicious file needs is imported for it alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.hints import FIRST_ROWS
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.certain import COARSEST, EIGHT_BITS, is_copy, is_header, is_index, is_quantised, rows_sum_to
from softmax_cli.metrics.rounding import ROUNDING

_FEWEST_ROWS = 3
_MANY_DECIMALS = 12
_BY_HAND = 1e-5  # how far a number in float32 is off what was written, in steps of its last decimal
_SAMPLE = 1 << 14
_TELLING = 20  # values: fewer may all be between 0 and 1 by luck


@dataclass(eq=False, repr=False)
class Seen:
    """What is known at the end: the file's rows and classes, and whether the options leave its columns as they are."""

    rows: int
    classes: int
    whole: bool

    def without(self, column: int) -> str:
        """The option that leaves a column out; nothing where it would be another column."""
        if not self.whole:
            return "; leave the column out"
        parts = [(0, column), (column + 1, self.classes)]
        kept = ",".join(f"{low}:{high}" if high - low > 1 else str(low) for low, high in parts if low < high)
        return f"; use --logit-columns {kept}"


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
    rows: list[NDArray[Any]] = field(default_factory=list)
    kept: int = 0

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
        if self.kept < FIRST_ROWS:
            self.rows.append(logits[: FIRST_ROWS - self.kept].copy())
            self.kept += len(self.rows[-1])
        return True

    def sentence(self, seen: Seen) -> str:
        """See Suspicion."""
        if self.one_hot or not self._is_certain(np.concatenate(self.rows), seen.classes):
            return ""
        return "every row sums to 1: these look like probabilities; use --values probabilities"

    def _is_certain(self, rows: NDArray[Any], classes: int) -> bool:
        if self.kept < _FEWEST_ROWS:
            return _sums_to_the_last_digit(rows)
        from softmax_cli.metrics.coarseness import Coarseness
        from softmax_cli.metrics.duplicates import row_hashes

        resolution = float(np.finfo(rows.dtype).eps) if rows.dtype.kind == "f" else 0.0
        coarseness = Coarseness.of(rows.reshape(-1)[:_SAMPLE].astype(np.float64), resolution)
        decimals = coarseness.decimals if coarseness.decimals is not None else _few_decimals(rows)
        luck = 0.0 if decimals is None else 10.0**-decimals / 2
        distinct = len(np.unique(row_hashes(rows)))
        error = max(self.sums.off(1.0), luck)
        return rows_sum_to(1.0, error, rows=distinct, classes=classes, coarseness=coarseness)


def _sums_to_the_last_digit(rows: NDArray[Any]) -> bool:
    """Whether each row is written to a dozen digits or more and sums to 1 in all of them: one row is no luck then."""
    values = rows.astype(np.float64)
    exact = np.abs(values.sum(axis=1) - 1) <= values.shape[1] * np.finfo(np.float64).eps
    long = (values != values.round(_MANY_DECIMALS)).sum(axis=1) >= 2
    return rows.dtype == np.float64 and bool((exact & long & (np.ptp(values, axis=1) > 0)).all())


def _few_decimals(rows: NDArray[Any]) -> int | None:
    """The decimals of a few values that could be written by hand; None for more than three."""
    values = rows.astype(np.float64)
    return next((d for d in range(4) if (np.abs(values * 10**d - np.rint(values * 10**d)) < _BY_HAND).all()), None)


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


SUSPICIONS: tuple[Callable[[], Suspicion], ...] = (Probabilities, Quantised, Header, Index, Labels)
"""What is looked for. Where several are certain, each is said."""

OF_MULTILABEL: tuple[Callable[[], Suspicion], ...] = (Sigmoids, Quantised, Header, Index)
"""The same for the rows of a multi-label file."""

_OF_ALL_ROWS = (Header, Index, Labels)  # they speak of rows by their number, so that none may be left out


def suspicions(*, multilabel: bool, all_rows: bool) -> list[Suspicion]:
    """Return what to look for in the rows of a file; ``all_rows`` says that none of them is left out."""
    kinds = OF_MULTILABEL if multilabel else SUSPICIONS
    return [kind() for kind in kinds if all_rows or kind not in _OF_ALL_ROWS]
