"""Means and their standard errors, against exact fractions and scipy."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats

from softmax_cli.metrics.moments import Moments


def moments(values, split=1):
    found = Moments()
    for part in np.array_split(np.asarray(values, np.float64), split):
        found.add(part)
    return found


def by_hand(values):
    """sqrt(sum (d - mean)^2 / (n - 1) / n), in fractions."""
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return math.sqrt(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1) / len(exact))


@pytest.mark.parametrize("offset", [0, 1e3, 1e9, 1e15])
@pytest.mark.parametrize("scale", [1e-9, 1, 1e9])
def test_exact_whatever_the_offset(offset, scale):
    values = np.random.default_rng(0).standard_normal(50) * scale + offset
    found = moments(values)
    assert found.mean == float(sum(map(Fraction, values.tolist())) / 50)
    assert found.standard_error == pytest.approx(by_hand(values.tolist()), rel=1e-13)


def test_scipy_has_the_same():
    values = np.random.default_rng(1).exponential(size=1000)
    assert moments(values).standard_error == pytest.approx(scipy.stats.sem(values), rel=1e-12)


def test_values_that_are_all_equal_have_no_standard_error():
    assert moments([0.1] * 999).standard_error == moments([0.1] * 999, 7).standard_error == 0.0


@pytest.mark.parametrize("offset", [0, 1e9])
def test_in_pieces_the_mean_is_the_same_and_the_standard_error_but_for_its_last_digits(offset):
    values = np.random.default_rng(2).standard_normal(1000) + offset
    one, other = moments(values), moments(values[::-1], 77)
    assert (one.mean, one.count) == (other.mean, other.count)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-13)


@pytest.mark.parametrize(("values", "mean"), [([3.0], 3.0), ([1.0, math.inf], math.inf), ([1.0, math.nan], math.nan)])
def test_no_standard_error_of_too_few_or_of_what_is_not_finite(values, mean):
    np.testing.assert_equal(moments(values).mean, mean)
    assert math.isnan(moments(values).standard_error)


def test_of_nothing_there_is_no_mean():
    assert math.isnan(Moments().mean)
    assert math.isnan(Moments().standard_error)
