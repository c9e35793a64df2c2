"""Sigmoid, its logarithm and the binary cross-entropy, element by element: each class has a yes or no of its own.

Notation: x logits (N, C), t labels in [0, 1] (N, C), w the weights of the positives (C,), v the classes' weights (C,).
Results have the shape (N, C); losses are in nats.

Every formula starts from exp(-|x|), which neither overflows nor cancels.
"""

from typing import Any

from softmax_cli.losses.criterion import Criterion

Array = Any

CLAMP = -100.0
"""The least logarithm that torch.nn.functional.binary_cross_entropy uses."""


def sigmoid(logits: Array, xp: Any) -> Array:
    """Return 1 / (1 + exp(-x)).

    >>> import numpy as np
    >>> sigmoid(np.array([-800.0, 0.0, 2.0]), np).round(4).tolist()
    [0.0, 0.5, 0.8808]
    """
    smaller = xp.exp(-xp.abs(logits))
    return xp.where(logits >= 0, xp.ones_like(smaller), smaller) / (1 + smaller)


def log_sigmoid(logits: Array, xp: Any) -> Array:
    """Return log(1 / (1 + exp(-x))) = min(x, 0) - log1p(exp(-|x|)), exact to a few units in the last place.

    >>> import numpy as np
    >>> log_sigmoid(np.array([-800.0, 0.0]), np).round(4).tolist()
    [-800.0, -0.6931]
    """
    return xp.clip(logits, None, 0) - xp.log1p(xp.exp(-xp.abs(logits)))


def binary_cross_entropy(probs: Array, labels: Array, criterion: Criterion, xp: Any) -> Array:
    """Return -v (w t log p + (1 - t) log(1 - p)), with each logarithm at least -100, as torch has it."""
    yes, no = clamped_logs(probs, xp)
    return expected(-yes, -no, labels, criterion, xp)


def binary_cross_entropy_with_logits(logits: Array, labels: Array, criterion: Criterion, xp: Any) -> Array:
    """Return v (w t softplus(-x) + (1 - t) softplus(x)): a sum of two terms that are never negative.

    The same as ``torch.nn.functional.binary_cross_entropy_with_logits(..., reduction="none")``.

    >>> import numpy as np
    >>> binary_cross_entropy_with_logits(np.array([0.0, -50.0]), np.array([1.0, 0.0]), Criterion(), np).tolist()
    [0.6931471805599453, 1.9287498479639178e-22]
    """
    return expected(-log_sigmoid(logits, xp), -log_sigmoid(-logits, xp), labels, criterion, xp)


def multilabel_soft_margin_loss(logits: Array, labels: Array, criterion: Criterion, xp: Any) -> Array:
    """Return the mean over the classes of the binary cross-entropy, shape (N,)."""
    return xp.mean(binary_cross_entropy_with_logits(logits, labels, criterion, xp), axis=-1)


def clamped_logs(probs: Array, xp: Any) -> tuple[Array, Array]:
    """Return log p and log(1 - p), each at least CLAMP."""
    return xp.clip(xp.log(probs), CLAMP, None), xp.clip(xp.log1p(-probs), CLAMP, None)


def expected(yes: Array, no: Array, labels: Array, criterion: Criterion, xp: Any) -> Array:
    """Return v (w t yes + (1 - t) no): the costs of a yes and of a no, by how far each is the label."""
    weights = labels if criterion.pos_weight is None else labels * criterion.pos_weight
    losses = criterion.products(weights, yes, xp) + criterion.products(1 - labels, no, xp)
    return losses if criterion.weight is None else losses * criterion.weight


def slope(logits: Array, labels: Array, criterion: Criterion, xp: Any) -> Array:
    """Return the gradient of the binary cross-entropy, v ((1 - t) sigmoid(x) - w t sigmoid(-x))."""
    weights = labels if criterion.pos_weight is None else labels * criterion.pos_weight
    slopes = (1 - labels) * sigmoid(logits, xp) - weights * sigmoid(-logits, xp)
    return slopes if criterion.weight is None else slopes * criterion.weight
