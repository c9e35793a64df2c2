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


def sigmoid_grid(lines: Sequence[RowLine], rows: int, class_names: tuple[str, ...]) -> Grid:
    """The rows with the probability of each class on its own."""
    columns = (
        Column("row", "integer"),
        Column("label"),
        *class_columns(class_names),
        Column("loss", "decimal"),
    )
    cells = [(line.row, line.label, *line.probabilities, line.loss) for line in lines]
    title = f"sigmoid, {count(rows, 'row')} of {count(len(class_names), 'class', 'classes')}"
    return Grid(title, columns, cells, rows - len(lines), whole="--per-row lists them all")


@dataclass(frozen=True)
class RowDetail:
    """A row's label and the likeliest class, with the probability of each, and its loss in nats."""

    row: int
    label: str
    prediction: str
    p_label: float | str
    p_prediction: float
    loss: float


@dataclass(frozen=True)
class MultiLabelDetail:
    """A row's labels, the classes of a probability of at least 1/2, and the row's loss in nats.

    ``worst`` is the class with the largest loss, ``p_worst`` its probability, ``worst_loss`` its part of the loss.
    """

    row: int
    label: str
    prediction: str
    worst: str
    p_worst: float
    worst_loss: float
    loss: float


_DETAIL_COLUMNS = {
    "row": Column("row", "integer"),
    "label": Column("label"),
    "prediction": Column("prediction"),
    "p_label": Column("p(label)", "decimal"),
    "p_prediction": Column("p(prediction)", "decimal"),
    "worst": Column("worst class"),
    "p_worst": Column("p(worst)", "decimal"),
    "worst_loss": Column("its loss", "loss"),
    "loss": Column("loss", "loss"),
}

Detail = RowDetail | MultiLabelDetail


def detail_names(*, multilabel: bool) -> tuple[str, ...]:
    """Return the names of a detail's fields."""
    return tuple(field.name for field in fields(MultiLabelDetail if multilabel else RowDetail))


def details_grid(details: Sequence[Detail], title: str, hidden: int, *, multilabel: bool = False) -> Grid:
    """Return the rows as a table."""
    columns = tuple(_DETAIL_COLUMNS[name] for name in detail_names(multilabel=multilabel))
    return Grid(title, columns, [tuple(vars(detail).values()) for detail in details], hidden)
