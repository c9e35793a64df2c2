"""What each row of logits predicts, and how that stands to its label."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.softmax import odds, pick, shift
from softmax_cli.losses.targets import Indices

NO_CLASS = -1
"""Stands for the prediction of a row whose softmax is undefined."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Rows of C classes, as far as single numbers say it; the probabilities (n, C) for what is not one.

    ``predicted`` is the likeliest class, the first of several. ``ranks`` says how many classes come before the
    label's: those that are likelier, and of those as likely the ones in front of it. ``gaps`` are the largest logit
    less the label's. ``losses`` are in nats, ``briers`` are sum_c (p_c - [c = y])^2. Where the softmax is undefined
    (nan or +inf among the logits, or nothing but -inf) the loss is nan, the prediction NO_CLASS and the rank C.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    ranks: NDArray[np.int64]
    gaps: NDArray[np.float64]
    losses: NDArray[np.float64]
    briers: NDArray[np.float64]
    p_label: NDArray[np.float64]
    confidences: NDArray[np.float64]
    probabilities: NDArray[Any]

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the prediction is the label."""
        correct: NDArray[np.bool_] = self.ranks == 0
        return correct


def predict(logits: NDArray[Any], labels: NDArray[np.int64], deepest: int = 1) -> Predictions:
    """The predictions for logits (n, C), float32 or float64, and labels (n,) in [0, C).

    The losses are those of losses.softmax.cross_entropy, to the bit. Ranks from ``deepest`` on are not told apart:
    they are that or more.

    >>> predict(np.array([[1.0, 2.0, 3.0]]), np.array([1])).ranks.tolist()
    [1]
    """
    target, each = Indices(labels), np.arange(len(labels))
    with np.errstate(all="ignore"):
        shifted, top = shift(logits, np)
        probabilities = odds(shifted, top, np)
        others = np.sum(probabilities, axis=-1, keepdims=True)
        of_label = pick(shifted, target, np)
        losses = np.log1p(others)[:, 0] - of_label
        probabilities[each, top[:, 0]] = 1
        probabilities /= 1 + others
        confidences = 1 / (1 + others[:, 0])
        p_label = pick(probabilities, target, np)
        briers = _briers(probabilities, each, labels, losses, p_label)
    undefined = np.isnan(losses)
    return Predictions(
        labels=labels,
        predicted=np.where(undefined, NO_CLASS, top[:, 0]),
        ranks=np.where(undefined, logits.shape[1], _ranks(shifted, target, top[:, 0], of_label, deepest)),
        gaps=-of_label.astype(np.float64),
        losses=(losses + 0).astype(np.float64),
        briers=briers.astype(np.float64),
        p_label=p_label.astype(np.float64),
        confidences=confidences.astype(np.float64),
        probabilities=probabilities,
    )


def _briers(
    probabilities: NDArray[Any],
    each: NDArray[np.int64],
    labels: NDArray[np.int64],
    losses: NDArray[Any],
    p_label: NDArray[Any],
) -> NDArray[Any]:
    """sum_c (p_c - [c = y])^2. The label's term is (1 - p_y)^2 with 1 - p_y = -expm1(-loss), which does not cancel."""
    probabilities[each, labels] = -np.expm1(-losses)
    # Not einsum: of more than 8,192 classes it adds up the last bits of a single row another way than of several.
    briers: NDArray[Any] = np.sum(np.square(probabilities), axis=-1)
    probabilities[each, labels] = p_label
    return briers


def _ranks(
    shifted: NDArray[Any], target: Indices, top: NDArray[np.int64], of_label: NDArray[Any], deepest: int
) -> NDArray[np.int64]:
    """How many classes come before the label's; looked for only where that is not the first."""
    ranks = np.zeros(target.size, np.int64)
    behind = np.flatnonzero(top != target.classes)
    if deepest == 1:
        ranks[behind] = 1
        return ranks
    values, own, labels = shifted[behind], of_label[behind, None], target.classes[behind, None]
    likelier = np.count_nonzero(values > own, axis=1)
    # Equal ones matter only where the label is not too deep already: that spares most rows of many classes.
    near = np.flatnonzero(likelier < deepest)
    in_front = np.arange(shifted.shape[1]) < labels[near]
    likelier[near] += np.count_nonzero((values[near] == own[near]) & in_front, axis=1)
    ranks[behind] = likelier
    return ranks
