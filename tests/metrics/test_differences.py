"""|a - b|, and what is left of it once a row is shifted, against NumPy and a search."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from softmax_cli.metrics.differences import differences, outside

INF, NAN = math.inf, math.nan


def pair(rows=6, classes=7):
    rng = np.random.default_rng(1)
    return rng.standard_normal((rows, classes)), rng.standard_normal((rows, classes))


def test_of_values_and_of_rows():
    one, other = pair()
    found = differences(one, other)
    assert np.array_equal(found.apart, np.abs(one - other))
    assert np.array_equal(found.largest, np.abs(one - other).max(axis=1))
    assert (found.alike, found.unlike) == (0, None)


def test_no_shift_of_a_row_leaves_less():
    one, other = pair()
    for a, b, found in zip(one, other, differences(one, other).shift_free, strict=True):
        best = minimize_scalar(lambda shift, a=a, b=b: np.abs(a - b - shift).max(), bounds=(-10, 10), method="bounded")
        assert found == pytest.approx(best.fun, abs=1e-5)  # the search stops there


def test_a_constant_is_no_difference_but_for_rounding():
    one, _ = pair()
    found = differences(one, one + 1000)
    np.testing.assert_allclose(found.largest, 1000)
    assert found.shift_free.max() <= np.spacing(1000.0)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_what_is_not_finite_in_both_is_no_difference(value):
    one, other = pair()
    plain = differences(np.delete(one, 3, axis=1), np.delete(other, 3, axis=1))
    one[:, 3] = other[:, 3] = value
    found = differences(one, other)
    assert (found.alike, found.unlike) == (6, None)
    assert not found.apart[:, 3].any()
    assert np.array_equal(found.largest, plain.largest)
    assert np.array_equal(found.shift_free, plain.shift_free)


@pytest.mark.parametrize(
    ("a", "b", "apart"), [(NAN, 1.0, NAN), (1.0, INF, INF), (INF, -INF, INF), (NAN, INF, NAN), (-INF, 0.0, INF)]
)
def test_what_is_not_finite_in_one_alone(a, b, apart):
    one, other = pair()
    one[2, 5], other[2, 5] = a, b
    found = differences(one, other)
    np.testing.assert_equal(found.apart[2, 5], apart)
    np.testing.assert_equal((found.largest[2], found.shift_free[2]), (apart, apart))
    assert np.argwhere(found.unlike).tolist() == [[2, 5]]
    assert np.isfinite(np.delete(found.largest, 2)).all()


def test_a_row_of_nothing_finite_is_not_apart():
    found = differences(np.full((1, 3), -INF), np.full((1, 3), -INF))
    assert (found.largest.tolist(), found.shift_free.tolist(), found.alike) == ([0.0], [0.0], 3)


@pytest.mark.parametrize(("atol", "rtol"), [(0.5, 0.0), (0.0, 0.5), (0.3, 0.3), (0.0, 0.0)])
def test_outside_is_what_numpy_does_not_call_close(atol, rtol):
    one, other = pair(rows=40)
    one[:4, 0] = [NAN, NAN, INF, INF]
    other[:4, 0] = [NAN, 1, INF, 1]
    one[4], other[5, 1] = other[4], INF
    expected = ~np.isclose(one, other, rtol=rtol, atol=atol, equal_nan=True)
    assert np.array_equal(outside(differences(one, other).apart, other, atol, rtol), expected)
    assert 0 < expected.sum() < expected.size


def test_no_difference_has_no_sign():
    same = np.array([[0.5, -1.5, 0.0]])
    assert not np.signbit(differences(same, same).largest).any()
