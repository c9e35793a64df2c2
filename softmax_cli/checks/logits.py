"""What may be in the logits' place: probabilities, in whatever form."""

import math

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, loss_as_given, percent
from softmax_cli.metrics.certain import (
    COARSEST,
    PERCENTAGES,
    are_one_hot,
    is_quantised,
    rows_sum_to,
    shares_of,
    unlikely,
)
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.rounding import LOOSEST
from softmax_cli.metrics.shares import END
from softmax_cli.reports.findings import Effect

_FEW_ROWS = 5
_MANY_VALUES = 30

_PROBABILITIES = {"values": "probabilities"}
_SIGMOIDS = {"values": "sigmoids"}


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
        effects=(*as_given(statistics), Trial.of(_PROBABILITIES), _floor(statistics)),
        remedy="say that they are probabilities: the softmax of log p is p again",
        options=_PROBABILITIES,
    )


def scaled_probabilities(statistics: Statistics) -> Symptom | None:
    """No value is negative and each row sums to 100, or all are whole numbers and each row sums to the same.

    As for probabilities, of the relative error. The first row sets the sum (unless it is 100), and the others have to
    meet it; small whole numbers often sum to the same, in up to 0.3 of cases, so that there must be twelve rows. (Of
    other numbers a constant sum says nothing: logits that are centred have it too, and a shift keeps it. Where they
    were rounded to whole numbers afterwards, it is not quite the same in every row; only shares of 100, or of 255,
    may have been rounded.)
    """
    shares = statistics.logits.shares
    if shares is None:
        return None
    found = shares_of(shares.sums, statistics.classes, statistics.logits.coarseness)
    if found is None or not _sums_to(statistics, found[0], int(found[1] != PERCENTAGES)):
        return None
    total, what = found
    return Symptom(
        f"the logits are {what}",
        (f"no value is negative, and every row sums to {total:.6g} (within {_sum_error(statistics, total):.1g})",),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial.of(_PROBABILITIES)),
        remedy="read them as probabilities: the softmax of log p divides each row by its sum",
        options=_PROBABILITIES,
    )


def over_other_axis(statistics: Statistics) -> Symptom | None:
    """All values lie in [0, 1], and each column sums to 1 where no row does: softmax was taken over the wrong axis.

    Of logits with more axes, over one axis of the rows: then each class sums to the number of the other rows. As for
    probabilities, luck would have to bring each of the columns so near to the same whole number.
    """
    shares = statistics.logits.shares
    if shares is None or statistics.logits.values.high > 1 or statistics.classes < 2 or statistics.rows < _FEW_ROWS:
        return None
    if statistics.logits.coarseness.decimals == 0 or shares.sums.off(1.0) <= COARSEST:
        return None
    shape = statistics.row_shape
    totals = {size: statistics.rows / size for size in shape if size > 1}
    found = [(size, total) for size, total in totals.items() if _columns_sum_to(shares.column_sums, total)]
    if not found:
        return None
    size, total = found[0]
    axis = shape.index(size) + (statistics.axis <= shape.index(size))
    return Symptom(
        f"softmax was taken over axis {axis}, not over the classes",
        (f"every value lies in [0, 1], and every class sums to {total:.6g}, over {statistics.rows:,} rows",),
        all_rows(statistics),
        effects=as_given(statistics),
        remedy="export the logits, or the softmax over the axis of the classes: no option undoes this one",
    )


def _columns_sum_to(sums: NDArray[np.float64], total: float) -> bool:
    error = float(np.abs(sums / total - 1).max())
    return error <= LOOSEST and unlikely(error, len(sums))


def quantised_integers(statistics: Statistics) -> Symptom | None:
    """Whole numbers of 8 bits that use much of their range: what a quantised model computes with, without its scale.

    The logits are scale * (q - zero point). A file says neither, so that no loss can be told; the softmax of the whole
    numbers themselves is far too sure. Few small whole numbers in 8 bits may be votes, or marks.
    """
    values = statistics.logits.values
    if not is_quantised(statistics.logits.dtype, values.span):
        return None
    return Symptom(
        "the logits are a quantised model's whole numbers, without their scale and zero point",
        (f"dtype {statistics.logits.dtype}, values from {values.low:.0f} to {values.high:.0f}",),
        all_rows(statistics),
        effects=as_given(statistics),
        remedy="export scale * (q - zero point); where the scale is S, --temperature with 1 / S gives the loss, since "
        "softmax cancels the zero point",
    )


def one_hot_rows(statistics: Statistics) -> Symptom | None:
    """Each row is a single 1 among zeros, exactly: five such rows are no logits."""
    shares = statistics.logits.shares
    if shares is None or shares.one_hot < statistics.rows or not are_one_hot(statistics.rows, statistics.classes):
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
    if shares.near_zero + shares.near_one == size and statistics.logits.coarseness.decimals == 0:
        return _thresholded(statistics)
    multilabel = statistics.multilabel_loss is not None
    return Symptom(
        "the logits are sigmoids: a probability for each class by itself",
        (
            f"every value lies in [0, 1], {percent(shares.near_zero / size)} of them below 0.05, "
            f"and the rows sum to anything from {shares.sums.low:.3g} to {shares.sums.high:.3g}",
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial.of(_SIGMOIDS), *(() if multilabel else [_floor(statistics)])),
        remedy="say that they are sigmoids: log(p / (1 - p)) gives the logits back, as far as p has digits",
        options=_SIGMOIDS,
    )


def _thresholded(statistics: Statistics) -> Symptom:
    """Values of 0 and 1 alone: no option gives their scores back, and log(p / (1 - p)) is infinite."""
    return Symptom(
        "the logits are hard predictions: a yes or no for each class, without a score",
        ("every value is 0 or 1",),
        all_rows(statistics),
        effects=as_given(statistics),
        remedy="give the scores that were held against the threshold",
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
        hides=("X102", "X104", "X107", "X108", "X113", "X114", "X115", "X116", "X117", "X119", "X122", "L4"),
    ),
    Check(
        "X102",
        "scaled-probabilities",
        "error",
        "percentages, votes or counts",
        scaled_probabilities,
        hides=("X107", "X108", "X113", "X114", "X115", "X116", "X117", "X119", "X122", "L4"),
    ),
    Check(
        "X103",
        "one-hot-rows",
        "error",
        "one-hot labels or hard predictions",
        one_hot_rows,
        hides=("X101", "X102", "X104", "X107", "X108", "X113", "X114", "X115", "X116", "X122", "L4"),
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
        "X107",
        "other-axis",
        "error",
        "a softmax over another axis",
        over_other_axis,
        hides=("X104", "X113", "X114", "X115", "X116", "X122", "L4"),
    ),
    Check(
        "X108",
        "quantised-integers",
        "warning",
        "8 bits without scale and zero point",
        quantised_integers,
        hides=("X113", "X115", "X116", "X119", "X122", "L4"),
    ),
)
