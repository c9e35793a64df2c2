"""The fold of `loss`: blocks of rows to partial sums, backend by backend and variant by variant.

Frameworks and single rows are loaded where they are asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.evaluation.blocks import rows_per_block
from softmax_cli.evaluation.edges import Edges
from softmax_cli.evaluation.hints.watch import Hints
from softmax_cli.evaluation.settings import Settings
from softmax_cli.evaluation.totals import Totals
from softmax_cli.inputs.pairs import Block, Pair
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.families import family_of
from softmax_cli.losses.partial import Partial
from softmax_cli.losses.sums import Sum
from softmax_cli.losses.targets import Indices, Target
from softmax_cli.losses.variants import Variant

if TYPE_CHECKING:
    from softmax_cli.evaluation.details import Details
    from softmax_cli.evaluation.frameworks import FrameworkFold, FrameworkSums
    from softmax_cli.evaluation.grouping import GroupFold
    from softmax_cli.evaluation.tempering import Overflowing
    from softmax_cli.inputs.units import Units

Key = tuple[str, str]
"""A backend's name and a variant's."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What a block of rows came to: its losses (n,) by backend and variant, and what else was asked for."""

    block: Block
    losses: dict[Key, NDArray[Any]]
    references: dict[str, NDArray[np.float64]]
    natively: dict[Key, float]
    weights: NDArray[np.float64] | None
    details: list[Any]
    clamped: dict[Key, NDArray[np.intp]]
    frameworks: "FrameworkSums | None"


class Fold:
    """The partial sums, as far as the rows have been read. ``criterion`` holds NumPy arrays.

    `measure` computes, and changes nothing: it may run on several blocks at once. `add` takes what it found.
    """

    def __init__(
        self,
        pair: Pair,
        backends: Sequence[Backend],
        settings: Settings,
        criterion: Criterion,
        groups: "GroupFold | None" = None,
        units: "Units | None" = None,
    ) -> None:
        self.pair = pair
        self.groups = groups
        self.units = units
        self.hints = Hints.of(pair)
        self.backends = backends
        self.settings = settings
        self.criterion = criterion
        self.family = family_of(multilabel=pair.multilabel)
        self.variants = settings.chosen_variants(self.family)
        self.rows = 0
        self.counted = 0
        self._keys = {(backend.name, variant.name): variant for backend in backends for variant in self.variants}
        self.faults: dict[Key, list[Block]] = {key: [] for key in self._keys}
        self.clamped: dict[Key, list[Block]] = {key: [] for key, variant in self._keys.items() if variant.clamped}
        self.clamped_rows = dict.fromkeys(self.clamped, 0)
        self.natively: dict[Key, float] = {}
        self.row_losses: dict[Key, list[NDArray[Any]]] = {key: [] for key in self._keys}
        self.labels: list[str] = []
        self.edges = Edges()
        self.overflowing = self._overflowing()
        self.frameworks = self._frameworks()
        self.details = self._details()
        self._losses = {key: Totals() for key in self._keys}
        self._references = {self._exact(variant): Totals() for variant in self.variants if settings.reference}
        by_class = criterion.weight is not None and pair.by_index
        self._weights = Totals() if by_class or pair.row_weights is not None else None
        self._exact_criterion = _wide_criterion(backends[0], criterion)

    def _overflowing(self) -> "dict[str, Overflowing]":
        """What looks for rows that a small temperature spoils, by backend."""
        temperature = self.settings.temperature
        if temperature >= 1:
            return {}
        from softmax_cli.evaluation.tempering import Overflowing

        multilabel = self.pair.multilabel
        return {each.name: Overflowing(temperature, each.dtype, multilabel=multilabel) for each in self.backends}

    def _frameworks(self) -> "FrameworkFold | None":
        if not self.settings.frameworks:
            return None
        from softmax_cli.evaluation.frameworks import FrameworkFold

        by_probabilities = self.pair.by_probabilities
        return FrameworkFold(self.settings.frameworks, self.settings, by_probabilities=by_probabilities)

    def _details(self) -> "Details | None":
        if not (self.settings.per_row or self.settings.top):
            return None
        from softmax_cli.evaluation.details import Details, details_of

        return Details(self.settings.top, self.pair.display_names, details_of(multilabel=self.pair.multilabel))

    @property
    def native(self) -> bool:
        """Whether the frameworks reduce the rows themselves, in their own precision."""
        return self.settings.accumulate == "native" and self.settings.reduction != "none"

    @property
    def weights(self) -> Sum:
        """What the counted rows weigh: their number, or the sum of their labels' weights."""
        return Sum.count(self.counted) if self._weights is None else self._weights.partial().losses

    @property
    def mean_divisor(self) -> Sum:
        """What a mean divides by: the rows' weights, as torch does; for multi-label losses times the classes."""
        return self.weights.times(self.pair.classes) if self.pair.multilabel else self.weights

    def divisor(self, variant: Variant) -> Sum:
        """What the sum of a variant's losses is divided by."""
        if self.settings.reduction != "mean":
            return Sum.count(1)
        return self.weights if variant.of_rows else self.mean_divisor

    @property
    def headline(self) -> Key:
        """What the ledger and the single rows are of: the first backend's cross_entropy, or its stand-in."""
        names, headline = [variant.name for variant in self.variants], self.family.headline
        return self.backends[0].name, headline if headline in names else names[0]

    def partial(self, key: Key) -> Partial:
        """The sums of a backend's variant."""
        return self._losses[key].partial()

    def reference(self, variant: Variant) -> float | None:
        """The reduced reference of a variant, None where there is none."""
        totals = self._references.get(self._exact(variant))
        return None if totals is None else totals.partial().losses.over(self.divisor(variant))

    def of_family(self, variant: Variant) -> bool:
        """Whether a variant is a way to the family's loss: a mean per row is so only among means."""
        return variant.name in self.family.variants and not (variant.of_rows and self.settings.reduction != "mean")

    def _exact(self, variant: Variant) -> str:
        return self.family.exact_of(variant).name

    def measure(self, block: Block) -> Measured:
        """Every loss of a block's rows."""
        losses: dict[Key, NDArray[Any]] = {}
        natively: dict[Key, float] = {}
        details: list[Any] = []
        clamped: dict[Key, NDArray[np.intp]] = {}
        with np.errstate(all="ignore"):
            references, frameworks = self._measure_exactly(block)
            for backend in self.backends:
                with backend.arithmetic():
                    batch = self.batch(backend, block)
                    if backend.name in self.overflowing:
                        held = backend.to_numpy(backend.asarray(block.logits))
                        self.overflowing[backend.name].look(held, backend.to_numpy(batch.logits), block.start)
                    for variant in self.variants:
                        key = (backend.name, variant.name)
                        losses[key] = block.weighted(row_losses(variant, batch))
                        if variant.clamped is not None:
                            places = backend.to_numpy(variant.clamped(batch))[: batch.rows].any(axis=1)
                            clamped[key] = np.flatnonzero(places)
                        if self.native:
                            natively[key] = self._reduced_natively(variant, batch)
                        if self.details is not None and key == self.headline:
                            details = self.details.of(block, batch, losses[key], self.pair.rule.text(block.target))
            weights = self._weights_of(block)
        return Measured(block, losses, references, natively, weights, details, clamped, frameworks)

    def add(self, found: Measured) -> None:
        """Add a block's losses to every sum; the blocks in their order."""
        target = found.block.target
        for key, losses in found.losses.items():
            self._losses[key].add(losses, found.references.get(self._exact(self._keys[key])))
            self._keep(self.faults[key], np.flatnonzero(~np.isfinite(losses)), found.block)
            if self.settings.reduction == "none":
                self.row_losses[key].append(losses)
        for key, places in found.clamped.items():
            self.clamped_rows[key] += len(places)
            self._keep(self.clamped[key], places, found.block)
        for name, losses in found.references.items():
            self._references[name].add(losses)
        self._add_weights(found)
        if self.details is not None:
            self.details.add(found.details)
        if self.frameworks is not None and found.frameworks is not None:
            self.frameworks.add(found.frameworks)
        if self.settings.reduction == "none":
            self.labels += self.pair.rule.text(target)
        if self.settings.preview:
            self.edges.add(found.block)
        self.natively.update(found.natively)
        self.rows += target.size
        self.counted += target.size if target.counted is None else int(np.count_nonzero(target.counted))

    def _add_weights(self, found: Measured) -> None:
        """Add what the rows weigh, their losses to their groups, and their units."""
        if self._weights is not None and found.weights is not None:
            self._weights.add(found.weights)
        if self.groups is not None:
            elements = self.pair.classes if self.pair.multilabel else 1
            self.groups.add_losses(found.losses[self.headline] / elements, found.block.target.counted, found.weights)
        if self.units is not None:
            self.units.add(found.block.target.size, found.block.target.counted)

    def blocks(self) -> Iterator[Block]:
        """The rows, in order, in blocks that suit the backends; in one where these reduce them all at once."""
        blocks = self.pair.blocks(rows_per_block(self.pair.classes, self.backends), whole=self.native)
        return self.hints.watching_pair(blocks)

    def batch(self, backend: Backend, block: Block) -> Batch:
        """Return a block as the backend's arrays.

        Multi-label losses are computed element by element: they are padded for frameworks that compute the last
        elements of an array in another way, and contiguous, so that no element depends on where a block ends.
        """
        rows = len(block.logits)
        if self.pair.multilabel and not self.native:
            block = block.padded(backend.lanes)
        values = np.ascontiguousarray(block.logits) if self.pair.multilabel else block.logits
        logits = backend.asarray(values)
        if self.settings.temperature != 1:
            from softmax_cli.evaluation.tempering import divided

            logits = divided(logits, self.settings.temperature)
        return Batch(backend, logits, backend.target(block.target), backend.criterion(self.criterion), rows)

    def _measure_exactly(self, block: Block) -> "tuple[dict[str, NDArray[np.float64]], FrameworkSums | None]":
        """The references, and the frameworks' conventions: in float64, of the values that the backends hold.

        The backends round the block and the weights alike: one reference serves all of them.
        """
        if not (self._references or self.frameworks):
            return {}, None
        backend = self.backends[0]
        with backend.arithmetic():
            values = np.ascontiguousarray(block.logits) if self.pair.multilabel else block.logits
            logits = _wide(backend, backend.asarray(values)) / self.settings.temperature
            target = _wide_target(backend, block.target)
        batch = Batch(_EXACT, logits, target, self._exact_criterion)
        exact = dict.fromkeys(map(self.family.exact_of, self.variants)) if self._references else {}
        references = {variant.name: block.weighted(row_losses(variant, batch)) for variant in exact}
        return references, None if self.frameworks is None else self.frameworks.measure(batch)

    def _weights_of(self, block: Block) -> NDArray[np.float64] | None:
        """What each row adds to the divisor of the mean: its label's class weight times its own; None for 1 each."""
        by_class: NDArray[np.float64] | None = self._exact_criterion.row_weights(block.target, np)
        if block.weights is None:
            return by_class
        ones = block.target.counted_only(np.ones(len(block.logits)), np) if by_class is None else by_class
        weights: NDArray[np.float64] = block.weighted(ones)
        return weights

    def _keep(self, kept: list[Block], places: NDArray[np.intp], block: Block) -> None:
        """Keep rows of a block for an explanation, as far as there is room."""
        room = self.settings.kept_faults - len(kept)
        kept += [block.part(place, place + 1) for place in places[:room].tolist()]

    def _reduced_natively(self, variant: Variant, batch: Batch) -> float:
        criterion = replace(batch.criterion, reduction=self.settings.reduction)
        if variant.name in self.family.variants:
            reduced = variant.losses(Batch(batch.backend, batch.logits, batch.target, criterion))
        else:
            reduced = criterion.reduced(variant.losses(batch), batch.target, batch.xp)
        return float(reduced) + 0


_EXACT = NumpyBackend("cpu", "float64")


def row_losses(variant: Variant, batch: Batch) -> NDArray[Any]:
    """One loss per row, which is the sum of its elements; without the sign that torch gives a loss of -0.0."""
    backend: Any = batch.backend
    losses: NDArray[Any] = backend.to_numpy(batch.target.counted_only(variant.losses(batch), batch.xp)) + 0
    losses = losses[: batch.rows]
    if losses.ndim == 2:
        # Contiguous and in float64 before it adds, so that a row's sum does not depend on the rows beside it.
        losses = np.sum(np.ascontiguousarray(losses, np.float64), axis=1)
    return losses


def _wide(backend: Backend, array: Any) -> NDArray[np.float64]:
    return backend.to_numpy(array).astype(np.float64, copy=False)


def _wide_target(backend: Backend, target: Target) -> Target:
    return target if isinstance(target, Indices) else type(target)(_wide(backend, backend.asarray(target.rows)))


def _wide_criterion(backend: Backend, criterion: Criterion) -> Criterion:
    """The criterion with the weights that the backend holds."""
    held = backend.criterion(criterion)
    wide = [None if each is None else _wide(backend, each) for each in (held.weight, held.pos_weight)]
    return replace(held, weight=wide[0], pos_weight=wide[1])
