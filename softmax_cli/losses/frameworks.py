"""What other frameworks make of the same logits: add one by writing its function and its row in the table below.

Each function takes a :class:`Batch` in float64 and gives one loss a row, shape (N,), in nats; whoever calls it sets
ignored rows to 0. Notation: p = softmax(x), l = log_softmax(x), y the label, q the label's distribution, w the class
weights, e the label smoothing, C classes, and q' = (1 - e) q + e / C.

tests/golden/frameworks.py runs the frameworks themselves, and the tests hold these functions against what they gave.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from softmax_cli.losses.batch import Batch
from softmax_cli.losses.targets import Indices

KERAS_EPSILON = 1e-7  # keras.config.epsilon(), for every dtype
FLOAT64_EPSILON = 2.0**-52


def torch_cross_entropy(batch: Batch) -> Any:
    """-sum_c w_c q'_c l_c: each class's share of the smoothing has that class's weight."""
    # Without the convention 0 * log 0 = 0, which torch does not have.
    return batch.backend.cross_entropy(batch.logits, batch.target, replace(batch.criterion, zero_log_zero=False))


def keras_crossentropy(batch: Batch) -> Any:
    """w_y sum_c q'_c * -log(clip(p_c, 1e-7, 1 - 1e-7)); p is divided by its sum before, which here is 1 already."""
    return row_weights(batch) * batch.xp.sum(smoothed(batch) * _clipped_costs(batch, KERAS_EPSILON), axis=-1)


def optax_cross_entropy(batch: Batch) -> Any:
    """w_y sum_c q'_c * -l_c; the weights are the caller's own to multiply by."""
    criterion = replace(batch.criterion, weight=None, zero_log_zero=False)
    return row_weights(batch) * batch.backend.cross_entropy(batch.logits, batch.target, criterion)


def sklearn_log_loss(batch: Batch) -> Any:
    """w_y * -log(clip(p_y, eps, 1 - eps)), with float64's eps; w_y goes in as sample_weight."""
    return row_weights(batch) * batch.of_label(_clipped_costs(batch, FLOAT64_EPSILON))


def espnet_label_smoothing(batch: Batch) -> Any:
    """sum_c t_c (log t_c - l_c) with t_y = 1 - e and t_c = e / (C - 1) for the others: KL(t, p), not the cross-entropy.

    KLDivLoss of log_softmax(x), which is nan for t_c = 0 and l_c = -inf.
    """
    smoothing = batch.criterion.label_smoothing
    others = max(batch.logits.shape[-1] - 1, 1)  # ESPnet itself divides by 0 where there is a single class
    one_hot = batch.target.probabilities(batch.logits, batch.xp)
    labels = one_hot * (1 - smoothing) + (1 - one_hot) * (smoothing / others)
    entropy = -sum(t * math.log(t / count) for t, count in ((1 - smoothing, 1), (smoothing, others)) if t)
    return batch.xp.sum(labels * -batch.log_softmax, axis=-1) - entropy


def row_weights(batch: Batch) -> Any:
    """w_y (N,), as keras.Model.fit(class_weight=...) finds it: for probabilities, of the most probable class."""
    xp, target, weight = batch.xp, batch.target, batch.criterion.weight
    if weight is None:
        return 1.0
    return xp.take(weight, target.classes if isinstance(target, Indices) else xp.argmax(target.rows, axis=-1))


def smoothed(batch: Batch) -> Any:
    """The labels q' = (1 - e) q + e / C, shape (N, C), without weights."""
    return replace(batch.criterion, weight=None).labels(batch.target, batch.logits, batch.xp)


def _clipped_costs(batch: Batch, epsilon: float) -> Any:
    return -batch.xp.log(batch.xp.clip(batch.softmax, epsilon, 1 - epsilon))


Fact = Literal[
    "smoothing",  # asked for
    "weights",  # asked for
    "zero_log_zero",  # asked for
    "probabilities",  # the labels are probabilities
    "ignored",  # a row is
    "all ignored",  # every row is, and the mean is asked for
    "divisor",  # the framework's mean divides by something else than torch's does
    "clipped",  # a probability is, and it changes a row
    "nan",  # a row's loss is
    "more nan",  # in more rows than with torch
]


@dataclass(frozen=True)
class Framework:
    """A framework's convention.

    Attributes:
        name: what ``--as`` calls it.
        losses: the rows' losses.
        function: what the framework calls it.
        source: where that is documented.
        divides_by: what the mean divides by: the ``weights`` of the counted rows' labels, added up; or the number of
            ``counted`` rows, or of all ``rows``.
        differences: what to say of it, each where all its facts hold. A text may name ``{rows}`` and ``{counted}``,
            their numbers; ``{torch}``, what torch's mean divides by; ``{clipped}``, how many rows are, ``{epsilon}``
            where, and ``{ceiling}``, the largest -log p that this leaves.
        mean_of_nothing: the mean where there is nothing to divide by.
        epsilon: probabilities are clipped to [epsilon, 1 - epsilon]; 0 for not at all.
        smooths: whether it has label smoothing.
        index_only: whether it takes no probabilities as labels.
    """

    name: str
    losses: Callable[[Batch], Any]
    function: str
    source: str
    divides_by: Literal["weights", "counted", "rows"]
    differences: Mapping[tuple[Fact, ...], str]
    mean_of_nothing: float = math.nan
    epsilon: float = 0.0
    smooths: bool = True
    index_only: bool = False

    def clipped(self, batch: Batch) -> Any:
        """Whether a probability is clipped that the row's loss depends on, shape (N,)."""
        labels = smoothed(batch) if self.smooths else batch.target.probabilities(batch.logits, batch.xp)
        outside = (batch.softmax < self.epsilon) | (batch.softmax > 1 - self.epsilon)
        return batch.xp.any(outside & (labels > 0), axis=-1)


_CLIPPING = "clips probabilities to [{epsilon}, 1 - {epsilon}], which changes {clipped}: no -log(p) exceeds {ceiling}"
_NO_ZERO_LOG_ZERO = "has no --zero-log-zero: 0 * -inf is nan"

FRAMEWORKS: dict[str, Framework] = {
    framework.name: framework
    for framework in (
        Framework(
            "torch",
            torch_cross_entropy,
            "torch.nn.functional.cross_entropy(x, y, weight, ignore_index, label_smoothing)",
            source="https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html",
            divides_by="weights",
            differences={("zero_log_zero", "nan"): _NO_ZERO_LOG_ZERO},
        ),
        Framework(
            "keras",
            keras_crossentropy,
            "keras.losses.SparseCategoricalCrossentropy(ignore_class)(y, softmax(x)); "
            "CategoricalCrossentropy(label_smoothing) for smoothing and for probabilities",
            source="https://keras.io/api/losses/probabilistic_losses/",
            divides_by="counted",
            differences={
                ("clipped",): f"{_CLIPPING} (from_logits=True clips nothing)",
                ("divisor",): "sum_over_batch_size divides by {counted} rows, torch by their weights, {torch}",
                ("weights", "smoothing"): "class_weight weighs a whole row by its label, torch class by class",
                ("weights", "probabilities"): "class_weight weighs a whole row by its most probable class",
                (
                    "ignored",
                    "smoothing",
                ): "CategoricalCrossentropy has no ignore_class: ignored rows are left out before",
                ("all ignored",): "the mean of no rows is 0, torch's is nan",
            },
            mean_of_nothing=0.0,
            epsilon=KERAS_EPSILON,
        ),
        Framework(
            "optax",
            optax_cross_entropy,
            "optax.softmax_cross_entropy_with_integer_labels(x, y, where=y != ignore_index).mean(); "
            "softmax_cross_entropy(x, smooth_labels(q, e)) for smoothing and for probabilities",
            source="https://optax.readthedocs.io/en/latest/api/losses.html",
            divides_by="rows",
            differences={
                ("divisor",): "leaves the mean to its caller: .mean() divides by all {rows} rows, torch by {torch}",
                ("ignored",): "has no ignore_index: where= masks rows, else label -1 is the last class and -100 is nan",
                ("weights",): "has no class weights: its caller multiplies each row by its label's",
                ("weights", "probabilities"): "here by its most probable class's",
                ("zero_log_zero", "nan"): _NO_ZERO_LOG_ZERO,
            },
        ),
        Framework(
            "sklearn",
            sklearn_log_loss,
            "sklearn.metrics.log_loss(y, softmax(x), sample_weight=w[y], labels=range(C))",
            source="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html",
            divides_by="weights",
            differences={
                ("smoothing",): "has no label smoothing: none is applied",
                ("clipped",): f"{_CLIPPING} (15.942 in float32)",
                ("ignored",): "has no ignore_index: ignored rows are left out before",
                ("nan",): "refuses probabilities that are nan, with a ValueError",
            },
            epsilon=FLOAT64_EPSILON,
            smooths=False,
            index_only=True,
        ),
        Framework(
            "espnet",
            espnet_label_smoothing,
            "LabelSmoothingLoss(C, padding_idx, smoothing, normalize_length=False), each row a sequence of its own",
            source="https://github.com/espnet/espnet/blob/2f0785c934df3787b4b5ca852a331e2c8fe369da/"
            "espnet/nets/pytorch_backend/transformer/label_smoothing_loss.py",
            divides_by="rows",
            differences={
                (
                    "smoothing",
                ): "spreads e / (C - 1) off the label, torch e / C over all, and subtracts the labels' entropy (KL)",
                ("weights",): "has no class weights: none are applied",
                (
                    "divisor",
                ): "divides by the batch's {rows} rows, torch by {torch} (normalize_length=True: by those counted)",
                ("more nan",): "multiplies by one-hot labels: 0 * -inf is nan",
            },
            index_only=True,
        ),
    )
}

REFERENCE = "torch"
"""The framework whose loss the others' are compared with."""
