"""What may be wrong with single labels: what is no class, and what is another class than it says."""

import math
from dataclasses import replace

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.classes import enough_rows
from softmax_cli.checks.statistics import LossStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, listing, rows_text
from softmax_cli.metrics.chance import LOG_ALPHA, beats, log_binomial_tail
from softmax_cli.metrics.lags import Lag
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_PADDINGS = (255, 65535)  # of masks in uint8 and uint16; negative numbers are padding too
_MARGIN = 0.05  # by which another reading of the labels must be more often right


def out_of_range(statistics: Statistics) -> Symptom | None:
    """A whole number that is no class, and neither padding nor the last class of labels that start at 1."""
    labels = statistics.labels
    if labels is None or not labels.outside:
        return None
    known = {_mark(statistics), _odd_end(statistics)}
    odd = {value: rows for value, rows in labels.outside_values.items() if value not in known}
    if not odd:
        return None
    number = labels.outside.count - sum(rows.count for value, rows in labels.outside_values.items() if value in known)
    values = ", ".join(f"{value} ({rows_text(rows)})" for value, rows in list(odd.items())[:3])
    last = labels.base + statistics.classes - 1
    remedy, command = "labels of other classes, or of other logits?", ""
    if set(odd) == {last + 1} and labels.counts[0] == 0:
        remedy, command = "labels that start at 1?", statistics.files.loss(f"--label-base={labels.base + 1}")
    elif len(odd) == 1:
        remedy += " or a mark for rows that do not count:"
        command = _ignoring(statistics, next(iter(odd)))
    first = min(odd.values(), key=lambda rows: rows.first[0])
    return Symptom(
        f"{count(number, 'label is', 'labels are')} outside {labels.base} to {last}",
        (f"there are {statistics.classes} classes, and the labels have {values}",),
        replace(first, count=number),
        "labels",
        effects=_others(statistics),
        remedy=remedy,
        command=command,
    )


def base(statistics: Statistics) -> Symptom | None:
    """Labels that count from 1 where 0 is the first class (or the other way round).

    Where the label C occurs and 0 does not, and either 0 would in so many rows, if the classes were of equal size (but
    for a chance of 1e-6), or the labels less 1 are more often right. Else where the first (last) class never occurs and
    the labels less (plus) 1 are right in 5 of 100 rows more, which luck gives less often than 1e-6 (the sign test).
    """
    labels = statistics.labels
    if labels is None or _start(statistics) == labels.base:
        return None
    start, size = _start(statistics), statistics.classes
    outside = labels.outside_values.get(_odd_end(statistics), Places())
    missing = labels.base if start > labels.base else labels.base + size - 1
    evidence = [f"there are {size} classes, and no label is {missing}"]
    if outside:
        evidence.append(f"{_odd_end(statistics)} is no class, and the label of {rows_text(outside)}")
    return Symptom(
        f"the labels start at {start}",
        tuple(evidence),
        outside or all_rows(statistics),
        "labels",
        effects=(
            *as_given(statistics),
            Trial(f"with --label-base {start}", labels=lambda numbers: numbers - (start - labels.base)),
        ),
        remedy="say where they start",
        command=statistics.files.loss(f"--label-base={start}", without=("--label-base",)) or f"label_base={start}",
    )


def _start(statistics: Statistics) -> int:
    """The number of the first class, as far as the labels tell: one more or less than was said, or just that."""
    labels, loss = statistics.labels, statistics.loss
    said = 0 if labels is None else labels.base
    if labels is None or loss is None or labels.kind != "indices" or statistics.classes < 2:
        return said
    outside = set(labels.outside_values)
    if labels.counts[0] == 0 and said + statistics.classes in outside:
        better = loss.one_less.wins > loss.one_less.losses
        return said + 1 if better or enough_rows(statistics) else said
    if labels.counts[0] == 0 and gains(loss, loss.one_less):
        return said + 1
    if labels.counts[-1] == 0 and outside <= {said - 1} and gains(loss, loss.one_more):
        return said - 1
    return said


def _odd_end(statistics: Statistics) -> int:
    """The label that is no class, and would be one if the labels started where they seem to."""
    start, said = _start(statistics), 0 if statistics.labels is None else statistics.labels.base
    return start + statistics.classes - 1 if start > said else start


def padding(statistics: Statistics) -> Symptom | None:
    """One value that is no class, negative or 255 or 65535: a mark for rows that do not count."""
    labels, value = statistics.labels, _mark(statistics)
    if labels is None or value is None:
        return None
    rows = labels.outside_values[value]
    return Symptom(
        f"{count(rows.count, 'label is', 'labels are')} {value}: padding, without --ignore-index",
        (f"{value} stands in {rows_text(rows)}",),
        rows,
        "labels",
        effects=_others(statistics),
        remedy="say that these rows do not count",
        command=_ignoring(statistics, value),
    )


def _mark(statistics: Statistics) -> int | None:
    """The value of padding, where there is exactly one that may be."""
    labels = statistics.labels
    if labels is None or _start(statistics) < labels.base:
        return None
    marks = [value for value in labels.outside_values if value < min(labels.base, 0) or value in _PADDINGS]
    return marks[0] if len(marks) == 1 else None


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
        remedy="map them to 0 and 1",
        command="y = (y + 1) // 2",
    )


def not_whole(statistics: Statistics) -> Symptom | None:
    """A label that is not a whole number, or nan: no class for certain, and `loss` refuses it."""
    labels = statistics.labels
    if labels is None or not labels.fractional:
        return None
    values = listing([f"{value:g}" for value in labels.fractions[:3]], labels.fractional.count)
    missing = any(map(math.isnan, labels.fractions))
    return Symptom(
        f"{count(labels.fractional.count, 'label is', 'labels are')} not a whole number",
        (f"{values}, in {rows_text(labels.fractional)}",),
        labels.fractional,
        "labels",
        effects=_others(statistics),
        remedy="missing labels?" if missing else "another column than the labels', or probabilities of one class?",
        command="kept = ~np.isnan(y); x, y = x[kept], y[kept]" if missing else "",
    )


def unknown_names(statistics: Statistics) -> Symptom | None:
    """A label that is a name, and no class has it: for certain, and `loss` refuses it."""
    labels = statistics.labels
    if labels is None or not labels.unknown:
        return None
    shown = list(labels.unknown_names.items())[:3]
    evidence = [f"{name!r} in {rows_text(rows)}" for name, rows in shown]
    known = {_folded(name): name for name in statistics.class_names}
    near = [(name, known[_folded(name)]) for name, _ in shown if _folded(name) in known]
    evidence += [f"there is a class {other!r}, spelled otherwise" for _, other in near]
    return Symptom(
        f"{count(labels.unknown.count, 'label names', 'labels name')} no class of the logits",
        tuple(evidence),
        labels.unknown,
        "labels",
        effects=_others(statistics),
        remedy=f"the classes are {listing([repr(name) for name in statistics.class_names], statistics.classes)}",
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
        remedy="give them the logits' shape, or their argmax",
        command=f"np.save('labels.npy', y.reshape(-1, {statistics.classes}).argmax(1))",
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
    """A row of probabilities with a value below 0 or above 1, or that does not sum to 1 (within 0.001)."""
    labels = statistics.labels
    if labels is None or labels.kind != "probabilities" or not labels.sums:
        return None
    if not (labels.impossible or labels.unlike):
        return None
    evidence = [f"the rows sum to {labels.sums.low:.6g} to {labels.sums.high:.6g}"]
    if labels.impossible:
        evidence.append(f"below 0 or above 1: {rows_text(labels.impossible)}")
    return Symptom(
        "the labels' rows are no probabilities",
        tuple(evidence),
        labels.impossible or labels.unlike,
        "labels",
        effects=as_given(statistics),
        remedy="divide each row by its sum; logits of a teacher need a softmax first",
        command="y = y / y.sum(1, keepdims=True)",
    )


def gains(loss: LossStatistics, other: Lag) -> bool:
    """Whether the labels are right more often when they are read otherwise, visibly and not by luck."""
    return beats(other.wins, other.losses) and other.wins - other.losses >= _MARGIN * loss.counted


def _others(statistics: Statistics) -> tuple[Effect, ...]:
    loss = statistics.loss
    if loss is None or not loss.finite:
        return ()
    return (Effect("of the other rows", loss.finite_mean, loss.accuracy),)


def _ignoring(statistics: Statistics, value: int) -> str:
    return statistics.files.loss(f"--ignore-index={value}", without=("--ignore-index",)) or f"ignore_index={value}"


def _folded(name: str) -> str:
    return "".join(name.casefold().split()).replace("_", "").replace("-", "")


CHECKS = (
    Check(
        "Y201",
        "out-of-range",
        "error",
        "labels that are no class",
        out_of_range,
        needs_labels=True,
        hides=("Y211",),
    ),
    Check(
        "Y202",
        "label-base",
        "error",
        "labels from 1 (or 0) where not said so",
        base,
        needs_labels=True,
        hides=("Y208", "Y211", "Y22", "X131", "X132", "L4"),
    ),
    Check(
        "Y203",
        "padding",
        "error",
        "-100, -1 or 255 without --ignore-index",
        padding,
        needs_labels=True,
    ),
    Check(
        "Y204",
        "not-whole",
        "error",
        "labels that are not whole numbers",
        not_whole,
        needs_labels=True,
        hides=("Y211", "Y22", "L4"),
    ),
    Check(
        "Y205", "unknown-names", "error", "names that no class has", unknown_names, needs_labels=True, hides=("Y211",)
    ),
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
)
