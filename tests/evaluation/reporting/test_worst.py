"""The largest losses of all rows, from blocks."""

import math

import numpy as np
import pytest

from softmax_cli.evaluation.reporting.worst import Worst
from softmax_cli.metrics.predictions import predict


@pytest.fixture(scope="module")
def drawn():
    generator = np.random.default_rng(2)
    logits = generator.integers(-4, 5, (200, 3)).astype(float)  # so that losses are equal now and then
    logits[[50, 150]] = math.nan
    return logits, generator.integers(0, 3, 200)


def details(drawn, count, pieces):
    worst = Worst(count)
    for place in np.array_split(np.arange(200), pieces):
        worst.add(place, predict(drawn[0][place], drawn[1][place]))
    return worst.details(("a", "b", "c"), lambda labels: [f"label {label}" for label in labels])


@pytest.mark.parametrize("count", [1, 2, 7, 200, 500])
@pytest.mark.parametrize("pieces", [1, 3, 200])
def test_they_are_the_largest(drawn, count, pieces):
    losses = predict(*drawn).losses
    order = sorted(range(200), key=lambda row: (-math.inf if math.isnan(losses[row]) else -losses[row], row))
    found = details(drawn, count, pieces)
    assert [detail.row for detail in found] == order[:count]
    assert [detail.label for detail in found] == [f"label {drawn[1][row]}" for row in order[:count]]


def test_a_row_without_a_softmax_predicts_nothing(drawn):
    first, second, third = details(drawn, 3, 1)
    assert (first.row, second.row) == (50, 150)
    assert (first.prediction, second.prediction) == ("", "")
    assert third.prediction in {"a", "b", "c"}


@pytest.mark.parametrize("pieces", [1, 3])
def test_none_are_wanted(drawn, pieces):
    assert details(drawn, 0, pieces) == []


def test_no_rows():
    assert Worst(3).details(("a",), lambda _: []) == []
