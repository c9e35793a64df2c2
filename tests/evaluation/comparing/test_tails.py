"""Quantiles of how far the label's probability moves, and how alike the losses are; against NumPy and SciPy."""

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import entropy

import softmax_cli
from softmax_cli.metrics.quantiles import SignedQuantiles
from softmax_cli.reports.tails import CHANGE_SHARES, KL_SHARES, OF_CHANGE, OF_KL


def versions(rows=400, classes=9, apart=0.4):
    generator = np.random.default_rng(0)
    a = generator.normal(size=(rows, classes))
    return a, a + generator.normal(0, apart, a.shape), generator.integers(0, classes, rows)


def test_the_tails_are_those_of_numpy():
    a, b, y = versions()
    found = softmax_cli.compare(a, b, y).quantities()
    log_p, log_q = (log_softmax(each, axis=1)[np.arange(len(y)), y] for each in (a, b))
    change = np.exp(log_q) - np.exp(log_p)
    kl = entropy(np.exp(log_softmax(a, axis=1)), np.exp(log_softmax(b, axis=1)), axis=1)
    assert [found[name] for name in OF_KL] == pytest.approx(np.quantile(kl, list(KL_SHARES.values())).tolist())
    expected = np.quantile(change, list(CHANGE_SHARES.values())).tolist()
    assert [found[name] for name in OF_CHANGE[2:]] == pytest.approx(expected)
    assert found["rms_p_label_change"] == pytest.approx(np.sqrt((change**2).mean()))
    assert found["loss_correlation"] == pytest.approx(np.corrcoef(log_p, log_q)[0, 1])


def test_standard_errors_of_each_version():
    a, b, y = versions()
    figures = softmax_cli.compare(a, b, y).as_dict()["figures"]
    losses = -log_softmax(b, axis=1)[np.arange(len(y)), y]
    error = losses.std(ddof=1) / np.sqrt(len(y))
    assert figures["loss_b"]["standard_error"] == pytest.approx(error)
    assert figures["perplexity_b"]["standard_error"] == pytest.approx(np.exp(losses.mean()) * error)
    change = np.exp(-losses) - np.exp(log_softmax(a, axis=1)[np.arange(len(y)), y])
    root = np.sqrt((change**2).mean())
    expected = (change**2).std(ddof=1) / np.sqrt(len(y)) / (2 * root)
    assert figures["rms_p_label_change"]["standard_error"] == pytest.approx(expected)


def test_the_same_file_twice_has_changed_nothing():
    a, _, y = versions()
    found = softmax_cli.compare(a, a, y).quantities()
    assert all(found[name] == 0 for name in (*OF_KL, *OF_CHANGE[1:]))
    assert found["loss_correlation"] == pytest.approx(1)


def test_rows_that_are_all_alike_have_no_correlation():
    found = softmax_cli.compare(np.ones((20, 3)), np.ones((20, 3)), np.zeros(20, int)).quantities()
    assert np.isnan(found["loss_correlation"])


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 200_000])
@pytest.mark.parametrize("shift", [-5, 0, 0.3, 5])
def test_quantiles_of_either_sign(size, shift):
    values = np.random.default_rng(size).normal(shift, 1, size)
    quantiles = SignedQuantiles()
    for part in np.array_split(values, 3):
        quantiles.add(part)
    shares = (0.0, 0.001, 0.1, 0.25, 0.5, 0.77, 0.999, 1.0)
    # Beyond the values that are kept, within 2^-9 of each value; these do not depend on where they were cut.
    tolerance = {"rel": 1e-12, "abs": 1e-15} if size < 10_000 else {"rel": 2**-8, "abs": 1e-3}
    assert list(quantiles.at(shares)) == pytest.approx(np.quantile(values, shares).tolist(), **tolerance)


def test_no_values_have_no_quantiles():
    assert np.isnan(SignedQuantiles().at((0.0, 0.5))).all()
