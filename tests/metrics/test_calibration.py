"""ECE and MCE, by scikit-learn's and torchmetrics' bins, and by hand where those are wrong."""

import math

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import binary_calibration_error

from softmax_cli.metrics.calibration import Bins, bin_of, equal_masses, equal_widths
from softmax_cli.metrics.order import Order


def drawn(rows, seed=0):
    generator = np.random.default_rng(seed)
    confidences = generator.beta(5, 2, rows)
    return confidences, generator.random(rows) < confidences**2


def of_widths(confidences, right, bins):
    return Bins.of(equal_widths(bins), confidences, None, confidences, right)


def of_masses(confidences, right, bins, **more):
    order = Order(near_one=True, **more)
    order.add(confidences, right)
    return equal_masses(order, bins)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 100])
@pytest.mark.parametrize(("of_bins", "strategy"), [(of_widths, "uniform"), (of_masses, "quantile")])
def test_the_bins_are_scikit_learns(bins, of_bins, strategy):
    confidences, right = drawn(1010)  # 1009 is a prime: no quantile is one of the confidences itself
    found = of_bins(confidences, right, bins)
    accuracy, confidence = calibration_curve(right, confidences, n_bins=bins, strategy=strategy)
    filled = found.rows > 0
    np.testing.assert_allclose(found.accuracy[filled], accuracy, rtol=1e-14)
    np.testing.assert_allclose(found.confidence[filled], confidence, rtol=1e-12)
    assert found.rows.sum() == 1010


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_the_errors_are_torchmetrics(bins):
    confidences, right = drawn(2000, seed=1)
    given = torch.tensor(confidences), torch.tensor(right).int()
    found = of_widths(confidences, right, bins)
    # torchmetrics holds the edges in float32, and no confidence here is as near to one.
    assert found.expected_error == pytest.approx(binary_calibration_error(*given, bins, "l1").item(), rel=1e-6)
    assert found.maximum_error == pytest.approx(binary_calibration_error(*given, bins, "max").item(), rel=1e-6)


def test_bins_of_equal_mass_hold_as_many_rows_each():
    assert set(of_masses(*drawn(1001), 10).rows.tolist()) <= {100, 101}


def test_a_confidence_of_one_is_in_the_last_bin():
    # By hand: |0.5 - 0.975|. torchmetrics gives it a bin of its own: 0.525.
    found = of_widths(np.array([0.95, 1.0]), np.array([True, False]), 10)
    assert found.rows.tolist() == [0] * 9 + [2]
    assert found.expected_error == pytest.approx(0.475, rel=1e-15)
    assert found.maximum_error == pytest.approx(0.475, rel=1e-15)


def test_a_bin_holds_its_upper_edge():
    assert bin_of(np.array([0.0, 0.25, math.nextafter(0.25, 1), 0.75, 1.0]), equal_widths(4)).tolist() == [
        0, 0, 1, 2, 3,
    ]  # fmt: skip


def test_equal_confidences_stay_together():
    found = of_masses(np.array([0.5] * 7 + [0.9] * 3), np.array([True] * 10), 5)
    assert sorted(found.rows.tolist()) == [0, 0, 0, 3, 7]
    assert found.expected_error == pytest.approx((7 * 0.5 + 3 * 0.1) / 10)


def test_the_order_of_rows_changes_nothing():
    confidences, right = (np.repeat(each, 3) for each in drawn(300))
    shuffled = np.random.default_rng(1).permutation(900)
    one, other = of_masses(confidences, right, 15), of_masses(confidences[shuffled], right[shuffled], 15)
    assert one.rows.tolist() == other.rows.tolist()
    assert one.right.tolist() == other.right.tolist()


def test_beyond_what_is_kept_the_bins_are_those_of_near_confidences():
    confidences, right = drawn(5000, seed=2)
    exact, near = of_masses(confidences, right, 15), of_masses(confidences, right, 15, exact_up_to=1000)
    # 1 - confidence is told apart to 0.1 %, and few of the 5,000 confidences are nearer to an edge than that.
    np.testing.assert_allclose(near.edges, exact.edges, atol=1e-3)
    np.testing.assert_allclose(near.rows, exact.rows, atol=10)
    assert near.rows.sum() == 5000
    assert near.expected_error == pytest.approx(exact.expected_error, rel=0.02)


def test_adding_up_is_the_whole():
    confidences, right = drawn(100)
    parts = [of_widths(confidences[place], right[place], 5) for place in (slice(0, 30), slice(30, 100))]
    whole = of_widths(confidences, right, 5)
    assert (parts[0] + parts[1]).right.tolist() == whole.right.tolist()
    assert (parts[0] + parts[1]).expected_error == pytest.approx(whole.expected_error, rel=1e-14)


def test_of_nothing_there_is_no_error():
    none = np.empty(0)
    assert math.isnan(of_widths(none, none.astype(bool), 5).expected_error)
    assert math.isnan(of_masses(none, none.astype(bool), 5).maximum_error)
