"""What may be wrong with the range of the logits, and with their digits."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, listing, loss_as_given, percent, rows_text, trials, without_rows
from softmax_cli.losses.precision import PRECISIONS, Precision
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.extremes import Extreme
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_SEVERAL_ROWS = 10
_AT_THE_END = 24  # as many ones among 25 tosses of a coin: 8e-7
_NEAR = 1 / 8  # of the span: how far the next value may be from a bound that others were cut to
_FAR = 10  # times the widest row: how far all logits lie from 0 if the matrix is shifted
_VISIBLE = 1e-3  # nats
_COARSE = 2  # decimals


def not_finite(statistics: Statistics) -> Symptom | None:
    """A nan, +inf, or a row of nothing but -inf: the softmax of such a row does not exist."""
    logits = statistics.logits
    kinds = {"nan": logits.nan, "inf": logits.infinite, "nothing but -inf": logits.hollow}
    found = {what: rows for what, rows in kinds.items() if rows}
    if not found:
        return None
    evidence = [f"{what} in {rows_text(rows)}" for what, rows in found.items()]
    if logits.infinite and logits.dtype == "float16":
        evidence.append("float16 ends at 65504: a larger number became inf when it was cast")
    rows = next(iter(found.values()))
    loss = statistics.loss
    options = without_rows(statistics, logits.unsound_ranges)
    return Symptom(
        f"{count(sum(rows.count for rows in found.values()), 'row')} without a softmax: nan or infinite",
        tuple(evidence),
        rows,
        effects=()
        if loss is None
        else (*loss_as_given(statistics), *trials(options), Effect("of the other rows", loss.finite_mean)),
        remedy="find out what made them: a loss that overflowed, a cast, a division by 0",
        options=options,
    )


def float16_saturated(statistics: Statistics) -> Symptom | None:
    """A logit of exactly 65504, the largest number of float16.

    No other number is it by accident. (-65504 alone is what a mask is filled with, torch.finfo(torch.float16).min,
    and is left in peace.)
    """
    logits = statistics.logits
    if not logits.saturated:
        return None
    return Symptom(
        "logits were cut off at the end of float16",
        (f"65504, the largest number of float16, stands in {rows_text(logits.saturated)}",),
        logits.saturated,
        effects=(
            *loss_as_given(statistics),
            Effect("rows cut off", number=logits.saturated.count),
        ),
        remedy="run the last layer in float32, or in bfloat16, and export again: what was cut off is not in the file",
    )


def clipped(statistics: Statistics) -> Symptom | None:
    """Many rows have exactly the same highest (or lowest) logit, and the next values come close to it.

    Towards its end a distribution thins out: the outermost value is not more frequent than one of its neighbours, and
    24 to 1 is as unlikely as that many heads (8e-7). Rows that are copies count once. A mask's fill value stands far
    away from the others, a class that is always 0 has no neighbours, and a quantiser's levels are a matter of their
    own: none of these is reported. Nor are logits that end at 0: log-probabilities do, and what lost its maximum.
    """
    logits = statistics.logits
    ends = [side for side in (logits.tops, logits.bottoms) if not (side is logits.tops and side and side[0].value == 0)]
    cut = [side for side in ends if _is_cut(side, logits.values)]
    if not cut or logits.coarseness.levels is not None:
        return None
    rows = max((side[0].rows for side in cut), key=lambda rows: rows.count)
    evidence = [
        f"{side[0].value:g} is the {_which(side, logits.tops)} logit of {rows_text(side[0].rows)}" for side in cut
    ]
    floor = math.log1p((statistics.classes - 1) * math.exp(-logits.values.span))
    return Symptom(
        f"logits were clipped at {listing([f'{side[0].value:g}' for side in cut])}",
        tuple(evidence),
        rows,
        effects=(*loss_as_given(statistics), Effect("least that a row can reach", floor)),
        remedy="what was cut off is not in the file: export it without the clip",
    )


def rectified(statistics: Statistics) -> Symptom | None:
    """No logit is negative, and zeros stand in several classes' columns: a ReLU behind the last layer.

    A continuous value is 0 with a chance of 0; there must be 24 of them, and one in a hundred. Rows and columns of one
    value do not count, nor do whole numbers; and where no row has two zeros, its minimum may have been subtracted.
    """
    logits, size = statistics.logits, statistics.rows * statistics.classes
    fixed = int(np.count_nonzero(logits.columns.values == 0))
    shares, columns = logits.shares, 0 if logits.shares is None else int(np.count_nonzero(logits.shares.zero_columns))
    if shares is None or logits.coarseness.decimals == 0 or columns - fixed < 2:
        return None
    if shares.zeros - fixed * statistics.rows < max(_AT_THE_END, size / 100):
        return None
    if shares.zeros == sum(side.rows.count for side in logits.bottoms if side.value == 0):
        return None
    return Symptom(
        "no logit is negative: a ReLU behind the last layer?",
        (
            f"{percent(shares.zeros / size)} of the values are exactly 0, "
            f"in the columns of {count(columns, 'class', 'classes')}",
        ),
        all_rows(statistics),
        effects=loss_as_given(statistics),
        remedy="take the activation behind the last layer out: what it cut off is not in the file",
    )


def rounded(statistics: Statistics) -> Symptom | None:
    """The first 16,384 values are whole multiples of 1, 0.1 or 0.01.

    A logit that is off by d/2 or less changes a row's loss by d or less, since the gradient's parts sum to 2 at most.
    Levels that are further apart than that (0.07) are a quantiser's.
    """
    coarseness = statistics.logits.coarseness
    decimals = coarseness.decimals
    if decimals is None or decimals > _COARSE:
        return None
    step = 10.0**-decimals
    if coarseness.step is not None and coarseness.step > 1.5 * step:
        return None
    what = "whole numbers" if decimals == 0 else f"rounded to {count(decimals, 'decimal')}"
    return Symptom(
        f"the logits are {what}",
        (f"the values that were looked at are whole multiples of {step:g}",),
        all_rows(statistics),
        effects=(*loss_as_given(statistics), Effect("a row's loss may be off by", step)),
        remedy="export every digit",
    )


def quantised(statistics: Statistics) -> Symptom | None:
    """The first 16,384 values stand on 256 levels or fewer, equally far apart: those of an 8-bit quantiser."""
    coarseness = statistics.logits.coarseness
    if coarseness.levels is None or coarseness.step is None:
        return None
    return Symptom(
        f"the logits stand on {coarseness.levels} levels, as a quantised model's do",
        (f"the values that were looked at are {coarseness.step:.4g} apart, or whole multiples of it",),
        all_rows(statistics),
        effects=(*loss_as_given(statistics), Effect("a row's loss may be off by", coarseness.step)),
        remedy="where the last digits matter, leave the last layer unquantised",
    )


def shifted_matrix(statistics: Statistics) -> Symptom | None:
    """All logits of ten rows or more lie further from 0 than ten times the widest row, on one side of it.

    Harmless to every softmax that subtracts the maximum, and to be seen only when the digits are few.
    """
    if not _is_shifted(statistics):
        return None
    values = statistics.logits.values
    return Symptom(
        f"the whole matrix is shifted, to about {(values.low + values.high) / 2:.4g}",
        (
            f"all logits lie from {values.low:.6g} to {values.high:.6g}; no row spans more than "
            f"{statistics.logits.spans.high:.3g}",
        ),
        all_rows(statistics),
        effects=(*loss_as_given(statistics), Effect("a row's loss may be off by", _spacing(statistics))),
        remedy="harmless here; a softmax that does not subtract the maximum would overflow",
    )


def digits_lost(statistics: Statistics) -> Symptom | None:
    """The shift of the whole matrix leaves so few digits behind the point that a loss is off by 0.001 nats or more.

    Neighbouring numbers of the dtype are a spacing apart at the size of the logits; each is off by half of one, and a
    row's loss by one.
    """
    if not _is_shifted(statistics) or _spacing(statistics) < _VISIBLE:
        return None
    values = statistics.logits.values
    spacing = _spacing(statistics)
    return Symptom(
        f"the logits are shifted so far that {statistics.logits.dtype} has no digits left for their differences",
        (
            f"all logits lie from {values.low:.6g} to {values.high:.6g}, where {statistics.logits.dtype} has steps of "
            f"{spacing:.3g}",
        ),
        all_rows(statistics),
        effects=(*loss_as_given(statistics), Effect("a row's loss may be off by", spacing)),
        remedy="subtract the row's maximum before the file is written: its lost digits are not in it",
    )


def naive_overflow(statistics: Statistics) -> Symptom | None:
    """exp(x) overflows, or softmax(x) underflows, in the file's own dtype, for at least one row.

    Then inf / inf, or the 0 of a one-hot label times log(0), is nan, and so is the mean of the losses.
    """
    logits = statistics.logits
    if not (logits.overflowing or logits.underflowing):
        return None
    precision = _precision(statistics)
    effects = [*loss_as_given(statistics)]
    evidence = []
    if effects:
        effects.append(Effect("by that recipe", math.nan))
    if logits.overflowing:
        evidence.append(f"exp(x) overflows in {rows_text(logits.overflowing)}")
        effects += [
            Effect("largest logit", number=logits.values.high),
            Effect("exp(x) is inf past", number=precision.overflow),
        ]
    if logits.underflowing:
        evidence.append(f"log(softmax(x)) is -inf in {rows_text(logits.underflowing)}")
        effects += [
            Effect("widest row", number=logits.spans.high),
            Effect("softmax(x) is 0 past", number=precision.underflow_gap),
        ]
    return Symptom(
        f"exp(x) / sum(exp(x)) and its logarithm break in {logits.dtype}",
        tuple(evidence),
        logits.overflowing or logits.underflowing,
        effects=tuple(effects),
        remedy="log_softmax and cross_entropy subtract the maximum and are right",
    )


def _is_cut(side: list[Extreme], values: Bounds) -> bool:
    if len(side) < 2 or values.span <= 0:
        return False
    outermost, neighbours = side[0], side[1:]
    kinds, frequent = len(outermost.kinds), max(len(neighbour.kinds) for neighbour in neighbours)
    rest = values.span - abs(outermost.value - neighbours[0].value)
    near = abs(outermost.value - neighbours[0].value) <= _NEAR * rest
    return near and kinds >= _AT_THE_END and log_binomial_tail(kinds, kinds + frequent, 0.5) < LOG_ALPHA


def _which(side: list[Extreme], tops: list[Extreme]) -> str:
    return "highest" if side is tops else "lowest"


def _is_shifted(statistics: Statistics) -> bool:
    values, spans = statistics.logits.values, statistics.logits.spans
    if statistics.rows < _SEVERAL_ROWS or not values or spans.high <= 0:
        return False
    return max(values.low, -values.high) > _FAR * spans.high


def _spacing(statistics: Statistics) -> float:
    """The distance of two neighbouring numbers of the dtype at the size of the largest logit."""
    values = statistics.logits.values
    return _precision(statistics).ulp(max(abs(values.low), abs(values.high)))


def _precision(statistics: Statistics) -> Precision:
    """Of the file; whole numbers are computed in float64."""
    return PRECISIONS.get(statistics.logits.dtype, PRECISIONS["float64"])


CHECKS = (
    Check(
        "X111",
        "not-finite",
        "error",
        "nan, inf, or a row of nothing but -inf",
        not_finite,
        hides=("X112", "X131", "X132", "L409"),
    ),
    Check(
        "X112",
        "float16-saturated",
        "error",
        "65504, where float16 ends",
        float16_saturated,
        hides=("X113", "X117", "X118", "X119", "L4"),
    ),
    Check("X113", "clipped", "warning", "logits cut to a bound", clipped),
    Check("X114", "rectified", "warning", "no negative logit, many zeros: a ReLU", rectified, hides=("X113",)),
    Check("X115", "rounded", "note", "two decimals or fewer", rounded, hides=("X116",)),
    Check("X116", "quantised", "note", "256 levels or fewer", quantised),
    Check("X118", "digits-lost", "warning", "a shift of all logits costs digits", digits_lost, hides=("X117", "X119")),
    Check("X117", "shifted-matrix", "note", "all logits lie far from 0", shifted_matrix, hides=("X119",)),
    Check("X119", "naive-overflow", "note", "exp(x) / sum(exp(x)) breaks in the dtype", naive_overflow),
)
