"""What a backend gives: an array namespace, a device, and the framework's own softmax and losses.

``xp`` is the framework's array API namespace (https://data-apis.org/array-api/). NumPy's is numpy itself,
which follows the standard since 2.1; importing array_api_compat.numpy instead would double the start-up time,
since it loads numpy.testing and numpy.f2py.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.targets import Indices, Target
from softmax_cli.losses.variants import Variant

Array = Any
"""An array of the backend's own kind."""


class Backend(ABC):
    """A framework on one device, computing in one dtype."""

    name: str
    xp: Any
    block_bytes = 1 << 20
    """How large a block of logits suits the device: one that stays in a core's cache with its temporaries."""

    lanes = 1
    """How many elements the framework computes at a time, where it computes what is left over otherwise."""

    def __init__(self, device: str, dtype: str) -> None:
        self.device = device
        self.dtype = dtype

    @property
    @abstractmethod
    def version(self) -> str:
        """The framework's version."""

    @abstractmethod
    def arithmetic(self) -> AbstractContextManager[Any]:
        """Within it the backend computes: no warnings for nan and inf, and nothing recorded for a gradient."""

    @property
    def kernel(self) -> str | None:
        """What computes the cross-entropy, where the backend has several ways; in the signature's form."""
        return None

    def fuse(self) -> None:
        """From now on compute the cross-entropy in one loop over the values; raises UsageError where there is none."""
        raise UsageError(f"the {self.name} backend has no fused kernel; use --backend numpy")

    def on_one_thread(self) -> AbstractContextManager[Any]:
        """Within it the framework keeps to the thread that calls it: the caller has several, a block on each."""
        return nullcontext()

    @abstractmethod
    def asarray(self, values: NDArray[Any]) -> Array:
        """The values, rounded once to the backend's dtype, on its device."""

    @abstractmethod
    def exactly(self, values: NDArray[Any]) -> Array:
        """Integers or truth values as they are, on the backend's device."""

    @abstractmethod
    def to_numpy(self, array: Array) -> NDArray[Any]:
        """An array of the backend's, value for value (bfloat16, which NumPy lacks, as float32)."""

    def target(self, target: Target) -> Target:
        """A target of NumPy arrays, as one of the backend's arrays."""
        if isinstance(target, Indices):
            counted = None if target.counted is None else self.exactly(target.counted)
            return Indices(self.exactly(target.classes), counted)
        return type(target)(self.asarray(target.rows))

    def criterion(self, criterion: Criterion) -> Criterion:
        """Return a criterion whose weights are NumPy arrays, with them as the backend's."""
        if criterion.weight is None and criterion.pos_weight is None:
            return criterion
        held = [None if each is None else self.asarray(each) for each in (criterion.weight, criterion.pos_weight)]
        return replace(criterion, weight=held[0], pos_weight=held[1])

    @abstractmethod
    def softmax(self, logits: Array) -> Array:
        """softmax(x) over the last axis."""

    @abstractmethod
    def log_softmax(self, logits: Array) -> Array:
        """log_softmax(x) over the last axis."""

    @abstractmethod
    def nll_loss(self, log_probs: Array, target: Target, criterion: Criterion) -> Array:
        """The negative log-likelihood, one a row, 0 for an ignored one; or as the criterion reduces it."""

    @abstractmethod
    def cross_entropy(self, logits: Array, target: Target, criterion: Criterion) -> Array:
        """The cross-entropy, one a row, 0 for an ignored one; or as the criterion reduces it."""

    @abstractmethod
    def sigmoid(self, logits: Array) -> Array:
        """Return sigmoid(x)."""

    @abstractmethod
    def log_sigmoid(self, logits: Array) -> Array:
        """Return log(sigmoid(x))."""

    @abstractmethod
    def binary_cross_entropy(self, probs: Array, labels: Array, criterion: Criterion) -> Array:
        """Return the binary cross-entropy of probabilities, (N, C), or as the criterion reduces it."""

    @abstractmethod
    def binary_cross_entropy_with_logits(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        """Return the binary cross-entropy of logits, (N, C), or as the criterion reduces it."""

    @abstractmethod
    def multilabel_soft_margin_loss(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        """Return its mean over the classes of each row, (N,), or as the criterion reduces it."""

    def gradient(self, variant: Variant, batch: Batch) -> Array:
        """D losses / d logits, row by row (not divided by the number of rows): here by the closed form."""
        return batch.target.counted_only(variant.gradient(batch), self.xp)
