"""Losses beside the cross-entropy: add one by writing its function and its row in the table below.

Each takes a :class:`Batch` and its parameters, and gives one loss a row, shape (N,), in nats where it is a
logarithm at all. Notation: x logits, p = softmax(x), y the label, q the label's distribution, C classes.
"""

from collections.abc import Sequence
from typing import Any

from softmax_cli.losses.batch import Batch
from softmax_cli.losses.softmax import log_normalizer, shift
from softmax_cli.losses.variants import Variant, cross_entropy, slope

Alpha = float | Sequence[float]
"""One number, or one per class."""


def focal(batch: Batch, *, gamma: float = 2.0, alpha: Alpha = 0.25) -> Any:
    """Alpha_y (1 - p_y)^gamma * -log p_y."""
    losses = cross_entropy(batch)
    return _alpha_of_label(batch, alpha) * _miss(losses, batch) ** gamma * losses


def focal_slope(batch: Batch, *, gamma: float = 2.0, alpha: Alpha = 0.25) -> Any:
    """By the chain rule from d cross_entropy / dx, with d(1 - p_y) / d cross_entropy = p_y."""
    losses = cross_entropy(batch)
    miss, p_label, xp = _miss(losses, batch), batch.xp.exp(-losses), batch.xp
    # Where p_y is 1 the loss is 0 with it, and the second term too: its factor miss^(gamma - 1) may be infinite.
    rest = xp.where(losses == 0, xp.zeros_like(losses), gamma * miss ** (gamma - 1) * p_label * losses)
    return (_alpha_of_label(batch, alpha) * (miss**gamma + rest))[:, None] * slope(batch)


def poly_1(batch: Batch, *, epsilon: float = 2.0) -> Any:
    """-log p_y + epsilon (1 - p_y)."""
    losses = cross_entropy(batch)
    return losses + epsilon * _miss(losses, batch)


def poly_1_slope(batch: Batch, *, epsilon: float = 2.0) -> Any:
    """(1 + epsilon p_y) d cross_entropy / dx."""
    return (1 + epsilon * batch.xp.exp(-cross_entropy(batch)))[:, None] * slope(batch)


def z_loss(batch: Batch, *, scale: float = 1e-4) -> Any:
    """-log p_y + scale * logsumexp(x)^2."""
    return cross_entropy(batch) + scale * _log_partition(batch) ** 2


def z_loss_slope(batch: Batch, *, scale: float = 1e-4) -> Any:
    """D cross_entropy / dx + 2 scale logsumexp(x) p."""
    return slope(batch) + 2 * scale * _log_partition(batch)[:, None] * batch.softmax


def multi_margin(batch: Batch, *, margin: float = 1.0, p: float = 1.0) -> Any:
    """sum_{j != y} max(0, margin - x_y + x_j)^p / C."""
    return batch.xp.sum(_hinges(batch, margin) ** p, axis=-1) / batch.logits.shape[-1]


def multi_margin_slope(batch: Batch, *, margin: float = 1.0, p: float = 1.0) -> Any:
    """P h_j^(p - 1) / C at each j with a hinge h_j > 0, and less their sum at y."""
    xp, hinges = batch.xp, _hinges(batch, margin)
    slopes = xp.where(hinges > 0, p * hinges ** (p - 1), xp.zeros_like(hinges)) / batch.logits.shape[-1]
    return slopes - batch.one_hot * xp.sum(slopes, axis=-1, keepdims=True)


def crammer_singer(batch: Batch) -> Any:
    """max_j (x_j + 1[j != y]) - x_y."""
    return batch.xp.max(batch.logits + (1 - batch.one_hot), axis=-1) - batch.of_label(batch.logits)


def crammer_singer_slope(batch: Batch) -> Any:
    """1 at the class of the maximum, less 1 at y; a maximum of several classes is shared among them."""
    margins = batch.logits + (1 - batch.one_hot)
    largest = batch.xp.astype(margins == batch.xp.max(margins, axis=-1, keepdims=True), batch.logits.dtype)
    return largest / batch.xp.sum(largest, axis=-1, keepdims=True) - batch.one_hot


def brier(batch: Batch) -> Any:
    """sum_c (p_c - q_c)^2, from 0 to 2."""
    return batch.xp.sum((batch.softmax - batch.one_hot) ** 2, axis=-1)


def brier_slope(batch: Batch) -> Any:
    """2 p_k ((p_k - q_k) - sum_c p_c (p_c - q_c))."""
    apart = batch.softmax - batch.one_hot
    return 2 * batch.softmax * (apart - batch.xp.sum(batch.softmax * apart, axis=-1, keepdims=True))


def kl_divergence(batch: Batch) -> Any:
    """sum_c q_c (log q_c - log p_c), where q_c = 0 contributes 0."""
    xp, labels = batch.xp, batch.one_hot
    logs = xp.log(xp.where(labels == 0, xp.ones_like(labels), labels)) - batch.log_softmax
    return xp.sum(xp.where(labels == 0, xp.zeros_like(logs), labels * logs), axis=-1)


def _alpha_of_label(batch: Batch, alpha: Alpha) -> Any:
    """Return alpha, or where there is one per class that of each row's label, (N,)."""
    if isinstance(alpha, int | float):
        return alpha
    xp, logits = batch.xp, batch.logits
    per_class = xp.asarray(list(alpha), dtype=logits.dtype, device=logits.device)
    return batch.of_label(xp.broadcast_to(per_class, logits.shape))


def _miss(losses: Any, batch: Batch) -> Any:
    """1 - p_y, from -log p_y without cancelling."""
    return -batch.xp.expm1(-losses)


def _log_partition(batch: Batch) -> Any:
    """logsumexp(x), shape (N,)."""
    largest = batch.xp.max(batch.logits, axis=-1)
    return largest + log_normalizer(*shift(batch.logits, batch.xp), batch.xp)[:, 0]


def _hinges(batch: Batch, margin: float) -> Any:
    """max(0, margin - x_y + x_j) for j != y, 0 for y itself; shape (N, C)."""
    xp = batch.xp
    hinges = xp.clip(margin - batch.of_label(batch.logits)[:, None] + batch.logits, 0, None)
    return xp.where(batch.one_hot == 0, hinges, xp.zeros_like(hinges))


LOSSES: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            "focal",
            focal,
            focal_slope,
            "alpha * (1 - p_y)^gamma * -log(p_y)",
            index_only=True,
            per_class=("alpha",),
            source="Lin et al. 2017, https://arxiv.org/abs/1708.02002; defaults of keras CategoricalFocalCrossentropy",
        ),
        Variant(
            "poly_1",
            poly_1,
            poly_1_slope,
            "-log(p_y) + epsilon * (1 - p_y)",
            index_only=True,
            source="Leng et al. 2022, https://arxiv.org/abs/2204.12511; default of optax.poly_loss_cross_entropy",
        ),
        Variant(
            "z_loss",
            z_loss,
            z_loss_slope,
            "-log(p_y) + scale * logsumexp(x)^2",
            index_only=True,
            source="PaLM, Chowdhery et al. 2022, https://arxiv.org/abs/2204.02311",
        ),
        Variant(
            "multi_margin",
            multi_margin,
            multi_margin_slope,
            "sum_{j != y} max(0, margin - x_y + x_j)^p / C",
            index_only=True,
            source="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss",
        ),
        Variant(
            "crammer_singer",
            crammer_singer,
            crammer_singer_slope,
            "max_j (x_j + [j != y]) - x_y",
            index_only=True,
            source="Crammer and Singer 2001; optax.losses.multiclass_hinge_loss",
        ),
        Variant(
            "brier",
            brier,
            brier_slope,
            "sum_c (p_c - q_c)^2",
            source="Brier 1950; sklearn.metrics.brier_score_loss(scale_by_half=False)",
        ),
        Variant(
            "kl_divergence",
            kl_divergence,
            slope,
            "sum_c q_c * (log(q_c) - log(p_c))",
            source="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div",
        ),
    )
}
