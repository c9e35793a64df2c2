"""What labels may be instead of a class number each: signs, one-hot rows or a column of them, or no probabilities."""

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.remedies import NO_OPTIONS, Options
from softmax_cli.checks.statistics import LabelStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, rows_text, trials
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail

_MULTILABEL = {"multilabel": True}


def signed(statistics: Statistics) -> Symptom | None:
    """Of two classes, with the labels -1 and 1 and no 0: those of a support vector machine."""
    labels = statistics.labels
    if labels is None or statistics.classes != 2 or set(labels.outside_values) != {-1} or labels.base != 0:
        return None
    if labels.counts[0] or not labels.counts[1]:
        return None
    return Symptom(
        "the labels are -1 and 1, not 0 and 1",
        (f"-1 stands in {rows_text(labels.outside)}, 1 in all others",),
        labels.outside,
        "labels",
        effects=(
            *as_given(statistics),
            Trial("with -1 as 0", labels=lambda numbers: np.where(numbers == -1, 0, numbers)),
        ),
        remedy="export them as 0 and 1: no option maps one number to another",
    )


def flat_one_hot(statistics: Statistics) -> Symptom | None:
    """As many labels as rows times classes, each C of which are a single 1 among zeros: for certain."""
    labels = statistics.labels
    if labels is None or labels.flat is None or len(labels.flat) != statistics.rows or statistics.classes < 2:
        return None
    text = f"{labels.given:,} labels, {statistics.rows:,} rows times {statistics.classes} classes"
    return Symptom(
        "the labels are one-hot rows, written value after value as if each were an index",
        (f"{text}; each {statistics.classes} of them are a single 1 among zeros",),
        all_rows(statistics),
        "labels",
        effects=(Trial("as one-hot rows", instead=labels.flat),),
        remedy=f"export them in the logits' shape, {statistics.rows}x{statistics.classes}, or one class per row",
    )


def one_hot_column(statistics: Statistics) -> Symptom | None:
    """Of three classes or more only 0 and 1 occur, and 1 means "is class k": one column of one-hot labels.

    In half of the rows with label 1 or more the maximum is k, in a tenth of those with label 0 or less, and less than
    half of these have class 0 as theirs. That as many rows have it by luck is less likely than 1e-6.
    """
    labels, loss = statistics.labels, statistics.loss
    if labels is None or loss is None or loss.pairs is None or statistics.classes < 3 or labels.kind != "indices":
        return None
    ones, zeros = int(labels.counts[1]), int(labels.counts[0])
    if not ones or not zeros or ones + zeros != labels.counted or labels.outside:
        return None
    of_zero, of_one = loss.pairs[0], loss.pairs[1]
    column = int(of_one.argmax())
    share = float(loss.predictions[column]) / loss.counted
    fits = 2 * of_one[column] >= ones and 10 * of_zero[column] <= zeros and 2 * of_zero[0] < zeros
    if not fits or log_binomial_tail(int(of_one[column]), ones, share) >= LOG_ALPHA:
        return None
    return Symptom(
        f"the labels are one column of one-hot rows, that of {statistics.class_text(column)}",
        (
            f"only 0 and 1 occur, of {statistics.classes} classes",
            f"the maximum is {statistics.class_text(column)} in {of_one[column]:,} of {ones:,} rows with label 1, and "
            f"in {of_zero[column]:,} of {zeros:,} with label 0",
        ),
        all_rows(statistics),
        "labels",
        effects=as_given(statistics),
        remedy="give all columns (they are read as probabilities), or their argmax",
    )


def not_a_distribution(statistics: Statistics) -> Symptom | None:
    """A row of probabilities with a nan or a value below 0 or above 1, or that does not sum to 1 (within 0.001)."""
    labels = statistics.labels
    if labels is None or labels.kind != "probabilities" or not (labels.impossible or labels.unlike):
        return None
    evidence = []
    if labels.sums:
        low, high = f"{labels.sums.low:.6g}", f"{labels.sums.high:.6g}"
        evidence.append(f"the rows sum to {low}" if low == high else f"the rows sum to anything from {low} to {high}")
    if labels.impossible:
        evidence.append(f"below 0, above 1 or nan: {rows_text(labels.impossible)}")
    remedy, options = _kind_of_rows(labels)
    return Symptom(
        "the labels' rows are no probabilities",
        tuple(evidence),
        max(labels.unlike, labels.impossible, key=lambda rows: rows.count),
        "labels",
        effects=(*as_given(statistics), *trials(options)),
        remedy=remedy,
        options=options,
    )


def _kind_of_rows(labels: LabelStatistics) -> tuple[str, Options]:
    """What rows of labels seem to be, in words, and the options that say so."""
    if labels.negative:
        return "a teacher's logits? their softmax is the distribution", {"label_values": "logits"}
    if labels.sums and labels.sums.low > 0:
        return "counts, or shares of something else? each row is divided by its sum", {"label_values": "counts"}
    return "missing labels, or no labels at all?", NO_OPTIONS


def multi_hot(statistics: Statistics) -> Symptom | None:
    """Rows of 0s and 1s, some of them with several 1s: several classes are right at once, for certain.

    No distribution has two classes of probability 1, and hard labels in one-hot rows have a single 1.
    """
    labels = statistics.labels
    if labels is None or labels.kind != "probabilities" or not labels.several:
        return None
    return Symptom(
        "the labels are multi-label: rows of 0s and 1s with several 1s",
        (f"there are several 1s in {rows_text(labels.several)}, up to {labels.sums.high:.0f} of them",),
        labels.several,
        "labels",
        effects=(Trial.of(_MULTILABEL),),
        remedy="say so: each class has a sigmoid of its own, and the loss is that of yes or no for each",
        options=_MULTILABEL,
    )


CHECKS = (
    Check(
        "Y206",
        "signed",
        "error",
        "-1 and 1 for two classes",
        signed,
        needs_labels=True,
        hides=("Y201", "Y202", "Y203", "Y211", "Y212", "Y213", "X131", "X132", "L4"),
    ),
    Check(
        "Y207",
        "flat-one-hot",
        "error",
        "one-hot rows read as indices",
        flat_one_hot,
        needs_labels=True,
        hides=("S302", "S303", "Y201", "Y202", "Y203", "Y208", "Y21", "Y22", "X131", "X132", "L4"),
    ),
    Check(
        "Y208",
        "one-hot-column",
        "error",
        "one column of one-hot rows",
        one_hot_column,
        needs_labels=True,
        hides=("Y21", "Y22", "X131", "X132", "L4"),
    ),
    Check(
        "Y209",
        "not-a-distribution",
        "error",
        "rows of probabilities that are none",
        not_a_distribution,
        needs_labels=True,
        hides=("L4",),
    ),
    Check(
        "Y214",
        "multi-hot",
        "error",
        "rows with several 1s: multi-label",
        multi_hot,
        needs_labels=True,
        hides=("Y209", "Y211", "Y212", "Y213", "Y22", "X106", "X131", "X132", "L4"),
    ),
)
