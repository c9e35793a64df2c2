"""What the checks know: everything that one pass over the files found out, as numbers."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.remedies import Options
from softmax_cli.losses.partial import Partial
from softmax_cli.losses.sums import Sum
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.coarseness import Coarseness
from softmax_cli.metrics.columns import Columns, Foreign
from softmax_cli.metrics.duplicates import Repeats
from softmax_cli.metrics.extremes import Extreme
from softmax_cli.metrics.lags import Lag
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.ranges import Ranges
from softmax_cli.metrics.rearranged import Kept
from softmax_cli.metrics.relabelling import Relabelling
from softmax_cli.metrics.shares import Shares


@dataclass(frozen=True, eq=False)
class LogitStatistics:
    """The logits (N, C) alone.

    Attributes:
        dtype: the file's own (float64 for text).
        values: of all that are finite.
        spans: of each row's highest logit less its lowest.
        normalizers: of the rows' log(sum(exp(x))).
        shares: the rows as shares of a total; None where any value is negative, but for rounding.
        nan: rows with a nan.
        infinite: rows with +inf.
        hollow: rows of nothing but -inf.
        saturated: rows with 65504, the largest number of float16.
        overflowing: rows where exp(x) is past the dtype's largest number.
        underflowing: rows where softmax(x) is below the dtype's smallest.
        constant: rows of one and the same value.
        constant_ranges: the same rows as ranges.
        unsound_ranges: the rows without a softmax, as ranges.
        tops: the rows' highest logits, the outermost four.
        bottoms: likewise the lowest.
        predictions: how often each class is the maximum, (C,).
        columns: those that look odd.
        foreign: those of whole numbers among decimals.
        counts_up: 0 or 1 where the first row is 0, 1, 2, ... or 1, 2, 3, ...
        resolution: the distance of neighbouring numbers of the dtype at 1; of whole numbers, how often two may meet.
        coarseness: of the first 16,384 values.
        repeats: rows that occur more than once.
    """

    dtype: str
    values: Bounds
    spans: Bounds
    normalizers: Bounds
    shares: Shares | None
    nan: Places
    infinite: Places
    hollow: Places
    saturated: Places
    overflowing: Places
    underflowing: Places
    constant: Places
    constant_ranges: Ranges
    unsound_ranges: Ranges
    tops: list[Extreme]
    bottoms: list[Extreme]
    predictions: NDArray[np.int64]
    columns: Columns
    foreign: Foreign
    counts_up: int | None
    resolution: float
    coarseness: Coarseness
    repeats: Repeats


@dataclass(frozen=True, eq=False)
class LabelStatistics:
    """The labels alone, however bad they are.

    Attributes:
        given: how many there are.
        kind: ``indices``, ``names`` or ``probabilities``.
        base: the number of the first class.
        counts: how many labels each class has, (C,); the ignored ones left out.
        numbers: of all whole numbers among them, counted from ``base``.
        ignored: rows with the ignore_index.
        outside: rows with a whole number that is no class.
        outside_values: those numbers as the file has them, the first 20 of them.
        fractional: rows with a number that is not whole, or nan.
        fractions: examples of them.
        missing: how many of them are nan.
        unknown: rows with a name that no class has.
        unknown_names: those names, the first 20 of them.
        impossible: rows of probabilities with a nan, or a value below 0 or above 1.
        negative: rows of probabilities with a value below 0.
        several: rows with several 1s, where there are only 0s and 1s.
        no_classes: whether there are only 0s and 1s, and not a single 1 in every row.
        sums: of the rows of probabilities.
        certain: whether each row of probabilities is a single 1.
        unlike: rows of probabilities whose sum is off by more than 0.001.
        flat: the classes, where the labels are one-hot rows written value after value.
        header: whether the file has one.
        lines: whether the file is text.
    """

    given: int
    kind: str
    base: int
    counts: NDArray[np.int64]
    numbers: Bounds
    ignored: Places
    outside: Places
    outside_values: dict[int, Places]
    fractional: Places
    fractions: tuple[float, ...]
    missing: int
    unknown: Places
    unknown_names: dict[str, Places]
    impossible: Places
    negative: Places
    several: Places
    no_classes: bool
    unlike: Places
    sums: Bounds
    certain: bool
    flat: NDArray[np.int64] | None
    header: bool
    lines: bool

    @property
    def counted(self) -> int:
        """How many labels are classes."""
        return int(self.counts.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """How much of them each class has, (C,)."""
        return self.counts / max(self.counted, 1)

    @property
    def entropy(self) -> float:
        """-sum_c s_c ln s_c of the shares, in nats: the loss of the best model that sees nothing but them."""
        shares = self.shares[self.counts > 0]
        return float(-(shares * np.log(shares)).sum())


@dataclass(frozen=True, eq=False)
class LossStatistics:
    """Logits and labels together: the rows whose label is a class.

    Attributes:
        losses: of the cross-entropy, in nats.
        confidences: of the rows' largest probability.
        hits: how many rows have their label as the maximum.
        lowest: how many rows have it as their only minimum.
        fresh: how many rows have another label or maximum than the row before.
        fresh_lowest: how many of these have the label as their only minimum.
        predictions: how often each class is the maximum, (C,).
        masked: rows whose label's logit is -inf.
        vanished: rows of probabilities where a class of probability 0 has the logit -inf: torch's 0 * inf is nan.
        constant: how many of the rows are constant ones.
        lags: against the labels of the rows so far on, or back.
        one_less: against the label less 1.
        one_more: against the label plus 1.
        class_losses: the losses of each label, summed, (C,).
        class_squares: their squares, summed, (C,).
        likeliest: the largest probability that each label has in one of its rows, (C,).
        pairs: rows by label and prediction, (C, C); None for many classes.
        relabelling: the renaming of the classes that the predictions ask for.
        kept: the predictions and labels of the first rows, in their order.
        by_column: of as many rows as classes, how many columns have their maximum in the row of their label.
    """

    losses: Partial
    confidences: Partial
    hits: int
    lowest: int
    fresh: int
    fresh_lowest: int
    predictions: NDArray[np.int64]
    masked: Places
    vanished: Places
    constant: int
    lags: dict[int, Lag]
    one_less: Lag
    one_more: Lag
    class_losses: NDArray[np.float64]
    class_squares: NDArray[np.float64]
    likeliest: NDArray[np.float64]
    pairs: NDArray[np.int64] | None
    relabelling: Relabelling | None
    kept: Kept
    by_column: int | None

    @property
    def counted(self) -> int:
        """How many rows there are."""
        return int(self.predictions.sum())

    @property
    def mean(self) -> float:
        """The loss, nan of nothing."""
        return self.losses.losses.over(Sum.count(self.counted))

    @property
    def finite(self) -> int:
        """How many rows have a finite loss."""
        return self.counted - self.losses.losses.nonfinite

    @property
    def finite_mean(self) -> float:
        """The loss of those rows."""
        return Sum(self.losses.losses.finite).over(Sum.count(self.finite))

    @property
    def standard_error(self) -> float:
        """Of the mean of those rows; inf of fewer than two, or where a square is past the largest number."""
        if self.finite < 2 or self.losses.squares.nonfinite > self.losses.losses.nonfinite:
            return math.inf
        variance = Sum(self.losses.squares.finite).over(Sum.count(self.finite)) - self.finite_mean**2
        return math.sqrt(max(variance, 0.0) / (self.finite - 1))

    @property
    def accuracy(self) -> float:
        """How many of them are right: hits / counted, nan of nothing."""
        return self.hits / self.counted if self.counted else math.nan


@dataclass(frozen=True)
class Rival:
    """Another axis that the classes could be on, by the shapes, and what came of it."""

    axis: int
    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Statistics:
    """All of them.

    ``axis`` is the classes' axis of ``shape``; ``asked`` says that the user named it. ``rivals`` are the other axes
    that fit the shape of the labels. ``one_column`` says that a row has one value, and ``single`` that it is read as a
    logit for want of another word; ``said`` that the user has said what the values are. ``labels`` and ``loss`` are
    None without labels. ``columns`` are what --logit-columns calls each class, None where it cannot choose them.
    ``given`` are the options that were given. ``lines`` says that the logits' file is text. ``multilabel_loss`` is what
    `loss` prints of multi-label files, of which nothing else is known here.
    """

    shape: tuple[int | None, ...]
    axis: int
    asked: bool
    rows: int
    class_names: tuple[str, ...]
    columns: tuple[str, ...] | None
    given: Options
    lines: bool
    logits: LogitStatistics
    labels: LabelStatistics | None = None
    loss: LossStatistics | None = None
    rivals: tuple[Rival, ...] = field(default=())
    single: bool = False
    one_column: bool = False
    multilabel_loss: float | None = None
    said: bool = False

    @property
    def classes(self) -> int:
        """C."""
        return len(self.class_names)

    @property
    def chance(self) -> float:
        """The accuracy of predictions that have nothing to do with the labels: sum_c p(label c) p(prediction c)."""
        if self.labels is None or self.loss is None or not self.loss.counted:
            return math.nan
        return float(self.labels.shares @ (self.loss.predictions / self.loss.counted))

    def knows(self, deviations: float) -> bool:
        """Whether the accuracy is above that of predictions that have nothing to do with the labels, by so many."""
        if self.loss is None:
            return False
        expected = self.loss.counted * self.chance
        return self.loss.hits - expected > deviations * math.sqrt(expected * (1 - self.chance))

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of the rows: all axes but the classes'."""
        sizes = self.shape[: self.axis] + self.shape[self.axis + 1 :]
        return (self.rows,) if None in sizes else tuple(size for size in sizes if size is not None)

    @property
    def sequence(self) -> int:
        """How many rows a sequence has: those along the last of the rows' axes that is longer than 1."""
        longer = [size for size in self.row_shape if size > 1]
        return longer[-1] if longer else 1

    def class_text(self, index: int) -> str:
        """A class in words: its number, and its name where it has one."""
        name = self.class_names[index]
        return f"class {index}" if name == str(index) else f"class {index} ({name})"
