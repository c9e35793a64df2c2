"""The formulas of the sigmoid: exact against mpmath, whatever the size of x; and their slopes."""

import mpmath
import numpy as np
import pytest
import torch

from softmax_cli.losses import sigmoid as formulas
from softmax_cli.losses.criterion import Criterion

POINTS = [0.0, 1e-300, -1e-18, 1e-3, -0.5, 1.0, -20.0, 20.0, 36.7, -36.7, 50.0, -100.0, 120.0, -700.0, 700.0]
LARGE = [745.0, -1e5, 1e308]


def exact(x, t, weight=1.0, pos_weight=1.0):
    """The binary cross-entropy of one logit, to 50 digits and from the definition."""
    with mpmath.workdps(400):
        yes, no = mpmath.log1p(mpmath.exp(-mpmath.mpf(x))), mpmath.log1p(mpmath.exp(mpmath.mpf(x)))
        t = mpmath.mpf(t)
        return float(weight * (pos_weight * t * yes + (1 - t) * no))


@pytest.mark.parametrize("t", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("x", POINTS)
def test_the_loss_is_exact_to_a_few_units_in_the_last_place(x, t):
    criterion = Criterion(weight=np.array([3.0]), pos_weight=np.array([2.5]))
    found = formulas.binary_cross_entropy_with_logits(np.array([[x]]), np.array([[t]]), criterion, np)
    assert found[0, 0] == pytest.approx(exact(x, t, 3.0, 2.5), rel=8e-16)


@pytest.mark.parametrize("x", [*POINTS, *LARGE])
def test_nothing_overflows(x):
    found = formulas.binary_cross_entropy_with_logits(np.array([x]), np.array([1.0]), Criterion(), np)
    assert np.isfinite(found).all()
    assert 0 <= formulas.sigmoid(np.array(x), np) <= 1


def test_sigmoid_and_its_logarithm_are_mpmaths():
    x = np.array(POINTS)
    with mpmath.workdps(400):
        p = [float(1 / (1 + mpmath.exp(-mpmath.mpf(each)))) for each in x.tolist()]
        log_p = [float(-mpmath.log1p(mpmath.exp(-mpmath.mpf(each)))) for each in x.tolist()]
    np.testing.assert_allclose(formulas.sigmoid(x, np), p, rtol=5e-16)
    np.testing.assert_allclose(formulas.log_sigmoid(x, np), log_p, rtol=5e-16)


def test_the_logarithms_are_clamped_as_torch_does():
    p, t = np.array([0.0, 1.0, 1e-44, 0.0, 1.0, 0.5]), np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.5])
    expected = torch.nn.functional.binary_cross_entropy(torch.tensor(p), torch.tensor(t), reduction="none")
    with np.errstate(divide="ignore"):
        found = formulas.binary_cross_entropy(p, t, Criterion(), np)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-15)
    assert found[:2].tolist() == [100, 100]


def test_the_slope_is_autograds():
    rng = np.random.default_rng(5)
    x, t = rng.normal(size=(40, 3)) * 10, rng.random((40, 3))
    criterion = Criterion(weight=np.array([1.0, 2.0, 0.0]), pos_weight=np.array([1.0, 0.5, 4.0]))
    leaf = torch.tensor(x, requires_grad=True)
    torch.nn.functional.binary_cross_entropy_with_logits(
        leaf,
        torch.tensor(t),
        torch.tensor(criterion.weight),
        reduction="sum",
        pos_weight=torch.tensor(criterion.pos_weight),
    ).backward()
    np.testing.assert_allclose(formulas.slope(x, t, criterion, np), leaf.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_a_binary_logit_is_the_two_logits_0_and_x():
    x = np.array([-3.0, 0.5, 8.0])
    pairs = torch.stack([torch.zeros(3, dtype=torch.float64), torch.tensor(x)], 1)
    expected = torch.nn.functional.cross_entropy(pairs, torch.tensor([1, 0, 1]), reduction="none")
    found = formulas.binary_cross_entropy_with_logits(x, np.array([1.0, 0.0, 1.0]), Criterion(), np)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12)
