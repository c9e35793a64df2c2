"""The same rows under the conventions of several frameworks: blocks to partial sums to lines."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.settings import Settings, known_name
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.frameworks import FRAMEWORKS, REFERENCE, Fact, Framework
from softmax_cli.losses.sums import Sum
from softmax_cli.reports.frameworks import FrameworkLine
from softmax_cli.reports.grid import count


@dataclass(frozen=True)
class FrameworkSums:
    """What some rows add to the frameworks' losses, by their names; how many rows an epsilon clipped."""

    rows: int
    counted: int
    weights: Sum
    losses: Mapping[str, Sum]
    clipped: Mapping[str, int]

    def __add__(self, other: "FrameworkSums") -> "FrameworkSums":
        return FrameworkSums(
            self.rows + other.rows,
            self.counted + other.counted,
            self.weights + other.weights,
            {name: losses + other.losses[name] for name, losses in self.losses.items()},
            {name: number + other.clipped[name] for name, number in self.clipped.items()},
        )


class FrameworkFold:
    """The frameworks' partial sums, as far as the rows have been added; NumPy batches in float64.

    Raises UsageError for an unknown name, for the reduction none, and for probabilities as labels of a framework
    that takes class indices only.
    """

    def __init__(self, names: Sequence[str], settings: Settings, *, by_probabilities: bool) -> None:
        for name in names:
            known_name("framework", name, FRAMEWORKS)
        if settings.reduction == "none":
            raise UsageError("--as compares means or sums; leave --reduction none out")
        index_only = [name for name in names if by_probabilities and FRAMEWORKS[name].index_only]
        if index_only:
            raise UsageError(f"--as {index_only[0]} is for class indices, and these labels are probabilities")
        self.names = tuple(dict.fromkeys(names))
        self.settings = settings
        self.by_probabilities = by_probabilities
        computed = (REFERENCE, *self.names)
        self.sums = FrameworkSums(0, 0, Sum(), dict.fromkeys(computed, Sum()), dict.fromkeys(computed, 0))

    def measure(self, batch: Batch) -> FrameworkSums:
        """What a block of rows adds."""
        target, xp = batch.target, batch.xp
        counted = target.size if target.counted is None else int(xp.sum(target.counted))
        weights = batch.criterion.row_weights(target, xp)
        losses, clipped = {}, {}
        for name in self.sums.losses:
            framework = FRAMEWORKS[name]
            losses[name] = Sum.of(target.counted_only(framework.losses(batch), xp), xp)
            clipped[name] = int(xp.sum(target.counted_only(framework.clipped(batch), xp))) if framework.epsilon else 0
        divisor = Sum.count(counted) if weights is None else Sum.of(weights, xp)
        return FrameworkSums(target.size, counted, divisor, losses, clipped)

    def add(self, sums: FrameworkSums) -> None:
        """Add what a block came to."""
        self.sums += sums

    def lines(self) -> tuple[FrameworkLine, ...]:
        """What each framework makes of all rows added."""
        return tuple(self._line(FRAMEWORKS[name]) for name in self.names)

    def _line(self, framework: Framework) -> FrameworkLine:
        loss, reference = self._loss(framework), self._loss(FRAMEWORKS[REFERENCE])
        same = loss == reference or (math.isnan(loss) and math.isnan(reference))
        difference = 0.0 if same else loss - reference
        return FrameworkLine(framework.name, loss, difference, self._why(framework), framework.function)

    def _loss(self, framework: Framework) -> float:
        losses = self.sums.losses[framework.name]
        if self.settings.reduction == "sum":
            return losses.value()
        divisor = self._divisor(framework)
        return losses.over(divisor) if divisor != Sum() else framework.mean_of_nothing

    def _divisor(self, framework: Framework) -> Sum:
        sums = self.sums
        divisors = {"weights": sums.weights, "counted": Sum.count(sums.counted), "rows": Sum.count(sums.rows)}
        return divisors[framework.divides_by]

    def _why(self, framework: Framework) -> str:
        """The differences that apply, in one line."""
        facts = set(self._facts(framework))
        numbers = {
            "rows": f"{self.sums.rows:,}",
            "counted": f"{self.sums.counted:,}",
            "torch": f"{self.sums.weights.value():,.10g}",
            "clipped": count(self.sums.clipped[framework.name], "row"),
            "epsilon": f"{framework.epsilon:.3g}",
            "ceiling": f"{-math.log(framework.epsilon):.5g}" if framework.epsilon else "",
        }
        applying = (text for when, text in framework.differences.items() if facts.issuperset(when))
        return "; ".join(text.format_map(numbers) for text in applying)

    def _facts(self, framework: Framework) -> Iterator[Fact]:
        settings, of_mean = self.settings, self.settings.reduction == "mean"
        nan, nan_in_reference = (self.sums.losses[name].nan for name in (framework.name, REFERENCE))
        facts: dict[Fact, bool] = {
            "smoothing": settings.label_smoothing > 0,
            "weights": settings.weight is not None,
            "zero_log_zero": settings.zero_log_zero,
            "probabilities": self.by_probabilities,
            "ignored": self.sums.counted < self.sums.rows,
            "all ignored": of_mean and self.sums.rows > 0 and not self.sums.counted,
            "divisor": of_mean and self._divisor(framework) != self._divisor(FRAMEWORKS[REFERENCE]),
            "clipped": self.sums.clipped[framework.name] > 0,
            "nan": nan > 0,
            "more nan": nan > nan_in_reference,
        }
        return (fact for fact, holds in facts.items() if holds)
