"""KL both ways and Jensen-Shannon, against mpmath with 60 digits, scipy, and what they must be."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
from scipy.spatial.distance import jensenshannon

from softmax_cli.metrics.divergence import divergences

INF = math.inf


def pair(scale, rows=8, classes=20, seed=0):
    rng = np.random.default_rng(seed)
    one = rng.standard_normal((rows, classes)) * 3
    return one, one + rng.standard_normal((rows, classes)) * scale


def of_logits(one, other):
    return divergences(scipy.special.log_softmax(one, axis=1), scipy.special.log_softmax(other, axis=1))


def exactly(one, other):
    """The three divergences of two rows of logits, with 60 digits."""
    with mpmath.workdps(60):
        p, q = ([mpmath.exp(mpmath.mpf(value)) for value in row.tolist()] for row in (one, other))
        p, q = ([value / mpmath.fsum(row) for value in row] for row in (p, q))
        middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]

        def kl(first, second):
            return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(first, second, strict=True))

        return kl(p, q), kl(q, p), (kl(p, middle) + kl(q, middle)) / 2


@pytest.mark.parametrize(
    ("scale", "tolerance"),
    [
        # The logarithms carry a rounding of some 1e-16 each, beside differences of this scale.
        (30, 1e-14),
        (1, 1e-14),
        (1e-3, 1e-11),
        (1e-6, 1e-8),
        (1e-9, 1e-5),
    ],
)
def test_to_many_digits_however_close_the_rows_are(scale, tolerance):
    one, other = pair(scale)
    found = of_logits(one, other)
    for row, expected in enumerate(map(exactly, one, other)):
        for values, value in zip((found.kl, found.reverse_kl, found.js), expected, strict=True):
            assert values[row] == pytest.approx(float(value), rel=tolerance)


@pytest.mark.parametrize("scale", [0.1, 1, 30])
def test_scipy_has_the_same(scale):
    one, other = pair(scale, rows=50)
    p, q = scipy.special.softmax(one, axis=1), scipy.special.softmax(other, axis=1)
    found = of_logits(one, other)
    # scipy's sums cancel, so that they are exact to 1e-16 in all, not of themselves.
    np.testing.assert_allclose(found.kl, scipy.stats.entropy(p, q, axis=1), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.reverse_kl, scipy.stats.entropy(q, p, axis=1), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.js, jensenshannon(p, q, axis=1) ** 2, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.apart, np.abs(p - q), rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("scale", [1e-7, 1e-12, 1e-15, 1e-16, 0])
def test_never_negative_where_the_plain_sum_is(scale):
    one, other = pair(scale, rows=2000)
    found = of_logits(one, other)
    assert min(found.kl.min(), found.reverse_kl.min(), found.js.min(), found.apart.min()) >= 0
    if scale == 1e-12:
        p, q = scipy.special.log_softmax(one, axis=1), scipy.special.log_softmax(other, axis=1)
        assert (np.exp(p) * (p - q)).sum(axis=1).min() < 0


def test_a_row_and_itself_are_not_apart_at_all():
    logits = scipy.special.log_softmax(pair(1)[0], axis=1)
    found = divergences(logits, logits)
    assert not any(values.any() for values in (found.kl, found.reverse_kl, found.js, found.apart))


def test_a_class_that_neither_has_counts_for_nothing():
    one, other = pair(1)
    found = of_logits(one, other)
    missing = np.full((len(one), 1), -INF)
    masked = of_logits(np.hstack([one, missing]), np.hstack([other, missing]))
    for name in ("kl", "reverse_kl", "js"):
        np.testing.assert_allclose(getattr(masked, name), getattr(found, name), rtol=1e-13)


def test_a_class_that_one_alone_has():
    """p = (1/2, 1/2), q = (1, 0): KL(p || q) is inf, KL(q || p) ln 2, and Jensen-Shannon as worked out by hand."""
    found = divergences(np.log([[0.5, 0.5]]), np.array([[0.0, -INF]]))
    assert found.kl.tolist() == [INF]
    assert found.reverse_kl[0] == pytest.approx(math.log(2), rel=1e-15)
    by_hand = (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25) + math.log(1 / 0.75)) / 2
    assert found.js[0] == pytest.approx(by_hand, rel=1e-15)
    turned = divergences(np.array([[0.0, -INF]]), np.log([[0.5, 0.5]]))
    assert (turned.kl[0], turned.reverse_kl[0], turned.js[0]) == (found.reverse_kl[0], INF, found.js[0])


def test_nothing_in_common():
    found = divergences(np.array([[0.0, -INF]]), np.array([[-INF, 0.0]]))
    assert found.kl.tolist() == found.reverse_kl.tolist() == [INF]
    assert found.js[0] == pytest.approx(math.log(2), rel=1e-15)
    assert found.apart.tolist() == [[1.0, 1.0]]


def test_far_apart_nothing_overflows():
    found = divergences(np.array([[0.0, -2000.0]]), np.array([[-2000.0, 0.0]]))
    assert found.kl.tolist() == found.reverse_kl.tolist() == [2000.0]
    assert found.js[0] == pytest.approx(math.log(2), rel=1e-15)


def test_at_the_end_of_float64_nothing_overflows():
    found = divergences(np.array([[0.0, -1.7e308]]), np.array([[-1.7e308, 0.0]]))
    assert found.kl.tolist() == found.reverse_kl.tolist() == [1.7e308]
    assert found.js[0] == pytest.approx(math.log(2), rel=1e-15)


def test_classes_that_one_alone_has_beside_those_of_both():
    """By scipy's sum over p log(p / q), with classes of p alone, of q alone, of neither and of both in a row."""
    p, q = np.array([[0.2, 0.0, 0.0, 0.5, 0.3], [0.5, 0.0, 0.0, 0.1, 0.4]]), np.array([[0.0, 0.4, 0.0, 0.3, 0.3]] * 2)
    q[1] = [0.25, 0.25, 0.0, 0.4, 0.1]
    with np.errstate(divide="ignore"):
        found = divergences(np.log(p), np.log(q))
    assert found.kl[0] == found.reverse_kl[0] == found.reverse_kl[1] == INF
    assert found.kl[1] == pytest.approx(scipy.stats.entropy(p[1], q[1]), rel=1e-14)
    np.testing.assert_allclose(found.js, jensenshannon(p, q, axis=1) ** 2, rtol=1e-14)
    np.testing.assert_allclose(found.apart, np.abs(p - q), rtol=1e-14)


def test_a_row_that_is_nan_is_nan_throughout_and_no_other_is():
    one, other = pair(1, rows=3)
    log_p, log_q = scipy.special.log_softmax(one, axis=1), scipy.special.log_softmax(other, axis=1)
    log_p[1] = math.nan
    found = divergences(log_p, log_q)
    for values in (found.kl, found.reverse_kl, found.js, found.apart.max(axis=1)):
        assert np.isnan(values).tolist() == [False, True, False]
