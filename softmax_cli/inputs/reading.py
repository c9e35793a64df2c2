"""How the files are to be read: each option's name, default and check, for Python and the command line."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from softmax_cli.errors import UsageError

LOGITS = "logits"
PROBABILITIES = "probabilities"
LOG_PROBABILITIES = "log-probabilities"
LABEL_LOG_PROBABILITIES = "label-log-probabilities"
SIGMOIDS = "sigmoids"
DISTANCES = "distances"
VALUES = {
    LOGITS: "scores as a last layer gives them",
    PROBABILITIES: "x = log p",
    LOG_PROBABILITIES: "x as it is; a note says whether each row sums to 1",
    LABEL_LOG_PROBABILITIES: "one value per row, of the class that occurred; no labels",
    SIGMOIDS: "x = log(p / (1 - p))",
    DISTANCES: "x = -d: the smallest is the best",
}
"""The kinds of values that a file of logits may hold, and what becomes of them."""

COUNTS = "counts"
LABEL_VALUES = {
    PROBABILITIES: "a distribution over the classes, as it is",
    LOGITS: "their softmax, as of a teacher",
    COUNTS: "divided by the sum of the row",
}
"""The kinds of values that rows of labels may hold, and what becomes of them."""

_CHANGING = ("multilabel", "values", "shift", "label_values", "ignore_missing", "skip_rows")
_LARGEST_BASE = 1 << 62  # labels are held as int64


@dataclass(frozen=True)
class Reading:
    """How the files are laid out, and what their numbers are.

    Attributes:
        values: what the logits' file holds: a name out of VALUES.
        multilabel: each class is a yes or no of its own: labels (N, C) of 0 and 1, or of probabilities.
        shift: row i is held against label i + shift of its sequence, after rows were skipped. A sequence runs along
            the last axis of the rows: T of (B, T, V) and (B, V, T); a table is one. Labels that have so many fewer
            per sequence are taken as shifted already.
        class_axis: the logits' axis that holds the classes; None to infer it from the shape of the labels.
        logit_columns: the classes, and their order: names, positions from 0 or ranges, as ``cat,dog`` or ``1:11``.
        label_column: a name or a position; without labels, of the logits' file.
        label_base: the number of the first class in the labels.
        label_values: what rows of labels hold: a name out of LABEL_VALUES.
        ignore_missing: skip rows without a label: an empty cell, nan, NA, null.
        skip_rows: rows to leave out of both files, counted from 0 over all axes but the classes' and all pieces:
            positions and ranges, as ``0,7,100:164``.
        delimiter: of delimited files; None to see it from the first line.
        decimal: the decimal mark of delimited files, a point or a comma; the other one may then separate thousands.
            None: a point, and nothing separates thousands.
        header: whether the first line names the columns; None to see it from the line.
        padded: -inf stands for classes that a row does not have, as a file tells of itself; no option.
        arrays: which arrays were chosen in files that hold several, as ``("labels", "y")``; no option.
    """

    values: str = LOGITS
    multilabel: bool = False
    shift: int = 0
    class_axis: int | None = None
    logit_columns: str | None = None
    label_column: str | None = None
    label_base: int = 0
    label_values: str = PROBABILITIES
    ignore_missing: bool = False
    skip_rows: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    padded: bool = field(default=False, metadata={"option": False})
    arrays: tuple[tuple[str, str], ...] = field(default=(), metadata={"option": False})

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """The names of the fields that are options."""
        return tuple(each.name for each in fields(cls) if each.metadata.get("option", True))

    def with_array(self, of: str, name: str) -> "Reading":
        """The same, which knows that the array of this name was chosen."""
        return replace(self, arrays=(*self.arrays, (of, name)))

    @property
    def signature(self) -> tuple[tuple[str, Any], ...]:
        """What of it changes a figure, by name, where it is not as by default."""
        given = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        changing = ((name, value) for name, value, default in given if name in _CHANGING and value != default)
        return (*changing, *((f"{of}_array", name) for of, name in self.arrays))

    def refuse_multilabel(self, command: str) -> None:
        """Raise UsageError for multi-label files, of a command that has no figures for them."""
        if self.multilabel:
            raise UsageError(f"{command} is of one label per row; leave --multilabel out, or use loss or report")

    def __post_init__(self) -> None:
        if self.values not in VALUES:
            raise UsageError(f"there are no --values {self.values!r}; the kinds are {', '.join(VALUES)}")
        if self.label_values not in LABEL_VALUES:
            raise UsageError(
                f"there are no --label-values {self.label_values!r}; the kinds are {', '.join(LABEL_VALUES)}"
            )
        if abs(self.label_base) > _LARGEST_BASE:
            raise UsageError("--label-base: a number within 2^62 of 0 is needed")
        if self.decimal not in {None, ".", ","}:
            raise UsageError(f"--decimal {self.decimal!r}: a point or a comma is needed")
