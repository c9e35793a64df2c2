"""What rows predict, by torch and scikit-learn, and where rows are tied or have no softmax."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import top_k_accuracy_score

from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.softmax import cross_entropy
from softmax_cli.losses.targets import Indices
from softmax_cli.metrics.predictions import NO_CLASS, predict

# A probability is good to some units in the last place, 6e-8 or 1e-16: an exponential, a sum and a quotient.
DTYPES = [(np.float32, 1e-6), (np.float64, 1e-13)]


@pytest.fixture(params=DTYPES, ids=["float32", "float64"])
def drawn(request):
    dtype, tolerance = request.param
    generator = np.random.default_rng(5)
    logits = (generator.standard_normal((400, 12)) * 3).astype(dtype)
    return logits, generator.integers(0, 12, 400), tolerance


def test_the_probabilities_are_torchs(drawn):
    logits, labels, tolerance = drawn
    found = predict(logits, labels)
    expected = torch.softmax(torch.tensor(logits, dtype=torch.float64), 1)
    np.testing.assert_allclose(found.probabilities, expected, rtol=tolerance, atol=1e-30)
    np.testing.assert_allclose(found.confidences, expected.max(1).values, rtol=tolerance)
    np.testing.assert_allclose(found.p_label, expected[range(400), labels], rtol=tolerance)
    assert found.predicted.tolist() == expected.argmax(1).tolist()


def test_the_losses_are_those_of_loss_to_the_bit(drawn):
    logits, labels, _ = drawn
    expected = cross_entropy(logits, Indices(labels), Criterion(), np)
    assert predict(logits, labels).losses.tolist() == expected.tolist()


def test_the_brier_score(drawn):
    logits, labels, tolerance = drawn
    probabilities = torch.softmax(torch.tensor(logits, dtype=torch.float64), 1).numpy()
    expected = ((probabilities - np.eye(12)[labels]) ** 2).sum(1)
    np.testing.assert_allclose(predict(logits, labels).briers, expected, rtol=tolerance)


def test_the_brier_score_of_a_sure_row_does_not_cancel():
    # 1 - p is 8.2e-11 here, where float32 ends at 6e-8: by hand 2 (1 - p)^2 = 2 / (1 + e^23.22...)^2.
    expected = 2 * (1 / (1 + math.exp(23.25))) ** 2
    assert predict(np.array([[23.25, 0.0]], np.float32), np.array([0])).briers[0] == pytest.approx(expected, rel=1e-5)


def test_a_row_by_itself_is_the_same_to_the_bit():
    # More classes than NumPy buffers at a time, 8,192: from there on einsum adds up a single row in another order.
    logits = np.random.default_rng(1).standard_normal((64, 9001))
    labels = np.arange(64)
    one_by_one = [predict(logits[row : row + 1], labels[row : row + 1]).briers[0] for row in range(64)]
    assert predict(logits, labels).briers.tolist() == one_by_one


@pytest.mark.parametrize("k", [1, 2, 5, 12])
def test_the_ranks_give_top_k(drawn, k):
    logits, labels, _ = drawn
    expected = top_k_accuracy_score(labels, logits, k=k) if k < 12 else 1.0
    assert np.mean(predict(logits, labels, 12).ranks < k) == pytest.approx(expected, rel=1e-15)


def test_of_equals_the_first_comes_first():
    rows = np.array([[2.0, 2.0, 2.0, 1.0]] * 4)
    assert predict(rows, np.arange(4), 4).ranks.tolist() == [0, 1, 2, 3]
    assert predict(rows, np.arange(4)).predicted.tolist() == [0, 0, 0, 0]


def test_ranks_beyond_the_deepest_are_that_or_more():
    ranks = predict(np.array([[4.0, 3.0, 2.0, 1.0, 1.0]] * 5), np.arange(5), 2).ranks
    assert ranks[:2].tolist() == [0, 1]
    assert (ranks[2:] >= 2).all()


UNDEFINED = [[math.nan, 0.0], [math.inf, 0.0], [-math.inf, -math.inf], [math.inf, math.inf]]


@pytest.mark.parametrize("row", UNDEFINED)
@pytest.mark.parametrize("label", [0, 1])
def test_a_row_without_a_softmax_predicts_nothing_and_is_wrong(row, label):
    found = predict(np.array([row]), np.array([label]))
    assert math.isnan(found.losses[0])
    assert (found.predicted[0], found.ranks[0], found.correct[0]) == (NO_CLASS, 2, False)


def test_a_masked_class_does_no_harm_unless_it_is_the_label():
    found = predict(np.array([[-math.inf, 1.0, 0.0]] * 2), np.array([1, 0]), 3)
    assert found.losses.tolist() == pytest.approx([math.log1p(math.exp(-1)), math.inf])
    assert found.ranks.tolist() == [0, 2]
    assert found.briers[1] == pytest.approx(1 + (1 + math.exp(-2)) / (1 + math.exp(-1)) ** 2)
