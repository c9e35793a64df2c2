"""What may be wrong with how often each class is a label."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.classes import enough_rows
from softmax_cli.checks.labels import NO_CLASSES
from softmax_cli.checks.statistics import LabelStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, classes_text, percent
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import all_ignored, count

_MANY_ROWS = 20
_UNEVEN = 0.5  # of the entropy of classes of equal size


def all_rows_ignored(statistics: Statistics) -> Symptom | None:
    """Every row's label is the --ignore-index: `loss` has nothing to compute, and refuses it."""
    labels = statistics.labels
    if labels is None or not labels.ignored or labels.ignored.count != min(statistics.rows, labels.given):
        return None
    return Symptom(
        all_ignored(labels.ignored.count),
        ("each of them is the --ignore-index",),
        labels.ignored,
        "labels",
        remedy=NO_CLASSES,
    )


def absent_classes(statistics: Statistics) -> Symptom | None:
    """A class that never occurs, in rows enough for C classes of equal size to occur (but for a chance of 1e-6)."""
    labels = _counted_labels(statistics)
    if labels is None or not enough_rows(statistics):
        return None
    absent = np.flatnonzero(labels.counts == 0).tolist()
    if not absent:
        return None
    return Symptom(
        f"{classes_text(statistics, absent)}: never a label",
        (f"of {labels.counted:,} labels; {labels.counted / statistics.classes:.0f} each, if all were as frequent",),
        Places(),
        "labels",
        effects=(Effect("classes that occur", number=statistics.classes - len(absent)),),
        remedy="nothing to mend where the data has none; else a class is lost, or called something else",
    )


def imbalance(statistics: Statistics) -> Symptom | None:
    """The labels' entropy is below half of that of classes of equal size, ln C."""
    labels = _counted_labels(statistics)
    if labels is None or not enough_rows(statistics):
        return None
    even = math.log(statistics.classes)
    if labels.entropy >= _UNEVEN * even or np.count_nonzero(labels.counts) < 2:
        return None
    most = int(labels.counts.argmax())
    return Symptom(
        f"the classes are uneven: {percent(float(labels.shares[most]))} of the labels are "
        f"{statistics.class_text(most)}",
        (f"their entropy is {labels.entropy:.3g} nats, that of even classes ln C = {even:.3g}",),
        Places(),
        "labels",
        effects=(
            *as_given(statistics),
            Effect("of knowing these shares alone", labels.entropy, float(labels.shares[most])),
        ),
        remedy="hold the loss and the accuracy against those, not against ln C and 1 / C",
    )


def single_class(statistics: Statistics) -> Symptom | None:
    """All of 20 labels or more are the same class, and not a tenth of the maxima are."""
    labels, loss = _counted_labels(statistics), statistics.loss
    if labels is None or loss is None or labels.counted < _MANY_ROWS:
        return None
    (only, *more) = np.flatnonzero(labels.counts).tolist()
    if more or 10 * loss.hits >= loss.counted:
        return None
    return Symptom(
        f"every label is {statistics.class_text(only)}",
        (f"{labels.counted:,} labels; the maximum is that class in {count(loss.hits, 'row')}",),
        all_rows(statistics),
        "labels",
        effects=as_given(statistics),
        remedy="another column than the labels', or labels that were never filled in?",
    )


def _counted_labels(statistics: Statistics) -> LabelStatistics | None:
    """The labels where there are some, of several classes, and each is one: a probability of 0.4 is no count."""
    labels = statistics.labels
    if labels is None or statistics.classes < 2 or not labels.counted or not labels.certain:
        return None
    return labels


CHECKS = (
    Check("Y210", "all-ignored", "error", "labels none of which counts", all_rows_ignored, needs_labels=True),
    Check("Y211", "absent-classes", "note", "classes that are never a label", absent_classes, needs_labels=True),
    Check("Y212", "imbalance", "note", "classes of very different size", imbalance, needs_labels=True),
    Check(
        "Y213",
        "single-class",
        "warning",
        "the same label throughout",
        single_class,
        needs_labels=True,
        hides=("Y211", "Y22", "X131", "X132", "L4"),
    ),
)
