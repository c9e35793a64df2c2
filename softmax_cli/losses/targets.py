"""What a row is measured against: a class, or a distribution over the classes."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Indices:
    """One class a row: ``classes`` holds integers of shape (N,), each in [0, C)."""

    classes: Any

    def probabilities(self, like: Any, xp: Any) -> Any:
        """The labels one-hot: shape and dtype of ``like``, (N, C)."""
        classes = xp.arange(like.shape[-1], device=self.classes.device)
        return xp.astype(classes == self.classes[:, None], like.dtype)

    def part(self, start: int, stop: int) -> "Indices":
        """Some of the rows."""
        return Indices(self.classes[start:stop])


@dataclass(frozen=True, eq=False)
class Probabilities:
    """A distribution a row: ``rows`` holds floats of the logits' shape (N, C)."""

    rows: Any

    def probabilities(self, like: Any, xp: Any) -> Any:  # noqa: ARG002  (a one-hot target needs both)
        """The labels as they are."""
        return self.rows

    def part(self, start: int, stop: int) -> "Probabilities":
        """Some of the rows."""
        return Probabilities(self.rows[start:stop])


Target = Indices | Probabilities
