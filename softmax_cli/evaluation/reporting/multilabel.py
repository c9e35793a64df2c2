"""`report --multilabel`: from a fold over the rows to the report."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.reporting.figures import chart_bins, histogram
from softmax_cli.evaluation.reporting.multilabel_fold import MultilabelFold
from softmax_cli.evaluation.reporting.multilabel_temperature import tempered
from softmax_cli.evaluation.reporting.settings import ReportSettings
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.pairs import Pair
from softmax_cli.metrics.elements import elements
from softmax_cli.metrics.hits import macro, ratio
from softmax_cli.metrics.intervals import wilson
from softmax_cli.metrics.ranking import Curve
from softmax_cli.metrics.scores import EXACT_ELEMENTS
from softmax_cli.reports.figures import Figure
from softmax_cli.reports.multilabel import (
    AVERAGED,
    MACRO,
    MICRO,
    LabelledRow,
    LabelLine,
    MultilabelReport,
    average_name,
)
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.tempered import Tempered


def refuse_top_k(settings: ReportSettings) -> None:
    """Raise UsageError for a number of likeliest classes."""
    if settings.top_k:
        raise UsageError("--top-k is for one label per row; leave it or --multilabel out")


def multilabel_report(pair: Pair, settings: ReportSettings) -> MultilabelReport:
    """The report of multi-label rows."""
    fold = MultilabelFold(pair, settings)
    run(fold, fold.blocks(), settings.workers, fold.tell)
    fold.overflowing.refuse()
    ranks = _Ranks.of(fold)
    best = tempered(fold)
    lines = _lines(fold, ranks)
    return MultilabelReport(
        signature=_signature(fold),
        rows=fold.counts.rows,
        figures=(*_decisions(fold, lines), *_averages(fold, ranks, lines), *_probabilities(fold), *_at_best(best)),
        labels=lines,
        worst=_worst(fold),
        bins=chart_bins(None if fold.bins is None else fold.bins.together()),
        losses=histogram(fold.in_order.groups()),
        tempered=best,
        base_temperature=settings.temperature,
        undefined=fold.undefined,
        first_undefined=fold.first_undefined,
        infinite=fold.infinite,
        notes=(*pair.notes, *_approximations(fold, ranks), *fold.overflowing.notes()),
        hints=fold.hints.found(),
    )


@dataclass(frozen=True, eq=False)
class _Ranks:
    """The curve of each label and that of all labels pooled; None where a score is undefined."""

    curves: list[Curve | None]
    pooled: Curve | None

    @classmethod
    def of(cls, fold: MultilabelFold) -> "_Ranks":
        return cls(fold.scores.curves(), fold.pooled.curves()[0])

    @property
    def looseness(self) -> tuple[float, float]:
        """How far any average precision, and any ROC AUC, may be off where scores are not all kept."""
        found = [curve.looseness for curve in (*self.curves, self.pooled) if curve is not None]
        precisions, areas = zip(*found, strict=True) if found else ((0.0,), (0.0,))
        return max(precisions), max(areas)


def _signature(fold: MultilabelFold) -> Signature:
    settings = (
        ("dtype", fold.backend.dtype),
        ("temperature", fold.settings.temperature),
        ("bins", len(fold.edges) - 1),
        ("class_axis", fold.pair.class_axis),
        *fold.pair.reading.signature,
    )
    return Signature(backend_signatures([fold.backend]), settings)


def _lines(fold: MultilabelFold, ranks: _Ranks) -> list[LabelLine]:
    counts, labels = fold.counts, range(fold.pair.classes)
    ranked = zip(*(_ranked(curve, fold.settings.temperature) for curve in ranks.curves), strict=True)
    columns = (
        *(hits.tolist() for hits in (counts.supports, counts.predicted, counts.right)),
        *(share.tolist() for share in (counts.precision, counts.recall, counts.f1)),
        *ranked,
        [_error(fold, label) for label in labels],
        ratio(fold.label_losses, np.full(len(labels), counts.rows)).tolist(),
    )
    return [LabelLine(*line) for line in zip(fold.pair.display_names, *columns, strict=True)]


def _ranked(curve: Curve | None, temperature: float) -> tuple[float, float, float, float, float]:
    """Average precision, ROC AUC, the best F1, and its threshold as a probability and as a logit."""
    if curve is None:
        return (math.nan,) * 5
    logit, f1 = curve.best()
    threshold = elements(np.array([[logit / temperature]]), np.array([[True]])).probabilities
    return curve.average_precision, curve.roc_auc, f1, float(threshold[0, 0]), logit


def _error(fold: MultilabelFold, label: int) -> float:
    """The label's calibration error; nan where a probability is."""
    return math.nan if fold.bins is None or fold.scores.undefined[label] else fold.bins.of_label(label).expected_error


def _decisions(fold: MultilabelFold, lines: list[LabelLine]) -> Iterator[Figure]:
    low, high = wilson(fold.counts.exact_rows, fold.counts.rows)
    yield Figure("subset_accuracy", fold.counts.subset_accuracy, low=low, high=high)
    yield Figure("hamming_loss", fold.counts.hamming_loss)
    yield Figure("lowest_f1", float(np.fmin.reduce(_column(lines, "f1"))))


def _averages(fold: MultilabelFold, ranks: _Ranks, lines: list[LabelLine]) -> Iterator[Figure]:
    together, pooled = fold.counts.micro(), ranks.pooled
    micro = {
        "precision": float(together.precision[0]),
        "recall": float(together.recall[0]),
        "f1": float(together.f1[0]),
        "average_precision": math.nan if pooled is None else pooled.average_precision,
        "roc_auc": math.nan if pooled is None else pooled.roc_auc,
    }
    yield from (Figure(average_name(MICRO, figure), micro[figure]) for figure in AVERAGED)
    for figure in AVERAGED:
        # A label whose scores are undefined is not left out: its average is undefined, too.
        spoilt = figure in {"average_precision", "roc_auc"} and fold.undefined
        yield Figure(average_name(MACRO, figure), math.nan if spoilt else macro(_column(lines, figure)))


def _probabilities(fold: MultilabelFold) -> Iterator[Figure]:
    yield Figure("loss", fold.losses.mean, fold.losses.standard_error)
    undefined = fold.bins is None or fold.undefined
    yield Figure("ece", math.nan if undefined or fold.bins is None else fold.bins.together().expected_error)
    errors = [_error(fold, label) for label in range(fold.pair.classes)]
    yield Figure("labelwise_ece", math.fsum(errors) / len(errors) if errors else math.nan)


def _at_best(found: Tempered) -> Iterator[Figure]:
    yield Figure("temperature", found.temperature)
    yield Figure("loss_at_temperature", found.loss)
    yield Figure("ece_at_temperature", found.ece)


def _column(lines: list[LabelLine], name: str) -> NDArray[np.float64]:
    return np.array([getattr(line, name) for line in lines], np.float64)


def _worst(fold: MultilabelFold) -> list[LabelledRow]:
    kept, names = fold.worst.kept, fold.pair.display_names
    if kept is None:
        return []

    def named(labels: NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(names[label] for label in np.flatnonzero(labels).tolist())

    return [
        LabelledRow(row, named(right), named(predicted), int(np.count_nonzero(right != predicted)), loss)
        for row, right, predicted, loss in zip(
            kept.row.tolist(), kept.right, kept.predicted, kept.loss.tolist(), strict=True
        )
    ]


def _approximations(fold: MultilabelFold, ranks: _Ranks) -> Iterator[str]:
    """What is not exact, and by how much it may be off."""
    if not fold.scores.exact:
        precision, area = ranks.looseness
        yield (
            f"average precision, ROC AUC and the best F1 are exact up to {EXACT_ELEMENTS:,} logits; beyond that, as "
            f"here, logits between two of many thresholds count as tied: average precision is at most {precision:.1e} "
            f"off, ROC AUC {area:.1e}, and the best F1 is the best of these thresholds"
        )
