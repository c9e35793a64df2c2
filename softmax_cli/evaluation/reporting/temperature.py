"""The temperature that minimises the loss of all rows: a first estimate from a sample, then passes over the file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.passes import run
from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.targets import Indices
from softmax_cli.metrics.calibration import Bins
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.temperature import Slope, minimise, newton, scaled

TOLERANCE = 1e-6
"""How much of the temperature the next step of Newton's method may still change; what is shown is that of the last."""

_FINE_TOLERANCE = 1e-9  # where every row is at hand, and float64
_SAMPLE_NUMBERS = 1 << 20
_FEWEST_ROWS = 16
_ROUGHLY = 1e-3
_NEARBY = 0.3

Rows = tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int64]]
"""Numbers of rows (n,), their logits (n, C) in the precision to compute in, and their labels (n,)."""


class Sample:
    """Every so-manieth of some rows, as many as there is room for; all of them, if there is."""

    def __init__(self, classes: int) -> None:
        self._room = max(_FEWEST_ROWS, _SAMPLE_NUMBERS // classes)
        self._every = 1
        self._kept: list[Rows] = []
        self._count = 0
        self.seen = 0
        """How many rows it stands for."""

    @property
    def whole(self) -> bool:
        """Whether it holds every row."""
        return self._every == 1

    def add(self, logits: NDArray[Any], labels: NDArray[np.int64], of_its_kind: NDArray[np.bool_]) -> None:
        """Take the next rows: of logits (n, C) and labels (n,) those of its kind."""
        places = np.flatnonzero(of_its_kind)
        numbers = np.arange(self.seen, self.seen + len(places))
        self.seen += len(places)
        kept = np.flatnonzero(numbers % self._every == 0)
        self._keep((numbers[kept], logits[places[kept]], labels[places[kept]]))  # copies: they outlive the block
        while self._count > self._room:
            self._every *= 2
            before, self._kept, self._count = self._kept, [], 0
            for numbers, some_logits, some_labels in before:
                kept = np.flatnonzero(numbers % self._every == 0)
                self._keep((numbers[kept], some_logits[kept], some_labels[kept]))

    def _keep(self, rows: Rows) -> None:
        if len(rows[0]):
            self._kept.append(rows)
            self._count += len(rows[0])

    def blocks(self, rows: int) -> list[Block]:
        """All of them, ``rows`` at a time; their own numbers are lost."""
        if not self._kept:
            return []
        _, logits, labels = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        starts = range(0, len(labels), rows)
        return [Block(each, logits[each : each + rows], Indices(labels[each : each + rows])) for each in starts]


@dataclass(frozen=True, eq=False)
class _Found:
    losses: NDArray[np.float64]
    slope: float
    curvature: float
    bins: Bins


class ScaledFold:
    """The loss of all rows at an inverse temperature, its derivatives, and the calibration there."""

    def __init__(self, inverse: float, edges: NDArray[np.float64], chosen: Callable[[Block], Rows]) -> None:
        self.inverse = inverse
        self.losses = Moments()
        self.bins: Bins | None = None
        self._edges = edges
        self._chosen = chosen
        self._slope = 0.0
        self._curvature = 0.0

    def measure(self, block: Block) -> _Found:
        """The sums of a block."""
        _, logits, labels = self._chosen(block)
        rows = scaled(logits, labels, self.inverse)
        bins = Bins.of(self._edges, rows.confidences, None, rows.confidences, rows.right)
        return _Found(rows.losses, float(np.sum(rows.slopes)), float(np.sum(rows.curvatures)), bins)

    def add(self, found: _Found) -> None:
        """Add them up."""
        if not len(found.losses):
            return
        self.losses.add(found.losses)
        self._slope += found.slope
        self._curvature += found.curvature
        self.bins = found.bins if self.bins is None else self.bins + found.bins

    @property
    def slope(self) -> Slope:
        """Of the mean loss."""
        return Slope(self.inverse, self._slope / self.losses.count, self._curvature / self.losses.count)


class Search:
    """Newton's method on the mean loss of rows: those of samples, then, unless these hold them all, of the file.

    Each of the ``samples`` stands for rows of a kind: those whose label has the largest logit would have T go to 0,
    and the few others say where it stops. ``blocks`` gives all rows of the file, ``chosen`` those of a block that
    count, as Rows; ``rows`` make a block. ``after_each`` is called after each block of the file.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        blocks: Callable[[], Iterable[Block]],
        chosen: Callable[[Block], Rows],
        *,
        rows: int,
        edges: NDArray[np.float64],
        dtype: str,
        threads: int,
        after_each: Callable[[], None],
    ) -> None:
        self._blocks = blocks
        self._chosen = chosen
        self._edges = edges
        self._threads = threads
        self._after_each = after_each
        self._whole = all(sample.whole for sample in samples)
        self._tolerance = _FINE_TOLERANCE if self._whole and dtype == "float64" else TOLERANCE
        total = sum(sample.seen for sample in samples)
        self._sampled = [(sample.seen / total, sample.blocks(rows)) for sample in samples if sample.seen]
        self._last: ScaledFold | None = None

    def best(self, start: float) -> ScaledFold:
        """The fold at the inverse temperature with the least loss; at 0 where the loss falls all the way there.

        It must not fall for ever the other way, and every row's loss must be finite.
        """
        if self._whole:
            minimise(self._slope_of_file, start, self._tolerance)
        else:
            start = minimise(self._slope_of_samples, start, _ROUGHLY).inverse
            minimise(self._slope_of_file, start, self._tolerance, self._guided)
        if self._last is None:
            raise RuntimeError("a search looks at one place at least")
        return self._last

    def _slope_of_samples(self, inverse: float) -> Slope:
        """The mean loss's, each sample's rows counting for all of their kind."""
        first = second = 0.0
        for share, blocks in self._sampled:
            fold = ScaledFold(inverse, self._edges, _as_they_are)
            run(fold, blocks, self._threads)
            first += share * fold.slope.first
            second += share * fold.slope.second
        return Slope(inverse, first, second)

    def _slope_of_file(self, inverse: float) -> Slope:
        fold = self._last = ScaledFold(inverse, self._edges, _as_they_are if self._whole else self._chosen)
        held = (block for _, blocks in self._sampled for block in blocks)
        run(fold, held if self._whole else self._blocks(), self._threads, self._after_each)
        return fold.slope

    def _guided(self, here: Slope) -> float:
        """Where the samples' slope is 0 once it is moved and tilted so that it meets the file's here.

        Newton's method takes the slope for a straight line. It bends much as the samples' does, and what a pass over
        a large file costs, they take none of.
        """
        if not abs(here.step) < _NEARBY * here.inverse:
            return newton(here)
        there = self._slope_of_samples(here.inverse)
        move, tilt = here.first - there.first, here.second - there.second

        def moved(inverse: float) -> Slope:
            slope = self._slope_of_samples(inverse)
            return Slope(inverse, slope.first + move + tilt * (inverse - here.inverse), slope.second + tilt)

        return minimise(moved, newton(here), self._tolerance).inverse


def _as_they_are(block: Block) -> Rows:
    target: Any = block.target
    return np.arange(block.start, block.start + len(block.logits)), block.logits, target.classes
