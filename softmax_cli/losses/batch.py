"""A block of rows as a backend holds it, with what several variants share computed once."""

from functools import cached_property
from typing import Any, Protocol

from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.softmax import pick
from softmax_cli.losses.targets import Indices, Target


class Framework(Protocol):
    """The parts of a backend that the recipes are made of."""

    @property
    def xp(self) -> Any: ...
    def softmax(self, logits: Any) -> Any: ...
    def log_softmax(self, logits: Any) -> Any: ...
    def nll_loss(self, log_probs: Any, target: Target, criterion: Criterion) -> Any: ...
    def cross_entropy(self, logits: Any, target: Target, criterion: Criterion) -> Any: ...
    def sigmoid(self, logits: Any) -> Any: ...
    def log_sigmoid(self, logits: Any) -> Any: ...
    def binary_cross_entropy(self, probs: Any, labels: Any, criterion: Criterion) -> Any: ...
    def binary_cross_entropy_with_logits(self, logits: Any, labels: Any, criterion: Criterion) -> Any: ...
    def multilabel_soft_margin_loss(self, logits: Any, labels: Any, criterion: Criterion) -> Any: ...


class Batch:
    """Logits (N, C), their target and the criterion, on one backend.

    ``rows`` is how many of the rows count where more follow them as padding; None for all.
    """

    def __init__(
        self, backend: Framework, logits: Any, target: Target, criterion: Criterion, rows: int | None = None
    ) -> None:
        self.backend = backend
        self.xp = backend.xp
        self.logits = logits
        self.target = target
        self.criterion = criterion
        self.rows = rows

    @cached_property
    def one_hot(self) -> Any:
        """The labels (N, C): one-hot for class indices, the rows as given for probabilities; smoothed and weighted."""
        return self.criterion.labels(self.target, self.logits, self.xp)

    def expected(self, costs: Any) -> Any:
        """sum_c one_hot_c costs_c, shape (N,), 0 for an ignored row; reduced as the criterion says."""
        losses = self.target.counted_only(self.criterion.expected(self.one_hot, costs, self.xp), self.xp)
        return self.criterion.reduced(losses, self.target, self.xp)

    @cached_property
    def softmax(self) -> Any:
        """The backend's own softmax(x), (N, C)."""
        return self.backend.softmax(self.logits)

    @cached_property
    def log_softmax(self) -> Any:
        """The backend's own log_softmax(x), (N, C)."""
        return self.backend.log_softmax(self.logits)

    @cached_property
    def sigmoid(self) -> Any:
        """The backend's own sigmoid(x), (N, C)."""
        return self.backend.sigmoid(self.logits)

    @cached_property
    def yes_or_no(self) -> Any:
        """The multi-label labels t (N, C), smoothed."""
        return self.criterion.yes_or_no(self.target.probabilities(self.logits, self.xp))

    def of_label(self, values: Any) -> Any:
        """The value of the label's class in each row, shape (N, C) to (N,); for class indices only."""
        if not isinstance(self.target, Indices):
            raise TypeError("probabilities are no class")
        return pick(values, self.target, self.xp)
