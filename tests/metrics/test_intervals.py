"""Wilson's interval, by scipy and by its definition."""

import math

import pytest
from scipy.stats import binomtest, norm

from softmax_cli.metrics.intervals import Z_95, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 7), (7, 7), (3, 10), (467, 500), (1, 10**7)])
def test_it_is_scipys(successes, trials):
    expected = binomtest(successes, trials).proportion_ci(0.95, "wilson")
    assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-16)


def test_its_limits_are_where_the_score_test_just_rejects():
    for limit in wilson(45, 60):
        assert abs(45 / 60 - limit) == pytest.approx(Z_95 * math.sqrt(limit * (1 - limit) / 60), rel=1e-12)


def test_the_ends_are_exact():
    assert {wilson(0, trials)[0] for trials in range(1, 1000)} == {0}
    assert {wilson(trials, trials)[1] for trials in range(1, 1000)} == {1}


def test_of_nothing_there_is_none():
    assert all(map(math.isnan, wilson(0, 0)))


def test_the_level():
    assert pytest.approx(norm.ppf(0.975), rel=1e-15) == Z_95
