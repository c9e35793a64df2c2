"""The small sums of a survey: rows' places, bounds, extremes, shares, neighbours and flat one-hot labels."""

import numpy as np
import pytest

from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.extremes import Extremes
from softmax_cli.metrics.one_hot import FlatOneHot
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.shares import Shares


def test_the_first_places_and_how_many_there_are():
    chosen = np.random.default_rng(0).random(100) < 0.2
    whole = Places.of(chosen, 7)
    assert whole == Places(chosen.sum(), tuple((np.flatnonzero(chosen)[:5] + 7).tolist()))
    assert Places.of(chosen[:13], 7) + Places.of(chosen[13:], 20) == whole
    assert not Places()
    assert whole


def test_bounds_are_those_of_finite_values():
    values = np.array([3.0, -1.5, np.nan, np.inf, -np.inf])
    assert Bounds.of(values) == Bounds(-1.5, 3.0)
    assert Bounds.of(values[:1]) | Bounds.of(values[1:]) == Bounds.of(values)
    assert not Bounds.of(values[2:])
    assert Bounds(-1.5, 3.0).off(1) == 2.5
    assert Bounds(-1.5, 3.0).span == 4.5


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_the_outermost_values(sign, pieces):
    rng = np.random.default_rng(0)
    values, hashes = rng.integers(0, 30, 200).astype(float), rng.integers(0, 40, 200).astype(np.uint64)
    values[[3, 60]] = np.nan, np.inf
    extremes = Extremes(sign)
    for rows in np.array_split(np.arange(200), pieces):
        extremes.add(values[rows], hashes[rows], int(rows[0]))
    expected = sorted(set(values[np.isfinite(values)].tolist()), reverse=sign > 0)[:4]
    assert [each.value for each in extremes.found] == expected
    for each in extremes.found:
        assert each.rows == Places.of(values == each.value, 0)
        assert each.kinds == set(hashes[values == each.value].tolist())


def test_shares():
    values = np.array([[0, 1, 0], [0.5, 0.25, 0.25], [0.02, 0, 0.97], [0, 0, 0]])
    varied = np.array([True, True, True, False])
    whole = Shares.of(values, varied)
    assert (whole.sums.low, whole.sums.high) == (0, 1)
    assert (whole.one_hot, whole.near_zero, whole.near_one, whole.zeros) == (1, 7, 2, 3)
    assert whole.zero_columns.tolist() == [True, True, True]
    parts = Shares.of(values[:1], varied[:1]) + Shares.of(values[1:], varied[1:])
    assert parts.zero_columns.tolist() == whole.zero_columns.tolist()
    assert (parts.sums, parts.zeros, parts.near_zero) == (whole.sums, whole.zeros, whole.near_zero)


@pytest.mark.parametrize("pieces", [1, 7, 100])
def test_flat_one_hot_rows(pieces):
    classes = np.random.default_rng(0).integers(0, 5, 20)
    labels = np.eye(5)[classes].reshape(-1)

    def fed(labels):
        flat = FlatOneHot(5)
        for part in np.array_split(labels, pieces):
            flat.add(part)
        return flat.found()

    assert fed(labels).tolist() == classes.tolist()
    assert fed(labels[:-1]) is None
    assert fed(np.roll(labels, 1)) is None
    assert fed(labels * 2) is None
    assert fed(np.array(["0", "1"] * 50)) is None
