"""The formulas, held against mpmath and against torch."""

import math

import mpmath
import numpy as np
import pytest
import torch

from softmax_cli.losses import softmax as formulas
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.targets import Indices, Probabilities

mpmath.mp.dps = 1000  # x - log(sum(exp(x))) cancels: e^-2000 beside 1000 takes nearly 900 digits

ROWS = {
    "ordinary": [1.0, 2.0, 3.0],
    "the same constant everywhere": [7.5, 7.5, 7.5, 7.5],
    "confident": [0.0, -40.0],
    "confident, not first": [-50.0, -45.0, 0.0],
    "two maxima": [3.0, -60.0, 3.0],
    "large": [1e8, 1e8],
    "large and spread": [1e4, -1e4, 9.9e3],
    "beyond exp's range": [1000.0, 0.0, -1000.0],
    "near the underflow": [0.0, -744.0, -700.0],
    "one class": [3.0],
}


def exact_log_probs(row):
    values = [mpmath.mpf(value) for value in row]
    total = mpmath.log(mpmath.fsum(mpmath.exp(value) for value in values))
    return [value - total for value in values]


def assert_exact(found, expected, relative):
    # Below the smallest normal number float64 has fewer digits: 2^-1074 is its whole precision there.
    assert abs(mpmath.mpf(float(found)) - expected) <= relative * abs(expected) + mpmath.mpf(2) ** -1074


@pytest.mark.parametrize("row", list(ROWS.values()), ids=list(ROWS))
def test_log_softmax_and_cross_entropy_are_exact_to_a_few_units_in_the_last_place(row):
    logits = np.array([row])
    expected = exact_log_probs(row)
    log_probs = formulas.log_softmax(logits, np)[0]
    for place, exact in enumerate(expected):
        loss = formulas.cross_entropy(logits, Indices(np.array([place])), Criterion(), np)[0]
        assert_exact(log_probs[place], exact, relative=5e-16)
        assert_exact(loss, -exact, relative=5e-16)


@pytest.mark.parametrize("row", list(ROWS.values()), ids=list(ROWS))
def test_softmax_is_exact_and_sums_to_one(row):
    found = formulas.softmax(np.array([row]), np)[0]
    for value, exact in zip(found, map(mpmath.exp, exact_log_probs(row)), strict=True):
        assert_exact(value, exact, relative=5e-16)
    assert math.fsum(found) == pytest.approx(1, abs=1e-15)


def test_a_confident_row_keeps_its_tiny_loss():
    # ln(1 + e^-40), which log(1 + 4.2e-18) loses altogether.
    loss = formulas.cross_entropy(np.array([[0.0, -40.0]]), Indices(np.array([0])), Criterion(), np)[0]
    assert loss == pytest.approx(math.log1p(math.exp(-40)), rel=1e-15)


@pytest.mark.parametrize("size", [1.0, 1e4, 1e6, 1e8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_equal_logits_give_ln_2_at_any_size(size, dtype):
    loss = formulas.cross_entropy(np.array([[size, size]], dtype), Indices(np.array([0])), Criterion(), np)[0]
    assert loss == pytest.approx(math.log(2), rel=float(np.finfo(dtype).eps))


def test_a_constant_added_to_a_row_changes_nothing():
    rng = np.random.default_rng(0)
    logits = rng.integers(-50, 50, size=(100, 7)).astype(float)  # whole numbers: the sum with 64 is exact
    target = Indices(rng.integers(7, size=100))
    assert np.array_equal(
        formulas.cross_entropy(logits, target, Criterion(), np),
        formulas.cross_entropy(logits + 64, target, Criterion(), np),
    )


INF, NAN = math.inf, math.nan

NON_FINITE = {
    "-inf at the target": [-INF, 0.0, 1.0],
    "-inf elsewhere": [0.0, -INF, 1.0],
    "+inf at the target": [INF, 0.0, 1.0],
    "+inf elsewhere": [0.0, INF, 1.0],
    "two +inf": [INF, INF, 1.0],
    "nan at the target": [NAN, 0.0, 1.0],
    "nan elsewhere": [0.0, 1.0, NAN],
    "all -inf": [-INF, -INF, -INF],
    "+inf and -inf": [INF, -INF, 0.0],
}


@pytest.mark.parametrize("row", list(NON_FINITE.values()), ids=list(NON_FINITE))
def test_non_finite_logits_come_out_as_in_torch(row):
    logits, classes = np.array([row]), np.array([0])
    with np.errstate(all="ignore"):
        losses = formulas.cross_entropy(logits, Indices(classes), Criterion(), np)
        log_probs = formulas.log_softmax(logits, np)
        probabilities = formulas.softmax(logits, np)
    tensor = torch.tensor([row], dtype=torch.float64)
    expected = torch.nn.functional.cross_entropy(tensor, torch.tensor([0]), reduction="none")
    np.testing.assert_allclose(losses, expected.numpy(), rtol=1e-15)
    np.testing.assert_allclose(log_probs, torch.log_softmax(tensor, 1).numpy(), rtol=1e-15)
    np.testing.assert_allclose(probabilities, torch.softmax(tensor, 1).numpy(), rtol=1e-15)


def test_probability_labels_give_the_expected_loss():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(20, 5)) * 10, rng.dirichlet(np.ones(5), size=20)
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="none")
    found = formulas.cross_entropy(logits, Probabilities(labels), Criterion(), np)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-14)
