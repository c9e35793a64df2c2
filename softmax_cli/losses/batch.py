"""A block of rows as a backend holds it, with what several variants share computed once."""

from functools import cached_property
from typing import Any, Protocol

from softmax_cli.losses.targets import Target


class Framework(Protocol):
    """The parts of a backend that the recipes are made of."""

    xp: Any

    def softmax(self, logits: Any) -> Any: ...
    def log_softmax(self, logits: Any) -> Any: ...
    def nll_loss(self, log_probs: Any, target: Target) -> Any: ...
    def cross_entropy(self, logits: Any, target: Target) -> Any: ...


class Batch:
    """Logits (N, C) and their target, on one backend."""

    def __init__(self, backend: Framework, logits: Any, target: Target) -> None:
        self.backend = backend
        self.xp = backend.xp
        self.logits = logits
        self.target = target

    @cached_property
    def one_hot(self) -> Any:
        """The labels' distribution (N, C): one-hot for class indices, the rows as given for probabilities."""
        return self.target.probabilities(self.logits, self.xp)

    @cached_property
    def softmax(self) -> Any:
        """The backend's own softmax(x), (N, C)."""
        return self.backend.softmax(self.logits)

    @cached_property
    def log_softmax(self) -> Any:
        """The backend's own log_softmax(x), (N, C)."""
        return self.backend.log_softmax(self.logits)
