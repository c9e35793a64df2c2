"""What each number means: every corner case on record, by its name, against the figure that was measured elsewhere.

Where a figure stands here without a computation, it is from torch 2.13, optax 0.2.8, Keras 3.15 or scikit-learn 1.9.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli import evaluate
from softmax_cli.errors import InputError, UsageError

INF, NAN = math.inf, math.nan
X = [[1.0, 2.0, 3.0]]


def by_name(logits, labels, **options):
    return {line.variant: line.loss for line in evaluate(logits, labels, **options).losses}


# --- logits that are not finite, target class 0 ------------------------------------------------------------------

NON_FINITE = {
    "-inf at the target": ([-INF, 0.0, 1.0], (INF, INF, INF, INF)),
    "-inf elsewhere (a masked class)": ([0.0, -INF, 1.0], (math.log1p(math.e), NAN, NAN, INF)),
    "+inf at the target": ([INF, 0.0, 1.0], (NAN, NAN, NAN, NAN)),
    "+inf elsewhere": ([0.0, INF, 1.0], (NAN, NAN, NAN, NAN)),
    "a nan": ([0.0, NAN, 1.0], (NAN, NAN, NAN, NAN)),
    "all -inf": ([-INF, -INF, -INF], (NAN, NAN, NAN, NAN)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("row", "expected"), list(NON_FINITE.values()), ids=list(NON_FINITE))
def test_non_finite_logits(row, expected, dtype, backend):
    found = by_name([row], [0], backend=backend, dtype=dtype)
    smoothed = by_name([row], [0], backend=backend, dtype=dtype, label_smoothing=0.1)
    rows = (found["cross_entropy"], found["log_softmax"], found["log_of_softmax"], smoothed["cross_entropy"])
    assert rows == pytest.approx(expected, rel=1e-6, nan_ok=True)
    assert found["nll_loss"] == pytest.approx(expected[0], rel=1e-6, nan_ok=True)
    assert smoothed["nll_loss"] == pytest.approx(expected[3], nan_ok=True)
    assert smoothed["log_softmax"] == pytest.approx(expected[3], nan_ok=True)


# --- published test vectors --------------------------------------------------------------------------------------

VECTORS = {
    "optax's documentation": ([[1.2, -0.8, -0.5], [0.9, -1.2, 1.1]], [0, 1], [0.2761, 2.9518]),
    "torch, y = 0": (X, [0], [2.4076]),
    "torch, y = 2": (X, [2], [0.4076]),
}


@pytest.mark.parametrize(("logits", "labels", "expected"), list(VECTORS.values()), ids=list(VECTORS))
def test_vectors(logits, labels, expected, backend):
    found = evaluate(logits, labels, backend=backend, reduction="none").loss()
    assert found == pytest.approx(expected, abs=5e-5)


def test_vector_of_four_rows(backend):
    logits, labels = [[2.5, -1.5, 3], [4, 1, 2], [-2, 1.5, 3.5], [5, 2, -3]], [2, 0, 1, 0]
    expected = F.cross_entropy(torch.tensor(logits, dtype=torch.float64), torch.tensor(labels), reduction="none")
    np.testing.assert_allclose(evaluate(logits, labels, backend=backend, reduction="none").loss(), expected, rtol=1e-14)


# --- index labels ------------------------------------------------------------------------------------------------


def test_the_weighted_mean_divides_by_the_labels_weights(backend):
    logits, labels, weight = np.random.default_rng(0).standard_normal((4, 3)), [0, 2, 1, 1], [1.0, 2.0, 3.0]
    expected = F.cross_entropy(torch.tensor(logits), torch.tensor(labels), torch.tensor(weight).double())
    assert evaluate(logits, labels, backend=backend, weight=weight).loss() == pytest.approx(expected.item(), rel=1e-14)


def test_probability_labels_divide_by_the_rows_twice_the_mean_of_the_same_labels_as_indices(backend):
    # The labels' weights sum to 1 + 3 + 2 + 2 = 8, over four rows.
    logits, labels, weight = np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 2, 1, 1]), [1.0, 2.0, 3.0]
    indices = evaluate(logits, labels, backend=backend, weight=weight)
    one_hot = evaluate(logits, np.eye(3)[labels], backend=backend, weight=weight)
    assert one_hot.loss() == pytest.approx(2 * indices.loss(), rel=1e-14)
    rows = (evaluate(logits, y, backend=backend, weight=weight, reduction="none") for y in (labels, np.eye(3)[labels]))
    np.testing.assert_allclose(*(report.loss() for report in rows), rtol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", ["all ignored", "the weights sum to 0"])
def test_nothing_to_divide_by(case, reduction, backend):
    ignored = {"ignore_index": 0} if case == "all ignored" else {"weight": [0.0, 1.0]}
    report = evaluate([[1.0, 2.0], [3.0, 4.0]], [0, 0], backend=backend, reduction=reduction, **ignored)
    expected = F.cross_entropy(
        torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
        torch.tensor([0, 0]),
        None if case == "all ignored" else torch.tensor([0.0, 1.0]),
        ignore_index=0 if case == "all ignored" else -100,
        reduction=reduction,
    )
    np.testing.assert_array_equal(report.loss(), expected.numpy())
    why = {
        "all ignored": "No row counts: all 2 labels are ignored.",
        "the weights sum to 0": "There is nothing to divide by: the weights of the counted labels' classes sum to 0.",
    }
    said = case == "all ignored" or reduction == "mean"
    assert (why[case] in report.warnings()) == said


def test_nan_in_an_ignored_row_does_not_leak(backend):
    losses = by_name([[1.0, 2.0], [NAN, INF]], [0, -100], backend=backend, ignore_index=-100)
    assert losses == pytest.approx(dict.fromkeys(losses, math.log1p(math.e)))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_labels_of_any_integer_dtype(dtype, backend):
    assert evaluate(X, np.array([2], dtype), backend=backend).loss() == pytest.approx(0.4076, abs=5e-5)


def test_whole_floats_are_labels_and_others_are_refused():
    assert evaluate(X, [2.0]).loss() == pytest.approx(0.4076, abs=5e-5)
    with pytest.raises(InputError, match=r"labels\[1\]: label 1.5 is not a whole number"):
        evaluate(X * 2, [2.0, 1.5])


@pytest.mark.parametrize("label", [-1, 3, -100])
def test_a_label_out_of_range_is_refused_where_peers_wrap_or_give_nan(label):
    with pytest.raises(InputError, match=rf"labels\[0\]: label {label} is outside 0..2 \(the logits have 3 classes\)"):
        evaluate(X, [label])


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, NAN])
def test_smoothing_out_of_range_is_refused_where_torch_takes_less_than_0_for_0(smoothing):
    with pytest.raises(UsageError, match="a number from 0 to 1 is needed"):
        evaluate(X, [0], label_smoothing=smoothing)


# --- probability labels ------------------------------------------------------------------------------------------


def test_probabilities_that_do_not_sum_to_1_are_said_to():
    report = evaluate(X, [[0.5, 0.2, 0.2]])
    (note,) = report.notes
    assert note.startswith("labels[0]: the label's probabilities sum to 0.9, not 1; used as they are")


def test_ignore_index_and_probabilities_exclude_each_other():
    with pytest.raises(UsageError, match="--ignore-index is for class indices"):
        evaluate(X, [[0.5, 0.3, 0.2]], ignore_index=-100)


def test_0_log_0_is_nan_as_in_torch_and_0_where_that_is_asked_for(backend):
    logits, labels = [[0.0, -INF, 0.0]], [[0.5, 0.0, 0.5]]
    assert math.isnan(F.cross_entropy(torch.tensor(logits), torch.tensor(labels)))
    assert all(map(math.isnan, by_name(logits, labels, backend=backend).values()))
    losses = by_name(logits, labels, backend=backend, zero_log_zero=True)
    assert losses == pytest.approx(dict.fromkeys(losses, math.log(2)))


# --- precision ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "expected"), [(3000, "finite"), (4096, "inf")])
def test_native_accumulation_overflows_float16_as_torch_does(rows, expected):
    generator = torch.Generator().manual_seed(0)
    logits = (torch.randn(rows, 1000, generator=generator) * 5).half()
    labels = torch.arange(rows) % 1000
    by_torch = F.cross_entropy(logits, labels).item()
    assert math.isinf(by_torch) == (expected == "inf")
    options = {"backend": "torch", "variants": ["cross_entropy"]}
    assert evaluate(logits, labels, accumulate="native", **options).loss() == by_torch
    exact = F.cross_entropy(logits.double(), labels).item()
    assert evaluate(logits, labels, **options).loss() == pytest.approx(exact, rel=1e-4)


def test_bfloat16_natively():
    logits = (torch.randn(500, 100, generator=torch.Generator().manual_seed(1)) * 5).bfloat16()
    labels = torch.arange(500) % 100
    found = evaluate(logits, labels, backend="torch", dtype="bfloat16", accumulate="native")
    assert found.loss() == F.cross_entropy(logits, labels).item()


def test_several_precisions_side_by_side():
    logits, labels = np.random.default_rng(0).standard_normal((50, 5)), np.arange(50) % 5
    report = evaluate(logits, labels, dtype=["float16", "float32", "float64"])
    for dtype in ("float16", "float32", "float64"):
        rounded = torch.tensor(logits.astype(dtype)).double()
        (line,) = (line for line in report.losses if line.dtype == dtype and line.variant == "cross_entropy")
        assert line.reference == pytest.approx(F.cross_entropy(rounded, torch.tensor(labels)).item(), rel=1e-14)
        spacing = float(np.spacing(np.array(line.reference, dtype)))
        assert line.ulp == pytest.approx(line.delta / spacing)


# --- the ledger --------------------------------------------------------------------------------------------------


def test_the_ledger(backend):
    rng = np.random.default_rng(2)
    logits, labels, weight = rng.standard_normal((20, 3)), rng.integers(3, size=20), np.array([1.0, 2.0, 3.0])
    labels[:5] = -100
    losses = F.cross_entropy(torch.tensor(logits), torch.tensor(labels), torch.tensor(weight), reduction="none")
    total, weights = losses.sum().item(), weight[labels[5:]].sum()
    counted = losses[5:]
    expected = {
        "rows": 20,
        "counted": 15,
        "ignored": 5,
        "loss_sum": total,
        "weight_sum": weights,
        "mean": F.cross_entropy(torch.tensor(logits), torch.tensor(labels), torch.tensor(weight)).item(),
        "mean_per_counted_row": total / 15,
        "mean_per_row": total / 20,
        "perplexity": math.exp(total / weights),
        "bits": total / weights / math.log(2),
        # The standard error of a mean, from the standard deviation with n - 1.
        "standard_error": (counted.std(correction=1) / math.sqrt(15)).item(),
    }
    found = evaluate(logits, labels, backend=backend, weight=weight, ignore_index=-100).ledger.entries()
    assert found == pytest.approx(expected, rel=1e-12)


def test_temperature(backend):
    logits, labels = np.random.default_rng(3).standard_normal((9, 4)), np.arange(9) % 4
    expected = F.cross_entropy(torch.tensor(logits) / 0.3, torch.tensor(labels)).item()
    report = evaluate(logits, labels, backend=backend, temperature=0.3)
    assert report.loss() == pytest.approx(expected, rel=1e-13)
    assert report.reference == pytest.approx(expected, rel=1e-13)


# --- the rows with the largest losses ----------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [3, 50, 5000])
def test_top_rows(rows, backend):
    rng = np.random.default_rng(4)
    logits, labels = rng.standard_normal((rows, 70)) * 4, rng.integers(70, size=rows)
    losses = F.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="none")
    order = torch.argsort(losses, descending=True)[:5].tolist()
    probabilities = torch.softmax(torch.tensor(logits), 1)
    details = evaluate(logits, labels, backend=backend, top=5).details
    assert [detail.row for detail in details] == order
    for detail in details:
        row = detail.row
        assert (detail.label, detail.prediction) == (str(labels[row]), str(int(logits[row].argmax())))
        assert detail.loss == pytest.approx(losses[row].item(), rel=1e-12)
        assert detail.p_label == pytest.approx(probabilities[row, labels[row]].item(), rel=1e-12)
        assert detail.p_prediction == pytest.approx(probabilities[row].max().item(), rel=1e-12)


def test_every_row_but_the_ignored():
    details = evaluate(X * 4, [0, -100, 2, 1], ignore_index=-100, per_row=True).details
    assert [(detail.row, detail.label) for detail in details] == [(0, "0"), (2, "2"), (3, "1")]


def test_a_loss_of_nan_ranks_first():
    assert [detail.row for detail in evaluate([*X, [NAN, 0, 0], *X], [0, 0, 1], top=2).details] == [1, 0]


def test_every_nonfinite_row_is_explained():
    logits = [[0.0, 0.0], [-INF, 0.0], [0.0, NAN], [0.0, 0.0], [INF, 0.0]]
    report = evaluate(logits, [0] * 5, variants=["cross_entropy"], explain=True)
    (line,) = report.losses
    assert [cause.partition(":")[0] for cause in line.causes] == ["row 1", "row 2", "row 4"]
    assert sum("row " in warning for warning in report.warnings()) == 3
