"""What may be wrong with single columns of the logits: classes that are dead, or that are no classes."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, classes_text
from softmax_cli.metrics.certain import is_copy, is_index
from softmax_cli.metrics.chance import ALPHA
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_FEW_ROWS = 5
_MANY_ROWS = 20
_ENOUGH = 10  # rows of a class
_HUNDREDTH = 0.01


def enough_rows(statistics: Statistics) -> bool:
    """Whether each of C classes of equal size occurs in N rows but for a chance of 1e-6: N >= C (ln C + ln 1e6).

    (C (1 - 1/C)^N <= C exp(-N / C).)
    """
    return statistics.rows >= statistics.classes * (math.log(statistics.classes) - math.log(ALPHA))


def dead_class(statistics: Statistics) -> Symptom | None:
    """A class that ten rows or more have as their label, that is never the maximum, and that never gets a chance.

    In none of its own rows does its probability reach a hundredth of its share of the labels. A model that had learned
    only these shares would give it all of that, in every row.
    """
    loss, labels = statistics.loss, statistics.labels
    if loss is None or labels is None or not labels.certain:
        return None
    never = (statistics.logits.predictions == 0) & (labels.counts >= _ENOUGH)
    dead = np.flatnonzero(never & (loss.likeliest < _HUNDREDTH * labels.shares)).tolist()
    if not dead:
        return None
    rows = int(labels.counts[dead].sum())
    theirs = float(loss.class_losses[dead].sum())
    rest = loss.counted - rows
    others = (float(loss.class_losses.sum()) - theirs) / rest if rest else math.nan
    fixed = sorted(set(dead) & set(statistics.logits.columns.constant.tolist()))
    constant = (f"constant throughout: {classes_text(statistics, fixed)}",) if fixed else ()
    return Symptom(
        f"{classes_text(statistics, dead)}: dead, never near the maximum",
        (
            f"{count(rows, 'row has', 'rows have')} the label, and the largest probability that one of them gives it "
            f"is {float(loss.likeliest[dead].max()):.2g}",
            *constant,
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), Effect("of these rows", theirs / rows), Effect("of the others", others)),
        remedy="does the last layer have a row for it, at the same place as in the labels?",
        command=f"print(head.weight[{dead[0]}], head.bias[{dead[0]}])",
    )


def never_predicted(statistics: Statistics) -> Symptom | None:
    """A class that is never the maximum, though ten rows or more are its own.

    Without labels: though each of so many classes would be, in so many rows, if they were of equal size.
    """
    labels, predictions = statistics.labels, statistics.logits.predictions
    if statistics.classes < 2 or not predictions.sum() or (labels is not None and not labels.certain):
        return None
    if labels is None:
        never = np.flatnonzero(predictions == 0).tolist() if enough_rows(statistics) else []
    else:
        never = np.flatnonzero((predictions == 0) & (labels.counts >= _ENOUGH)).tolist()
    if not never:
        return None
    theirs = () if labels is None else (f"{count(int(labels.counts[never].sum()), 'row has', 'rows have')} the label",)
    return Symptom(
        f"{classes_text(statistics, never)}: never the maximum",
        (f"in none of {count(statistics.rows, 'row')}", *theirs),
        all_rows(statistics),
        effects=as_given(statistics),
        remedy="rare, or weakly learned; its recall is 0",
    )


def index_column(statistics: Statistics) -> Symptom | None:
    """The first or the last column goes up by exactly 1 a row, in five rows or more: it counts the rows."""
    counting = statistics.logits.columns.counting
    if not counting or not is_index(statistics.rows, statistics.classes):
        return None
    column, first = next(iter(counting.items()))
    return Symptom(
        f"column {column} is an index, not a class",
        (f"it counts {first}, {first + 1}, {first + 2}, ... to {first + statistics.rows - 1}",),
        all_rows(statistics),
        effects=(*as_given(statistics), _without(column)) if statistics.loss else (),
        remedy="leave the column out",
        command=_choice(statistics, column),
    )


def label_column(statistics: Statistics) -> Symptom | None:
    """A column equals the labels in each of 20 rows or more, and they are not all the same."""
    labels = statistics.labels
    if labels is None or not is_copy(statistics.rows, statistics.classes):
        return None
    copies = sorted(set(statistics.logits.columns.copies.tolist()) - set(statistics.logits.columns.constant.tolist()))
    if not copies:
        return None
    column = copies[0]
    return Symptom(
        f"column {column} holds the labels, not logits",
        (f"it equals the label in each of {count(statistics.rows, 'row')}",),
        all_rows(statistics),
        effects=(*as_given(statistics), _without(column)) if statistics.loss else (),
        remedy="leave the column out",
        command=_choice(statistics, column),
    )


def _without(column: int) -> Trial:
    """Labels are those of the other columns, counted without this one."""
    return Trial("without the column", logits=lambda x: np.delete(x, column, axis=1))


def _choice(statistics: Statistics, column: int) -> str:
    """The command that reads the other columns. Not where labels may hold some of the file's positions."""
    files, last = statistics.files, statistics.classes - 1
    chosen = any(option.startswith("--logit-columns") for option in files.options)
    if files.delimited and not (chosen or files.in_one_file) and column in {0, last}:
        return files.loss(f"--logit-columns={'1:' if column == 0 else f':{last}'}")
    return files.rewritten(f"np.delete(x, {column}, 1)")


CHECKS = (
    Check(
        "X133",
        "index-column",
        "error",
        "a column that counts the rows",
        index_column,
        hides=("X113", "X117", "X118", "X119", "X131", "X132", "Y202", "Y208", "Y211", "Y22", "L4"),
    ),
    Check(
        "X134",
        "label-column",
        "error",
        "the labels' own column",
        label_column,
        needs_labels=True,
        hides=("X113", "X117", "X118", "X119", "X131", "X132", "Y202", "Y208", "Y211", "Y22", "L4"),
    ),
    Check(
        "X131",
        "dead-class",
        "warning",
        "a class that never has a chance",
        dead_class,
        needs_labels=True,
        hides=("X132",),
    ),
    Check("X132", "never-predicted", "note", "a class that is never the maximum", never_predicted),
)
