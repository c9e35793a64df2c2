"""The best renaming of the classes, by scipy and by trying them all."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix

from softmax_cli.metrics.relabelling import MOST_CLASSES, PairCounts, best_relabelling


def diagonal(classes, permutation):
    """Counts of a model that is right in four of five rows, once the labels are renamed."""
    rng = np.random.default_rng(0)
    rows = rng.multinomial(60, np.full(classes, 1 / classes), size=classes)
    rows[np.arange(classes), permutation] += 240
    return rows


@pytest.mark.parametrize("permutation", [[1, 0, 2, 3], [3, 0, 1, 2], [1, 0, 3, 2], [0, 2, 3, 1]])
def test_a_permutation_is_found(permutation):
    counts = diagonal(4, permutation)
    found = best_relabelling(counts)
    best = max(permutations(range(4)), key=lambda classes: counts[range(4), classes].sum())
    assert found.classes.tolist() == permutation == list(best)
    assert found.moved.tolist() == [label for label in range(4) if permutation[label] != label]
    assert found.rows == counts[found.moved].sum()
    assert found.wins == counts[found.moved, found.classes[found.moved]].sum()
    assert found.losses == counts[found.moved, found.moved].sum()


def test_of_many_classes_it_is_the_best_assignment():
    permutation = np.random.default_rng(1).permutation(60)
    counts = diagonal(60, permutation)
    assert best_relabelling(counts).classes.tolist() == linear_sum_assignment(-counts)[1].tolist()


@pytest.mark.parametrize(
    "counts",
    [
        np.diag([50, 40, 30]),
        np.zeros((3, 3), int),
        [[0, 50, 0], [0, 40, 0], [0, 0, 30]],  # one label alone is a stranger: its place is taken
        [[10, 0, 0], [1000, 0, 0], [400, 0, 0]],  # everything is predicted as class 0
        [[30, 20, 0], [25, 20, 5], [0, 20, 30]],  # a weak model
        [[0, 9, 9], [7, 2, 4], [7, 4, 0]],  # the best moves a label that is then wrong in most of its rows
    ],
)
def test_there_is_none_in_a_model_that_is_right_or_weak(counts):
    assert best_relabelling(np.array(counts)) is None


def test_pairs_are_counted_as_a_confusion_matrix():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 9, (2, 1000))
    pairs = PairCounts(9)
    pairs.add(labels[:300], predictions[:300])
    pairs.add(labels[300:], predictions[300:])
    assert (pairs.counts == confusion_matrix(labels, predictions)).all()


def test_pairs_of_very_many_classes_are_not_counted():
    pairs = PairCounts(MOST_CLASSES + 1)
    pairs.add(np.array([5]), np.array([7]))
    assert pairs.counts is None
