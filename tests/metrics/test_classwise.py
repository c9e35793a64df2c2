"""Class-wise calibration and the parts of the Brier score, by their definitions over all N C probabilities."""

import math

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from softmax_cli.metrics.calibration import equal_widths
from softmax_cli.metrics.classwise import Classwise, cells_of

ROWS, CLASSES = 600, 7


@pytest.fixture(scope="module")
def drawn():
    generator = np.random.default_rng(11)
    labels = generator.choice(CLASSES - 1, ROWS, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])  # the last class never occurs
    logits = generator.standard_normal((ROWS, CLASSES)) * 2
    logits[np.arange(ROWS), labels] += 2
    return softmax(logits, axis=1), labels


def summed(probabilities, labels, bins, pieces=1):
    edges = equal_widths(bins)
    found = Classwise(CLASSES, edges)
    for place in np.array_split(np.arange(len(labels)), pieces):
        found.add(cells_of(probabilities[place].copy(), labels[place], edges))
    return found.sums(np.bincount(labels, minlength=CLASSES))


def by_definition(probabilities, labels, bins):
    """(c, b, rows, mean probability, share of the class) for every class and bin that is not empty."""
    for c in range(CLASSES):
        p, is_c = probabilities[:, c], labels == c
        place = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
        for b in np.unique(place):
            here = place == b
            yield c, b, here.sum(), p[here].mean(), is_c[here].mean()


@pytest.mark.parametrize("bins", [1, 4, 15, 50])
@pytest.mark.parametrize("pieces", [1, 13])
def test_the_cells(drawn, bins, pieces):
    found = summed(*drawn, bins, pieces)
    filled = 0
    for c, b, rows, p, share in by_definition(*drawn, bins):
        assert found.rows[c, b] == rows
        assert found.probabilities[c, b] == pytest.approx(rows * p, rel=1e-12)
        assert found.right[c, b] == pytest.approx(rows * share)
        filled += rows
    assert filled == found.rows.sum() == ROWS * CLASSES


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_class_wise_errors_are_those_of_scikit_learns_curves(drawn, bins):
    probabilities, labels = drawn
    found = summed(probabilities, labels, bins)
    for c in range(CLASSES - 1):
        share, mean = calibration_curve(labels == c, probabilities[:, c], n_bins=bins)
        rows = found.rows[c][found.rows[c] > 0]
        assert found.errors[c] == pytest.approx((rows * np.abs(share - mean)).sum() / ROWS, rel=1e-12)


def test_a_probability_on_an_edge_is_below_it():
    edges = equal_widths(4)
    found = Classwise(3, edges)
    found.add(cells_of(np.array([[0.25, 0.5, 0.25]]), np.array([1]), edges))
    sums = found.sums(np.array([0, 1, 0]))
    assert sums.rows.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0]]
    assert sums.probabilities.tolist() == [[0.25, 0, 0, 0], [0, 0.5, 0, 0], [0.25, 0, 0, 0]]


def test_float32_edges_are_compared_exactly():
    # The float32 next to 0.1 lies above it, and so in the second bin; in float32 the two are equal.
    edge = np.float32(0.1)
    assert float(edge) > 0.1
    probabilities = np.array([[edge, 1 - edge]], np.float32)
    assert cells_of(probabilities, np.array([0]), equal_widths(10)).cells.tolist() == [1, 18]


@pytest.mark.parametrize("bins", [1, 5, 15])
def test_the_parts_of_the_brier_score(drawn, bins):
    probabilities, labels = drawn
    brier = brier_score_loss(labels, probabilities, labels=range(CLASSES), scale_by_half=False)
    parts = summed(probabilities, labels, bins).brier_parts(brier)
    cells = list(by_definition(probabilities, labels, bins))
    shares = np.bincount(labels, minlength=CLASSES) / ROWS
    assert parts.reliability == pytest.approx(sum(n * (p - o) ** 2 for _, _, n, p, o in cells) / ROWS, rel=1e-11)
    assert parts.resolution == pytest.approx(sum(n * (o - shares[c]) ** 2 for c, _, n, _, o in cells) / ROWS, rel=1e-11)
    assert parts.uncertainty == pytest.approx(1 - (shares**2).sum(), rel=1e-12)
    # Stephenson et al. 2008: the variance within the bins, less twice the covariance, class by class.
    within = 0.0
    for c, b, _, p, o in cells:
        here = np.clip(np.ceil(probabilities[:, c] * bins).astype(int) - 1, 0, bins - 1) == b
        apart, is_c = probabilities[here, c] - p, (labels[here] == c) - o
        within += (apart**2).sum() - 2 * (apart * is_c).sum()
    assert parts.within_bins == pytest.approx(within / ROWS, rel=1e-9, abs=1e-14)


def test_equal_forecasts_leave_nothing_within_the_bins():
    # Murphy 1973: of rows with the same forecast the three parts are the whole score.
    probabilities = np.array([[0.7, 0.3]] * 10 + [[0.2, 0.8]] * 10)
    labels = np.array([0] * 6 + [1] * 4 + [0] * 1 + [1] * 9)
    edges = equal_widths(10)
    found = Classwise(2, edges)
    found.add(cells_of(probabilities.copy(), labels, edges))
    brier = brier_score_loss(labels, probabilities[:, 1], scale_by_half=False)
    parts = found.sums(np.bincount(labels)).brier_parts(brier)
    assert parts.within_bins == pytest.approx(0, abs=1e-15)
    assert parts.reliability == pytest.approx(2 * (0.1**2 + 0.1**2) / 2)
    assert parts.resolution == pytest.approx(2 * ((0.6 - 0.35) ** 2 + (0.1 - 0.35) ** 2) / 2)


def test_a_score_of_nan_has_no_parts(drawn):
    assert all(map(math.isnan, vars(summed(*drawn, 5).brier_parts(math.nan)).values()))
