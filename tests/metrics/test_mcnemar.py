"""McNemar's test, against scipy's distributions and published values."""

import numpy as np
import pytest
import scipy.stats

from softmax_cli.metrics.mcnemar import EXACT_PAIRS, mcnemar


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 0), (0, 1), (1, 0), (0, 6), (3, 3), (5, 15), (12, 13), (400, 600), (500, 500)]
)
def test_exact_for_few_as_scipys_binomial_test(only_a, only_b):
    found = mcnemar(only_a, only_b)
    expected = scipy.stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert found.exact
    assert found.p == pytest.approx(expected, rel=1e-9)  # scipy's own sum of the distribution


@pytest.mark.parametrize(("only_a", "only_b"), [(500, 501), (400, 601), (1000, 1000), (10_000, 10_500), (0, 1001)])
def test_chi_square_for_many(only_a, only_b):
    found = mcnemar(only_a, only_b)
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / (only_a + only_b)
    assert not found.exact
    assert found.p == pytest.approx(scipy.stats.chi2.sf(statistic, 1), rel=1e-12)


@pytest.mark.parametrize("split", np.linspace(0.42, 0.5, 9))
def test_where_the_two_meet_they_give_the_same(split):
    exact, approximate = (mcnemar(round(split * pairs), pairs - round(split * pairs)) for pairs in (EXACT_PAIRS, 1002))
    assert (exact.exact, approximate.exact) == (True, False)
    assert approximate.p == pytest.approx(exact.p, rel=0.15)


def test_a_textbooks_data():
    """Approval ratings in Agresti, Categorical Data Analysis: 150 changed one way, 86 the other, z^2 = 17.36."""
    statistic = (150 - 86) ** 2 / (150 + 86)
    assert statistic == pytest.approx(17.36, abs=0.005)
    assert mcnemar(150, 86).p == pytest.approx(scipy.stats.chi2.sf(statistic, 1), rel=0.4)
    # Edwards' correction brings the approximation close to the exact test.
    assert mcnemar(150, 86).p == pytest.approx(scipy.stats.chi2.sf((150 - 86 - 1) ** 2 / 236, 1), rel=0.15)
