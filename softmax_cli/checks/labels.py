"""What may be wrong with single labels: what is no class, and what is another class than it says."""

import math
from dataclasses import replace

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.classes import enough_rows
from softmax_cli.checks.statistics import LossStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, listing, rows_text, trials
from softmax_cli.metrics.chance import beats
from softmax_cli.metrics.lags import Lag
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_FEW_CLASSES = 10
_PADDINGS = (255, 65535)  # of masks in uint8 and uint16; negative numbers are padding too
NO_CLASSES = "labels of which some are classes are needed: another file or column?"
MARGIN = 0.05  # by which another reading of the labels must be more often right


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
    remedy, options = "labels of other classes, or of other logits?", {}
    if set(odd) == {last + 1} and labels.counts[0] == 0:
        remedy, options = "labels that start at 1?", {"label_base": labels.base + 1}
    elif len(odd) == 1 and _is_far(next(iter(odd)), labels.base, statistics.classes):
        remedy += " or a mark for rows that do not count:"
        options = {"ignore_index": next(iter(odd))}
    elif set(odd) == {last + 1}:
        remedy = "a class that the logits have no column for? or labels of other logits?"
    first = min(odd.values(), key=lambda rows: rows.first[0])
    return Symptom(
        f"{count(number, 'label is', 'labels are')} outside {labels.base} to {last}",
        (f"there are {statistics.classes} classes, and the labels have {values}",),
        replace(first, count=number),
        "labels",
        effects=(*others(statistics), *trials(options)),
        remedy=remedy,
        options=options,
    )


def _is_far(value: int, base: int, classes: int) -> bool:
    """Whether a number may be a mark: no number of a class that the logits lack by a few."""
    return value < min(base, 0) or value > base + 2 * classes + _FEW_CLASSES


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
    options = {"label_base": start}
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
            Trial.of(options),
        ),
        remedy="say where they start",
        options=options,
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
    if rows.count == labels.given - labels.ignored.count:
        return Symptom(
            f"every label is {value}: padding, and no row would count",
            (f"{value} stands in {rows_text(rows)}",),
            rows,
            "labels",
            remedy=NO_CLASSES,
        )
    options = {"ignore_index": value}
    if statistics.classes == 2 and value > 0 and not labels.counts[1]:
        return _foreground(statistics, value, rows)
    return Symptom(
        f"{count(rows.count, 'label is', 'labels are')} {value}: padding, without --ignore-index",
        (f"{value} stands in {rows_text(rows)}",),
        rows,
        "labels",
        effects=(*others(statistics), *trials(options)),
        remedy="say that these rows do not count",
        options=options,
    )


def _foreground(statistics: Statistics, value: int, rows: Places) -> Symptom:
    """Of two classes, with no label 1: masks have the largest number for class 1 as well as for no class."""
    ignoring = {"ignore_index": value}
    return Symptom(
        f"{count(rows.count, 'label is', 'labels are')} {value}: class 1, or padding",
        (f"{value} stands in {rows_text(rows)}, and no label is 1",),
        rows,
        "labels",
        effects=(
            *others(statistics),
            Trial(f"with {value} as 1", labels=lambda numbers: np.where(numbers == value, 1, numbers)),
            Trial.of(ignoring),
        ),
        remedy=f"if {value} marks class 1, export it as 1; if it marks rows that do not count, "
        f"use --ignore-index {value}",
    )


def _mark(statistics: Statistics) -> int | None:
    """The value of padding, where there is exactly one that may be."""
    labels = statistics.labels
    if labels is None or _start(statistics) < labels.base:
        return None
    marks = [value for value in labels.outside_values if value < min(labels.base, 0) or value in _PADDINGS]
    return marks[0] if len(marks) == 1 else None


def not_whole(statistics: Statistics) -> Symptom | None:
    """A label that is not a whole number, or nan: no class for certain, and `loss` refuses it."""
    labels = statistics.labels
    if labels is None or not labels.fractional:
        return None
    values = listing([f"{value:g}" for value in labels.fractions[:3]], labels.fractional.count)
    missing = labels.missing == labels.fractional.count
    options = {"ignore_missing": True} if missing else {}
    remedy = "another column than the labels', or probabilities of one class?"
    if labels.missing or any(map(math.isinf, labels.fractions)):
        remedy = "missing labels?" if labels.missing else "an overflow where the labels were written?"
    return Symptom(
        f"{count(labels.fractional.count, 'label is', 'labels are')} not a whole number",
        (f"{values}, in {rows_text(labels.fractional)}",),
        labels.fractional,
        "labels",
        effects=(*others(statistics), *trials(options)),
        remedy=f"{remedy} their rows can be skipped" if missing else remedy,
        options=options,
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
        effects=others(statistics),
        remedy=f"the classes are {listing([repr(name) for name in statistics.class_names], statistics.classes)}",
    )


def gains(loss: LossStatistics, other: Lag) -> bool:
    """Whether the labels are right more often when they are read otherwise, visibly and not by luck."""
    return beats(other.fresh_wins, other.fresh_losses) and other.wins - other.losses >= MARGIN * loss.counted


def others(statistics: Statistics) -> tuple[Effect, ...]:
    """The loss of the rows whose label is a class, where there are some."""
    loss = statistics.loss
    if loss is None or not loss.finite:
        return ()
    return (Effect("of the other rows", loss.finite_mean, loss.accuracy),)


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
)
