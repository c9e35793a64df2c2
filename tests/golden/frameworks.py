"""Ask the frameworks themselves; needs the packages, so the tests read what it wrote instead.

    pip install torch==2.13.0 keras==3.15.1 optax==0.2.8 scikit-learn==1.9.1 'jax[cpu]==0.10.2'
    python tests/golden/frameworks.py > tests/golden/frameworks.json

ESPnet takes too much to install. Its published formula is restated here over torch's own KLDivLoss:
https://github.com/espnet/espnet/blob/2f0785c934df3787b4b5ca852a331e2c8fe369da/espnet/nets/pytorch_backend/transformer/label_smoothing_loss.py
"""

import json
import os
import sys
from importlib.metadata import version

# numpy.random.default_rng(3).normal(scale=2, size=(5, 4)).round(2), and a row where class 1 has p = 5e-29
LOGITS = [
    [4.08, -5.11, 0.84, -1.14],
    [-0.91, -0.43, -4.04, -0.46],
    [-1.73, 6.65, 0.45, -0.71],
    [-0.56, -1.34, -2.11, -0.78],
    [0.96, -0.48, 1.92, -0.4],
]
EXTREME = [*LOGITS, [0.0, -62.0, 3.0, 1.0]]
LABELS = [2, 0, 3, 0, 1]
IGNORED = [2, -100, 3, 0, -100]
PROBABILITIES = [[0.1, 0.2, 0.7, 0.0], [0.4, 0.3, 0.2, 0.1], [0, 0, 0, 1], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25]]
WEIGHT = [1.0, 0.5, 2.0, 4.0]

CASES = {
    "plain": {"logits": LOGITS, "labels": LABELS},
    "smoothing": {"logits": LOGITS, "labels": LABELS, "label_smoothing": 0.1},
    "weights": {"logits": LOGITS, "labels": LABELS, "weight": WEIGHT},
    "ignored": {"logits": LOGITS, "labels": IGNORED, "ignore_index": -100},
    "smoothing, weights": {"logits": LOGITS, "labels": LABELS, "label_smoothing": 0.1, "weight": WEIGHT},
    "smoothing, ignored": {"logits": LOGITS, "labels": IGNORED, "label_smoothing": 0.1, "ignore_index": -100},
    "weights, ignored": {"logits": LOGITS, "labels": IGNORED, "weight": WEIGHT, "ignore_index": -100},
    "smoothing, weights, ignored": {
        "logits": LOGITS,
        "labels": IGNORED,
        "label_smoothing": 0.1,
        "weight": WEIGHT,
        "ignore_index": -100,
    },
    "clipped": {"logits": EXTREME, "labels": [*LABELS, 1]},
    "clipped, smoothing": {"logits": EXTREME, "labels": [*LABELS, 2], "label_smoothing": 0.1},
    "clipped, weights, ignored": {"logits": EXTREME, "labels": [*IGNORED, 1], "weight": WEIGHT, "ignore_index": -100},
    "probabilities": {"logits": LOGITS, "labels": PROBABILITIES},
    "probabilities, smoothing": {"logits": LOGITS, "labels": PROBABILITIES, "label_smoothing": 0.1},
    "probabilities, weights": {"logits": LOGITS, "labels": PROBABILITIES, "weight": WEIGHT},
    "worked": {"logits": [[1.0, 2.0, 3.0]], "labels": [2], "label_smoothing": 0.1},
    "ceiling": {"logits": [[0.0, 1000.0]], "labels": [0]},
    "all ignored": {"logits": LOGITS, "labels": [-100] * 5, "ignore_index": -100},
}


class Case:
    """A case as arrays: ``counted`` says which rows are, ``row_weights`` is w of each label (or None)."""

    def __init__(self, logits, labels, weight=None, ignore_index=None, label_smoothing=0.0):
        import numpy as np
        from scipy.special import softmax

        self.logits, self.labels = np.array(logits), np.array(labels)
        self.smoothing, self.ignore_index = label_smoothing, ignore_index
        self.by_index = self.labels.ndim == 1
        self.counted = self.labels != ignore_index if self.by_index else np.full(len(self.logits), fill_value=True)
        self.probabilities = softmax(self.logits, axis=1)
        self.classes = self.logits.shape[1]
        self.valid = np.where(self.counted, self.labels, 0) if self.by_index else self.labels.argmax(axis=1)
        self.rows = np.eye(self.classes)[self.valid] if self.by_index else self.labels
        self.row_weights = None if weight is None else np.array(weight)[self.valid]

    def weights_of(self, rows):
        """The rows' weights, for functions that take None for none."""
        return None if self.row_weights is None else self.row_weights[rows]


def keras(case, reduction):
    """From probabilities; what smooths cannot ignore, and so is given the counted rows only."""
    from keras.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

    options = {"reduction": {"mean": "sum_over_batch_size", "sum": "sum"}[reduction], "dtype": "float64"}
    if case.by_index and not case.smoothing:
        loss = SparseCategoricalCrossentropy(ignore_class=case.ignore_index, **options)
        return float(loss(case.labels, case.probabilities, sample_weight=case.row_weights))
    counted = case.counted
    loss = CategoricalCrossentropy(label_smoothing=case.smoothing, **options)
    return float(loss(case.rows[counted], case.probabilities[counted], sample_weight=case.weights_of(counted)))


def optax(case, reduction):
    """Rows, weighted and reduced in the caller's code."""
    import jax.numpy as jnp
    from optax import smooth_labels, softmax_cross_entropy, softmax_cross_entropy_with_integer_labels

    where = jnp.array(case.counted)
    if case.by_index and not case.smoothing:
        losses = softmax_cross_entropy_with_integer_labels(case.logits, jnp.array(case.labels), where=where)
    else:
        labels = smooth_labels(jnp.array(case.rows), case.smoothing)
        losses = softmax_cross_entropy(case.logits, labels, where=where)
    losses = losses if case.row_weights is None else losses * case.row_weights
    return float(losses.mean() if reduction == "mean" else losses.sum())


def sklearn(case, reduction):
    """Of the counted rows; None for probabilities as labels, and for no rows, which it refuses."""
    from sklearn.metrics import log_loss

    counted = case.counted
    if not case.by_index or not counted.any():
        return None
    return log_loss(
        case.labels[counted],
        case.probabilities[counted],
        normalize=reduction == "mean",
        sample_weight=case.weights_of(counted),
        labels=range(case.classes),
    )


def espnet(case, reduction):
    """LabelSmoothingLoss.forward of N sequences of length 1, whose mean divides by their number."""
    import torch

    if not case.by_index:
        return None
    labels = torch.full(case.logits.shape, case.smoothing / (case.classes - 1), dtype=torch.float64)
    labels.scatter_(1, torch.tensor(case.valid)[:, None], 1 - case.smoothing)
    divergences = torch.nn.KLDivLoss(reduction="none")(torch.tensor(case.logits).log_softmax(1), labels)
    total = divergences[torch.tensor(case.counted)].sum()
    return float(total / len(case.logits) if reduction == "mean" else total)


FRAMEWORKS = {each.__name__: each for each in (keras, optax, sklearn, espnet)}


def main():
    """Write every case with its losses, and the versions that they are from, as JSON."""
    # Not torch: on it Keras 3.15.1 divides the mean in float32, even with dtype="float64".
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax

    jax.config.update("jax_enable_x64", True)
    versions = {package: version(package) for package in ("keras", "optax", "jax", "scikit-learn", "torch")}
    cases = []
    for name, options in CASES.items():
        case = Case(**options)
        losses = {
            reduction: {framework: of(case, reduction) for framework, of in FRAMEWORKS.items()}
            for reduction in ("mean", "sum")
        }
        cases.append(json.dumps({"name": name, "options": options, "losses": losses}))
    separator = ",\n"
    # A case a line, for the sake of whoever reads a diff.
    sys.stdout.write(f'{{"versions": {json.dumps(versions)},\n"cases": [\n{separator.join(cases)}\n]}}\n')


if __name__ == "__main__":
    main()
