"""What may be wrong with which label stands beside which row, and which number means which class."""

import math

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.labels import gains
from softmax_cli.checks.statistics import LabelStatistics, LossStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, listing
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.lags import Lag
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_SHORT = 32


def shifted(statistics: Statistics) -> Symptom | None:
    """The labels are right for the row before or behind, and not for their own.

    More rows are right then by 5 in 100, and by the sign test over the rows where only one of the two is right such a
    lead is luck less often than 1e-6; so is so high an accuracy where the labels have nothing to do with the logits.
    Labels that stay the same over many rows favour neither.
    """
    loss = statistics.loss
    if loss is None:
        return None
    lags = ((loss.following, 1), (loss.preceding, -1))
    found = [(lag, by) for lag, by in lags if slipped(statistics, loss, lag)]
    if not found:
        return None
    lag, by = max(found, key=lambda each: each[0].hits)
    label, rows = ("row i + 1", "x[:-1], y[1:]") if by == 1 else ("row i - 1", "x[1:], y[:-1]")
    return Symptom(
        f"the labels are shifted by one row: row i has that of {label}",
        (
            f"the maximum of row i is the label of {label} in {lag.hits:,} of {lag.trials:,} rows, its own in "
            f"{loss.hits:,}",
        ),
        all_rows(statistics),
        "labels",
        effects=(
            *as_given(statistics),
            Trial("shifted back", shift=by),
            Effect("shifted the other way", accuracy=(loss.preceding if by == 1 else loss.following).accuracy),
        ),
        remedy="a row is missing or doubled at the beginning, next tokens are held against their own positions, or a "
        "model of a series lags behind it",
        command=f"x, y = {rows}",
    )


def slipped(statistics: Statistics, loss: LossStatistics, lag: Lag) -> bool:
    """Whether the labels of neighbouring rows are right more often than the rows' own, and than by chance."""
    return gains(loss, lag) and log_binomial_tail(lag.hits, lag.trials, statistics.chance) < LOG_ALPHA


def permuted(statistics: Statistics) -> Symptom | None:
    """Under other names of the classes, one to one, the labels are right.

    Two classes or more have most of their rows predicted as one other class each. The best renaming makes each label
    that it moves right in at least half of its rows, four times as many in all as are right as they stand. By the sign
    test, times the C^m ways to move m classes, that is luck less often than 1e-6.
    """
    loss, labels = statistics.loss, statistics.labels
    found = None if loss is None else loss.relabelling
    if labels is None or found is None or found.wins < 4 * found.losses:
        return None
    luck = log_binomial_tail(found.wins, found.wins + found.losses, 0.5)
    if luck + len(found.moved) * math.log(statistics.classes) >= LOG_ALPHA:
        return None
    classes = found.classes
    numbers = [str(index + labels.base) for index in range(statistics.classes)]
    names = statistics.class_names if labels.kind == "names" else numbers
    moves = [f"{names[old]} is {names[classes[old]]}" for old in found.moved.tolist()]
    trial = Trial("with that renaming", labels=lambda numbers: _renamed(numbers, classes))
    return Symptom(
        f"the labels of {count(len(found.moved), 'class', 'classes')} are permuted",
        (
            f"by the logits label {listing(moves)}",
            f"of {found.rows:,} rows with these labels {found.wins:,} are right so, {found.losses:,} as they stand",
        ),
        all_rows(statistics),
        "labels",
        effects=(*as_given(statistics), *([trial] if labels.certain else [])),
        remedy="the two files have their classes in different orders, such as the alphabet's and the numbers'",
        command="" if labels.kind == "names" else _renaming(classes, labels),
    )


def _renamed(numbers: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """classes[numbers], and what is no class as it is."""
    known = (numbers >= 0) & (numbers < len(classes))
    return np.where(known, classes[np.where(known, numbers, 0)], numbers)


def _renaming(classes: NDArray[np.int64], labels: LabelStatistics) -> str:
    """The line of NumPy that gives the labels their names, for classes that fit in one."""
    if len(classes) > _SHORT:
        return ""
    if labels.kind == "probabilities":
        return f"y = y[:, [{','.join(map(str, np.argsort(classes).tolist()))}]]"
    given = f"y-{labels.base}" if labels.base else "y"
    return f"y = np.array([{','.join(map(str, classes.tolist()))}])[{given}]"


CHECKS = (
    Check(
        "Y221",
        "shifted",
        "error",
        "labels shifted by one row",
        shifted,
        needs_labels=True,
        hides=("Y222", "X131", "X132", "L4"),
    ),
    Check(
        "Y222",
        "permuted",
        "error",
        "labels under other numbers of the classes",
        permuted,
        needs_labels=True,
        hides=("X131", "X132", "L4"),
    ),
)
