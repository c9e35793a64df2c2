"""What a backend gives: an array namespace, a device, and the framework's own softmax and losses.

``xp`` is the framework's array API namespace (https://data-apis.org/array-api/). NumPy's is numpy itself,
which follows the standard since 2.1; importing array_api_compat.numpy instead would double the start-up time,
since it loads numpy.testing and numpy.f2py.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.targets import Indices, Probabilities, Target

Array = Any
"""An array of the backend's own kind."""


class Backend(ABC):
    """A framework on one device, computing in one dtype."""

    name: str
    xp: Any

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

    @abstractmethod
    def asarray(self, values: NDArray[Any]) -> Array:
        """The values, rounded once to the backend's dtype, on its device."""

    @abstractmethod
    def integers(self, values: NDArray[np.int64]) -> Array:
        """Class indices, on the backend's device."""

    @abstractmethod
    def to_numpy(self, array: Array) -> NDArray[Any]:
        """An array of the backend's, value for value (bfloat16, which NumPy lacks, as float32)."""

    def target(self, target: Target) -> Target:
        """A target of NumPy arrays, as one of the backend's arrays."""
        if isinstance(target, Indices):
            return Indices(self.integers(target.classes))
        return Probabilities(self.asarray(target.rows))

    @abstractmethod
    def softmax(self, logits: Array) -> Array:
        """softmax(x) over the last axis."""

    @abstractmethod
    def log_softmax(self, logits: Array) -> Array:
        """log_softmax(x) over the last axis."""

    @abstractmethod
    def nll_loss(self, log_probs: Array, target: Target) -> Array:
        """The negative log-likelihood, one a row."""

    @abstractmethod
    def cross_entropy(self, logits: Array, target: Target) -> Array:
        """The cross-entropy, one a row."""

    @abstractmethod
    def gradient(self, logits: Array, target: Target) -> Array:
        """D cross_entropy / d logits, row by row (not divided by the number of rows)."""
