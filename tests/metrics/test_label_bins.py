"""Calibration per label, by torchmetrics and by NumPy."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import binary_calibration_error

from softmax_cli.metrics.calibration import equal_widths
from softmax_cli.metrics.elements import elements
from softmax_cli.metrics.label_bins import LabelBins


@pytest.fixture(scope="module")
def drawn():
    generator = np.random.default_rng(8)
    return generator.standard_normal((301, 3)) * 3, generator.random((301, 3)) < [0.1, 0.5, 0.8]


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_error_of_each_label_and_of_all(drawn, bins):
    logits, right = drawn
    found = LabelBins.of(elements(*drawn), equal_widths(bins))
    p, t = torch.sigmoid(torch.tensor(logits)), torch.tensor(right).int()
    for label in range(3):
        expected = binary_calibration_error(p[:, label].contiguous(), t[:, label].contiguous(), n_bins=bins, norm="l1")
        assert found.of_label(label).expected_error == pytest.approx(float(expected), rel=1e-5)
    expected = binary_calibration_error(p.flatten(), t.flatten(), n_bins=bins, norm="l1")
    assert found.together().expected_error == pytest.approx(float(expected), rel=1e-5)


def test_edges_belong_to_the_bin_below():
    logits = np.array([[np.inf, -np.inf, 0.0, np.nan]])
    found = LabelBins.of(elements(logits, np.array([[True, False, True, True]])), equal_widths(2))
    assert found.rows.tolist() == [[0, 1], [1, 0], [1, 0], [0, 0]]
    assert found.right.tolist() == [[0, 1], [0, 0], [1, 0], [0, 0]]


def test_bins_add_up(drawn):
    logits, right = drawn
    edges = equal_widths(15)
    whole = LabelBins.of(elements(logits, right), edges)
    parts = LabelBins.of(elements(logits[:100], right[:100]), edges)
    parts += LabelBins.of(elements(logits[100:], right[100:]), edges)
    np.testing.assert_array_equal(parts.rows, whole.rows)
    np.testing.assert_array_equal(parts.right, whole.right)
    np.testing.assert_allclose(parts.probabilities, whole.probabilities, rtol=1e-13)
