"""Predictions against the labels of neighbouring rows, by shifted arrays."""

import numpy as np
import pytest

from softmax_cli.metrics.lags import Neighbours


@pytest.mark.parametrize("step", [1, 3, 7, 60])
@pytest.mark.parametrize("length", [1, 4, 60])
def test_neighbours_are_those_within_a_sequence(step, length):
    rng = np.random.default_rng(0)
    predictions, labels = rng.integers(3, size=(2, 60))
    counted = rng.random(60) < 0.8
    sequences = np.arange(60) // length
    neighbours = Neighbours()
    for start in range(0, 60, step):
        part = slice(start, start + step)
        of_part = None if length == 60 else sequences[part]
        neighbours.add(predictions[part], labels[part], counted[part], of_part)
    p, y, c = (each.reshape(-1, length) for each in (predictions, labels, counted))
    both = c[:, 1:] & c[:, :-1]
    for lag, there, here in (
        (neighbours.following, p[:, :-1] == y[:, 1:], p[:, :-1] == y[:, :-1]),
        (neighbours.preceding, p[:, 1:] == y[:, :-1], p[:, 1:] == y[:, 1:]),
    ):
        assert lag.trials == np.count_nonzero(both)
        assert lag.hits == np.count_nonzero(there & both)
        assert lag.wins == np.count_nonzero(there & ~here & both)
        assert lag.losses == np.count_nonzero(here & ~there & both)
