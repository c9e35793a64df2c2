"""Class by class, by scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support

from softmax_cli.metrics.per_class import PerClass
from softmax_cli.metrics.predictions import predict


@pytest.fixture(scope="module")
def drawn():
    """Six classes: the fifth has no row, the sixth neither a row nor a prediction."""
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 4, 300)
    logits = generator.standard_normal((300, 6))
    logits[np.arange(300), labels] += 1
    logits[:, 5] = -100
    return logits, labels


@pytest.fixture(scope="module")
def found(drawn):
    logits, labels = drawn
    counts = PerClass(6)
    for place in np.array_split(np.arange(300), 7):
        counts.add(predict(logits[place], labels[place]))
    return counts


def test_it_is_scikit_learns(drawn, found):
    logits, labels = drawn
    expected = precision_recall_fscore_support(labels, logits.argmax(1), labels=range(6), zero_division=np.nan)
    for name, values in zip(("precision", "recall", "f1", "supports"), expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), values, rtol=1e-14)


def test_the_means_are_scikit_learns(drawn, found):
    logits, labels = drawn
    # In a subset of its own each warns of classes that are predicted and have no row.
    present = np.unique(labels)
    recalls = [np.mean(logits[labels == c].argmax(1) == c) for c in present]
    assert found.balanced_accuracy == pytest.approx(np.mean(recalls), rel=1e-14)
    within = np.isin(logits.argmax(1), present)
    assert balanced_accuracy_score(labels[within], logits[within].argmax(1)) == pytest.approx(
        np.mean([np.mean(logits[within & (labels == c)].argmax(1) == c) for c in present])
    )
    assert found.macro_f1 == pytest.approx(f1_score(labels, logits.argmax(1), average="macro"), rel=1e-14)


def test_the_mean_losses(drawn, found):
    logits, labels = drawn
    losses = predict(logits, labels).losses
    assert found.mean_loss[:4] == pytest.approx([losses[labels == c].mean() for c in range(4)], rel=1e-13)
    assert np.isnan(found.mean_loss[4:]).all()


def test_a_row_without_a_softmax_is_taken_for_nothing():
    counts = PerClass(2)
    counts.add(predict(np.array([[math.nan, 0.0], [0.0, 1.0]]), np.array([0, 1])))
    assert counts.supports.tolist() == [1, 1]
    assert counts.predicted.tolist() == [0, 1]
    assert counts.recall.tolist() == [0, 1]


def test_of_no_rows_there_is_no_mean():
    assert math.isnan(PerClass(3).balanced_accuracy)
    assert math.isnan(PerClass(3).macro_f1)
