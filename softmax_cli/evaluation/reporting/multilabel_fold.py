"""The fold of `report --multilabel`: blocks of rows to counts, sums, bins, and the scores that are to be ranked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends import load_backends
from softmax_cli.errors import InputError
from softmax_cli.evaluation.blocks import rows_per_block
from softmax_cli.evaluation.hints.watch import Hints
from softmax_cli.evaluation.reporting.chunks import by_index
from softmax_cli.evaluation.reporting.fold import dtype_for
from softmax_cli.evaluation.reporting.settings import ReportSettings
from softmax_cli.evaluation.reporting.worst import Kept, Largest
from softmax_cli.evaluation.tempering import Overflowing, divided
from softmax_cli.inputs.pairs import Block, Pair
from softmax_cli.losses.targets import MultiLabel
from softmax_cli.metrics.calibration import equal_widths
from softmax_cli.metrics.elements import elements
from softmax_cli.metrics.label_bins import LabelBins
from softmax_cli.metrics.label_counts import LabelCounts
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.order import Order
from softmax_cli.metrics.scores import Cells, Scores


@dataclass(frozen=True, eq=False)
class LabelledRows(Kept):
    """Rows with their labels and those predicted, (n, C) each."""

    right: NDArray[np.bool_]
    predicted: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scored:
    """The logits of a block and its labels, (n, C), and their counts per label and pooled once these are kept."""

    logits: NDArray[Any]
    right: NDArray[np.bool_]
    cells: Cells | None
    pooled: Cells | None


@dataclass(frozen=True, eq=False)
class Measured:
    """What a block of rows comes to."""

    rows: LabelledRows
    scored: Scored
    counts: LabelCounts
    bins: LabelBins
    label_losses: NDArray[np.float64]
    against: int
    infinite: int


class MultilabelFold:
    """Every sum over the rows that a multi-label report needs, but for those at another temperature."""

    def __init__(self, pair: Pair, settings: ReportSettings) -> None:
        self.pair = pair
        self.hints = Hints.of(pair)
        self.settings = settings
        (self.backend,) = load_backends("numpy", "cpu", settings.dtype or dtype_for(pair))
        self.overflowing = Overflowing(settings.temperature, self.backend.dtype, multilabel=pair.multilabel)
        self.edges = equal_widths(settings.bins)
        self.losses = Moments()
        self.in_order = Order()
        self.counts = LabelCounts(pair.classes)
        self.label_losses = np.zeros(pair.classes)
        self.bins: LabelBins | None = None
        self.scores = Scores(pair.classes)
        self.pooled = Scores(1)
        self.worst: Largest[LabelledRows] = Largest(settings.worst)
        self.against = 0
        """How many logits are on the wrong side of 0."""
        """Whether every logit lies between 0 and 1."""
        self.infinite = 0
        self.first_undefined: int | None = None

    @property
    def undefined(self) -> int:
        """How many logits are nan."""
        return int(self.scores.undefined.sum())

    @property
    def rows_per_block(self) -> int:
        """As many as suit a core's cache."""
        return rows_per_block(self.pair.classes, [self.backend])

    def blocks(self) -> Iterator[Block]:
        """All rows, from the first; may be had more than once."""
        return by_index(self.hints.watching_pair(self.pair.blocks(self.rows_per_block)), self.rows_per_block)

    def kept_blocks(self) -> Iterator[Block]:
        """The same blocks without reading them again; only while the scores are exact."""
        start = 0
        for logits, right in self.scores.kept:
            yield Block(start, logits, MultiLabel(right))
            start += len(logits)

    def tell(self) -> None:
        """Tell the watcher how far the latest pass has come."""
        self.settings.watcher(self.pair.progress())

    def chosen(self, block: Block) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The logits of a block in the precision to compute in, and which labels are right, (n, C).

        Raises InputError at a label that is neither 0 nor 1.
        """
        target: Any = block.target
        right: NDArray[np.bool_] = target.rows == 1
        if not (right | (target.rows == 0)).all():
            row, label = (int(place) for place in np.argwhere(~right & (target.rows != 0))[0])
            name, value = self.pair.display_names[label], target.rows[row, label]
            what = f"{value} is neither 0 nor 1: report counts right and wrong labels; loss takes probabilities"
            raise InputError(f"{self.pair.label_place(block.start + row)}, class {name}", what)
        logits: NDArray[Any] = self.backend.asarray(block.logits)
        return logits, right

    def measure(self, block: Block) -> Measured:
        """The elements of a block's rows."""
        logits, right = self.chosen(block)
        with np.errstate(all="ignore"):
            scaled = logits if self.settings.temperature == 1 else divided(logits, self.settings.temperature)
        numbers = np.arange(block.start, block.start + len(logits))
        self.overflowing.look(logits, scaled, numbers)
        found = elements(scaled, right)
        cells = self.scores.counted(logits, right)
        pooled = self.pooled.counted(logits.reshape(-1, 1), right.reshape(-1, 1))
        return Measured(
            rows=LabelledRows(numbers, found.row_losses, right, found.predicted),
            scored=Scored(logits, right, cells, pooled),
            counts=LabelCounts.of(found),
            bins=LabelBins.of(found, self.edges),
            label_losses=np.add.reduce(found.losses, axis=0),
            against=_against(logits, right),
            infinite=int(np.count_nonzero(np.isposinf(found.losses))),
        )

    def add(self, found: Measured) -> None:
        """Add them to every sum."""
        rows, scored = found.rows, found.scored
        if not len(rows.row):
            return
        self.losses.add(rows.loss)
        self.counts.add(found.counts)
        self.label_losses += found.label_losses
        self.bins = found.bins if self.bins is None else self.bins + found.bins
        self.worst.take(rows)
        self.against += found.against
        self.infinite += found.infinite
        defined = ~np.isnan(rows.loss)
        if self.first_undefined is None and not defined.all():
            self.first_undefined = int(rows.row[~defined][0])
        self.in_order.add(rows.loss[defined])
        # A block's memory may be used again, so what is kept is a copy.
        logits, right = (scored.logits.copy() if self.scores.exact else scored.logits), scored.right
        self.scores.add(logits, right, scored.cells)
        self.pooled.add(logits.reshape(-1, 1), right.reshape(-1, 1), scored.pooled)


def _against(logits: NDArray[Any], right: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(np.where(right, logits < 0, logits > 0)))
