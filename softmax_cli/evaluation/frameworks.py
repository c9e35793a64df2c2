"""The same rows under the conventions of several frameworks: blocks to partial sums to lines."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.settings import Settings, known_name
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.frameworks import FRAMEWORKS, REFERENCE, Fact, Framework
from softmax_cli.losses.sums import Sum
from softmax_cli.reports.frameworks import FrameworkLine
from softmax_cli.reports.grid import count


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
        self.rows = 0
        self.counted = 0
        self.weights = Sum()
        self.losses = {name: Sum() for name in (REFERENCE, *self.names)}
        self.clipped = dict.fromkeys(self.losses, 0)

    def add(self, batch: Batch) -> None:
        """Add a block of rows to every sum."""
        target, xp = batch.target, batch.xp
        counted = target.size if target.counted is None else int(xp.sum(target.counted))
        self.rows += target.size
        self.counted += counted
        with np.errstate(all="ignore"):
            weights = batch.criterion.row_weights(target, xp)
            self.weights += Sum.count(counted) if weights is None else Sum.of(weights, xp)
            for name in self.losses:
                framework = FRAMEWORKS[name]
                self.losses[name] += Sum.of(target.counted_only(framework.losses(batch), xp), xp)
                if framework.epsilon:
                    self.clipped[name] += int(xp.sum(target.counted_only(framework.clipped(batch), xp)))

    def lines(self) -> tuple[FrameworkLine, ...]:
        """What each framework makes of all rows added."""
        return tuple(self._line(FRAMEWORKS[name]) for name in self.names)

    def _line(self, framework: Framework) -> FrameworkLine:
        loss, reference = self._loss(framework), self._loss(FRAMEWORKS[REFERENCE])
        same = loss == reference or (math.isnan(loss) and math.isnan(reference))
        difference = 0.0 if same else loss - reference
        return FrameworkLine(framework.name, loss, difference, self._why(framework), framework.function)

    def _loss(self, framework: Framework) -> float:
        losses = self.losses[framework.name]
        if self.settings.reduction == "sum":
            return losses.value()
        divisor = self._divisor(framework)
        return losses.over(divisor) if divisor != Sum() else framework.mean_of_nothing

    def _divisor(self, framework: Framework) -> Sum:
        return {"weights": self.weights, "counted": Sum.count(self.counted), "rows": Sum.count(self.rows)}[
            framework.divides_by
        ]

    def _why(self, framework: Framework) -> str:
        """The differences that apply, in one line."""
        facts = set(self._facts(framework))
        numbers = {
            "rows": f"{self.rows:,}",
            "counted": f"{self.counted:,}",
            "torch": f"{self.weights.value():,.10g}",
            "clipped": count(self.clipped[framework.name], "row"),
            "epsilon": f"{framework.epsilon:.3g}",
            "ceiling": f"{-math.log(framework.epsilon):.5g}" if framework.epsilon else "",
        }
        applying = (text for when, text in framework.differences.items() if facts.issuperset(when))
        return "; ".join(text.format_map(numbers) for text in applying)

    def _facts(self, framework: Framework) -> Iterator[Fact]:
        settings, of_mean = self.settings, self.settings.reduction == "mean"
        nan, nan_in_reference = (self.losses[name].nan for name in (framework.name, REFERENCE))
        facts: dict[Fact, bool] = {
            "smoothing": settings.label_smoothing > 0,
            "weights": settings.weight is not None,
            "zero_log_zero": settings.zero_log_zero,
            "probabilities": self.by_probabilities,
            "ignored": self.counted < self.rows,
            "all ignored": of_mean and self.rows > 0 and not self.counted,
            "divisor": of_mean and self._divisor(framework) != self._divisor(FRAMEWORKS[REFERENCE]),
            "clipped": self.clipped[framework.name] > 0,
            "nan": nan > 0,
            "more nan": nan > nan_in_reference,
        }
        return (fact for fact, holds in facts.items() if holds)
