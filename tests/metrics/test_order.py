"""Quantiles, by numpy; beyond what is kept, to the resolution that is stated."""

import numpy as np
import pytest

from softmax_cli.metrics.order import RESOLUTION, Order

SHARES = np.array([0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0])


def ordered(values, pieces=1, **more):
    order = Order(**more)
    for piece in np.array_split(values, pieces):
        order.add(piece, piece > 1)
    return order


@pytest.fixture
def values():
    return np.random.default_rng(3).exponential(size=4321)


def test_quantiles_are_numpys(values):
    np.testing.assert_allclose(ordered(values).groups().quantiles(SHARES), np.quantile(values, SHARES), rtol=1e-14)


def test_few_values():
    assert ordered(np.array([3.0])).groups().quantiles(SHARES).tolist() == [3.0] * len(SHARES)
    assert ordered(np.array([1.0, 2.0])).groups().quantiles(np.array([0.25])).tolist() == [1.25]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_beyond_what_is_kept_quantiles_are_near(values, scale):
    order = ordered(values * scale, 100, exact_up_to=100)
    assert not order.exact
    found = order.groups().quantiles(SHARES)
    np.testing.assert_allclose(found, np.quantile(values * scale, SHARES), rtol=2 * RESOLUTION)


def test_beyond_what_is_kept_nothing_is_lost(values):
    groups = ordered(values, 10, exact_up_to=100).groups()
    assert groups.counts.sum() == 4321
    assert groups.marked.sum() == np.count_nonzero(values > 1)
    assert groups.sums.sum() == pytest.approx(values.sum(), rel=1e-12)
    assert (np.diff(groups.values) > 0).all()


def test_values_near_one_are_told_apart_by_what_they_lack():
    lacking = np.array([1e-12, 2e-12, 3e-3, 0.5])
    groups = ordered(1 - lacking, near_one=True, exact_up_to=1).groups()
    assert groups.counts.tolist() == [1, 1, 1, 1]
    assert groups.values.tolist() == sorted(1 - lacking)


def test_what_lies_below_an_infinity_is_not_undefined():
    assert ordered(np.array([1.0, 2.0, np.inf])).groups().quantiles(np.array([0.5, 0.75])).tolist() == [2.0, np.inf]


def test_infinities_are_last():
    for limit in (1, 100):
        groups = ordered(np.array([np.inf, 0.0, 2.0, np.inf]), exact_up_to=limit).groups()
        assert groups.quantiles(np.array([0.0, 1.0])).tolist() == [0.0, np.inf]
