"""The oracle's losses: exp, log and fsum of float64 numbers, a row at a time, and how far rounding may lead away."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.fuzz.case import Band

EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
_WIDEST_GAP = {"float64": 1e307, "float32": 1e38, "float16": 3e4, "bfloat16": 1e38}
_LARGEST_QUOTIENT = 1e300

Label = int | Sequence[float] | None
"""A class, a row of probabilities, or None for a row that does not count."""


class Doubtful(Exception):  # noqa: N818  (no error: the oracle does not know)
    """More than one number would be right."""


@dataclass(frozen=True)
class Criterion:
    """How the loss is defined, as the options of the command line say it."""

    ignore_index: int | None = None
    label_base: int = 0
    label_smoothing: float = 0.0
    temperature: float = 1.0
    weight: tuple[float, ...] | None = None
    reduction: str = "mean"
    skip: tuple[int, ...] = ()


def log_probabilities(row: Sequence[float]) -> list[float]:
    """x - max - log(sum(exp(x - max))); nan throughout where the maximum is infinite or a value is nan."""
    top = max(row)
    if any(map(math.isnan, row)) or math.isinf(top):
        return [math.nan] * len(row)
    shifted = [value - top for value in row]
    total = math.log(math.fsum(map(math.exp, shifted)))
    return [value - total for value in shifted]


def probabilities(row: Sequence[float]) -> list[float]:
    """exp(x - max) / sum(exp(x - max))."""
    return [math.nan if math.isnan(value) else math.exp(value) for value in log_probabilities(row)]


def rounding(rows: Sequence[Sequence[float]], dtype: str, scale: float = 1.0) -> float:
    """How far the mean of some rows' losses may be off in that precision: a few roundings of each gap and each class.

    Raises Doubtful where the precision cannot hold a gap.
    """
    worst = 0.0
    for row in rows:
        finite = [value for value in row if math.isfinite(value)]
        gap = max(finite) - min(finite) if finite else 0.0
        if gap > _WIDEST_GAP[dtype] or any(abs(value) > _WIDEST_GAP[dtype] for value in finite):
            raise Doubtful
        worst = max(worst, gap)
    classes = len(rows[0]) if rows else 0
    return EPSILON[dtype] * scale * (8 + classes + 4 * worst)


def loss(rows: Sequence[Sequence[float]], labels: Sequence[Label], by: Criterion, dtype: str = "float64") -> Band:
    """The cross-entropy as torch defines it: SEMANTICS of weights, smoothing and of the mean included.

    Raises ValueError where no row counts, Doubtful where the number depends on the order of the operations.
    """
    counted = [place for place, label in enumerate(labels) if label is not None]
    if not counted:
        raise ValueError("no row counts")
    scaled = [_scaled(rows[place], by.temperature) for place in counted]
    losses = [_row_loss(row, labels[place], by) for row, place in zip(scaled, counted, strict=True)]
    divisor = _divisor([labels[place] for place in counted], by)
    weight = max(by.weight or (1.0,))
    slack = rounding(scaled, dtype, weight)
    if by.temperature != 1.0:
        slack += (
            4
            * EPSILON[dtype]
            * weight
            * max((abs(value) for row in scaled for value in row if math.isfinite(value)), default=0)
        )
    sum_ = _total(losses)
    if by.reduction == "sum":
        return Band(sum_, slack * len(counted))
    return Band(sum_ / divisor, slack * max(1.0, len(counted) / divisor))


def _scaled(row: Sequence[float], temperature: float) -> list[float]:
    if temperature == 1.0:
        return list(row)
    quotients = [value / temperature for value in row]
    if any(
        math.isfinite(value) and abs(quotient) > _LARGEST_QUOTIENT
        for value, quotient in zip(row, quotients, strict=True)
    ):
        raise Doubtful
    return quotients


def _row_loss(row: Sequence[float], label: Label, by: Criterion) -> float:
    logs = log_probabilities(row)
    weight = by.weight or (1.0,) * len(row)
    e = by.label_smoothing
    if isinstance(label, int):
        plain = -weight[label] * logs[label]
        if e == 0 or math.isnan(plain):
            return plain
        return (1 - e) * plain + e / len(row) * _sum(-each * log for each, log in zip(weight, logs, strict=True))
    if label is None:
        raise TypeError("an ignored row has no loss")
    shares = [(1 - e) * q + e / len(row) for q in label]
    return _sum(-w * q * log for w, q, log in zip(weight, shares, logs, strict=True))


def _sum(terms: Iterable[float]) -> float:
    listed = list(terms)
    if not all(map(math.isfinite, listed)):
        return math.nan if any(map(math.isnan, listed)) else math.inf
    try:
        return math.fsum(listed)
    except OverflowError:
        raise Doubtful from None


def _divisor(labels: Sequence[Label], by: Criterion) -> float:
    if by.weight is None or not isinstance(labels[0], int):
        return float(len(labels))
    return math.fsum(by.weight[label] for label in labels if isinstance(label, int))


def _total(losses: Sequence[float]) -> float:
    """The exact sum, rounded once; fsum overflows where only a part of the sum does."""
    if not all(map(math.isfinite, losses)):
        return math.nan if any(map(math.isnan, losses)) else math.inf
    try:
        return float(sum(map(Fraction, losses)))
    except OverflowError:
        raise Doubtful from None
