"""The elements of multi-label rows: each label's probability p = sigmoid(x), and what it costs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Elements:
    """Rows of C labels, element by element, (n, C): float64 whatever the logits' precision.

    ``losses`` are in nats; they and ``probabilities`` are nan where the logit is nan. ``predicted`` is p >= 0.5, which
    is x >= 0; a logit that is nan predicts the opposite of the label, so that it counts as wrong.
    """

    right: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def row_losses(self) -> NDArray[np.float64]:
        """The mean loss of each row's labels, shape (n,)."""
        means: NDArray[np.float64] = np.mean(self.losses, axis=1)
        return means


def elements(logits: NDArray[Any], right: NDArray[np.bool_]) -> Elements:
    """The elements of logits (n, C) and of labels (n, C), True where the label is right.

    L = log(1 + exp(-x)) for a right label and log(1 + exp(x)) for another, from log1p(exp(-|x|)), which neither
    overflows nor cancels.

    >>> elements(np.array([[0.0, 2.0]]), np.array([[True, False]])).losses.round(4).tolist()
    [[0.6931, 2.1269]]
    """
    with np.errstate(under="ignore", invalid="ignore"):
        small = np.exp(-np.abs(logits)).astype(np.float64)
        against = np.where(right, -logits, logits)
        losses = np.log1p(small) + np.maximum(against, 0)
        probabilities = np.where(logits >= 0, 1.0, small) / (1 + small)
    return Elements(
        right=right,
        predicted=np.where(np.isnan(logits), ~right, logits >= 0),
        probabilities=np.where(np.isnan(logits), np.nan, probabilities),
        losses=losses.astype(np.float64),
    )


@dataclass(frozen=True)
class ScaledSums:
    """Sums over elements at b = 1 / T: of L(b), L'(b) and L''(b)."""

    loss: float
    slope: float
    curvature: float


def scaled_sums(logits: NDArray[Any], right: NDArray[np.bool_], inverse: float) -> ScaledSums:
    """The sums for logits (n, C), none of them nan and none of infinite loss, at b = ``inverse`` from 0 on.

    L(b) = log(1 + exp(-b s x)) with s = 1 for a right label and -1 for another; L'(b) = x (p - t) and
    L''(b) = x^2 p (1 - p) with p = sigmoid(b x). An infinite logit on the right side costs nothing at any T.
    """
    finite = np.isfinite(logits)
    x = np.where(finite, logits, 0).astype(np.float64)
    against = np.where(right, -x, x)
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(against * inverse))
        losses = np.log1p(small) + np.maximum(against * inverse, 0)
        wrong = np.where(against >= 0, 1.0, small) / (1 + small)
        curvatures = x * x * (small / (1 + small) ** 2)
    return ScaledSums(float(losses[finite].sum()), float((against * wrong).sum()), float(curvatures.sum()))
