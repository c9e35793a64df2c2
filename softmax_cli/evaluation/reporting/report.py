"""`report`: from files or arrays to how good a model's predictions and probabilities are."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from softmax_cli.evaluation.log_probabilities import label_log_probabilities
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.reporting.best_temperature import tempered
from softmax_cli.evaluation.reporting.figures import (
    calibration_figures,
    chart_bins,
    histogram,
    prediction_figures,
    probability_figures,
    temperature_figures,
)
from softmax_cli.evaluation.reporting.fold import ReportFold
from softmax_cli.evaluation.reporting.multilabel import multilabel_report, refuse_top_k
from softmax_cli.evaluation.reporting.settings import ReportSettings
from softmax_cli.evaluation.settings import split_options
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.opening import as_sources, with_arrays
from softmax_cli.inputs.pairs import Pair, open_pair
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES
from softmax_cli.metrics.calibration import equal_masses
from softmax_cli.metrics.classwise import ClassBins
from softmax_cli.metrics.order import EXACT_UP_TO, RESOLUTION
from softmax_cli.readers.pieces import holds_arrays
from softmax_cli.reports.grid import count
from softmax_cli.reports.likelihood import LikelihoodReport
from softmax_cli.reports.model import GROUPED, ClassLine, ConfusedPair, ModelReport
from softmax_cli.reports.multilabel import MultilabelReport
from softmax_cli.reports.signature import Signature

_CONFUSED = 10


@np.errstate(all="ignore")  # what is not finite is counted and explained
def report(logits: Any, labels: Any = None, **options: Any) -> ModelReport | MultilabelReport | LikelihoodReport:
    """How good a model is, from its logits x (N, C) and labels y (N,), with p = softmax(x / T).

    Accuracy and top-k with Wilson intervals; the cross-entropy with its standard error; the Brier score and its parts;
    calibration (ECE, MCE, class by class) and the temperature that minimises the loss; recall, precision and loss
    class by class; the most confused pairs of classes, and the rows with the largest losses.

    With ``multilabel=True`` the labels are t (N, C) of 0 and 1, and p = sigmoid(x / T): precision, recall, F1, average
    precision, ROC AUC, the best threshold, calibration and loss per label, with micro and macro averages; subset
    accuracy and Hamming loss. See :class:`softmax_cli.reports.multilabel.MultilabelReport`.

    With ``values="label-log-probabilities"`` each row is the log-probability of what occurred, and there are no labels:
    the loss, the perplexity and the worst rows. See :class:`softmax_cli.reports.likelihood.LikelihoodReport`.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes.
        labels: likewise: class indices, class names or one-hot rows. May be left out where ``label_column`` names
            a column of the logits' file.
        **options: the attributes of :class:`softmax_cli.evaluation.reporting.settings.ReportSettings`, and of
            :class:`softmax_cli.inputs.reading.Reading`.

    Raises:
        UsageError: what is asked for does not exist or is out of range.
        InputError: a file or an array does not hold what it should.

    >>> found = report([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1]).quantities()
    >>> round(found["accuracy"], 4), round(found["loss"], 4)
    (0.6667, 0.5584)
    """
    settings, reading = split_options(options, ReportSettings)
    logits, labels = as_sources(logits, labels)
    logits, labels, reading = with_arrays(logits, labels, reading)
    if reading.values == LABEL_LOG_PROBABILITIES:
        return label_log_probabilities(logits, labels, settings, reading)
    if reading.multilabel:
        refuse_top_k(settings)
        return multilabel_report(open_pair(logits, labels, reading, settings.ignore_index), settings)
    pair = open_pair(logits, labels, reading, settings.ignore_index)
    groups = units = None
    if settings.by is not None:
        from softmax_cli.evaluation.grouping import group_fold

        groups = group_fold(settings.by, labels, logits, pair, reading, GROUPED)
    if settings.units is not None:
        from softmax_cli.inputs.units import open_units

        units = open_units(settings.units, labels, logits, pair, reading)
    fold = ReportFold(pair, settings, groups, units)
    run(fold, fold.blocks(), settings.workers, fold.tell)
    fold.overflowing.refuse()
    found = report_of(fold)
    if settings.keep:
        from softmax_cli.evaluation.keeping import keep

        listed = [detail.row for detail in found.worst]
        found = replace(found, kept=keep(settings.keep, labels, logits, pair, reading, listed))
    if reading.arrays and holds_arrays(logits):
        from softmax_cli.evaluation.reporting.harness import with_scores  # few files have any

        return with_scores(found, logits, labels, reading)
    return found


def report_of(fold: ReportFold) -> ModelReport:
    """Everything that a fold found, and the best temperature, for which the rows are read again."""
    pair = fold.pair
    by_mass = equal_masses(fold.confidences, len(fold.edges) - 1)
    by_class = fold.classwise.sums(fold.per_class.supports)
    best = tempered(fold)
    groups = None if fold.groups is None else fold.groups.found()
    units = None if fold.units is None else fold.units.total(None if groups is None else len(groups.every))
    return ModelReport(
        signature=_signature(fold),
        rows=fold.rows,
        counted=fold.losses.count,
        class_names=pair.display_names,
        figures=(
            *prediction_figures(fold),
            *probability_figures(fold, by_class, units),
            *calibration_figures(fold, by_mass, by_class),
            *temperature_figures(best),
        ),
        classes=_classes(fold, by_class),
        confused=_confused(fold),
        worst=fold.worst.details(pair.display_names, fold.spelled),
        equal_width=chart_bins(fold.bins),
        equal_mass=chart_bins(by_mass),
        losses=histogram(fold.in_order.groups()),
        tempered=best,
        base_temperature=fold.settings.temperature,
        undefined=fold.undefined,
        first_undefined=fold.first_undefined,
        infinite=fold.infinite,
        notes=(*pair.notes, *_one_hot(pair), *_approximations(fold), *fold.overflowing.notes()),
        hints=fold.hints.found(),
        groups=groups,
    )


def _signature(fold: ReportFold) -> Signature:
    settings = (
        ("dtype", fold.backend.dtype),
        ("ignore_index", fold.settings.ignore_index),
        ("temperature", fold.settings.temperature),
        ("bins", len(fold.edges) - 1),
        ("class_axis", fold.pair.class_axis),
        *fold.pair.reading.signature,
        *((("by", fold.groups.name),) if fold.groups is not None else ()),
        *((("units", fold.units.name),) if fold.units is not None else ()),
    )
    return Signature(backend_signatures([fold.backend]), settings)


def _classes(fold: ReportFold, by_class: ClassBins) -> list[ClassLine]:
    found = fold.per_class
    columns = (found.supports, found.predicted, found.right, found.recall, found.precision, found.f1, found.mean_loss)
    values = (column.tolist() for column in (*columns, by_class.errors))
    return [ClassLine(*line) for line in zip(fold.pair.display_names, *values, strict=True)]


def _confused(fold: ReportFold) -> list[ConfusedPair]:
    names, supports = fold.pair.display_names, fold.per_class.supports
    return [
        ConfusedPair(names[pair.label], names[pair.predicted], pair.rows, pair.rows / int(supports[pair.label]))
        for pair in fold.confusions.most(_CONFUSED)
    ]


def _one_hot(pair: Pair) -> Iterator[str]:
    """What was made of labels that are rows."""
    if pair.by_probabilities:
        yield "the labels are one-hot rows: each is read as the class that has the 1"


def _approximations(fold: ReportFold) -> Iterator[str]:
    """What is not exact, and by how much it may be off."""
    if not fold.confidences.exact:
        yield (
            f"bins of equal mass and the quantiles of the losses are exact up to {EXACT_UP_TO:,} rows; beyond that, as "
            f"here, values that differ by less than {RESOLUTION:.1%} are not told apart"
        )
    if fold.confusions.missing:
        yield f"the counts of confused pairs may be too low, by at most {count(fold.confusions.missing, 'row')} each"
