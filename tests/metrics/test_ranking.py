"""Average precision, ROC AUC and the best threshold, by scikit-learn."""

import math
from fractions import Fraction

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score

from softmax_cli.metrics.ranking import Curve

DRAWN = {
    "apart": lambda generator, rows: generator.standard_normal(rows),
    "ties": lambda generator, rows: generator.integers(-3, 3, rows).astype(float),
    "float32": lambda generator, rows: generator.standard_normal(rows).astype(np.float32),
    "constant": lambda _, rows: np.full(rows, 0.5),
    "both zeros": lambda generator, rows: generator.choice([0.0, -0.0, 1.0], rows),
}


@pytest.fixture(params=[(name, seed) for name in DRAWN for seed in range(8)], ids=str)
def drawn(request):
    name, seed = request.param
    generator = np.random.default_rng(seed)
    rows = int(generator.integers(2, 60))
    marked = generator.random(rows) < 0.3
    marked[:2] = True, False
    return DRAWN[name](generator, rows), marked


def test_average_precision_and_area(drawn):
    scores, marked = drawn
    curve = Curve.of(scores, marked)
    assert curve.average_precision == pytest.approx(average_precision_score(marked, scores), rel=1e-13)
    assert curve.roc_auc == pytest.approx(roc_auc_score(marked, scores), rel=1e-13)
    assert (curve.positives, curve.negatives) == (marked.sum(), (~marked).sum())


def test_the_best_threshold(drawn):
    scores, marked = drawn
    threshold, f1 = Curve.of(scores, marked).best()
    precision, recall, thresholds = precision_recall_curve(marked, scores)
    every = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    assert f1 == pytest.approx(every.max(), rel=1e-14)
    assert f1 == pytest.approx(f1_score(marked, scores >= threshold), rel=1e-14)
    higher = thresholds[thresholds > threshold]
    assert all(f1_score(marked, scores >= each) < f1 for each in higher)


def test_infinite_scores_rank_first_and_last():
    scores = np.array([math.inf, -math.inf, 1.0, math.inf])
    marked = np.array([True, False, True, False])
    ranks = np.array([3, 0, 1, 3])
    curve = Curve.of(scores, marked)
    assert curve.average_precision == pytest.approx(average_precision_score(marked, ranks), rel=1e-15)
    assert curve.roc_auc == roc_auc_score(marked, ranks)


@pytest.mark.parametrize("marked", [False, True])
def test_one_kind_alone(marked):
    curve = Curve.of(np.arange(3.0), np.full(3, marked))
    assert math.isnan(curve.roc_auc)
    if marked:
        assert (curve.average_precision, curve.best()) == (1.0, (0.0, 1.0))
    else:
        assert math.isnan(curve.average_precision)
        assert all(map(math.isnan, curve.best()))


def test_no_rows():
    curve = Curve.of(np.empty(0), np.empty(0, bool))
    assert math.isnan(curve.average_precision)
    assert math.isnan(curve.roc_auc)
    assert curve.looseness == (0.0, 0.0)


@pytest.mark.parametrize("rows", [10, 10**9, 10**10])
def test_the_area_is_exact_for_any_number_of_rows(rows):
    right, wrong = [3 * rows, rows, 2 * rows + 1], [rows, 4 * rows, rows]
    curve = Curve(np.array([3.0, 2.0, 1.0]), np.cumsum(right) + np.cumsum(wrong), np.cumsum(right))
    pairs = sum(Fraction(a) * (sum(wrong[k + 1 :]) + Fraction(wrong[k], 2)) for k, a in enumerate(right))
    assert curve.roc_auc == float(pairs / (sum(right) * sum(wrong)))
