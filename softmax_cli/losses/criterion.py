"""How a row's labels and log-probabilities become its loss: smoothing, class weights, and 0 * log 0."""

from dataclasses import dataclass
from typing import Any

from softmax_cli.losses.targets import Target


@dataclass(frozen=True, eq=False)
class Criterion:
    """The settings of a cross-entropy, as torch.nn.functional.cross_entropy has them.

    ``label_smoothing`` e is in [0, 1]; ``weight`` (C,) is None for ones. ``zero_log_zero`` takes 0 * log 0 for
    its limit 0; torch has nan there. ``reduction`` other than none is the framework's own, in its own precision.
    ``pos_weight`` (C,) is of multi-label losses alone: what a label of 1 counts for beside one of 0.
    """

    label_smoothing: float = 0.0
    weight: Any = None
    zero_log_zero: bool = False
    reduction: str = "none"
    pos_weight: Any = None

    def labels(self, target: Target, like: Any, xp: Any) -> Any:
        """w_c ((1 - e) q_c + e / C), shape (N, C): what each class's -log p counts for in the loss of a row."""
        labels = target.probabilities(like, xp)
        if self.label_smoothing:
            labels = labels * (1 - self.label_smoothing) + self.label_smoothing / like.shape[-1]
        return labels if self.weight is None else labels * self.weight

    def expected(self, labels: Any, costs: Any, xp: Any) -> Any:
        """sum_c labels_c costs_c, shape (N, C) to (N,)."""
        return xp.sum(self.products(labels, costs, xp), axis=-1)

    def products(self, labels: Any, costs: Any, xp: Any) -> Any:
        """Return labels * costs, with 0 * inf as zero_log_zero says."""
        products = labels * costs
        if self.zero_log_zero:
            products = xp.where(labels == 0, xp.zeros_like(products), products)
        return products

    def yes_or_no(self, labels: Any) -> Any:
        """Return multi-label labels smoothed, (1 - e) t + e / 2: two outcomes share e, as in Keras."""
        return labels * (1 - self.label_smoothing) + self.label_smoothing / 2 if self.label_smoothing else labels

    def reduced_elements(self, elements: Any, xp: Any) -> Any:
        """Return the mean or the sum of all elements (N, C), which no weight divides; for none the elements."""
        if self.reduction == "none":
            return elements
        return xp.mean(elements) if self.reduction == "mean" else xp.sum(elements)

    def row_weights(self, target: Target, xp: Any) -> Any:
        """w_y (N,) for class indices, what torch's mean divides by; None where every row weighs 1."""
        if self.weight is None or not hasattr(target, "classes"):
            return None
        return target.counted_only(xp.take(self.weight, target.classes), xp)

    def reduced(self, losses: Any, target: Target, xp: Any) -> Any:
        """The mean or the sum of the rows' losses, as the namespace adds; the losses for the reduction none."""
        if self.reduction == "none":
            return losses
        total = xp.sum(losses)
        if self.reduction == "sum":
            return total
        weights = self.row_weights(target, xp)
        if weights is not None:
            return total / xp.sum(weights)
        return xp.mean(losses) if target.counted is None else total / xp.sum(target.counted)
