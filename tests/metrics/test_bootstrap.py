"""The bootstrap: its intervals against scipy's, its coverage in a simulation, and what it is drawn from."""

import math

import numpy as np
import pytest
import scipy.stats

from softmax_cli.metrics.bootstrap import RESAMPLES_AT_ONCE, Units, bca_interval, resample


def units(rows, fewest, split=1):
    found = Units(len(rows), fewest)
    for part in np.array_split(rows, split, axis=1):
        found.add(part)
    return found


def means(values, resamples, seed=0):
    rows = np.stack([np.ones(len(values)), values])
    parts = [resample(rows, seed, chunk) for chunk in range(resamples // RESAMPLES_AT_ONCE)]
    sums = np.concatenate(parts, axis=1)
    return sums[1] / sums[0]


def interval(values, resamples, seed=0):
    mean = float(values.mean())
    return bca_interval(mean, means(values, resamples, seed), values - mean)


def test_few_rows_are_drawn_one_by_one():
    rows = np.random.default_rng(0).standard_normal((2, 15))
    found = units(rows, 8, split=4)
    assert found.rows_each == 1
    assert np.array_equal(found.sums(), rows)


@pytest.mark.parametrize("rows", [16, 17, 31, 32, 33, 63, 64, 100, 1000])
@pytest.mark.parametrize("split", [1, 2, 7, 16])
def test_of_many_neighbours_are_drawn_together_however_they_came(rows, split):
    values = np.arange(2.0 * rows).reshape(2, rows)
    found = units(values, 8, split)
    each = found.rows_each
    assert each == 2 ** max(0, int(math.log2(rows // 8)))
    expected = [values[:, start : start + each].sum(axis=1) for start in range(0, rows, each)]
    assert np.array_equal(found.sums().T, expected)


def test_their_sums_are_to_the_bit_the_same_however_they_came():
    values = np.random.default_rng(3).standard_normal((1, 1000))
    expected = units(values, 8).sums()
    for split in (2, 3, 64, 1000):
        assert np.array_equal(units(values, 8, split).sums(), expected)


def test_a_resample_has_as_many_rows_and_each_as_often_as_chance_has_it():
    sums = np.concatenate([resample(np.eye(40), 0, chunk) for chunk in range(20)], axis=1)
    assert np.array_equal(sums.sum(axis=0), np.full(sums.shape[1], 40.0))
    # How often a row is drawn is binomial, 40 times 1/40: mean 1, variance 1 - 1/40.
    assert sums.mean() == pytest.approx(1)
    assert sums.var() == pytest.approx(1 - 1 / 40, rel=0.03)  # of 40,000 draws, by 4 standard errors
    assert not np.array_equal(resample(np.eye(40), 0, 0), resample(np.eye(40), 1, 0))
    assert np.array_equal(resample(np.eye(40), 5, 7), resample(np.eye(40), 5, 7))


@pytest.mark.parametrize("draw", ["normal", "exponential", "lognormal"])
def test_scipy_has_the_same_interval(draw):
    values = getattr(np.random.default_rng(4), draw)(size=60)
    expected = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", vectorized=True, random_state=np.random.default_rng(1)
    ).confidence_interval
    low, high = interval(values, 20_000)
    # An end of 20,000 resamples has a standard error of about 0.02 standard errors of the mean; two of them, thrice.
    error = values.std() / math.sqrt(60)
    assert (low, high) == pytest.approx(tuple(expected), abs=0.09 * error)


def test_the_bias_and_the_skewness_are_corrected():
    values = np.random.default_rng(5).exponential(size=40)
    resampled = means(values, 20_000)
    percentile = np.quantile(resampled, [0.025, 0.975])
    low, high = interval(values, 20_000)
    assert low > percentile[0]  # to the right, where the tail is
    assert high > percentile[1]


def test_95_of_100_intervals_hold_the_truth():
    """300 data sets of 300 differences, skewed as those of losses are: 0.95, with a standard error of 0.0126."""
    rng = np.random.default_rng(6)
    held = 0
    for trial in range(300):
        values = rng.exponential(size=300) - rng.exponential(size=300) * 0.5
        low, high = interval(values, 400, seed=trial)
        held += low <= 0.5 <= high
    assert 0.92 <= held / 300 <= 0.98


def test_95_of_100_hold_it_where_neighbours_are_drawn_together():
    rng = np.random.default_rng(7)
    held = 0
    for trial in range(200):
        values = rng.exponential(size=1000)
        rows = units(np.stack([np.ones(1000), values]), 64).sums()
        assert rows.shape == (2, 125)
        sums = np.concatenate([resample(rows, trial, chunk) for chunk in range(8)], axis=1)
        mean = float(values.mean())
        low, high = bca_interval(mean, sums[1] / sums[0], rows[1] - mean * rows[0])
        held += low <= 1 <= high
    assert 0.91 <= held / 200 <= 0.985


def test_no_difference_has_an_interval_of_one_point():
    assert interval(np.zeros(10), 100) == (0.0, 0.0)
    assert interval(np.full(10, 0.3), 100) == pytest.approx((0.3, 0.3))


def test_of_one_row_there_is_none():
    assert all(map(math.isnan, interval(np.array([0.3]), 100)))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_of_what_is_not_finite_there_is_none(value):
    with np.errstate(invalid="ignore"):
        ends = interval(np.array([1.0, 2.0, value]), 100)
    assert all(map(math.isnan, ends))
