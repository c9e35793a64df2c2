"""The ways to the same cross-entropy: add one by writing its function and its row in the table below.

A variant takes a :class:`Batch` and gives one loss a row, shape (N,), in nats (or their mean or sum, where the
batch's criterion asks the framework for it). It is written once: on torch
``batch.softmax``, ``batch.log_softmax`` and ``batch.backend`` are torch's own functions, on NumPy this
project's, and so the recipes show whether a framework's parts agree with each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from typing import Any

from softmax_cli.losses.batch import Batch


def log_of_softmax(batch: Batch) -> Any:
    """sum_c q_c * -log(softmax(x)_c): nan once any class underflows, since 0 * inf is nan."""
    return batch.expected(-batch.xp.log(batch.softmax))


def log_softmax(batch: Batch) -> Any:
    """sum_c q_c * -log_softmax(x)_c: nan where a class other than the label's is -inf."""
    return batch.expected(-batch.log_softmax)


def nll_loss(batch: Batch) -> Any:
    """nll_loss(log_softmax(x), y): looks the label's class up instead of multiplying."""
    return batch.backend.nll_loss(batch.log_softmax, batch.target, batch.criterion)


def cross_entropy(batch: Batch) -> Any:
    """cross_entropy(x, y): all of it in one function, from the logits."""
    return batch.backend.cross_entropy(batch.logits, batch.target, batch.criterion)


def slope(batch: Batch) -> Any:
    """D cross_entropy / dx_c = p_c sum_k t_k - t_c, shape (N, C), for the labels t: softmax less one-hot.

    (Weighted labels, or probabilities as given, need not sum to 1.)
    """
    return batch.softmax * batch.xp.sum(batch.one_hot, axis=-1, keepdims=True) - batch.one_hot


@dataclass(frozen=True)
class Variant:
    """A row of a table of losses.

    ``gradient`` is the closed form of d losses / d logits, (N, C). ``recipe`` is the formula in words of code,
    ``source`` says where it comes from. ``one_hot`` says that it multiplies by the labels' one-hot rows,
    ``index_only`` that it takes no probabilities as labels. ``clamped`` tells the elements (N, C) whose logarithm it
    clamps. ``of_rows`` says that it is the mean over the classes of a row, where its family has their sum.
    ``per_class`` names the parameters that may be one number per class.
    """

    name: str
    losses: Callable[..., Any]
    gradient: Callable[..., Any]
    recipe: str
    source: str
    one_hot: bool = False
    index_only: bool = False
    clamped: Callable[..., Any] | None = None
    of_rows: bool = False
    per_class: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters of the formula with their values."""
        found = signature(self.losses).parameters.values()
        return {each.name: each.default for each in found if each.kind is each.KEYWORD_ONLY}

    def with_parameters(self, parameters: dict[str, Any]) -> "Variant":
        """The same with other values of some parameters."""
        return replace(self, losses=partial(self.losses, **parameters), gradient=partial(self.gradient, **parameters))


_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional."

VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            "log_of_softmax",
            log_of_softmax,
            slope,
            "(one_hot * -log(softmax(x))).sum(1)",
            source=_TORCH + "softmax",
            one_hot=True,
        ),
        Variant(
            "log_softmax",
            log_softmax,
            slope,
            "(one_hot * -log_softmax(x)).sum(1)",
            source=_TORCH + "log_softmax",
            one_hot=True,
        ),
        Variant("nll_loss", nll_loss, slope, "nll_loss(log_softmax(x), y)", source=_TORCH + "nll_loss"),
        Variant("cross_entropy", cross_entropy, slope, "cross_entropy(x, y)", source=_TORCH + "cross_entropy"),
    )
}

HEADLINE = "cross_entropy"
"""The variant whose value `-q` prints."""
