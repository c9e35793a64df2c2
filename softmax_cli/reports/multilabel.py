"""What `report --multilabel` found: how good the decisions and the probabilities of each label are."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from softmax_cli.reports.charts import Bars, Bin, Chart, Histogram, Reliability
from softmax_cli.reports.display import Displayed
from softmax_cli.reports.figures import Figure, figure_records, figures_grid
from softmax_cli.reports.grid import ALL_IN_TSV, Column, Grid, Records, count
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.tempered import Tempered, temperature_grid

SHOWN_LABELS = 10
CHART_LABELS = 20
_SHOWN_NAMES = 3
NOTHING = "-"
"""Stands in a table where there is nothing to divide by, and for the labels of a row that has none."""

DECISIONS = {
    "subset_accuracy": "rows whose labels are all right",
    "hamming_loss": "share of all labels that are wrong",
    "lowest_f1": "F1 of the label recognised least",
}
PROBABILITIES = {
    "loss": "mean binary cross-entropy, in nats",
    "ece": "calibration error of all labels together",
    "labelwise_ece": "calibration error per label, averaged",
}
AVERAGED = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
}
"""The figures of each label that are averaged, and how they are headed."""

MICRO, MACRO = "micro", "macro"
TEMPERATURE = ("temperature", "loss_at_temperature", "ece_at_temperature")
COUNTS = ("rows", "labels", "positives")


def average_name(kind: str, figure: str) -> str:
    """The name of an average: micro_f1, macro_roc_auc."""
    return f"{kind}_{figure}"


def quantity_names() -> tuple[str, ...]:
    """Every name that `quantities` has."""
    averages = (average_name(kind, figure) for kind in (MICRO, MACRO) for figure in AVERAGED)
    return (*DECISIONS, *averages, *PROBABILITIES, *TEMPERATURE, *COUNTS)


def share_names() -> frozenset[str]:
    """The names of `quantity_names` whose figures are from 0 to 1."""
    averages = (average_name(kind, figure) for kind in (MICRO, MACRO) for figure in AVERAGED)
    return frozenset({*DECISIONS, *averages, "ece", "labelwise_ece", "ece_at_temperature"})


@dataclass(frozen=True)
class LabelLine:
    """One label: the rows that have it, those it is predicted for, and both; a figure is nan where it is undefined.

    ``best_f1`` is the largest F1 that any threshold gives: p >= ``best_threshold``, which is x >= ``best_logit``; of
    equal ones the highest threshold.
    """

    name: str
    support: int
    predicted: int
    right: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    roc_auc: float
    best_f1: float
    best_threshold: float
    best_logit: float
    calibration_error: float
    mean_loss: float


@dataclass(frozen=True)
class LabelledRow:
    """A row: its labels and those predicted, how many are wrong, and the mean loss of its labels in nats."""

    row: int
    labels: tuple[str, ...]
    predicted: tuple[str, ...]
    wrong: int
    loss: float


@dataclass(frozen=True, eq=False)
class MultilabelReport(Displayed):
    """The figures in the order of a table; ``labels`` in their own order, the rows with the largest loss first.

    ``undefined`` counts the logits that are nan, of which the first is in the row ``first_undefined``, and
    ``infinite`` the labels whose loss is infinite.
    """

    signature: Signature
    rows: int
    figures: tuple[Figure, ...]
    labels: Sequence[LabelLine]
    worst: Sequence[LabelledRow]
    bins: Sequence[Bin]
    losses: Histogram
    tempered: Tempered
    base_temperature: float = 1.0
    undefined: int = 0
    first_undefined: int | None = None
    infinite: int = 0
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def nothing(self) -> str:
        """Why there is nothing to report on, in words; empty where there is something."""
        return "" if self.rows else "there are no rows"

    def quantities(self) -> Mapping[str, float]:
        """Each figure by its name, and how many rows and labels there are."""
        positives = sum(line.support for line in self.labels)
        counts = {"rows": self.rows, "labels": len(self.labels), "positives": positives}
        return {**{figure.quantity: figure.value for figure in self.figures}, **counts}

    def over(self, figure: str) -> int:
        """How many labels the macro average of a figure is over: those for which it is defined."""
        return sum(not math.isnan(getattr(line, figure)) for line in self.labels)

    def grids(self) -> Iterator[Grid]:
        """Return what the decisions are worth, their averages, the probabilities, then labels and rows."""
        size = f"{count(self.rows, 'row')} of {count(len(self.labels), 'label')}"
        yield figures_grid(f"decisions at p >= 0.5, {size}", self.figures, DECISIONS)
        yield self._averages_grid()
        yield figures_grid(
            f"probabilities, {count(len(self.bins), 'bin')} for calibration", self.figures, PROBABILITIES
        )
        if not self.tempered.why:
            yield temperature_grid("sigmoid(x / T)", self.tempered, self.base_temperature, self.quantities())
        yield from self._labels_grids()
        if self.worst:
            yield self._worst_grid()

    def _averages_grid(self) -> Grid:
        now = self.quantities()
        columns = (Column("average"), *(Column(name, "decimal") for name in AVERAGED.values()))
        rows: list[tuple[Any, ...]] = [
            (kind, *(_defined(now[average_name(kind, figure)]) for figure in AVERAGED)) for kind in (MICRO, MACRO)
        ]
        rows.append(("labels in macro", *(self.over(figure) for figure in AVERAGED)))
        legend = "micro: all labels counted together; macro: the mean over the labels for which it is defined"
        return Grid("averages over the labels", columns, rows, legend=legend)

    def _labels_grids(self) -> Iterator[Grid]:
        shown, whole = self._lowest(SHOWN_LABELS), count(len(self.labels), "label")
        title = f"{whole}, the lowest F1 first"
        if len(shown) < len(self.labels):
            title = f"the {len(shown)} of {whole} with the lowest F1 ({ALL_IN_TSV})"
        shares = ("precision", "recall", "f1", "mean_loss")
        columns = (
            Column("label"),
            Column("rows", "integer"),
            Column("predicted", "integer"),
            *(Column(name, "decimal") for name in ("precision", "recall", "F1", "mean loss")),
        )
        rows = [(line.name, line.support, line.predicted, *_cells(line, shares)) for line in shown]
        yield Grid(f"{title}: decisions at p >= 0.5", columns, rows)
        ranked = ("average_precision", "roc_auc", "best_f1", "best_threshold", "calibration_error")
        names = ("average precision", "ROC AUC", "best F1", "at p >=", "ECE")
        columns = (Column("label"), *(Column(name, "decimal") for name in names))
        legend = "best F1: the largest that any threshold gives; of equal ones the highest threshold"
        yield Grid(
            "the same labels: ranking and calibration",
            columns,
            [(line.name, *_cells(line, ranked)) for line in shown],
            legend=legend,
        )

    def _worst_grid(self) -> Grid:
        columns = (
            Column("row", "integer"),
            Column("labels"),
            Column("predicted"),
            Column("wrong", "integer"),
            Column("mean loss", "loss"),
        )
        rows = [(each.row, _few(each.labels), _few(each.predicted), each.wrong, each.loss) for each in self.worst]
        return Grid("rows with the largest losses", columns, rows)

    def _lowest(self, number: int) -> list[LabelLine]:
        """The labels with the lowest F1, of equals the one with more rows; those without an F1 last."""
        key = lambda line: (math.isnan(line.f1), 0.0 if math.isnan(line.f1) else line.f1, -line.support)  # noqa: E731
        return sorted(self.labels, key=key)[:number]

    def charts(self) -> Iterator[Chart]:
        """The reliability diagram of all labels together, the rows' losses, and the labels' F1."""
        if not self.rows:
            return
        bins = count(len(self.bins), "bin")
        yield Reliability(
            f"share of positives over probability, all labels, {bins} of equal width",
            self.bins,
            legend="confidence: mean probability; accuracy: share of positives",
        )
        yield self.losses
        shown = [line for line in self._lowest(CHART_LABELS) if not math.isnan(line.f1)]
        left = len(self.labels) - len(shown)
        yield Bars(
            "F1 of each label, the lowest first",
            "F1",
            [line.name for line in shown],
            [line.f1 for line in shown],
            legend=f"{count(left, 'label')} not shown" if left else "",
        )

    def remarks(self) -> tuple[str, ...]:
        """Return why there is no best temperature, and which labels have figures that are undefined."""
        remarks = [self.tempered.remark()] if self.tempered.why else []
        if not self.rows:
            return tuple(remarks)
        undefined = "recall, average precision and ROC AUC are"
        for kind, rows, figures in (("positive", 0, undefined), ("negative", self.rows, "ROC AUC is")):
            names = tuple(line.name for line in self.labels if line.support == rows)
            if names:
                labels = count(len(names), "label has", "labels have")
                remarks.append(f"{labels} no {kind} row ({_few(names)}); there {figures} undefined.")
        return tuple(remarks)

    def warnings(self) -> tuple[str, ...]:
        """Return what is wrong with logits, and what it does to the figures."""
        found: list[str] = []
        if self.nothing:
            found.append(f"{self.nothing.capitalize()}.")
        if self.undefined:
            logits = count(self.undefined, "logit is", "logits are")
            found.append(
                f"{logits} nan, first in row {self.first_undefined}: counted as wrong decisions, and without a loss, "
                "a probability or a rank."
            )
        if self.infinite:
            labels = count(self.infinite, "label has", "labels have")
            found.append(f"{labels} an infinite loss: the probability of what is right is 0.")
        return tuple(found)

    def records(self) -> Records:
        """A figure a line: those of the whole, of each label and bin, and the losses of the worst rows."""
        lines = chain(self.figures, self._counts(), self._of_labels(), self._of_bins(), self._of_rows())
        return figure_records(lines, self.signature_line())

    def _counts(self) -> Iterator[Figure]:
        found = self.quantities()
        yield from (Figure(name, found[name]) for name in COUNTS)
        yield from (Figure(f"labels_in_{average_name(MACRO, figure)}", self.over(figure)) for figure in AVERAGED)

    def _of_labels(self) -> Iterator[Figure]:
        for line in self.labels:
            for name in _LABEL_FIGURES:
                yield Figure(name, getattr(line, name), class_name=line.name)

    def _of_bins(self) -> Iterator[Figure]:
        for each in self.bins:
            for name in ("rows", "confidence", "accuracy"):
                yield Figure(f"bin_{name}", getattr(each, name), low=each.lower, high=each.upper)

    def _of_rows(self) -> Iterator[Figure]:
        return (Figure("row_loss", each.loss, row=each.row, class_name="+".join(each.labels)) for each in self.worst)

    def as_dict(self) -> dict[str, Any]:
        """Everything, under the names of the records."""
        return {
            "signature": self.signature.as_dict(),
            **{name: self.quantities()[name] for name in ("rows", "positives")},
            "figures": {figure.quantity: figure.as_dict() for figure in self.figures},
            "labels_in_macro": {figure: self.over(figure) for figure in AVERAGED},
            "labels": [vars(line) for line in self.labels],
            "worst": [vars(each) for each in self.worst],
            "bins": [vars(each) for each in self.bins],
            "row_losses": {"edges": self.losses.edges, "counts": self.losses.counts},
            "temperature": {name: value for name, value in vars(self.tempered).items() if name != "perplexity"},
            "warnings": self.warnings(),
            "notes": self.notes,
            "hints": self.hints,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()


_LABEL_FIGURES = tuple(field.name for field in fields(LabelLine) if field.name != "name")


def _defined(value: float) -> float | str:
    return NOTHING if math.isnan(value) else value


def _cells(line: LabelLine, names: tuple[str, ...]) -> list[float | str]:
    return [_defined(getattr(line, name)) for name in names]


def _few(names: tuple[str, ...]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more or NOTHING
