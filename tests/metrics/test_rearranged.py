"""Orders in which labels meet predictions: planted ones are found, and unrelated files of long stretches have none."""

import math

import numpy as np
import pytest

from softmax_cli.metrics import rearranged
from softmax_cli.metrics.chance import LOG_ALPHA
from softmax_cli.metrics.rearranged import NO_LABEL, Kept, best, in_runs, log_chance


def kept(predictions, labels, pieces=3):
    """What is kept of them, in several pieces."""
    found = Kept()
    for rows in np.array_split(np.arange(len(labels)), pieces):
        found.add(predictions[rows], labels[rows], labels[rows] != NO_LABEL)
    return found


def model(rows=600, classes=10, accuracy=0.7, stretch=1, seed=0):
    """Predictions that are right so often, and labels that stay the same for so many rows."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, classes, -(-rows // stretch)), stretch)[:rows]
    right = rng.random(rows) < accuracy
    return np.where(right, labels, rng.integers(0, classes, rows)), labels


PLANTED = {
    "on": (lambda p, y: (p, np.roll(y, 37)), ("lag", 37)),
    "back": (lambda p, y: (p, np.roll(y, -5)), ("lag", -5)),
    "reversed": (lambda p, y: (p, y[::-1]), ("reversed", 1)),
    "each label three times": (lambda p, y: (p, np.repeat(y, 3)[: len(y)]), ("labels repeated", 3)),
    "each row twice": (lambda p, y: (np.repeat(p, 2)[: len(p)], y), ("rows repeated", 2)),
    "read by columns": (lambda p, y: (p, y.reshape(30, 20).T.reshape(-1)), ("axes swapped", 0)),
    "written by columns": (lambda p, y: (p.reshape(30, 20).T.reshape(-1), y), ("axes swapped", 0)),
}


@pytest.mark.parametrize("stretch", [1, 4])
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_order_is_found(name, stretch):
    plant, expected = PLANTED[name]
    predictions, labels = plant(*model(accuracy=0.9, stretch=stretch))
    found = best(kept(predictions, labels), (20, 30))
    assert (found.kind, found.by) == expected
    assert found.luck < LOG_ALPHA


@pytest.mark.parametrize("stretch", [1, 2, 7, 40])
@pytest.mark.parametrize("classes", [2, 3, 5, 30])
def test_unrelated_files_meet_in_no_order(classes, stretch):
    for seed in range(40):
        predictions = model(400, classes, 1, stretch, seed)[1]
        labels = model(400, classes, 1, stretch, seed + 1000)[1]
        for given in (labels, np.sort(labels)):
            assert best(kept(predictions, given), (20, 20)).luck >= LOG_ALPHA


def test_rows_without_a_label_count_nowhere():
    predictions, labels = model(accuracy=1)
    shifted = np.roll(labels, 3)
    shifted[::2] = NO_LABEL
    found = best(kept(predictions, shifted), (600,))
    counted = int(np.count_nonzero(shifted[3:] != NO_LABEL))
    assert (found.kind, found.by, found.hits, found.trials) == ("lag", 3, counted, counted)


def test_only_so_many_rows_are_kept(monkeypatch):
    monkeypatch.setattr(rearranged, "_MOST", 100)
    found = kept(*model(250))
    assert (len(found.labels), found.complete) == (100, False)
    predictions, labels = model(250)
    assert found.labels.tolist() == labels[:100].tolist()
    assert found.predictions.tolist() == predictions[:100].tolist()
    assert best(kept(predictions, labels[::-1]), (250,)).kind != "reversed"
    assert kept(*model(100)).complete


def test_too_few_rows_have_no_order():
    assert best(kept(np.array([1]), np.array([1]), 1), (1,)) is None
    assert best(Kept(), (0,)) is None
    assert best(kept(np.array([1, 0]), np.array([0, 1]), 1), (2,)).luck >= LOG_ALPHA


def test_luck_is_that_of_changes_that_meet():
    rng = np.random.default_rng(0)
    chances = []
    for _ in range(300):
        predictions, labels = rng.integers(0, 2, 40), rng.integers(0, 2, 40)
        chances.append(log_chance(predictions.astype(np.int32), labels.astype(np.int32)))
    # A bound of a chance is below a in a share a of all files, at most.
    for share in (0.5, 0.1, 0.02):
        assert np.mean(np.exp(chances) < share) <= share
    assert log_chance(np.zeros(9, np.int32), np.zeros(9, np.int32)) == 0
    same = np.random.default_rng(0).integers(0, 7, 50).astype(np.int32)
    assert log_chance(same, same) < -math.log(7) * 10


def test_classes_in_their_order_are_in_runs():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 200).astype(np.int32)
    assert in_runs(np.sort(labels))
    assert not in_runs(labels)
    assert not in_runs(labels[:1])
    assert not in_runs(np.zeros(50, np.int32))
