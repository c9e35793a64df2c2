"""The best temperature, by scipy's minimiser; the derivatives, by torch; the two ends, by the mathematics."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar

from softmax_cli.metrics.temperature import Slope, minimise, scaled


def drawn(scale, rows=300, classes=5, seed=0):
    """Rows whose labels are drawn from softmax(x / scale): ``scale`` is near the best temperature."""
    generator = np.random.default_rng(seed)
    logits = generator.standard_normal((rows, classes)) * 2 * scale
    probabilities = torch.softmax(torch.tensor(logits / scale), 1).numpy()
    return logits, np.array([generator.choice(classes, p=p) for p in probabilities])


def slope_of(logits, labels, looked_at=None):
    def slope_at(inverse):
        if looked_at is not None:
            looked_at.append(inverse)
        rows = scaled(logits, labels, inverse)
        return Slope(inverse, float(np.mean(rows.slopes)), float(np.mean(rows.curvatures)))

    return slope_at


@pytest.mark.parametrize("inverse", [0.01, 0.5, 1.0, 3.0])
def test_the_derivatives_are_torchs(inverse):
    logits, labels = drawn(1.0)
    b = torch.full((len(labels),), inverse, dtype=torch.float64, requires_grad=True)
    losses = F.cross_entropy(torch.tensor(logits) * b[:, None], torch.tensor(labels), reduction="none")
    (first,) = torch.autograd.grad(losses.sum(), b, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), b)
    found = scaled(logits, labels, inverse)
    np.testing.assert_allclose(found.losses, losses.detach(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.slopes, first.detach(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.curvatures, second, rtol=1e-9, atol=1e-13)
    confidences, predicted = torch.softmax(torch.tensor(logits) * inverse, 1).max(1)
    np.testing.assert_allclose(found.confidences, confidences, rtol=1e-13)
    assert found.right.tolist() == (predicted == torch.tensor(labels)).tolist()


def test_a_row_by_itself_is_the_same_to_the_bit():
    # More classes than NumPy buffers at a time, 8,192: from there on einsum adds up a single row in another order.
    logits, labels = np.random.default_rng(1).standard_normal((64, 9001)), np.arange(64)
    whole = scaled(logits, labels, 0.7)
    alone = [scaled(logits[row : row + 1], labels[row : row + 1], 0.7) for row in range(64)]
    assert whole.slopes.tolist() == [each.slopes[0] for each in alone]
    assert whole.curvatures.tolist() == [each.curvatures[0] for each in alone]


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 4.0, 1000.0])
@pytest.mark.parametrize("start", [1e-3, 1.0, 50.0])
def test_it_is_scipys_minimum(scale, start):
    logits, labels = drawn(scale)
    looked_at = []
    found = minimise(slope_of(logits, labels, looked_at), start, 1e-10)

    def loss(log_b):
        return F.cross_entropy(torch.tensor(logits) * math.exp(log_b), torch.tensor(labels)).item()

    # By values alone, a minimum is found to the square root of float64's precision.
    expected = minimize_scalar(loss, bracket=(-1, 1), tol=1e-12)
    assert math.log(found.inverse) == pytest.approx(expected.x, abs=1e-6)
    assert loss(math.log(found.inverse)) <= expected.fun + 1e-15
    assert abs(found.step) <= 1e-10 * found.inverse
    assert len(looked_at) < 30


def test_near_the_minimum_few_steps_do():
    logits, labels = drawn(1.0)
    looked_at = []
    minimise(slope_of(logits, labels, looked_at), 1.0, 1e-10)
    assert len(looked_at) <= 6


def test_where_no_temperature_is_large_enough():
    # Worse than guessing: the mean of each row lies above the label's logit.
    found = minimise(slope_of(np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), np.array([1, 0, 0])), 1.0, 1e-10)
    assert (found.inverse, found.first) == (0.0, 0.0)  # (1 - 0) + (0.5 - 0) + (1.5 - 3), by hand
    found = minimise(slope_of(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([1, 0])), 1.0, 1e-10)
    assert (found.inverse, found.first) == (0.0, 0.75)


def test_where_every_temperature_is_as_good():
    assert minimise(slope_of(np.ones((3, 4)), np.array([0, 1, 2])), 1.0, 1e-10).first == 0


def test_where_the_minimum_is_far_from_both_ends():
    # One wrong row in 10,000 that are right by a gap of 1: e^b - 1 = 9999 - ..., so b = ln 9999, by hand.
    logits = np.tile([1.0, 0.0], (10000, 1))
    labels = np.zeros(10000, int)
    labels[0] = 1
    found = minimise(slope_of(logits, labels), 1.0, 1e-12)
    assert found.inverse == pytest.approx(math.log(9999), rel=1e-9)


@pytest.mark.parametrize("inverse", [0.0, 0.7])
def test_masked_classes_stay_masked(inverse):
    logits, labels = drawn(1.0, classes=4)
    masked = np.insert(logits, 2, -np.inf, axis=1)
    moved = labels + (labels >= 2)
    one, other = scaled(logits, labels, inverse), scaled(masked, moved, inverse)
    for name in ("losses", "slopes", "curvatures", "confidences", "right"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12, atol=1e-14)


def test_large_logits_do_not_overflow():
    rows = scaled(np.array([[3e38, -3e38, 0.0]], np.float32), np.array([0]), 1.0)
    assert (rows.losses[0], rows.slopes[0], rows.curvatures[0]) == (0, 0, 0)


def test_float32_is_near_float64():
    logits, labels = drawn(2.0, rows=1000)
    narrow = minimise(slope_of(logits.astype(np.float32), labels), 1.0, 1e-6)
    wide = minimise(slope_of(logits.astype(np.float32).astype(np.float64), labels), 1.0, 1e-10)
    assert narrow.inverse == pytest.approx(wide.inverse, rel=1e-6)
