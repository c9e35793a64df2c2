"""The fold of `loss`: blocks of rows to partial sums, backend by backend and variant by variant."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.evaluation.details import Details
from softmax_cli.evaluation.frameworks import FrameworkFold
from softmax_cli.evaluation.pairs import Block, Pair
from softmax_cli.evaluation.settings import Settings
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.partial import Partial
from softmax_cli.losses.sums import Sum
from softmax_cli.losses.targets import Indices, Probabilities, Target
from softmax_cli.losses.variants import HEADLINE, VARIANTS, Variant

Key = tuple[str, str]
"""A backend's name and a variant's."""


class Fold:
    """The partial sums, as far as the rows have been read. ``criterion`` holds NumPy arrays."""

    def __init__(self, pair: Pair, backends: Sequence[Backend], settings: Settings, criterion: Criterion) -> None:
        self.pair = pair
        self.backends = backends
        self.settings = settings
        self.criterion = criterion
        self.variants = settings.chosen_variants()
        self.rows = 0
        self.counted = 0
        self.weights = Sum()
        self.references: dict[str, Partial] = {}
        self.partials: dict[Key, Partial] = {(b.name, v.name): Partial() for b in backends for v in self.variants}
        self.faults: dict[Key, list[Block]] = {key: [] for key in self.partials}
        self.natively: dict[Key, float] = {}
        self.row_losses: dict[Key, list[NDArray[Any]]] = {key: [] for key in self.partials}
        self.labels: list[str] = []
        self.frameworks = (
            FrameworkFold(settings.frameworks, settings, by_probabilities=pair.by_probabilities)
            if settings.frameworks
            else None
        )
        self.details = Details(settings.top, pair.display_names) if settings.per_row or settings.top else None

    @property
    def native(self) -> bool:
        """Whether the frameworks reduce the rows themselves, in their own precision."""
        return self.settings.accumulate == "native" and self.settings.reduction != "none"

    @property
    def divisor(self) -> Sum:
        """What the sum of the losses is divided by: for the mean the rows' weights, as torch does."""
        return self.weights if self.settings.reduction == "mean" else Sum.count(1)

    @property
    def headline(self) -> Key:
        """What the ledger and the single rows are of: the first backend's cross_entropy, or its stand-in."""
        names = [variant.name for variant in self.variants]
        return self.backends[0].name, HEADLINE if HEADLINE in names else names[0]

    def reference(self, variant: Variant) -> float | None:
        """The reduced reference of a variant, None where there is none."""
        partial = self.references.get(exact_of(variant).name)
        return None if partial is None else partial.losses.over(self.divisor)

    def add(self, block: Block) -> None:
        """Add a block to every sum."""
        with np.errstate(all="ignore"):
            self._count(block.target)
        references: dict[str, NDArray[np.float64]] = {}
        for backend in self.backends:
            with np.errstate(all="ignore"), backend.arithmetic():
                if not references and (self.settings.reference or self.frameworks is not None):
                    # The backends round the block and the weights alike: one reference serves all of them.
                    references = self._add_references(backend, block)
                batch = self.batch(backend, block)
                for variant in self.variants:
                    key = (backend.name, variant.name)
                    losses = _losses(variant, batch)
                    self._add(key, losses, references.get(exact_of(variant).name), block)
                    if self.native:
                        self._reduce_natively(key, variant, batch)
                    if self.details is not None and key == self.headline:
                        self.details.add(block, batch, losses, self.pair.rule.text(block.target))
        if self.settings.reduction == "none":
            self.labels += self.pair.rule.text(block.target)
        self.rows += len(block.logits)

    def batch(self, backend: Backend, block: Block) -> Batch:
        """A block as the backend's arrays."""
        logits = backend.asarray(block.logits)
        if self.settings.temperature != 1:
            logits = logits / self.settings.temperature
        return Batch(backend, logits, backend.target(block.target), backend.criterion(self.criterion))

    def reference_batch(self, backend: Backend, block: Block) -> Batch:
        """The values that the backend holds, in float64."""
        logits = _wide(backend, backend.asarray(block.logits)) / self.settings.temperature
        return Batch(_EXACT, logits, _wide_target(backend, block.target), self._exact_criterion)

    @cached_property
    def _exact_criterion(self) -> Criterion:
        """The criterion with the weights that the backends hold, in float64."""
        held = self.backends[0].criterion(self.criterion)
        return held if held.weight is None else replace(held, weight=_wide(self.backends[0], held.weight))

    def _count(self, target: Target) -> None:
        weights = self._exact_criterion.row_weights(target, np)
        number = target.size if target.counted is None else int(np.count_nonzero(target.counted))
        self.counted += number
        self.weights += Sum.count(number) if weights is None else Sum.of(weights, np)

    def _add(self, key: Key, losses: NDArray[Any], reference: NDArray[np.float64] | None, block: Block) -> None:
        partial = Partial.of(losses.astype(np.float64), reference, np)
        if partial.losses.nonfinite and (room := self.settings.kept_faults - len(self.faults[key])):
            places = np.flatnonzero(~np.isfinite(losses))[:room].tolist()
            self.faults[key] += [block.part(place, place + 1) for place in places]
        self.partials[key] += partial
        if self.settings.reduction == "none":
            self.row_losses[key].append(losses)

    def _add_references(self, backend: Backend, block: Block) -> dict[str, NDArray[np.float64]]:
        batch = self.reference_batch(backend, block)
        if self.frameworks is not None:
            self.frameworks.add(batch)
        references = {exact.name: _losses(exact, batch) for exact in dict.fromkeys(map(exact_of, self.variants))}
        for name, losses in references.items():
            self.references[name] = self.references.get(name, Partial()) + Partial.of(losses, None, np)
        return references

    def _reduce_natively(self, key: Key, variant: Variant, batch: Batch) -> None:
        criterion = replace(batch.criterion, reduction=self.settings.reduction)
        if variant.name in VARIANTS:
            reduced = variant.losses(Batch(batch.backend, batch.logits, batch.target, criterion))
        else:
            reduced = criterion.reduced(variant.losses(batch), batch.target, batch.xp)
        self.natively[key] = float(reduced) + 0


def exact_of(variant: Variant) -> Variant:
    """What a variant is held against, in float64: the cross-entropy for each way to it, else the loss itself."""
    return VARIANTS[HEADLINE] if variant.name in VARIANTS else variant


_EXACT = NumpyBackend("cpu", "float64")


def _losses(variant: Variant, batch: Batch) -> NDArray[Any]:
    """One loss a row; without the sign that torch gives a loss of -0.0."""
    backend: Any = batch.backend
    losses: NDArray[Any] = backend.to_numpy(batch.target.counted_only(variant.losses(batch), batch.xp)) + 0
    return losses


def _wide(backend: Backend, array: Any) -> NDArray[np.float64]:
    return backend.to_numpy(array).astype(np.float64, copy=False)


def _wide_target(backend: Backend, target: Target) -> Target:
    return target if isinstance(target, Indices) else Probabilities(_wide(backend, backend.asarray(target.rows)))
