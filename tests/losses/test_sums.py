"""The exact sum, held against math.fsum and fractions."""

import math
from fractions import Fraction
from functools import reduce
from operator import add

import numpy as np
import pytest

from softmax_cli.losses.sums import Sum


def draws():
    rng = np.random.default_rng(0)
    for size in (0, 1, 2, 3, 10, 100, 1000):
        for exponent in (-320, -308, -300, -20, 0, 5, 100, 300):
            with np.errstate(under="ignore"):
                yield rng.standard_normal(size) * 10.0 ** rng.uniform(exponent - 8, exponent, size=size)
    yield np.array([1e16, 1.0, -1e16])
    yield np.array([5e-324, 1.7e308, -1.7e308])
    yield np.array([5e-324] * 3 + [2.0**-1022])


@pytest.mark.parametrize("values", list(draws()), ids=lambda values: f"{len(values)} values")
def test_sum_is_correctly_rounded(values):
    assert Sum.of(values, np).value() == math.fsum(values)


@pytest.mark.parametrize("values", list(draws()), ids=lambda values: f"{len(values)} values")
def test_mean_is_correctly_rounded(values):
    exact = sum(map(Fraction, values.tolist()), Fraction(0))
    assert Sum.of(values, np).over(Sum.count(7)) == float(exact / 7)


@pytest.mark.parametrize("pieces", [1, 2, 7, 333])
def test_any_split_gives_the_same_bits(pieces):
    values = np.random.default_rng(1).standard_normal(1000) * 10.0 ** np.random.default_rng(2).uniform(-9, 9, 1000)
    parts = [Sum.of(part, np) for part in np.array_split(values, pieces)]
    assert reduce(add, parts) == Sum.of(values, np)
    assert reduce(add, reversed(parts)) == Sum.of(values, np)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, math.inf], math.inf),
        ([1.0, -math.inf], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, 1.0], math.nan),
        ([math.nan, math.inf], math.nan),
        ([1.7e308, 1.7e308], math.inf),
        ([-1.7e308, -1.7e308], -math.inf),
    ],
)
def test_nan_and_infinities_add_as_in_ieee_754(values, expected):
    assert Sum.of(np.array(values), np).value() == pytest.approx(expected, nan_ok=True)


def test_a_mean_can_be_finite_where_the_sum_is_not():
    assert Sum.of(np.array([1.7e308, 1.7e308]), np).over(Sum.count(2)) == 1.7e308


def test_the_mean_of_nothing_is_nan_and_its_sum_0():
    assert Sum().value() == 0
    assert math.isnan(Sum().over(Sum()))


def test_nonfinite_values_are_counted():
    assert Sum.of(np.array([1, math.nan, math.inf, -math.inf, math.nan]), np).nonfinite == 4
