"""The fold of `loss`: blocks of rows to partial sums, backend by backend and variant by variant."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.backends.numpy_backend import NumpyBackend
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
        self.variants = tuple(
            variant for name, variant in VARIANTS.items() if not settings.variants or name in settings.variants
        )
        self.rows = 0
        self.counted = 0
        self.weights = Sum()
        self.reference = Partial()
        self.partials: dict[Key, Partial] = {(b.name, v.name): Partial() for b in backends for v in self.variants}
        self.faults: dict[Key, Block] = {}
        self.natively: dict[Key, float] = {}
        self.row_losses: dict[Key, list[NDArray[Any]]] = {key: [] for key in self.partials}
        self.labels: list[str] = []

    @property
    def native(self) -> bool:
        """Whether the frameworks reduce the rows themselves, in their own precision."""
        return self.settings.accumulate == "native" and self.settings.reduction != "none"

    @property
    def divisor(self) -> Sum:
        """What the sum of the losses is divided by: for the mean the rows' weights, as torch does."""
        return self.weights if self.settings.reduction == "mean" else Sum.count(1)

    def add(self, block: Block) -> None:
        """Add a block to every sum."""
        self._count(block.target)
        reference = None
        for backend in self.backends:
            with np.errstate(all="ignore"), backend.arithmetic():
                batch = self.batch(backend, block)
                if reference is None and self.settings.reference:
                    # The backends round the block and the weights alike: one reference serves all of them.
                    reference = _losses(VARIANTS[HEADLINE], self.reference_batch(backend, block))
                    self.reference += Partial.of(reference, None, block.start, np)
                for variant in self.variants:
                    self._add((backend.name, variant.name), _losses(variant, batch), reference, block)
                    if self.native:
                        self._reduce_natively((backend.name, variant.name), variant, batch)
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
        partial = Partial.of(losses.astype(np.float64), reference, block.start, np)
        if partial.first_nonfinite is not None and key not in self.faults:
            place = partial.first_nonfinite - block.start
            self.faults[key] = block.part(place, place + 1)
        self.partials[key] += partial
        if self.settings.reduction == "none":
            self.row_losses[key].append(losses)

    def _reduce_natively(self, key: Key, variant: Variant, batch: Batch) -> None:
        criterion = replace(batch.criterion, reduction=self.settings.reduction)
        reduced = variant.losses(Batch(batch.backend, batch.logits, batch.target, criterion))
        self.natively[key] = float(reduced) + 0


_EXACT = NumpyBackend("cpu", "float64")


def _losses(variant: Variant, batch: Batch) -> NDArray[Any]:
    """One loss a row; without the sign that torch gives a loss of -0.0."""
    backend: Any = batch.backend
    losses: NDArray[Any] = backend.to_numpy(variant.losses(batch)) + 0
    return losses


def _wide(backend: Backend, array: Any) -> NDArray[np.float64]:
    return backend.to_numpy(array).astype(np.float64, copy=False)


def _wide_target(backend: Backend, target: Target) -> Target:
    return target if isinstance(target, Indices) else Probabilities(_wide(backend, backend.asarray(target.rows)))
