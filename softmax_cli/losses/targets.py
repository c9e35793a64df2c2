"""What a row is measured against: one class, a distribution over the classes, or each class; and which rows count."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Indices:
    """One class a row: ``classes`` holds integers of shape (N,), each in [0, C).

    ``counted`` (N,) is False where a row is ignored (its class is then any valid one); None where all count.
    """

    classes: Any
    counted: Any = None

    @property
    def size(self) -> int:
        """N."""
        return int(self.classes.shape[0])

    def probabilities(self, like: Any, xp: Any) -> Any:
        """The labels one-hot: shape and dtype of ``like``, (N, C)."""
        classes = xp.arange(like.shape[-1], device=self.classes.device)
        return xp.astype(classes == self.classes[:, None], like.dtype)

    def counted_only(self, losses: Any, xp: Any) -> Any:
        """Losses (N,) or gradients (N, C), 0 for an ignored row: chosen, not multiplied, so that no nan leaks."""
        if self.counted is None:
            return losses
        counted = self.counted if losses.ndim == 1 else self.counted[:, None]
        return xp.where(counted, losses, xp.zeros_like(losses))

    def part(self, start: int, stop: int) -> "Indices":
        """Some of the rows."""
        return Indices(self.classes[start:stop], None if self.counted is None else self.counted[start:stop])


@dataclass(frozen=True, eq=False)
class Probabilities:
    """A distribution a row: ``rows`` holds floats of the logits' shape (N, C). Every row counts."""

    rows: Any
    counted = None

    @property
    def size(self) -> int:
        """N."""
        return int(self.rows.shape[0])

    def probabilities(self, like: Any, xp: Any) -> Any:  # noqa: ARG002  (a one-hot target needs both)
        """The labels as they are."""
        return self.rows

    def counted_only(self, losses: Any, xp: Any) -> Any:  # noqa: ARG002
        """The losses as they are."""
        return losses

    def part(self, start: int, stop: int) -> "Probabilities":
        """Some of the rows."""
        return Probabilities(self.rows[start:stop])


@dataclass(frozen=True, eq=False)
class MultiLabel:
    """A yes or no for each class: ``rows`` holds floats from 0 to 1 of the logits' shape (N, C). Every row counts."""

    rows: Any
    counted = None

    @property
    def size(self) -> int:
        """N."""
        return int(self.rows.shape[0])

    def probabilities(self, like: Any, xp: Any) -> Any:  # noqa: ARG002  (a one-hot target needs both)
        """Return the labels as they are."""
        return self.rows

    def counted_only(self, losses: Any, xp: Any) -> Any:  # noqa: ARG002
        """Return the losses as they are."""
        return losses

    def part(self, start: int, stop: int) -> "MultiLabel":
        """Return some of the rows."""
        return MultiLabel(self.rows[start:stop])


Target = Indices | Probabilities | MultiLabel
