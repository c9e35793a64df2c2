"""Weights of rows: the mean divides by their sum, as scikit-learn's and NumPy's weighted means do."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import log_loss

from softmax_cli import evaluate, gradient
from softmax_cli.errors import InputError, UsageError
from softmax_cli.losses.variants import VARIANTS

rng = np.random.default_rng(20)
X, Y, R = rng.normal(size=(20, 4)) * 2, rng.integers(4, size=20), rng.integers(0, 5, size=20) / 2
T = (rng.random((20, 4)) < 0.4) * 1.0
CLASS_WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])


def torch_rows():
    return F.cross_entropy(torch.tensor(X), torch.tensor(Y), reduction="none").numpy()


def test_the_mean_is_scikit_learns(backend):
    p = torch.softmax(torch.tensor(X), 1).numpy()
    report = evaluate(X, Y, row_weight=R, backend=backend)
    for name in VARIANTS:
        assert report.loss(name) == pytest.approx(log_loss(Y, p, sample_weight=R, labels=range(4)), rel=1e-12)
    assert report.loss() == pytest.approx(np.average(torch_rows(), weights=R), rel=1e-12)
    assert report.ledger.entries()["weight_sum"] == R.sum()


def test_with_class_weights_a_row_weighs_their_product(backend):
    # As sample_weight of scikit-learn's log_loss and of Keras's loss are given both: w_y * r.
    p = torch.softmax(torch.tensor(X), 1).numpy()
    expected = log_loss(Y, p, sample_weight=CLASS_WEIGHTS[Y] * R, labels=range(4))
    report = evaluate(X, Y, row_weight=R, weight=CLASS_WEIGHTS, backend=backend)
    assert report.loss() == pytest.approx(expected, rel=1e-12)
    assert report.ledger.entries()["weight_sum"] == (CLASS_WEIGHTS[Y] * R).sum()


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_sums_and_rows_are_of_weighted_losses(backend, reduction):
    found = evaluate(X, Y, row_weight=R, reduction=reduction, backend=backend).loss()
    expected = torch_rows() * R
    np.testing.assert_allclose(found, expected if reduction == "none" else expected.sum(), rtol=1e-12)


def test_labels_that_are_probabilities(backend):
    q = np.random.default_rng(21).dirichlet(np.ones(4), size=20)
    rows = F.cross_entropy(torch.tensor(X), torch.tensor(q), reduction="none").numpy()
    report = evaluate(X, q, row_weight=R, backend=backend)
    assert report.loss() == pytest.approx(np.average(rows, weights=R), rel=1e-12)


def test_multi_label_means_divide_by_the_weights_times_the_classes(backend):
    elements = F.binary_cross_entropy_with_logits(torch.tensor(X), torch.tensor(T), reduction="none").numpy()
    report = evaluate(X, T, row_weight=R, multilabel=True, backend=backend)
    for line in report.losses:
        assert line.loss == pytest.approx((elements * R[:, None]).sum() / (R.sum() * 4), rel=1e-12)


@pytest.mark.parametrize("multilabel", [False, True])
def test_the_gradient_is_autograds(backend, multilabel):
    leaf = torch.tensor(X, requires_grad=True)
    if multilabel:
        rows = F.binary_cross_entropy_with_logits(leaf, torch.tensor(T), reduction="none").mean(1)
    else:
        rows = F.cross_entropy(leaf, torch.tensor(Y), reduction="none")
    ((rows * torch.tensor(R)).sum() / R.sum()).backward()
    labels = T if multilabel else Y
    (step,) = gradient(X, labels, row_weight=R, multilabel=multilabel, backend=backend).steps
    np.testing.assert_allclose(step.values, leaf.grad.numpy(), rtol=1e-11, atol=1e-16)


def test_a_row_of_weight_0_counts_nowhere_whatever_it_holds(backend):
    x, r = X.copy(), np.ones(20)
    x[3], r[3] = math.nan, 0
    expected = torch_rows()[np.arange(20) != 3].mean()
    assert evaluate(x, Y, row_weight=r, backend=backend).loss() == pytest.approx(expected, rel=1e-12)


def test_ignored_rows_and_skipped_rows_do_not_weigh():
    y = np.where(np.arange(20) < 5, -1, Y)
    expected = np.average(torch_rows()[5:], weights=R[5:])
    assert evaluate(X, y, row_weight=R, ignore_index=-1).loss() == pytest.approx(expected, rel=1e-12)
    assert evaluate(X, Y, row_weight=R, skip_rows="0:5").loss() == pytest.approx(expected, rel=1e-12)


def test_several_axes():
    x, y, r = X.reshape(2, 10, 4), Y.reshape(2, 10), R.reshape(2, 10)
    assert evaluate(x, y, row_weight=r).loss() == pytest.approx(np.average(torch_rows(), weights=R), rel=1e-12)


def test_files_and_columns(tmp_path):
    header = "a,b,c,d"
    np.savetxt(tmp_path / "x.csv", X, delimiter=",", header=header, comments="", fmt="%.17g")
    np.savetxt(tmp_path / "r.txt", R)
    np.save(tmp_path / "r.npy", R)
    table = [f"{y},{r}" for y, r in zip(Y.tolist(), R.tolist(), strict=True)]
    (tmp_path / "y.csv").write_text("label,weight\n" + "\n".join(table) + "\n")
    rows = [",".join(map(repr, row)) + f",{rest}" for row, rest in zip(X.tolist(), table, strict=True)]
    (tmp_path / "all.csv").write_text(f"{header},label,weight\n" + "\n".join(rows) + "\n")
    expected = np.average(torch_rows(), weights=R)
    labels = {"label_column": "label"}
    for row_weight in (tmp_path / "r.txt", str(tmp_path / "r.npy"), str(tmp_path / "r.n*"), "weight", R.tolist()):
        found = evaluate(tmp_path / "x.csv", tmp_path / "y.csv", row_weight=row_weight, **labels)
        assert found.loss() == pytest.approx(expected, rel=1e-12), row_weight
    found = evaluate(tmp_path / "all.csv", row_weight="weight", **labels)
    assert found.class_names == ("a", "b", "c", "d")
    assert found.loss() == pytest.approx(expected, rel=1e-12)
    with pytest.raises(UsageError, match="--row-weight wight: there is no file of that name, and no column"):
        evaluate(tmp_path / "x.csv", tmp_path / "y.csv", row_weight="wight", **labels)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0, 1.0], "row_weight[1]: -1.0 is not a row weight: numbers from 0 on are needed"),
        ([1.0, 1.0, math.nan], "row_weight[2]: nan is not a row weight: numbers from 0 on are needed"),
        ([math.inf, 1.0, 1.0], "row_weight[0]: inf is not a row weight: numbers from 0 on are needed"),
        ([1.0, 1.0], "row_weight: 2 row weights for at least 3 rows; give one row weight per row"),
        ([1.0] * 4, "row_weight: 4 row weights for 3 rows; give one row weight per row"),
    ],
)
def test_what_cannot_be_row_weights_is_refused_by_its_place(weights, message):
    with pytest.raises(InputError) as caught:
        evaluate(X[:3], Y[:3], row_weight=weights)
    assert str(caught.value) == message


@pytest.mark.parametrize("other", [{"accumulate": "native"}, {"frameworks": ["keras"]}, {"shift": 1}])
def test_what_does_not_go_with_row_weights_is_refused(other):
    with pytest.raises(UsageError, match=r"^--row-weight and --.* do not go together; leave one of them out$"):
        evaluate(X, Y, row_weight=R, **other)


def test_the_same_bits_with_any_threads():
    drawn = np.random.default_rng(22)
    x, y, r = drawn.normal(size=(9000, 40)), drawn.integers(40, size=9000), drawn.random(9000)
    one, four = (evaluate(x, y, row_weight=r, threads=threads).loss() for threads in (1, 4))
    assert one == four


def test_weights_that_sum_to_0_give_nothing_and_say_so():
    report = evaluate(X, Y, row_weight=np.zeros(20))
    assert math.isnan(report.loss())
    assert report.nothing == "there is nothing to divide by: the weights of the counted rows sum to 0"
