"""Single rows: those of the softmax table, and those that were asked for by their loss."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from softmax_cli.reports.grid import Column, Grid, Numbers, class_columns, count


@dataclass(frozen=True, eq=False)
class RowLine:
    """One row of the softmax table; ``target`` is the label's class, None where it is not a single one."""

    row: int
    label: str
    target: int | None
    probabilities: Numbers
    row_sum: float
    loss: float


def softmax_grid(lines: Sequence[RowLine], rows: int, class_names: tuple[str, ...]) -> Grid:
    """The rows with their probabilities, the label's marked."""
    columns = (
        Column("row", "integer"),
        Column("label"),
        *class_columns(class_names),
        Column("p(label)", "decimal", stand_in=True),
        Column("sum", "decimal"),
        Column("loss", "decimal"),
    )
    cells = [
        (
            line.row,
            line.label,
            *line.probabilities,
            "" if line.target is None else line.probabilities[line.target],
            line.row_sum,
            line.loss,
        )
        for line in lines
    ]
    marked = [None if line.target is None else line.target + 2 for line in lines]
    title = f"softmax, {count(rows, 'row')} of {count(len(class_names), 'class', 'classes')}"
    legend = "* the label's class" if any(marked) else ""
    return Grid(title, columns, cells, rows - len(lines), marked, legend, whole="the softmax command writes them all")


@dataclass(frozen=True)
class RowDetail:
    """A row's label and the likeliest class, with the probability of each, and its loss in nats."""

    row: int
    label: str
    prediction: str
    p_label: float | str
    p_prediction: float
    loss: float


DETAIL_NAMES = tuple(field.name for field in fields(RowDetail))


def details_grid(details: Sequence[RowDetail], title: str, hidden: int) -> Grid:
    """The rows as a table."""
    columns = (
        Column("row", "integer"),
        Column("label"),
        Column("prediction"),
        Column("p(label)", "decimal"),
        Column("p(prediction)", "decimal"),
        Column("loss", "loss"),
    )
    return Grid(title, columns, [tuple(vars(detail).values()) for detail in details], hidden)
