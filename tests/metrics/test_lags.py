"""Predictions against the labels of neighbouring rows, by shifted arrays."""

import numpy as np
import pytest

from softmax_cli.metrics.lags import OFFSETS, Neighbours, Novelty


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
    for by in OFFSETS:
        lag = neighbours.lags[by]
        pairs = [
            (row, row + by)
            for row in range(60)
            if 0 <= row + by < 60 and row // length == (row + by) // length and counted[row] and counted[row + by]
        ]
        there = [predictions[row] == labels[other] for row, other in pairs]
        here = [predictions[row] == labels[row] for row, _ in pairs]
        assert (lag.trials, lag.hits) == (len(pairs), sum(there))
        assert lag.wins == sum(one and not own for one, own in zip(there, here, strict=True))
        assert lag.losses == sum(own and not one for one, own in zip(there, here, strict=True))
        assert lag.accuracy == (sum(there) / len(pairs) if pairs else 0)


@pytest.mark.parametrize("step", [1, 2, 5, 60])
def test_rows_like_the_one_before_are_not_fresh(step):
    rng = np.random.default_rng(1)
    predictions, labels = np.repeat(rng.integers(3, size=(2, 12)), 5, axis=1)
    neighbours, novelty, found = Neighbours(), Novelty(), []
    for start in range(0, 60, step):
        part = slice(start, start + step)
        neighbours.add(predictions[part], labels[part], np.ones(len(labels[part]), bool))
        found.append(novelty.of(predictions[part], labels[part]))
    rows = list(zip(predictions.tolist(), labels.tolist(), strict=True))
    new = [row == 0 or rows[row] != rows[row - 1] for row in range(60)]
    assert np.concatenate(found).tolist() == new
    for by in OFFSETS:
        own = range(max(0, -by), 60 - max(0, by))
        triples = [(*rows[row], rows[row + by][1]) for row in own]
        fresh = [place == 0 or triple != triples[place - 1] for place, triple in enumerate(triples)]
        lag = neighbours.lags[by]
        assert lag.fresh_trials == sum(fresh)
        wins = [new and p == there != own for new, (p, own, there) in zip(fresh, triples, strict=True)]
        losses = [new and p == own != there for new, (p, own, there) in zip(fresh, triples, strict=True)]
        assert (lag.fresh_wins, lag.fresh_losses) == (sum(wins), sum(losses))
