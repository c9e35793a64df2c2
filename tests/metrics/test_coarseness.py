"""Decimals and levels of what was rounded, and none of what was not."""

import numpy as np
import pytest

from softmax_cli.metrics.coarseness import Coarseness

VALUES = np.random.default_rng(0).normal(0, 4, (200, 12))
RESOLUTION = {"float64": 2**-52, "float32": 2**-23, "float16": 2**-10}


@pytest.mark.parametrize("decimals", range(7))
def test_the_decimals_of_text(decimals):
    assert Coarseness.of(VALUES.round(decimals), 2**-52).decimals == decimals


@pytest.mark.parametrize("decimals", range(4))
def test_the_decimals_in_single_precision(decimals):
    values = VALUES.round(decimals).astype(np.float32).astype(np.float64)
    assert Coarseness.of(values, 2**-23).decimals == decimals


@pytest.mark.parametrize("dtype", RESOLUTION)
def test_there_are_none_where_nothing_was_rounded(dtype):
    found = Coarseness.of(VALUES.astype(dtype).astype(float), RESOLUTION[dtype])
    assert (found.decimals, found.levels) == (None, None)


@pytest.mark.parametrize(("step", "bits"), [(0.0773, 8), (1.0, 8), (0.3, 6)])
def test_the_levels_of_a_quantiser(step, bits):
    levels = np.clip(np.rint(VALUES / step), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    found = Coarseness.of(np.float32(levels * step).astype(float), 2**-23)
    assert found.levels == int(levels.max() - levels.min()) + 1
    assert found.step == pytest.approx(step, rel=1e-6)


def test_the_logarithms_of_votes_stand_on_no_levels():
    votes = np.random.default_rng(0).integers(1, 40, 4000)
    assert Coarseness.of(np.log(votes / 40), 2**-52).levels is None


def test_collisions_are_bounded_from_above():
    values = np.random.default_rng(0).integers(0, 9, 500).astype(float)
    equal = ((values[:, None] == values).sum() - 500) / (500 * 499)
    assert 1 / 9 <= Coarseness.of(values, 2**-52).collisions == pytest.approx(equal + 14 / (500 * 499 / 2))
    # No two are equal: how often they are may still be 14 in all the pairs.
    assert Coarseness.of(VALUES, 2**-52).collisions == pytest.approx(14 / (2400 * 2399 / 2))
    assert Coarseness.of(np.arange(4.0), 2**-52).collisions == Coarseness.of(np.empty(0), 2**-52).collisions == 1


@pytest.mark.parametrize("values", [np.arange(19.0), np.full(50, np.nan), np.zeros(50), np.full(50, 0.3)])
def test_too_few_values_say_nothing_of_levels(values):
    found = Coarseness.of(values, 2**-52)
    assert found.levels is None
    assert found.decimals is None
