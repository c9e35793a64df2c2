"""Probabilities and losses of single labels, by torch and mpmath."""

import math

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli.metrics.elements import elements, scaled_sums


@pytest.fixture(scope="module")
def drawn():
    generator = np.random.default_rng(5)
    return generator.standard_normal((50, 4)) * 10, generator.random((50, 4)) < 0.4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_by_torch(drawn, dtype):
    logits, right = drawn[0].astype(dtype), drawn[1]
    found = elements(logits, right)
    x, t = torch.tensor(logits, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)
    rtol = 1e-6 if dtype == "float32" else 1e-13
    expected = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    # torch's own has fewer digits of a small loss: it adds terms of the size of x, of either sign.
    np.testing.assert_allclose(found.losses, expected, rtol=rtol, atol=1e-14)
    np.testing.assert_allclose(found.probabilities, torch.sigmoid(x), rtol=rtol)
    np.testing.assert_array_equal(found.predicted, logits >= 0)
    np.testing.assert_allclose(found.row_losses, expected.mean(1), rtol=rtol)


@pytest.mark.parametrize("logit", [-800.0, -40.0, -1e-9, 0.0, 1e-20, 3.0, 36.0, 40.0, 700.0])
@pytest.mark.parametrize("right", [False, True])
def test_no_digit_is_lost(logit, right):
    found = elements(np.array([[logit]]), np.array([[right]]))
    with mpmath.workdps(60):
        x = mpmath.mpf(logit)
        loss = mpmath.log1p(mpmath.exp(-x if right else x))
        probability = 1 / (1 + mpmath.exp(-x))
    assert found.losses[0, 0] == pytest.approx(float(loss), rel=4e-16)
    assert found.probabilities[0, 0] == pytest.approx(float(probability), rel=4e-16, abs=1e-300)


def test_infinite_and_undefined_logits():
    logits = np.array([[math.inf, -math.inf, math.inf, -math.inf, math.nan, math.nan]])
    found = elements(logits, np.array([[True, False, False, True, True, False]]))
    np.testing.assert_array_equal(found.losses, [[0, 0, math.inf, math.inf, math.nan, math.nan]])
    np.testing.assert_array_equal(found.probabilities, [[1, 0, 1, 0, math.nan, math.nan]])
    np.testing.assert_array_equal(found.predicted, [[True, False, True, False, False, True]])


@pytest.mark.parametrize("inverse", [0.0, 0.3, 1.0, 4.0])
def test_the_derivatives_are_those_of_autograd(drawn, inverse):
    logits, right = drawn
    scale = torch.tensor(inverse, dtype=torch.float64, requires_grad=True)
    x, t = torch.tensor(logits), torch.tensor(right, dtype=torch.float64)
    loss = F.binary_cross_entropy_with_logits(x * scale, t, reduction="sum")
    (slope,) = torch.autograd.grad(loss, scale, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, scale)
    found = scaled_sums(logits, right, inverse)
    assert (found.loss, found.slope) == pytest.approx((loss.item(), slope.item()), rel=1e-12)
    assert found.curvature == pytest.approx(curvature.item(), rel=1e-9)


def test_an_infinite_logit_on_the_right_side_costs_nothing():
    found = scaled_sums(np.array([[math.inf, -math.inf, 1.0]]), np.array([[True, False, False]]), 1.0)
    assert found == scaled_sums(np.array([[1.0]]), np.array([[False]]), 1.0)
