"""The best assignment, by scipy and by trying them all."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from softmax_cli.metrics.assignment import best_assignment

DRAWS = {
    "many ties": lambda rng, size: rng.integers(0, 3, (size, size)),
    "few ties": lambda rng, size: rng.integers(0, 10**9, (size, size)),
    "negative": lambda rng, size: rng.integers(-5, 6, (size, size)),
    "sparse": lambda rng, size: rng.integers(1, 50, (size, size)) * (rng.random((size, size)) < 1.5 / size),
    "confusions": lambda rng, size: rng.multinomial(30, rng.dirichlet(np.full(size, 0.3), size=size)),
    "alike": lambda rng, size: np.tile(rng.integers(0, 9, size), (size, 1)),
    "rank 1": lambda rng, size: np.outer(rng.integers(0, 30, size), rng.integers(0, 30, size)),
}


def total(gains, columns):
    return int(gains[np.arange(len(gains)), columns].sum())


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_its_total_is_scipys(draw):
    rng = np.random.default_rng(0)
    for _ in range(1000):
        gains = draw(rng, int(rng.integers(1, 13)))
        columns = best_assignment(gains)
        assert sorted(columns.tolist()) == list(range(len(gains)))
        assert total(gains, columns) == total(gains, linear_sum_assignment(gains, maximize=True)[1]), gains


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("size", [100, 257])
def test_its_total_is_scipys_for_many_rows(draw, size):
    gains = draw(np.random.default_rng(size), size)
    assert total(gains, best_assignment(gains)) == total(gains, linear_sum_assignment(gains, maximize=True)[1])


def test_of_equal_totals_it_is_one_that_moves_the_fewest():
    rng = np.random.default_rng(1)
    for _ in range(300):
        gains = rng.integers(0, 3, (5, 5))
        stay = np.arange(5)
        best = max((total(gains, each), int((np.array(each) == stay).sum())) for each in permutations(range(5)))
        columns = best_assignment(gains)
        assert (total(gains, columns), int((columns == stay).sum())) == best, gains


def test_a_greedy_choice_is_not_the_best():
    gains = np.array([[0, 9, 9], [7, 2, 4], [7, 4, 0]])  # greedily 9 + 7 + 0
    assert total(gains, best_assignment(gains)) == 20


def test_the_largest_that_is_used_and_the_smallest():
    rng = np.random.default_rng(2)
    permutation = rng.permutation(1024)
    gains = rng.integers(0, 5, (1024, 1024))
    gains[np.arange(1024), permutation] += 100
    assert best_assignment(gains).tolist() == permutation.tolist()
    assert best_assignment(np.array([[7]])).tolist() == [0]
    assert best_assignment(np.empty((0, 0), np.int64)).tolist() == []


def test_counts_of_very_many_rows_are_exact():
    # In float64 the two totals, 2^54 + 1 and 2^54, are the same.
    gains = np.array([[2**53, 2**53], [2**53, 2**53 + 1]], np.int64)[:, ::-1].copy()
    assert best_assignment(gains).tolist() == [1, 0]
