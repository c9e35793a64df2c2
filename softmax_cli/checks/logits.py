"""What may be wrong with the values of the logits. Each check gives its reason to be sure."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, listing, loss_as_given, percent, rows_text
from softmax_cli.losses.precision import PRECISIONS, Precision
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.extremes import Extreme
from softmax_cli.metrics.shares import END
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_LOOSEST = 5e-3  # how far a sum of probabilities may be off, relative: those of bfloat16 are off by 2^-9 = 2e-3
_EXACT = 1e-7  # ... and what no row is nearer to it than by luck: the rounding of float32
_WHOLE = 0.3  # how often the sums of two rows of small whole numbers are the same by luck, at most
_FEW_ROWS = 5
_SEVERAL_ROWS = 10
_MANY_VALUES = 30
_AT_THE_END = 24  # as many ones among 25 tosses of a coin: 8e-7
_NEAR = 1 / 8  # of the span: how far the next value may be from a bound that others were cut to
_FAR = 10  # times the widest row: how far all logits lie from 0 if the matrix is shifted
_VISIBLE = 1e-3  # nats
_COARSE = 2  # decimals
_FLOAT16_END = 65504.0


def probabilities(statistics: Statistics) -> Symptom | None:
    """No value is negative and each row sums to 1: softmax has been applied.

    That a row of other values in [0, 1] sums to 1 within d by luck has a chance of about 2 d (the density of such a
    sum is about 1 at most, for two uniform values): (2 d)^N for N different rows must be below 1e-6. So three rows
    need d < 0.005, a single one 5e-7, which float32 holds.
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
    percents = shares.sums.off(100.0) <= _LOOSEST * 100
    total = 100.0 if percents else shares.sums.high
    whole = statistics.logits.coarseness.decimals == 0
    if not (percents or whole) or abs(total - 1) <= _LOOSEST or not _sums_to(statistics, total, int(not percents)):
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
    if not crowded or shares.near_one < max(3, statistics.rows / 100) or shares.sums.off(1.0) <= _LOOSEST:
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
    """log(sum(exp(x))) is 0 in each row, as sure as for probabilities."""
    normalizers = statistics.logits.normalizers
    if not normalizers or not _rows_meet(statistics, normalizers.off(0.0), 0):
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
    files = statistics.files
    return Symptom(
        f"{count(sum(rows.count for rows in found.values()), 'row')} without a softmax: nan or infinite",
        tuple(evidence),
        rows,
        effects=() if loss is None else (*loss_as_given(statistics), Effect("of the other rows", loss.finite_mean)),
        remedy="find out what made them: a loss that overflowed, a cast, a division by 0",
        command=files.loss("--explain")
        if loss is not None and files.loss()
        else "np.flatnonzero(~(x < np.inf).all(1))",
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
        remedy="run the last layer in float32, or in bfloat16, and export again",
        command="logits = head(hidden.float())",
    )


def clipped(statistics: Statistics) -> Symptom | None:
    """Many rows have exactly the same highest (or lowest) logit, and the next values come close to it.

    Towards its end a distribution thins out: the outermost value is not more frequent than one of its neighbours, and
    24 to 1 is as unlikely as that many heads (8e-7). Rows that are copies count once. A mask's fill value stands far
    away from the others, a class that is always 0 has no neighbours, and a quantiser's levels are a matter of their
    own: none of these is reported.
    """
    logits = statistics.logits
    cut = [side for side in (logits.tops, logits.bottoms) if _is_cut(side, logits.values)]
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
        command="",
    )


def rectified(statistics: Statistics) -> Symptom | None:
    """No logit is negative, and zeros stand in several classes' columns: a ReLU behind the last layer.

    A continuous value is 0 with a chance of 0; there must be 24 of them, and one in a hundred. Rows and columns of one
    value do not count, nor do whole numbers.
    """
    logits, size = statistics.logits, statistics.rows * statistics.classes
    fixed = int(np.count_nonzero(logits.columns.values == 0))
    shares, columns = logits.shares, 0 if logits.shares is None else int(np.count_nonzero(logits.shares.zero_columns))
    if shares is None or logits.coarseness.decimals == 0 or columns - fixed < 2:
        return None
    if shares.zeros - fixed * statistics.rows < max(_AT_THE_END, size / 100):
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
        command="model[-1] = torch.nn.Identity()",
    )


def rounded(statistics: Statistics) -> Symptom | None:
    """The first 16,384 values are whole multiples of 1, 0.1 or 0.01.

    A logit that is off by d/2 or less changes a row's loss by d or less, since the gradient's parts sum to 2 at most.
    """
    decimals = statistics.logits.coarseness.decimals
    if decimals is None or decimals > _COARSE:
        return None
    step = 10.0**-decimals
    what = "whole numbers" if decimals == 0 else f"rounded to {count(decimals, 'decimal')}"
    return Symptom(
        f"the logits are {what}",
        (f"the values that were looked at are whole multiples of {step:g}",),
        all_rows(statistics),
        effects=(*loss_as_given(statistics), Effect("a row's loss may be off by", step)),
        remedy="export every digit",
        command="np.savetxt('logits.csv', x, fmt='%.9g', delimiter=',')",
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
        command=statistics.files.rewritten("x - x.max(-1, keepdims=True)"),
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
        command="np.save('logits.npy', x - x.max(-1, keepdims=True))",
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
        command=statistics.files.loss(),
    )


def _sums_to(statistics: Statistics, total: float, spent: int) -> bool:
    """Whether no value is negative and the rows sum to that total, ``spent`` of them having been used to find it."""
    if statistics.logits.shares is None:
        return False
    error = _sum_error(statistics, total)
    if statistics.logits.coarseness.decimals == 0 or statistics.logits.shares.one_hot == statistics.rows:
        return error <= _LOOSEST and statistics.classes > 1 and _unlikely(statistics, _WHOLE / 2, spent)
    return _rows_meet(statistics, error, spent)


def _sum_error(statistics: Statistics, total: float) -> float:
    """How far a row's sum is from the total at most, relative to it."""
    shares = statistics.logits.shares
    return math.inf if shares is None else shares.sums.off(total) / total


def _rows_meet(statistics: Statistics, error: float, spent: int) -> bool:
    """Whether the different rows are near enough to a number for it not to be luck."""
    return statistics.classes > 1 and error <= _LOOSEST and _unlikely(statistics, error, spent)


def _unlikely(statistics: Statistics, error: float, spent: int) -> bool:
    rows = statistics.logits.repeats.distinct - spent
    return rows > 0 and rows * math.log(2 * (error + _EXACT)) < LOG_ALPHA


def _floor(statistics: Statistics) -> Effect:
    """The softmax of a row within [0, 1] is most certain at (1, 0, ..., 0): e / (e + C - 1)."""
    return Effect("least possible, -ln(e / (e + C - 1))", math.log1p((statistics.classes - 1) / math.e))


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
    Check("X111", "not-finite", "error", "nan, inf, or a row of nothing but -inf", not_finite, hides=("X112",)),
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
