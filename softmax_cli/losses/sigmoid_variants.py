"""The ways to the same binary cross-entropy: add one by writing its function and its row in the table below.

A variant takes a :class:`Batch` with multi-label labels and gives one loss per element, shape (N, C), in nats (or
their mean or sum, where the batch's criterion asks the framework for it). On torch the parts are torch's own
functions, on NumPy this project's.
"""

from typing import Any

from softmax_cli.losses import sigmoid as formulas
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.variants import Variant


def log_of_sigmoid(batch: Batch) -> Any:
    """-(t log(sigmoid(x)) + (1 - t) log(1 - sigmoid(x))): nan or inf once the sigmoid rounds to 0 or 1."""
    yes, no = -batch.xp.log(batch.sigmoid), -batch.xp.log(1 - batch.sigmoid)
    return _elements(yes, no, batch)


def logsigmoid(batch: Batch) -> Any:
    """-(t logsigmoid(x) + (1 - t) logsigmoid(-x))."""
    return _elements(-batch.backend.log_sigmoid(batch.logits), -batch.backend.log_sigmoid(-batch.logits), batch)


def binary_cross_entropy(batch: Batch) -> Any:
    """binary_cross_entropy(sigmoid(x), t): each logarithm is at least -100."""
    return batch.backend.binary_cross_entropy(batch.sigmoid, batch.yes_or_no, batch.criterion)


def binary_cross_entropy_with_logits(batch: Batch) -> Any:
    """binary_cross_entropy_with_logits(x, t): all of it in one function, from the logits."""
    return batch.backend.binary_cross_entropy_with_logits(batch.logits, batch.yes_or_no, batch.criterion)


def multilabel_soft_margin_loss(batch: Batch) -> Any:
    """multilabel_soft_margin_loss(x, t): a row's loss is the mean over its classes, shape (N,)."""
    return batch.backend.multilabel_soft_margin_loss(batch.logits, batch.yes_or_no, batch.criterion)


def slope(batch: Batch) -> Any:
    """(1 - t) sigmoid(x) - w t sigmoid(-x), times v; shape (N, C)."""
    return formulas.slope(batch.logits, batch.yes_or_no, batch.criterion, batch.xp)


def mean_slope(batch: Batch) -> Any:
    """The same over C."""
    return slope(batch) / batch.logits.shape[-1]


def clamped(batch: Batch) -> Any:
    """Return whether torch's clamp of the logarithm changes an element's loss, shape (N, C)."""
    xp, labels = batch.xp, batch.yes_or_no
    yes, no = xp.log(batch.sigmoid) < formulas.CLAMP, xp.log(1 - batch.sigmoid) < formulas.CLAMP
    return (yes & (labels > 0)) | (no & (labels < 1))


def _elements(yes: Any, no: Any, batch: Batch) -> Any:
    elements = formulas.expected(yes, no, batch.yes_or_no, batch.criterion, batch.xp)
    return batch.criterion.reduced_elements(elements, batch.xp)


_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional."

SIGMOIDS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            "log_of_sigmoid",
            log_of_sigmoid,
            slope,
            "-t log(p) - (1 - t) log(1 - p), p = sigmoid(x)",
            source=_TORCH + "sigmoid",
        ),
        Variant(
            "logsigmoid",
            logsigmoid,
            slope,
            "-t logsigmoid(x) - (1 - t) logsigmoid(-x)",
            source=_TORCH + "logsigmoid",
        ),
        Variant(
            "binary_cross_entropy",
            binary_cross_entropy,
            slope,
            "binary_cross_entropy(sigmoid(x), t)",
            source=_TORCH + "binary_cross_entropy",
            clamped=clamped,
        ),
        Variant(
            "binary_cross_entropy_with_logits",
            binary_cross_entropy_with_logits,
            slope,
            "binary_cross_entropy_with_logits(x, t)",
            source=_TORCH + "binary_cross_entropy_with_logits",
        ),
        Variant(
            "multilabel_soft_margin_loss",
            multilabel_soft_margin_loss,
            mean_slope,
            "multilabel_soft_margin_loss(x, t)",
            source=_TORCH + "multilabel_soft_margin_loss",
            of_rows=True,
        ),
    )
}

SIGMOID_HEADLINE = "binary_cross_entropy_with_logits"
"""The variant whose value `-q` prints."""

ALIASES = {"bce_with_logits": SIGMOID_HEADLINE}
"""Shorter names of variants."""
