"""The fold of `report`: blocks of rows to sums, counts, and what is kept of single rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends import load_backends
from softmax_cli.errors import InputError
from softmax_cli.evaluation.blocks import rows_per_block
from softmax_cli.evaluation.hints.watch import Hints
from softmax_cli.evaluation.reporting.chunks import by_index
from softmax_cli.evaluation.reporting.settings import ReportSettings
from softmax_cli.evaluation.reporting.temperature import Rows, Sample
from softmax_cli.evaluation.reporting.worst import Worst
from softmax_cli.evaluation.tempering import Overflowing, divided
from softmax_cli.inputs.pairs import Block, Pair
from softmax_cli.losses.targets import Indices, Probabilities
from softmax_cli.metrics.calibration import Bins, equal_widths
from softmax_cli.metrics.classwise import Cells, Classwise, cells_of
from softmax_cli.metrics.confusions import Confusions
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.order import Order
from softmax_cli.metrics.per_class import PerClass
from softmax_cli.metrics.predictions import Predictions, predict

if TYPE_CHECKING:
    from softmax_cli.evaluation.grouping import GroupFold
    from softmax_cli.inputs.units import Units


@dataclass(frozen=True, eq=False)
class Measured:
    """What a block of ``in_file`` rows comes to: those that count, their predictions, and where these lie.

    ``defined`` says which have a softmax; those alone are in the ``bins`` of confidence.
    """

    rows: Rows
    predictions: Predictions
    defined: NDArray[np.bool_]
    bins: Bins
    cells: Cells
    in_file: int


class ReportFold:
    """Every sum over the rows that a report needs, but for those at another temperature."""

    def __init__(
        self, pair: Pair, settings: ReportSettings, groups: "GroupFold | None" = None, units: "Units | None" = None
    ) -> None:
        self.pair = pair
        self.groups = groups
        self.units = units
        self.hints = Hints.of(pair)
        self.settings = settings
        (self.backend,) = load_backends("numpy", "cpu", settings.dtype or dtype_for(pair))
        self.overflowing = Overflowing(settings.temperature, self.backend.dtype, multilabel=pair.multilabel)
        self.edges = equal_widths(settings.bins)
        self.deepest = max(settings.depths(pair.classes))
        self.rows = 0
        self.losses = Moments()
        self.briers = Moments()
        self.per_class = PerClass(pair.classes)
        self.classwise = Classwise(pair.classes, self.edges)
        self.confusions = Confusions(pair.classes)
        self.worst = Worst(settings.worst)
        self.samples = (Sample(pair.classes), Sample(pair.classes))
        """Of the rows whose label has the largest logit, and of the others."""
        self.confidences = Order(near_one=True)
        self.in_order = Order()
        self.bins: Bins | None = None
        self.ranks = np.zeros(pair.classes + 1, np.int64)
        """How many rows have each rank; the last for those without."""
        self.infinite = 0
        self.undefined = 0
        self.first_undefined: int | None = None

    @property
    def rows_per_block(self) -> int:
        """As many as suit a core's cache."""
        return rows_per_block(self.pair.classes, [self.backend])

    def spelled(self, labels: NDArray[np.int64]) -> list[str]:
        """Labels (n,) as their file has them."""
        return self.pair.rule.text(Indices(labels))

    def blocks(self) -> Iterator[Block]:
        """All rows, from the first; may be had more than once."""
        return by_index(
            map(self._by_class, self.hints.watching_pair(self.pair.blocks(self.rows_per_block))), self.rows_per_block
        )

    def _by_class(self, block: Block) -> Block:
        """The block, one-hot rows turned into their classes; raises InputError at a row that is spread over several."""
        if not isinstance(block.target, Probabilities):
            return block
        rows = block.target.rows
        spread = (np.count_nonzero(rows, axis=1) != 1) | (rows.max(axis=1) != 1)
        if spread.any():
            place = self.pair.label_place(block.start + int(spread.argmax()))
            what = "the label is spread over several classes, and report counts rows that are right"
            raise InputError(place, what, "give each row one class, or a single 1; loss takes probabilities")
        return Block(block.start, block.logits, Indices(rows.argmax(axis=1)))

    def tell(self) -> None:
        """Tell the watcher how far the latest pass has come."""
        self.settings.watcher(self.pair.progress())

    def chosen(self, block: Block) -> Rows:
        """The rows of a block that count, in the precision to compute in."""
        target: Any = block.target
        numbers = np.arange(block.start, block.start + len(block.logits))
        logits: NDArray[Any] = self.backend.asarray(block.logits)
        if target.counted is None or target.counted.all():
            return numbers, logits, target.classes
        counted = target.counted
        return numbers[counted], logits[counted], target.classes[counted]

    def measure(self, block: Block) -> Measured:
        """The predictions of a block's rows."""
        rows = self.chosen(block)
        _, logits, labels = rows
        if self.settings.temperature != 1:
            with np.errstate(all="ignore"):
                scaled = divided(logits, self.settings.temperature)
            self.overflowing.look(logits, scaled, rows[0])
            logits = scaled
        predictions = predict(logits, labels, self.deepest)
        cells = cells_of(predictions.probabilities, labels, self.edges)
        defined = ~np.isnan(predictions.losses)
        confidences = predictions.confidences[defined]
        bins = Bins.of(self.edges, confidences, None, confidences, predictions.correct[defined])
        return Measured(rows, predictions, defined, bins, cells, len(block.logits))

    def add(self, found: Measured) -> None:
        """Add them to every sum."""
        numbers, predictions = found.rows[0], found.predictions
        if self.groups is not None:
            values = np.stack([predictions.losses, predictions.correct.astype(np.float64)])
            self.groups.add(found.in_file, numbers - self.rows, values)
        if self.units is not None:
            self.units.add(found.in_file, numbers - self.rows)
        self.rows += found.in_file
        if not len(numbers):
            return
        self.losses.add(predictions.losses)
        self.briers.add(predictions.briers)
        self.per_class.add(predictions)
        self.classwise.add(found.cells)
        np.add.at(self.ranks, predictions.ranks, 1)
        self.worst.add(numbers, predictions)
        for sample, of_its_kind in zip(self.samples, (predictions.gaps <= 0, predictions.gaps > 0), strict=True):
            sample.add(*found.rows[1:], of_its_kind)
        self.infinite += int(np.count_nonzero(np.isinf(predictions.losses)))
        self.bins = found.bins if self.bins is None else self.bins + found.bins
        self._add_defined(numbers, predictions, found.defined)

    def _add_defined(self, numbers: NDArray[np.int64], found: Predictions, defined: NDArray[np.bool_]) -> None:
        """Add the rows that have a softmax to what is in order; note the first that has none."""
        if not defined.all():
            self.undefined += int(np.count_nonzero(~defined))
            self.first_undefined = int(numbers[~defined][0]) if self.first_undefined is None else self.first_undefined
        self.confidences.add(found.confidences[defined], found.correct[defined])
        self.in_order.add(found.losses[defined])
        wrong = defined & ~found.correct
        self.confusions.add(found.labels[wrong], found.predicted[wrong])


def dtype_for(pair: Pair) -> str:
    """float32 holds what float16 does; everything else is computed in float64."""
    in_file = np.dtype(pair.logits.dtype)
    return "float32" if in_file.kind == "f" and in_file.itemsize <= 4 else "float64"
