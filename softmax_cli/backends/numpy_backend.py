"""NumPy, with this project's own formulas from losses/softmax.py."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Array, Backend
from softmax_cli.errors import UsageError
from softmax_cli.losses import sigmoid as sigmoids
from softmax_cli.losses import softmax as formulas
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.targets import Indices, Probabilities, Target


class NumpyBackend(Backend):
    """NumPy on the CPU.

    float16 is computed in float32 and rounded at the end of each function, as torch's own functions do: a sum
    over 100,000 classes would overflow float16.
    """

    name = "numpy"
    xp = np

    def __init__(self, device: str, dtype: str) -> None:
        super().__init__(device, dtype)
        if device != "cpu":
            raise UsageError(f"the numpy backend has no device {device!r}; use --backend torch")
        if dtype == "bfloat16":
            raise UsageError("NumPy has no bfloat16; use --backend torch, or another --dtype")
        self._dtype = np.dtype(dtype)
        self._wide = np.dtype(np.float32) if dtype == "float16" else self._dtype

        self._fused: Any = None

    @property
    def version(self) -> str:
        return np.__version__

    @property
    def kernel(self) -> str:
        if self._fused is None:
            return "plain"
        from softmax_cli.backends.fused import VERSION

        return f"fused+numba-{VERSION}"

    def fuse(self) -> None:
        from softmax_cli.backends.fused import cross_entropy

        self._fused = cross_entropy
        self.block_bytes = 1 << 22  # it has no temporaries, and fewer blocks cost fewer hand-overs between threads

    def arithmetic(self) -> AbstractContextManager[Any]:
        return np.errstate(all="ignore")

    def asarray(self, values: NDArray[Any]) -> Array:
        return values.astype(self._dtype, copy=False)

    def exactly(self, values: NDArray[Any]) -> Array:
        return values

    def to_numpy(self, array: Array) -> NDArray[Any]:
        return np.asarray(array)

    def softmax(self, logits: Array) -> Array:
        return self._narrow(formulas.softmax(self._widen(logits), np))

    def log_softmax(self, logits: Array) -> Array:
        return self._narrow(formulas.log_softmax(self._widen(logits), np))

    def nll_loss(self, log_probs: Array, target: Target, criterion: Criterion) -> Array:
        return criterion.reduced(self._computed(formulas.nll_loss, log_probs, target, criterion), target, np)

    def cross_entropy(self, logits: Array, target: Target, criterion: Criterion) -> Array:
        if self._fused is None or not isinstance(target, Indices) or criterion.label_smoothing:
            losses = self._computed(formulas.cross_entropy, logits, target, criterion)
        else:
            losses = self._in_one_loop(logits, target, criterion)
        return criterion.reduced(losses, target, np)

    def sigmoid(self, logits: Array) -> Array:
        return self._narrow(sigmoids.sigmoid(self._widen(logits), np))

    def log_sigmoid(self, logits: Array) -> Array:
        return self._narrow(sigmoids.log_sigmoid(self._widen(logits), np))

    def binary_cross_entropy(self, probs: Array, labels: Array, criterion: Criterion) -> Array:
        return self._elements(sigmoids.binary_cross_entropy, probs, labels, criterion)

    def binary_cross_entropy_with_logits(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        return self._elements(sigmoids.binary_cross_entropy_with_logits, logits, labels, criterion)

    def multilabel_soft_margin_loss(self, logits: Array, labels: Array, criterion: Criterion) -> Array:
        return self._elements(sigmoids.multilabel_soft_margin_loss, logits, labels, criterion)

    def _elements(self, formula: Callable[..., Array], values: Array, labels: Array, criterion: Criterion) -> Array:
        elements = formula(self._widen(values), self._widen(labels), self._widened(criterion), np)
        return criterion.reduced_elements(self._narrow(elements), np)

    def _in_one_loop(self, logits: Array, target: Indices, criterion: Criterion) -> Array:
        losses = formulas.weighted(self._fused(logits, target.classes), target, self._widened(criterion), np)
        return self._narrow(target.counted_only(losses, np))

    def _computed(self, formula: Callable[..., Array], values: Array, target: Target, criterion: Criterion) -> Array:
        if isinstance(target, Probabilities):
            target = Probabilities(self._widen(target.rows))
        return self._narrow(formula(self._widen(values), target, self._widened(criterion), np))

    def _widened(self, criterion: Criterion) -> Criterion:
        if criterion.weight is None and criterion.pos_weight is None:
            return criterion
        wide = [None if each is None else self._widen(each) for each in (criterion.weight, criterion.pos_weight)]
        return replace(criterion, weight=wide[0], pos_weight=wide[1])

    def _widen(self, array: Array) -> Array:
        return array.astype(self._wide, copy=False)

    def _narrow(self, array: Array) -> Array:
        return array.astype(self._dtype, copy=False)
