"""`check` beside `loss`: no "Nothing found" where the loss fails or is not finite, and "as given" is what it prints."""

import math

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from softmax_cli import evaluate
from softmax_cli.errors import SoftmaxCliError
from softmax_cli.evaluation.checking.check import check

ROWS, CLASSES = 60, 5


def put(array, places, value):
    """A copy with another value at some places."""
    array = np.array(array)
    array[places] = value
    return array


LOGITS = {
    "plain": lambda x, y: x,  # noqa: ARG005
    "float32": lambda x, y: x.astype(np.float32),  # noqa: ARG005
    "float16": lambda x, y: x.astype(np.float16),  # noqa: ARG005
    "nan": lambda x, y: put(x, (7, 2), np.nan),  # noqa: ARG005
    "inf": lambda x, y: put(x, (7, 2), np.inf),  # noqa: ARG005
    "-inf throughout": lambda x, y: put(x, 7, -np.inf),  # noqa: ARG005
    "-inf at the label": lambda x, y: put(x, (7, y[7]), -np.inf),
    "-inf beside the label": lambda x, y: put(x, (7, (y[7] + 1) % CLASSES), -np.inf),
    "top 2": lambda x, y: log_softmax(np.where(x >= np.sort(x, 1)[:, -2:-1], x, -np.inf), 1),  # noqa: ARG005
    "probabilities": lambda x, y: softmax(x, 1),  # noqa: ARG005
    "two axes": lambda x, y: x.reshape(6, 10, CLASSES),  # noqa: ARG005
    "huge": lambda x, y: x * 1e200,  # noqa: ARG005
}
LABELS = {
    "indices": lambda y: y,
    "floats": lambda y: y.astype(float),
    "a nan": lambda y: put(y.astype(float), 9, np.nan),
    "an infinity": lambda y: put(y.astype(float), 9, np.inf),
    "a half": lambda y: put(y.astype(float), 9, 1.5),
    "outside": lambda y: put(y, 9, CLASSES + 3),
    "padding": lambda y: put(y, 9, -100),
    "padding throughout": lambda y: np.full_like(y, -100),
    "one less": lambda y: y[:-1],
    "one-hot": lambda y: np.eye(CLASSES)[y],
    "one-hot integers": lambda y: np.eye(CLASSES, dtype=int)[y],
    "soft": lambda y: 0.9 * np.eye(CLASSES)[y] + 0.02,
    "soft, with zeros": lambda y: 0.5 * np.eye(CLASSES)[y] + 0.5 * np.eye(CLASSES)[(y + 2) % CLASSES],
    "multi-hot": lambda y: np.eye(CLASSES)[y] + np.eye(CLASSES)[(y + 1) % CLASSES],
    "an empty row": lambda y: put(np.eye(CLASSES)[y], 9, 0),
    "a teacher": lambda y: 3 * np.eye(CLASSES)[y] - 1,
    "counts": lambda y: 3 * np.eye(CLASSES)[y] + 1,
    "nan rows": lambda y: put(np.eye(CLASSES)[y], 9, np.nan),
}
OPTIONS = {
    "none": {},
    "ignore_index": {"ignore_index": -100},
    "ignored class": {"ignore_index": 2},
    "label_base": {"label_base": 1},
    "ignore_missing": {"ignore_missing": True},
    "zero_log_zero": {"zero_log_zero": True},
    "multilabel": {"multilabel": True},
    "probabilities": {"values": "probabilities"},
}


@pytest.fixture(scope="module")
def files():
    """Logits that know most labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, ROWS)
    logits = rng.normal(0, 1, (ROWS, CLASSES))
    logits[np.arange(ROWS), labels] += 2
    return logits, labels


def loss_of(logits, labels, options):
    """What `loss` prints; None where it refuses the files."""
    try:
        return evaluate(logits, labels, **options).loss()
    except SoftmaxCliError:
        return None


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("logit", LOGITS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_they_agree(files, logit, label, option):
    logits, labels = LOGITS[logit](*files), LABELS[label](files[1])
    if logit == "two axes":
        labels = (
            labels[: ROWS - len(labels) or None] if len(labels) < ROWS else labels.reshape(6, 10, *labels.shape[1:])
        )
    loss = loss_of(logits, labels, OPTIONS[option])
    try:
        report = check(logits, labels, **OPTIONS[option])
    except SoftmaxCliError:
        assert loss is None
        return
    if loss is None or not math.isfinite(loss):
        assert report.failed, (loss, report.notes)
    for finding in report.findings:
        for effect in finding.effects:
            if effect.name == "as given":
                assert loss is not None
                assert effect.loss == pytest.approx(loss, rel=1e-12, nan_ok=True)
