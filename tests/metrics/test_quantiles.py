"""Quantiles of few values and of many, against NumPy's."""

import math

import numpy as np
import pytest

from softmax_cli.metrics.order import EXACT_UP_TO
from softmax_cli.metrics.quantiles import RESOLUTION, Quantiles, tally

SHARES = (0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0)


def quantiles(values, split=1, *, keep):
    found = Quantiles()
    for part in np.array_split(values, split):
        found.add(tally(part, keep=keep))
    return found


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
@pytest.mark.parametrize("split", [1, 3])
def test_few_are_exact(count, split):
    values = np.random.default_rng(count).exponential(size=count)
    found = quantiles(values, split, keep=True)
    assert found.exact
    np.testing.assert_allclose(found.at(SHARES), np.quantile(values, SHARES), rtol=1e-15)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1, 1e30])
def test_many_are_as_exact_as_it_says(scale):
    values = np.random.default_rng(0).lognormal(sigma=3, size=100_001) * scale
    found = quantiles(values, 7, keep=False)
    assert not found.exact
    expected = np.quantile(values, SHARES, method="lower")
    # Beside the bins' width there is the rounding to float32.
    np.testing.assert_allclose(found.at(SHARES), expected, rtol=RESOLUTION + 2.0**-23)


def test_a_kept_part_after_one_that_was_not_changes_nothing():
    values = np.arange(10.0)
    found = Quantiles()
    for keep in (True, False, True):
        found.add(tally(values, keep=keep))
    assert found.at((0.5,)) == quantiles(np.tile(values, 3), keep=False).at((0.5,))


def test_how_values_are_split_makes_no_difference():
    values = np.random.default_rng(2).exponential(size=5000)
    assert quantiles(values, 1, keep=False).at(SHARES) == quantiles(values, 50, keep=False).at(SHARES)


@pytest.mark.parametrize("keep", [True, False])
def test_zero_is_exactly_that_and_what_is_not_finite_ranks_last(keep):
    values = np.array([0.0, -0.0, 1.0, math.inf, -math.nan])
    found = quantiles(values, keep=keep).at((0.0, 0.25, 0.5, 0.75, 1.0))
    assert found[:2] == (0.0, 0.0)
    assert found[2] == pytest.approx(1, rel=RESOLUTION)
    assert found[3] == math.inf
    assert math.isnan(found[4])


def test_of_nothing_they_are_nan():
    assert all(map(math.isnan, Quantiles().at(SHARES)))


def test_few_is_a_million():
    assert Quantiles.keeps(EXACT_UP_TO)
    assert not Quantiles.keeps(EXACT_UP_TO + 1)
