"""The most confused pairs, by scikit-learn's matrix; in little memory, by its bound."""

import numpy as np
from sklearn.metrics import confusion_matrix

from softmax_cli.metrics.confusions import Confusions


def drawn(rows, classes):
    generator = np.random.default_rng(8)
    labels, predicted = (generator.geometric(0.3, rows) % classes for _ in range(2))
    wrong = labels != predicted
    return labels[wrong], predicted[wrong]


def test_they_are_those_of_the_matrix():
    labels, predicted = drawn(3000, 9)
    found = Confusions(9)
    for place in np.array_split(np.arange(len(labels)), 20):
        found.add(labels[place], predicted[place])
    matrix = confusion_matrix(labels, predicted, labels=range(9))
    pairs = [(rows, -label, -other) for (label, other), rows in np.ndenumerate(matrix) if rows]
    expected = [(-label, -other, rows) for rows, label, other in sorted(pairs, reverse=True)]
    assert [tuple(pair) for pair in found.most(10)] == expected[:10]
    assert [tuple(pair) for pair in found.most(1000)] == expected
    assert found.missing == 0


def test_beyond_the_memory_counts_are_too_low_by_no_more_than_it_says(monkeypatch):
    monkeypatch.setattr("softmax_cli.metrics.confusions._ROWS_AT_ONCE", 100)
    labels, predicted = drawn(20000, 60)
    found = Confusions(60, most_pairs=200)
    for place in np.array_split(np.arange(len(labels)), 300):
        found.add(labels[place], predicted[place])
    matrix = confusion_matrix(labels, predicted, labels=range(60))
    assert 0 < found.missing < matrix.max() / 10
    for label, other, rows in found.most(20):
        assert matrix[label, other] - found.missing <= rows <= matrix[label, other]


def test_none():
    assert Confusions(4).most(3) == []
