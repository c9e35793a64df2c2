"""What may be in the logits' place: probabilities, in whatever form, or logits of the wrong sign."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, loss_as_given, percent
from softmax_cli.metrics.certain import COARSEST, LOOSEST, loosest, rows_sum_to, unlikely
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.shares import END
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_FEW_ROWS = 5
_MANY_VALUES = 30


def probabilities(statistics: Statistics) -> Symptom | None:
    """No value is negative and each row sums to 1: softmax has been applied.

    That a row of other values in [0, 1] sums to 1 within d by luck has a chance of about 2 d (the density of such a
    sum is about 1 at most, for two uniform values): (2 d)^N for N different rows must be below 1e-6. So three rows
    need d < 0.005, a single one 5e-7, which float32 holds. Values of few decimals may be off by more, C halves of the
    last one, up to 0.05: that takes six rows.
    """
    if not _sums_to(statistics, 1.0, 0):
        return None
    return Symptom(
        "the logits are probabilities: softmax would be applied twice",
        (f"every value lies in [0, 1], and every row sums to 1 (within {_sum_error(statistics, 1.0):.1g})",),
        all_rows(statistics),
        effects=(
            *as_given(statistics),
            Trial("of their logarithm", logits=np.log),
            _floor(statistics),
        ),
        remedy="take the logarithm: the softmax of log p is p again",
        command=statistics.files.rewritten("np.log(x)"),
    )


def scaled_probabilities(statistics: Statistics) -> Symptom | None:
    """No value is negative and each row sums to 100, or all are whole numbers and each row sums to the same.

    As for probabilities, of the relative error. The first row sets the sum (unless it is 100), and the others have to
    meet it; small whole numbers often sum to the same, in up to 0.3 of cases, so that there must be twelve rows. (Of
    other numbers a constant sum says nothing: logits that are centred have it too, and a shift keeps it.)
    """
    shares = statistics.logits.shares
    if shares is None or shares.sums.low <= 0:
        return None
    percents = shares.sums.off(100.0) <= _loosest(statistics, 100.0) * 100
    total = 100.0 if percents else shares.sums.high
    whole = statistics.logits.coarseness.decimals == 0
    if not (percents or whole) or abs(total - 1) <= LOOSEST or not _sums_to(statistics, total, int(not percents)):
        return None
    what = "percentages" if percents else "votes, or counts"
    return Symptom(
        f"the logits are {what}",
        (f"no value is negative, and every row sums to {total:.6g} (within {_sum_error(statistics, total):.1g})",),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial("of the logarithm of the shares", logits=lambda x: np.log(x / total))),
        remedy="divide by the total and take the logarithm",
        command=statistics.files.rewritten(f"np.log(x / {total:.6g})"),
    )


def one_hot_rows(statistics: Statistics) -> Symptom | None:
    """Each row is a single 1 among zeros, exactly: five such rows are no logits."""
    shares = statistics.logits.shares
    if shares is None or statistics.classes < 2 or statistics.rows < _FEW_ROWS or shares.one_hot < statistics.rows:
        return None
    return Symptom(
        "the logits are one-hot rows: labels or hard predictions, without a score",
        ("every row is a single 1 among zeros",),
        all_rows(statistics),
        effects=(*as_given(statistics), _floor(statistics)),
        remedy="give the scores that the classes were chosen by; for accuracy alone these rows will do",
    )


def sigmoids(statistics: Statistics) -> Symptom | None:
    """All values lie in [0, 1], crowd at 0 (some at 1), and the rows do not sum to 1: one-vs-rest sigmoids.

    A sigmoid that has learned something is near its ends. Values at random in [0, 1], which an example may have,
    are within 0.05 of 0 in one of 20 cases: there must be more by far (a chance of 1e-6), and as many of 0.95 or more
    as one row in a hundred.
    """
    shares, size = statistics.logits.shares, statistics.rows * statistics.classes
    if shares is None or statistics.logits.values.high > 1 or statistics.classes < 2 or size < _MANY_VALUES:
        return None
    crowded = log_binomial_tail(shares.near_zero, size, END) < LOG_ALPHA
    if not crowded or shares.near_one < max(3, statistics.rows / 100) or shares.sums.off(1.0) <= COARSEST:
        return None
    return Symptom(
        "the logits are sigmoids: a probability for each class by itself",
        (
            f"every value lies in [0, 1], {percent(shares.near_zero / size)} of them below 0.05, "
            f"and the rows sum to anything from {shares.sums.low:.3g} to {shares.sums.high:.3g}",
        ),
        all_rows(statistics),
        effects=(
            *as_given(statistics),
            Trial("of log(p / (1 - p))", logits=lambda p: np.log(p) - np.log1p(-p)),
            _floor(statistics),
        ),
        remedy="export what went into the sigmoid; log(p / (1 - p)) undoes it where p has digits enough",
        command=statistics.files.rewritten("np.log(x) - np.log1p(-x)"),
    )


def log_probabilities(statistics: Statistics) -> Symptom | None:
    """log(sum(exp(x))) is 0 in each row, as sure as for probabilities; not where the user has said what they are."""
    normalizers = statistics.logits.normalizers
    if statistics.said or not normalizers or statistics.classes < 2 or normalizers.off(0.0) > LOOSEST:
        return None
    if not _unlikely(statistics, normalizers.off(0.0), 0):
        return None
    return Symptom(
        "the logits are log-probabilities: harmless",
        (f"log(sum(exp(x))) is 0 in every row (within {normalizers.off(0.0):.1g})",),
        all_rows(statistics),
        effects=loss_as_given(statistics),
        remedy="nothing to mend: softmax gives the same probabilities again",
    )


def negated(statistics: Statistics) -> Symptom | None:
    """The label has the *lowest* logit in at least half of the rows, and more often than the highest by far.

    Of three classes or more. Luck alone would be one row in three at most; half of them is luck less often than 1e-6
    from 235 rows on, and all of them from 13 on.
    """
    loss = statistics.loss
    if loss is None or statistics.classes < 3 or 2 * loss.lowest < loss.counted or loss.lowest < 2 * loss.hits:
        return None
    if log_binomial_tail(loss.lowest, loss.counted, 1 / 3) >= LOG_ALPHA:
        return None
    return Symptom(
        "the logits have the wrong sign: distances, or losses",
        (
            f"the label's logit is the lowest of its row in {loss.lowest:,} of {count(loss.counted, 'row')}, "
            f"the highest in {loss.hits:,}",
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial("with the sign turned", logits=np.negative)),
        remedy="turn the sign",
        command=statistics.files.rewritten("-x"),
    )


def _sums_to(statistics: Statistics, total: float, spent: int) -> bool:
    """Whether no value is negative and the rows sum to that total, ``spent`` of them having been used to find it."""
    logits = statistics.logits
    return logits.shares is not None and rows_sum_to(
        total,
        _sum_error(statistics, total),
        rows=logits.repeats.distinct - spent,
        classes=statistics.classes,
        coarseness=logits.coarseness,
        one_hot=logits.shares.one_hot == statistics.rows,
    )


def _loosest(statistics: Statistics, total: float) -> float:
    """See loosest."""
    return loosest(statistics.classes, statistics.logits.coarseness, total)


def _sum_error(statistics: Statistics, total: float) -> float:
    """How far a row's sum is from the total at most, relative to it."""
    shares = statistics.logits.shares
    return math.inf if shares is None else shares.sums.off(total) / total


def _unlikely(statistics: Statistics, error: float, spent: int) -> bool:
    """See unlikely: of the rows that differ."""
    return unlikely(error, statistics.logits.repeats.distinct - spent)


def _floor(statistics: Statistics) -> Effect:
    """The softmax of a row within [0, 1] is most certain at (1, 0, ..., 0): e / (e + C - 1)."""
    return Effect("least possible, -ln(e / (e + C - 1))", math.log1p((statistics.classes - 1) / math.e))


CHECKS = (
    Check(
        "X101",
        "probabilities",
        "error",
        "probabilities: softmax applied twice",
        probabilities,
        hides=("X102", "X104", "X113", "X114", "X115", "X116", "X117", "X119", "X122", "L4"),
    ),
    Check(
        "X102",
        "scaled-probabilities",
        "error",
        "percentages, votes or counts",
        scaled_probabilities,
        hides=("X113", "X114", "X115", "X116", "X117", "X119", "X122", "L4"),
    ),
    Check(
        "X103",
        "one-hot-rows",
        "error",
        "one-hot labels or hard predictions",
        one_hot_rows,
        hides=("X101", "X102", "X104", "X113", "X114", "X115", "X116", "X122", "L4"),
    ),
    Check(
        "X104",
        "sigmoids",
        "warning",
        "one-vs-rest sigmoids",
        sigmoids,
        hides=("X113", "X114", "X115", "X116", "X122", "L4"),
    ),
    Check(
        "X105",
        "log-probabilities",
        "note",
        "log-probabilities, which are harmless",
        log_probabilities,
        hides=("X113", "X117", "X119"),
    ),
    Check(
        "X106",
        "negated",
        "error",
        "the wrong sign: the label's is lowest",
        negated,
        needs_labels=True,
        hides=("X131", "X132", "Y22", "L4"),
    ),
)
