"""What `report` found: how good a model's predictions and probabilities are."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from softmax_cli.reports.charts import Bars, Bin, Chart, Histogram, Reliability
from softmax_cli.reports.display import Displayed
from softmax_cli.reports.figures import Figure, figure_records, figures_grid
from softmax_cli.reports.grid import Column, Grid, Records, all_ignored, count
from softmax_cli.reports.groups import GroupedFigures, figure_names
from softmax_cli.reports.kept import Kept, row_entries
from softmax_cli.reports.ledger import LEDGER_ENTRIES, OF_UNITS
from softmax_cli.reports.rows import RowDetail, details_grid
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.tempered import Tempered, temperature_grid

SHOWN_CLASSES = 10
SHOWN_PAIRS = 5
CHART_CLASSES = 20
_ALL_IN_TSV = "--format tsv has them all"

PREDICTIONS = {
    "accuracy": "the label is the likeliest class",
    "balanced_accuracy": "mean recall of the classes",
    "lowest_recall": "of the class recognised least",
    "macro_f1": "mean F1 of the classes",
}
PROBABILITIES = {
    "loss": "mean cross-entropy, in nats",
    "perplexity": "exp(loss)",
    "bits": "loss / ln 2",
    **{name: LEDGER_ENTRIES[name] for name in OF_UNITS},
    "brier": "mean of sum_c (p_c - [c = y])^2",
    "brier_reliability": "= distance from calibration",
    "brier_resolution": "- how far the rows are told apart",
    "brier_uncertainty": "+ that of the labels' frequencies",
    "brier_within_bins": "+ what lies within the bins",
}
CALIBRATION = {
    "confidence": "mean probability of the likeliest class",
    "ece": "expected error: mean |accuracy - confidence| of bins",
    "ece_equal_mass": "... in bins of as many rows each",
    "mce": "maximum error: that of the worst bin",
    "mce_equal_mass": "... in bins of as many rows each",
    "classwise_ece": "the same for every class's probability, on average",
}
HARNESS = {
    "acc": "by log-likelihood",
    "acc_norm": "... per character of the choice",
    "acc_bytes": "... per byte of the choice",
}
SHARES = frozenset({*PREDICTIONS, *CALIBRATION, *HARNESS, "ece_at_temperature"})
"""The figures that are from 0 to 1; those of the k likeliest classes are too."""
TEMPERATURE = ("temperature", "loss_at_temperature", "perplexity_at_temperature", "ece_at_temperature")
GROUPED = ("loss", "accuracy")
"""The quantities of each group of rows."""

COUNTS = ("rows", "counted", "ignored")
_TOP = "top_"


def top_name(k: int) -> str:
    """What the share of rows is called whose label is among the k likeliest classes."""
    return "accuracy" if k == 1 else f"{_TOP}{k}"


def quantity_names(top_k: Iterable[int]) -> tuple[str, ...]:
    """Every name that `quantities` may have, for these k."""
    tops = (top_name(k) for k in top_k)
    of_all = (*PREDICTIONS, *tops, *PROBABILITIES, *CALIBRATION, *TEMPERATURE, *COUNTS, *HARNESS)
    return tuple(dict.fromkeys((*of_all, *figure_names(GROUPED))))


def share_names(top_k: Iterable[int]) -> frozenset[str]:
    """The names of `quantity_names` whose figures are from 0 to 1."""
    return SHARES.union(map(top_name, top_k))


@dataclass(frozen=True)
class ClassLine:
    """One class: its rows, those taken for it, and those that are both; what follows is nan where there is none.

    ``calibration_error`` is its part of the class-wise ECE, which is the mean of the classes'.
    """

    name: str
    support: int
    predicted: int
    right: int
    recall: float
    precision: float
    f1: float
    mean_loss: float
    calibration_error: float


@dataclass(frozen=True)
class ConfusedPair:
    """So many rows of the class ``label`` are taken for ``predicted``, which is ``share`` of the label's rows."""

    label: str
    predicted: str
    rows: int
    share: float


@dataclass(frozen=True, eq=False)
class ModelReport(Displayed):
    """The figures in the order of a table; ``classes`` in their own order, the pairs and rows the worst first.

    ``undefined`` counts the rows without a softmax, of which the first is ``first_undefined``, and ``infinite`` those
    whose loss is infinite.
    """

    signature: Signature
    rows: int
    counted: int
    class_names: tuple[str, ...]
    figures: tuple[Figure, ...]
    classes: Sequence[ClassLine]
    confused: Sequence[ConfusedPair]
    worst: Sequence[RowDetail]
    equal_width: Sequence[Bin]
    equal_mass: Sequence[Bin]
    losses: Histogram
    tempered: Tempered
    base_temperature: float = 1.0
    undefined: int = 0
    first_undefined: int | None = None
    infinite: int = 0
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    groups: GroupedFigures | None = None
    kept: Kept | None = None

    @property
    def nothing(self) -> str:
        """Why there is nothing to report on, in words; empty where there is something."""
        return "" if self.counted else all_ignored(self.rows)

    def quantities(self) -> Mapping[str, float]:
        """Each figure by its name, and how many rows there are, count, and are ignored."""
        counts = {"rows": self.rows, "counted": self.counted, "ignored": self.rows - self.counted}
        of_groups = () if self.groups is None else self.groups.figures()
        return {**{figure.quantity: figure.value for figure in (*self.figures, *of_groups)}, **counts}

    def grids(self) -> Iterator[Grid]:
        """What the predictions are worth, then the probabilities, then classes, pairs and rows, the worst first."""
        size = f"{count(self.counted, 'row')} of {count(len(self.class_names), 'class', 'classes')}"
        bins = count(len(self.equal_width), "bin")
        yield figures_grid(f"predictions, {size}", self.figures, {**self._tops(), **PREDICTIONS})
        if any(figure.quantity in HARNESS for figure in self.figures):
            yield figures_grid("choices, as lm-eval counts them", self.figures, HARNESS)
        yield figures_grid("probabilities", self.figures, PROBABILITIES)
        yield figures_grid(f"calibration, {bins} of confidence", self.figures, CALIBRATION)
        if not self.tempered.why:
            yield temperature_grid("softmax(x / T)", self.tempered, self.base_temperature, self.quantities())
        if self.groups is not None:
            yield self.groups.grid()
        yield self._classes_grid()
        if self.confused:
            rows = [(pair.label, pair.predicted, pair.rows, pair.share) for pair in self.confused[:SHOWN_PAIRS]]
            columns = (
                Column("label"),
                Column("taken for"),
                Column("rows", "integer"),
                Column("of the label's", "decimal"),
            )
            yield Grid("classes confused most often", columns, rows)
        if self.worst:
            yield details_grid(self.worst, "rows with the largest losses", 0)
            if self.kept is not None:
                yield self.kept.grid([detail.row for detail in self.worst])

    def _tops(self) -> dict[str, str]:
        """What each top-k accuracy is, by its name."""
        names = [figure.quantity for figure in self.figures if figure.quantity.startswith(_TOP)]
        return {name: f"... among the {name.removeprefix(_TOP)} likeliest" for name in names}

    def _classes_grid(self) -> Grid:
        shown = self._worst_classes(SHOWN_CLASSES)
        whole = count(len(self.classes), "class", "classes")
        title = f"{whole}, the lowest recall first"
        if len(shown) < len(self.classes):
            title = f"the {len(shown)} of {whole} with the lowest recall ({_ALL_IN_TSV})"
        columns = (
            Column("class"),
            Column("rows", "integer"),
            Column("recall", "decimal"),
            Column("precision", "decimal"),
            Column("F1", "decimal"),
            Column("mean loss", "decimal"),
        )
        return Grid(title, columns, [_class_cells(line) for line in shown])

    def _worst_classes(self, number: int) -> list[ClassLine]:
        """Those with the lowest recall, of equals the one with more rows; those without rows last."""
        return sorted(self.classes, key=lambda line: (not line.support, line.recall, -line.support))[:number]

    def charts(self) -> Iterator[Chart]:
        """The reliability diagram, the rows' losses, and the classes' recall."""
        if not self.counted:
            return
        bins = count(len(self.equal_width), "bin")
        yield Reliability(f"accuracy over confidence, {bins} of equal width", self.equal_width)
        yield self.losses
        shown = [line for line in self._worst_classes(CHART_CLASSES) if line.support]
        left = len(self.classes) - len(shown)
        yield Bars(
            "recall of each class, the lowest first",
            "recall",
            [line.name for line in shown],
            [line.recall for line in shown],
            legend=f"{count(left, 'class', 'classes')} not shown" if left else "",
        )

    def remarks(self) -> tuple[str, ...]:
        """Which way the confidence is off, and why there is no best temperature."""
        remarks = [self._confidence_remark()] if self.counted and not self.undefined else []
        if self.tempered.why:
            remarks.append(self.tempered.remark())
        if self.groups is not None:
            remarks.append(self.groups.remark(self.quantities()))
        without = sum(not line.support for line in self.classes)
        if without and self.counted:
            remarks.append(f"{count(without, 'class has', 'classes have')} no row.")
        return tuple(remarks)

    def _confidence_remark(self) -> str:
        accuracy = next(figure for figure in self.figures if figure.quantity == top_name(1))
        confidence = self.quantities()["confidence"]
        if float(accuracy.low) <= confidence <= float(accuracy.high):
            return f"The mean confidence, {confidence:.4f}, lies within the accuracy's interval."
        which = "over" if confidence > accuracy.value else "under"
        return f"On average {which}confident: confidence {confidence:.4f}, accuracy {accuracy.value:.4f}."

    def warnings(self) -> tuple[str, ...]:
        """Rows that have no softmax, or an infinite loss, and what that does to the figures."""
        found: list[str] = []
        if self.nothing:
            found.append(f"{self.nothing.capitalize()}.")
        if self.undefined:
            rows = count(self.undefined, "row has", "rows have")
            found.append(
                f"{rows} no softmax (nan or +inf among the logits, or nothing but -inf), first row "
                f"{self.first_undefined}: counted as wrong, and without a loss or a confidence."
            )
        if self.infinite:
            rows = count(self.infinite, "row has", "rows have")
            found.append(f"{rows} an infinite loss: the label's probability is 0.")
        return tuple(found)

    def records(self) -> Records:
        """A figure a line: those of the whole, of each class, pair and bin, and the losses of the worst rows."""
        lines = chain(self.figures, self._counts(), self._of_classes(), self._of_bins(), self._of_rows())
        return figure_records(lines, self.signature_line(), None if self.groups is None else self.groups.records())

    def _counts(self) -> Iterator[Figure]:
        found = self.quantities()
        return (Figure(name, found[name]) for name in COUNTS)

    def _of_classes(self) -> Iterator[Figure]:
        for line in self.classes:
            for name in _CLASS_FIGURES:
                yield Figure(name, getattr(line, name), class_name=line.name)
        for pair in self.confused:
            yield Figure("confused", pair.rows, class_name=f"{pair.label}:{pair.predicted}")

    def _of_bins(self) -> Iterator[Figure]:
        for kind, bins in (("", self.equal_width), ("_equal_mass", self.equal_mass)):
            for each in bins:
                for name in ("rows", "confidence", "accuracy"):
                    yield Figure(f"bin_{name}{kind}", getattr(each, name), low=each.lower, high=each.upper)

    def _of_rows(self) -> Iterator[Figure]:
        return (Figure("row_loss", detail.loss, row=detail.row, class_name=detail.label) for detail in self.worst)

    def as_dict(self) -> dict[str, Any]:
        """Everything, under the names of the records."""
        return {
            "signature": self.signature.as_dict(),
            "rows": self.rows,
            "counted": self.counted,
            "ignored": self.rows - self.counted,
            "figures": {figure.quantity: figure.as_dict() for figure in self.figures},
            "classes": [vars(line) for line in self.classes],
            "confused": [vars(pair) for pair in self.confused],
            "worst": row_entries(self.worst, self.kept),
            "bins": [vars(each) for each in self.equal_width],
            "bins_equal_mass": [vars(each) for each in self.equal_mass],
            "row_losses": {"edges": self.losses.edges, "counts": self.losses.counts},
            "temperature": vars(self.tempered),
            **({} if self.groups is None else {"groups": self.groups.as_dict()}),
            "warnings": self.warnings(),
            "notes": self.notes,
            "hints": self.hints,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()


_CLASS_FIGURES = tuple(field.name for field in fields(ClassLine) if field.name != "name")


def _class_cells(line: ClassLine) -> tuple[Any, ...]:
    """A class as a table has it: blank where there is nothing to divide by."""
    shares = ("" if math.isnan(share) else share for share in (line.recall, line.precision, line.f1))
    return line.name, line.support, *shares, line.mean_loss if line.support else ""
