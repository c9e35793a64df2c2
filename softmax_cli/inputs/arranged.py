"""Both files as their rows are read together, and the plain case of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from softmax_cli.inputs.reading import LOGITS, Reading
from softmax_cli.readers.table import Table

if TYPE_CHECKING:
    from softmax_cli.inputs.row_choice import RowChoice


@dataclass(frozen=True, eq=False)
class Arranged:
    """Logits with their classes on ``class_axis``, and the labels of the same rows.

    ``label_axis`` is None where each label is one value. ``single`` says that each row of logits was one value, and
    ``soft`` that its label is a probability of class 1. ``kept`` are the rows whose labels are read, None for all.
    """

    logits: Table
    labels: Table
    class_axis: int
    label_axis: int | None
    single: bool = False
    soft: bool = False
    kept: "RowChoice | None" = None
    opening_notes: tuple[str, ...] = ()
    column_notes: tuple[str, ...] = ()
    shape_notes: tuple[str, ...] = ()


def plainly_arranged(logits: Table, labels: Table, reading: Reading) -> Arranged | None:
    """Return a table of logits and one label per row as they are; None where more has to be looked at: see arrange."""
    rows, columns = (logits.shape[:1], logits.shape[1]) if len(logits.shape) == 2 else ((), 1)
    asked = (reading.class_axis, reading.skip_rows, reading.label_column)
    more = reading.multilabel or reading.shift or reading.ignore_missing or asked != (None, None, None)
    if more or reading.values != LOGITS or columns in {1, None} or labels.shape not in {rows, (None, 1)}:
        return None
    in_doubt = logits.column_names or getattr(logits, "first_line_may_be_header", False)
    if in_doubt and getattr(labels, "first_line_may_be_header", False):
        return None
    return Arranged(logits, labels, class_axis=1, label_axis=None)
