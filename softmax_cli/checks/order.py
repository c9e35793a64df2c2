"""What may be wrong with which label stands beside which row, and which number means which class."""

import math

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.labels import MARGIN, gains
from softmax_cli.checks.remedies import columns_in
from softmax_cli.checks.renamings import Renaming, renaming
from softmax_cli.checks.statistics import LossStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, listing, shift_by, trials
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.lags import Lag
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count


def shifted(statistics: Statistics) -> Symptom | None:
    """The labels are right for a row or two before or behind in the sequence, and not for their own.

    More rows are right then by 5 in 100, and luck gives such a lead less often than 1e-6: by the sign test over the
    rows where only one of the two is right, or, of few rows, since so many are right where the labels have nothing to
    do with the logits. Labels that stay the same over many rows favour neither.
    """
    loss = statistics.loss
    if loss is None:
        return None
    found = [(lag, by) for by, lag in loss.lags.items() if slipped(statistics, loss, lag)]
    if not found:
        return None
    lag, by = max(found, key=lambda each: each[0].hits)
    options = shift_by(statistics, by)
    label = f"row i {'+' if by > 0 else '-'} {abs(by)}"
    return Symptom(
        f"the labels are shifted by {'one row' if abs(by) == 1 else 'two rows'}: row i has that of {label}",
        (
            f"the maximum of row i is the label of {label} in {lag.hits:,} of {lag.trials:,} rows, its own in "
            f"{loss.hits:,}",
        ),
        all_rows(statistics),
        "labels",
        effects=(
            *as_given(statistics),
            Trial.of(options),
            Effect("shifted the other way", accuracy=loss.lags[-by].accuracy),
        ),
        remedy="next tokens are held against their own positions, a row is missing or doubled at the beginning, or a "
        "model of a series lags behind it",
        options=options,
    )


def slipped(statistics: Statistics, loss: LossStatistics, lag: Lag) -> bool:
    """Whether the labels of neighbouring rows are right more often than the rows' own, and than by chance."""
    if log_binomial_tail(lag.hits, lag.trials, statistics.chance) >= LOG_ALPHA:
        return False
    few = lag.wins >= 4 * lag.losses and lag.wins - lag.losses >= MARGIN * loss.counted
    luck = log_binomial_tail(lag.fresh_wins, lag.fresh_trials, statistics.chance) + math.log(len(loss.lags))
    return gains(loss, lag) or (few and luck < LOG_ALPHA)


def permuted(statistics: Statistics) -> Symptom | None:
    """Under other names of the classes, one to one, the labels are right.

    Two classes or more have most of their rows predicted as one other class each. The best renaming makes each label
    that it moves right in at least half of its rows, four times as many in all as are right as they stand. By the sign
    test, times the C^m ways to move m classes, that is luck less often than 1e-6. A renaming that has a reason, as the
    last class first, may have fewer rows right, since few of them are tried.
    """
    labels, found = statistics.labels, renaming(statistics)
    if labels is None or found is None:
        return None
    classes = found.classes
    trial = Trial("with that renaming", labels=lambda numbers: _renamed(numbers, classes))
    if statistics.one_column:
        return _of_class_0(statistics, found, trial)
    numbers = [str(index + labels.base) for index in range(statistics.classes)]
    names = statistics.class_names if labels.kind == "names" else numbers
    moves = [f"{names[old]} is {names[classes[old]]}" for old in found.moved.tolist()]
    columns = None if labels.kind == "names" else statistics.columns
    options = columns_in(columns, classes.tolist())
    return Symptom(
        f"the labels of {count(len(found.moved), 'class', 'classes')} are permuted",
        (
            f"by the logits label {listing(moves)}",
            f"of {found.rows:,} rows with these labels {found.wins:,} are right so, {found.losses:,} as they stand",
            *([f"that is {found.name}"] if found.name else []),
        ),
        all_rows(statistics),
        "labels",
        effects=(*as_given(statistics), *(trials(options) or ([trial] if labels.certain else []))),
        remedy="the two files have their classes in different orders, such as the alphabet's and the numbers'",
        options=options,
    )


def _of_class_0(statistics: Statistics, found: Renaming, trial: Trial) -> Symptom:
    """One value per row, and the labels are right the other way round: no option turns it."""
    return Symptom(
        "the values are those of class 0: one value per row is read as that of class 1",
        (
            f"of {found.rows:,} rows {found.wins:,} are right with 0 and 1 the other way round, "
            f"{found.losses:,} as they stand",
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), trial),
        remedy="export the value of class 1: of a logit x that is -x, of a probability p it is 1 - p",
    )


def _renamed(numbers: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """classes[numbers], and what is no class as it is."""
    known = (numbers >= 0) & (numbers < len(classes))
    return np.where(known, classes[np.where(known, numbers, 0)], numbers)


CHECKS = (
    Check(
        "Y221",
        "shifted",
        "error",
        "labels shifted by one row",
        shifted,
        needs_labels=True,
        hides=("Y222", "Y223", "Y224", "X131", "X132", "L4"),
    ),
    Check(
        "Y222",
        "permuted",
        "error",
        "labels under other numbers of the classes",
        permuted,
        needs_labels=True,
        hides=("Y223", "Y224", "X131", "X132", "L4"),
    ),
)
