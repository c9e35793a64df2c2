"""The best temperature of multi-label rows: the T with the least mean loss of sigmoid(x / T)."""

import math
from collections.abc import Iterable

from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.reporting.multilabel_fold import MultilabelFold
from softmax_cli.evaluation.reporting.temperature import TOLERANCE
from softmax_cli.inputs.pairs import Block
from softmax_cli.metrics.calibration import Bins
from softmax_cli.metrics.elements import ScaledSums, elements, scaled_sums
from softmax_cli.metrics.label_bins import LabelBins
from softmax_cli.metrics.temperature import Slope, minimise
from softmax_cli.reports.grid import count
from softmax_cli.reports.tempered import Tempered


def tempered(fold: MultilabelFold) -> Tempered:
    """The temperature with the least loss; why there is none, where there is none."""
    if not fold.counts.rows:
        return Tempered(math.nan, why="there are no rows")
    if fold.undefined:
        return Tempered(math.nan, why=f"{count(fold.undefined, 'logit is', 'logits are')} nan")
    if fold.infinite:
        return Tempered(math.nan, why=f"{count(fold.infinite, 'loss is', 'losses are')} infinite at any T")
    if not fold.against:
        return Tempered(0.0, why="no logit is on the wrong side of 0, so a smaller T always lowers the loss")
    elements_in_all = fold.counts.rows * fold.pair.classes
    last: list[_Sums] = []

    def slope_at(inverse: float) -> Slope:
        last[:] = [_Sums(inverse, fold)]
        run(last[0], _rows(fold), fold.settings.workers, fold.tell)
        return Slope(inverse, last[0].slope / elements_in_all, last[0].curvature / elements_in_all)

    best = minimise(slope_at, 1 / fold.settings.temperature, TOLERANCE)
    binned = _Binned(best.inverse, fold)
    run(binned, _rows(fold), fold.settings.workers, fold.tell)
    loss = last[0].loss / elements_in_all
    return Tempered(
        1 / best.inverse if best.inverse else math.inf,
        loss,
        ece=math.nan if binned.bins is None else binned.bins.expected_error,
        slope=-best.first * best.inverse,
        why="" if best.inverse else f"no T is too large, and the loss comes down to {loss:.4f}, that of guessing",
    )


def _rows(fold: MultilabelFold) -> Iterable[Block]:
    """The rows as far as they are still at hand, else from the file again."""
    return fold.kept_blocks() if fold.scores.exact else fold.blocks()


class _Sums:
    """The sums of the loss and of its derivatives at one inverse temperature."""

    def __init__(self, inverse: float, fold: MultilabelFold) -> None:
        self._inverse = inverse
        self._fold = fold
        self.loss = self.slope = self.curvature = 0.0

    def measure(self, block: Block) -> ScaledSums:
        """The sums of a block."""
        return scaled_sums(*self._fold.chosen(block), self._inverse)

    def add(self, found: ScaledSums) -> None:
        """Add them up."""
        self.loss += found.loss
        self.slope += found.slope
        self.curvature += found.curvature


class _Binned:
    """The calibration of all labels together at one inverse temperature."""

    def __init__(self, inverse: float, fold: MultilabelFold) -> None:
        self._inverse = inverse
        self._fold = fold
        self.bins: Bins | None = None

    def measure(self, block: Block) -> Bins:
        """The bins of a block."""
        logits, right = self._fold.chosen(block)
        return LabelBins.of(elements(logits * self._inverse, right), self._fold.edges).together()

    def add(self, found: Bins) -> None:
        """Add them up."""
        self.bins = found if self.bins is None else self.bins + found
