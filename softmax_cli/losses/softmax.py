"""Softmax, its logarithm and cross-entropy, over the last axis, from the shifted logits x - max(x).

Shapes: ``logits`` (N, C); a result has the shape of its formula. Losses are in nats.

Every formula starts from x - max(x): exp cannot overflow then, and a loss is never the difference of two
large numbers. (logsumexp(x) - x_y is: in float32 it gives 0.0 for x = [1e8, 1e8], where ln 2 is right.)
"""

import math
from typing import Any

from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.targets import Indices, Target

Array = Any


def shift(logits: Array, xp: Any) -> tuple[Array, Array]:
    """X - max(x), (N, C): the same softmax, with 0 as the row's largest value; and where that stands, (N, 1).

    nan where it is undefined: at +inf, and all along a row of nothing but -inf.
    """
    top = xp.argmax(logits, axis=-1, keepdims=True)
    return logits - xp.take_along_axis(logits, top, axis=-1), top


def log_normalizer(shifted: Array, top: Array, xp: Any) -> Array:
    """log(sum_c exp(x_c - max x)), shape (N, 1), in nats; never negative.

    The maximum contributes exp(0) = 1, so this is log1p of the others' sum. A confident row keeps its tiny
    loss this way: x = [0, -40] with y = 0 gives 4.2e-18, where log(1 + 4.2e-18) is 0.
    """
    return xp.log1p(xp.sum(odds(shifted, top, xp), axis=-1, keepdims=True))


def odds(shifted: Array, top: Array, xp: Any) -> Array:
    """p_c / p_top = exp(x_c - max x), (N, C), but 0 in the place of the likeliest class itself."""
    # A copy to write to: a mask (N, C) takes twice as long, and torch's graph would not bear another exponential.
    others = shifted + 0
    # exp(0 - inf) is 0, and the nan of an undefined row spreads.
    others[xp.arange(shifted.shape[0], device=shifted.device), top[:, 0]] -= math.inf
    return xp.exp(others)


def softmax(logits: Array, xp: Any) -> Array:
    """p_c = exp(x_c) / sum_k exp(x_k), shape (N, C); each row sums to 1.

    >>> import numpy as np
    >>> softmax(np.array([[1.0, 2.0, 3.0]]), np).round(4).tolist()
    [[0.09, 0.2447, 0.6652]]
    """
    shifted, _ = shift(logits, xp)
    exponentials = xp.exp(shifted)
    return exponentials / xp.sum(exponentials, axis=-1, keepdims=True)


def log_softmax(logits: Array, xp: Any, temperature: float = 1.0) -> Array:
    """l_c = x_c / T - log(sum_k exp(x_k / T)), shape (N, C), in nats; never positive.

    (x - max x) / T, rather than x / T - max x / T: it rounds once, however large x is.

    >>> import numpy as np
    >>> log_softmax(np.array([[1.0, 2.0, 3.0]]), np).round(4).tolist()
    [[-2.4076, -1.4076, -0.4076]]
    """
    shifted, top = shift(logits, xp)
    if temperature != 1:
        shifted = shifted / temperature
    return shifted - log_normalizer(shifted, top, xp)


def nll_loss(log_probs: Array, target: Target, criterion: Criterion, xp: Any) -> Array:
    """L = -(1 - e) w_y l_y - (e / C) sum_c w_c l_c for class indices, 0 for an ignored row; shape (N,), nats.

    For probabilities q its expectation, -sum_c w_c ((1 - e) q_c + e / C) l_c. Without smoothing nothing is
    summed over the classes for indices, so a masked class (l_c = -inf) that is not the label's does no harm.
    """
    if not isinstance(target, Indices):
        return criterion.expected(criterion.labels(target, log_probs, xp), -log_probs, xp)
    losses = weighted(-pick(log_probs, target, xp), target, criterion, xp)
    if criterion.label_smoothing:
        losses = smoothed(losses, log_probs, criterion, xp)
    return target.counted_only(losses, xp)


def weighted(losses: Array, target: Indices, criterion: Criterion, xp: Any) -> Array:
    """w_y L, shape (N,)."""
    return losses if criterion.weight is None else losses * xp.take(criterion.weight, target.classes)


def smoothed(losses: Array, log_probs: Array, criterion: Criterion, xp: Any) -> Array:
    """(1 - e) L - (e / C) sum_c w_c l_c: the label's loss, and every class's share of the smoothing."""
    share = criterion.label_smoothing / log_probs.shape[-1]
    every = xp.sum(-log_probs, axis=-1)
    if criterion.weight is not None:
        every = criterion.expected(criterion.weight, -log_probs, xp)
    return losses * (1 - criterion.label_smoothing) + every * share


def cross_entropy(logits: Array, target: Target, criterion: Criterion, xp: Any) -> Array:
    """nll_loss of log_softmax(x), shape (N,), in nats; for class indices without smoothing, of the label's class alone.

    L = w_y (log(sum_c exp(x_c - max x)) + (max x - x_y)) is a sum of two terms that are never negative: exact to
    a few units in the last place, whatever the size of x.

    The same as ``torch.nn.functional.cross_entropy(logits, target, weight, reduction="none", ...)``.

    >>> import numpy as np
    >>> cross_entropy(np.array([[1.0, 2.0, 3.0]]), Indices(np.array([2])), Criterion(), np).round(4).tolist()
    [0.4076]
    """
    if not isinstance(target, Indices) or criterion.label_smoothing:
        return nll_loss(log_softmax(logits, xp), target, criterion, xp)
    shifted, top = shift(logits, xp)
    losses = log_normalizer(shifted, top, xp)[:, 0] - pick(shifted, target, xp)
    return target.counted_only(weighted(losses, target, criterion, xp), xp)


def pick(values: Array, target: Indices, xp: Any) -> Array:
    """values[i, y_i] for each row i: shape (N, C) to (N,)."""
    return xp.take_along_axis(values, target.classes[:, None], axis=-1)[:, 0]
