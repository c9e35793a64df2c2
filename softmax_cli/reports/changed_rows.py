"""The rows in which two versions differ most."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from softmax_cli.reports.grid import Column, Grid


@dataclass(frozen=True)
class ChangedRow:
    """A row's label, the likeliest class of A and of B with its probability there, and how far apart the two are.

    ``kl`` is KL(A || B) in nats. The label and the losses are empty where there are no labels.
    """

    row: int
    label: str
    prediction_a: str
    p_a: float
    prediction_b: str
    p_b: float
    kl: float
    js: float
    max_abs_diff: float
    max_prob_diff: float
    loss_a: float | str
    loss_b: float | str


CHANGED_ROW_NAMES = tuple(field.name for field in fields(ChangedRow))


def changed_rows_grid(rows: Sequence[ChangedRow], hidden: int, *, labelled: bool) -> Grid:
    """The rows as a table."""
    columns = (
        Column("row", "integer"),
        *([Column("label")] if labelled else []),
        Column("A says"),
        Column("p", "decimal"),
        Column("B says"),
        Column("p", "decimal"),
        Column("KL(A||B)", "measure"),
        Column("|A - B|", "measure"),
        *([Column("loss A", "decimal"), Column("loss B", "decimal")] if labelled else []),
    )
    cells = [
        (
            each.row,
            *([each.label] if labelled else []),
            each.prediction_a,
            each.p_a,
            each.prediction_b,
            each.p_b,
            each.kl,
            each.max_abs_diff,
            *([each.loss_a, each.loss_b] if labelled else []),
        )
        for each in rows
    ]
    return Grid("rows that changed most", columns, cells, hidden)
