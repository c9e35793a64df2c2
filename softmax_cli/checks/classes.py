"""What may be wrong with single columns of the logits: classes that are dead, or that are no classes."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.remedies import Options, columns_in
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, classes_text, trials
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
    """The first or the last column goes up by exactly 1 per row, in five rows or more: it counts the rows.

    Or one column holds whole numbers, all different in twenty rows or more, where every other one has decimals: a
    logit is whole by luck in none of these rows.
    """
    counting, identifier = statistics.logits.columns.counting, statistics.logits.foreign.identifier
    if not is_index(statistics.rows, statistics.classes) or not (counting or identifier is not None):
        return None
    if not counting and identifier is not None:
        return _identifier(statistics, identifier)
    column, first = next(iter(counting.items()))
    options = _without(statistics, column)
    return Symptom(
        f"column {column} is an index, not a class",
        (f"it counts {first}, {first + 1}, {first + 2}, ... to {first + statistics.rows - 1}",),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)) if statistics.loss else (),
        remedy="leave the column out",
        options=options,
    )


def _identifier(statistics: Statistics, column: int) -> Symptom:
    options = _without(statistics, column)
    return Symptom(
        f"column {column} is an id, not a class",
        ("it holds whole numbers, all different, and every other column has decimals",),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)) if statistics.loss else (),
        remedy="leave the column out",
        options=options,
    )


def prediction_column(statistics: Statistics) -> Symptom | None:
    """A column of whole numbers names the largest of the others in twenty rows or more, and these have decimals.

    Of two classes or more, and not always the same one: a logit would meet that by luck in one of a million files.
    """
    column = statistics.logits.foreign.prediction
    if column is None or statistics.rows < _MANY_ROWS:
        return None
    options = _without(statistics, column)
    return Symptom(
        f"column {column} holds the predictions, not logits",
        ("in every row it is the number of the largest of the other columns",),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)) if statistics.loss else (),
        remedy="leave the column out",
        options=options,
    )


def padded_classes(statistics: Statistics) -> Symptom | None:
    """The last classes have one value throughout, are never a label and never the maximum: they fill the table up.

    So does a vocabulary that was padded to a multiple of 8 or 64. In twenty rows or more; hence a note.
    """
    labels, predictions = statistics.labels, statistics.logits.predictions
    if labels is None or statistics.rows < _MANY_ROWS or not labels.counted:
        return None
    unused = np.zeros(statistics.classes, bool)
    unused[statistics.logits.columns.constant] = True
    unused &= (predictions == 0) & (labels.counts == 0)
    kept = statistics.classes - int(np.logical_and.accumulate(unused[::-1]).sum())
    if not 2 <= kept < statistics.classes:
        return None
    padding = list(range(kept, statistics.classes))
    options = _without(statistics, *padding)
    return Symptom(
        f"{classes_text(statistics, padding)}: padding, never a label and never the maximum",
        (f"{count(len(padding), 'column has', 'columns have')} the same value in every row, behind {kept} others",),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)),
        remedy="harmless where the value is -inf; else it adds to the softmax: leave the columns out",
        options=options,
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
    options = _without(statistics, column)
    return Symptom(
        f"column {column} holds the labels, not logits",
        (f"it equals the label in each of {count(statistics.rows, 'row')}",),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)) if statistics.loss else (),
        remedy="leave the column out",
        options=options,
    )


def _without(statistics: Statistics, *columns: int) -> Options:
    """The options that choose the other columns; none where these cannot be named."""
    kept = [place for place in range(statistics.classes) if place not in columns]
    return columns_in(statistics.columns, kept)


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
        "X135",
        "padded-classes",
        "note",
        "last classes that only fill the table",
        padded_classes,
        needs_labels=True,
        hides=("X132", "Y211"),
    ),
    Check(
        "X136",
        "prediction-column",
        "error",
        "a column that holds the predictions",
        prediction_column,
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
