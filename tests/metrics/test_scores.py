"""Scores in bounded memory: exact while they are few, and within the stated bound beyond."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from softmax_cli.metrics import scores as module
from softmax_cli.metrics.scores import Scores


@pytest.fixture(scope="module")
def drawn():
    """Frequent and rare labels, ties, a constant column, and one whose rows come in order."""
    generator = np.random.default_rng(3)
    marked = generator.random((5000, 5)) < [0.5, 0.01, 0.3, 0.2, 0.4]
    logits = generator.standard_normal((5000, 5)) + 1.5 * marked
    logits[:, 2] = logits[:, 2].round(1)
    logits[:, 3] = 0.25
    logits[:, 4] = np.sort(logits[:, 4])
    return logits, marked


def filled(drawn, pieces, exact_elements, *, ahead=False):
    logits, marked = drawn
    found = Scores(logits.shape[1], exact_elements)
    for rows in np.array_split(np.arange(len(logits)), pieces):
        counted = found.counted(logits[rows], marked[rows]) if ahead else None
        found.add(logits[rows], marked[rows], counted)
    return found


def test_few_are_exact(drawn):
    logits, marked = drawn
    found = filled(drawn, 7, logits.size)
    assert found.exact
    for label, curve in enumerate(found.curves()):
        expected = average_precision_score(marked[:, label], logits[:, label])
        assert curve.average_precision == pytest.approx(expected, rel=1e-12)
        assert curve.roc_auc == pytest.approx(roc_auc_score(marked[:, label], logits[:, label]), rel=1e-12)


@pytest.mark.parametrize("thresholds", [10, 200, 1 << 20])
def test_many_are_within_the_stated_bound(drawn, monkeypatch, thresholds):
    monkeypatch.setattr(module, "_THRESHOLDS", thresholds)
    monkeypatch.setattr(module, "_FEWEST", 2)
    logits, marked = drawn
    found = filled(drawn, 10, 5000)
    assert not found.exact
    for label, curve in enumerate(found.curves()):
        precision, area = curve.looseness
        y, x = marked[:, label], logits[:, label]
        assert curve.average_precision == pytest.approx(average_precision_score(y, x), abs=precision + 1e-12)
        assert curve.roc_auc == pytest.approx(roc_auc_score(y, x), abs=area + 1e-12)
        threshold, f1 = curve.best()
        assert f1 == pytest.approx(f1_score(y, x >= threshold), rel=1e-13)


def test_the_bound_is_small_where_rows_do_not_drift_and_nothing_for_rows_that_are_equal(drawn):
    frequent, rare, rounded, constant, _ = (curve.looseness for curve in filled(drawn, 10, 12500).curves())
    assert frequent[0] < 1e-3
    assert rare[0] < 0.02
    assert max(frequent[1], rare[1]) < 1e-4
    assert rounded == constant == (0.0, 0.0)


@pytest.mark.parametrize("exact_elements", [5000, 25000])
def test_counting_ahead_on_a_thread_changes_nothing(drawn, exact_elements):
    one, other = (filled(drawn, 10, exact_elements, ahead=ahead) for ahead in (False, True))
    for here, there in zip(one.curves(), other.curves(), strict=True):
        np.testing.assert_array_equal(here.selected, there.selected)
        np.testing.assert_array_equal(here.right, there.right)


@pytest.mark.parametrize("exact_elements", [5000, 25000])
def test_a_label_with_nan_has_no_curve(drawn, exact_elements):
    logits = drawn[0].copy()
    logits[4000, 1] = np.nan
    found = filled((logits, drawn[1]), 10, exact_elements)
    assert [curve is None for curve in found.curves()] == [False, True, False, False, False]
    assert found.undefined.tolist() == [0, 1, 0, 0, 0]


def test_nothing():
    assert [curve.positives for curve in Scores(2).curves()] == [0, 0]
