"""Precision, recall, F1 and their averages, by scikit-learn with nan for what is undefined."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, hamming_loss, precision_recall_fscore_support

from softmax_cli.metrics.elements import elements
from softmax_cli.metrics.hits import macro
from softmax_cli.metrics.label_counts import LabelCounts


@pytest.fixture(params=range(12))
def drawn(request):
    """Logits with ties and zeros, labels that are never or always there, and labels that are never predicted."""
    generator = np.random.default_rng(request.param)
    rows, labels = generator.integers(1, 40), generator.integers(2, 7)
    logits = generator.integers(-2, 3, (rows, labels)).astype(float)
    right = generator.random((rows, labels)) < generator.random(labels)
    right[:, 0] = request.param % 3 == 1
    logits[:, -1] = -1.0 if request.param % 2 else logits[:, -1]
    return logits, right


def test_per_label_micro_and_macro(drawn):
    logits, right = drawn
    found, predicted = LabelCounts.of(elements(logits, right)), logits >= 0
    options = {"zero_division": np.nan}
    precision, recall, f1, support = precision_recall_fscore_support(right, predicted, **options)
    np.testing.assert_allclose(found.precision, precision, rtol=1e-15)
    np.testing.assert_allclose(found.recall, recall, rtol=1e-15)
    np.testing.assert_allclose(found.f1, f1, rtol=1e-15)
    np.testing.assert_array_equal(found.supports, support)
    micro = found.micro()
    expected = precision_recall_fscore_support(right, predicted, average="micro", **options)[:3]
    assert (micro.precision[0], micro.recall[0], micro.f1[0]) == pytest.approx(expected, rel=1e-14, nan_ok=True)
    expected = precision_recall_fscore_support(right, predicted, average="macro", **options)[:3]
    averages = [macro(values) for values in (found.precision, found.recall, found.f1)]
    assert averages == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_whole_rows(drawn):
    logits, right = drawn
    found = LabelCounts.of(elements(logits, right))
    assert found.subset_accuracy == pytest.approx(accuracy_score(right, logits >= 0), rel=1e-15)
    assert found.hamming_loss == pytest.approx(hamming_loss(right, logits >= 0), rel=1e-15)


def test_counts_add_up(drawn):
    logits, right = drawn
    whole, parts = LabelCounts.of(elements(logits, right)), LabelCounts(logits.shape[1])
    for rows in np.array_split(np.arange(len(logits)), 3):
        parts.add(LabelCounts.of(elements(logits[rows], right[rows])))
    assert (parts.rows, parts.exact_rows) == (whole.rows, whole.exact_rows)
    for name in ("supports", "predicted", "right"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_no_rows():
    found = LabelCounts(2)
    assert math.isnan(found.subset_accuracy)
    assert math.isnan(found.hamming_loss)
    assert math.isnan(macro(found.f1))
