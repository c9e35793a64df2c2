"""The bounds hold, and are near the truth, by scipy."""

import math

import numpy as np
import pytest
from scipy.stats import binom, poisson

from softmax_cli.metrics.chance import LOG_ALPHA, beats, log_binomial_tail, log_poisson_tail


@pytest.mark.parametrize("trials", [1, 7, 50, 1000])
@pytest.mark.parametrize("probability", [0.001, 0.1, 0.5, 0.9])
def test_the_binomial_tail_is_bounded_from_above(trials, probability):
    for hits in range(trials + 1):
        bound, exact = log_binomial_tail(hits, trials, probability), binom.logsf(hits - 1, trials, probability)
        assert exact <= bound + 1e-9 * abs(bound)
        # Off by no more than the largest term, which is at least sqrt(1 / (8 n)) of the bound (Ash 1965, lemma 4.7.1).
        if hits > trials * probability and math.isfinite(exact):
            assert bound - exact <= math.log(8 * trials) / 2 + 1e-9


@pytest.mark.parametrize("mean", [1e-9, 0.1, 5.0, 300.0])
def test_the_poisson_tail_is_bounded_from_above(mean):
    for count in np.unique(np.geomspace(1, 2000, 60).astype(int)).tolist():
        bound, exact = log_poisson_tail(count, mean), poisson.logsf(count - 1, mean)
        if math.isfinite(exact):
            assert exact <= bound + 1e-9 * abs(bound)


def test_the_ends():
    assert log_binomial_tail(3, 0, 0.5) == log_binomial_tail(0, 10, 0.5) == log_poisson_tail(0, 0) == 0
    assert log_binomial_tail(1, 10, 0.0) == log_poisson_tail(1, 0.0) == -math.inf
    assert log_binomial_tail(10, 10, 1.0) == 0


def test_a_lead_counts_only_where_luck_is_unlikely():
    assert not beats(19, 0)
    assert beats(20, 0)  # 2^-20 = 9.5e-7
    assert not beats(5000, 4900)
    assert not beats(0, 100)
    assert math.exp(LOG_ALPHA) == pytest.approx(1e-6)
