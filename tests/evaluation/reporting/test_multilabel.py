"""Every figure of a multi-label report, by scikit-learn, torch, torchmetrics and scipy, whatever the blocks."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import binomtest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hamming_loss,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
)
from torchmetrics.functional.classification import binary_calibration_error

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.reporting import multilabel_fold
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.metrics.scores import Scores
from softmax_cli.reports.multilabel import quantity_names


def drawn(seed, rows, labels, *, scale=2.0):
    """Labels of any frequency, one of them never there, and one always; with ties, and a constant column of logits."""
    generator = np.random.default_rng(seed)
    right = generator.random((rows, labels)) < generator.random(labels) * 0.8
    right[:, 0], right[:, 1] = False, True
    logits = (generator.standard_normal((rows, labels)) + 2.0 * right - 1) * scale
    logits[:, 2] = logits[:, 2].round()
    logits[:, 3] = 0.0
    return logits.astype(np.float32), right.astype(np.int64)


CASES = {
    "few rows": drawn(1, 12, 4),
    "many rows": drawn(2, 907, 6),
    "many labels": drawn(3, 60, 90),
    "overconfident": drawn(4, 301, 5, scale=20.0),
    "underconfident": drawn(5, 301, 5, scale=0.1),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def made(logits, labels, **options):
    return report(logits, labels, multilabel=True, dtype="float64", **options)


def by_label(metric, labels, scores, needs):
    """A figure per label, nan where the labels are not of as many kinds as it needs."""
    kinds = [
        len(np.unique(labels[:, c])) == 2 if needs == "both" else labels[:, c].any() for c in range(labels.shape[1])
    ]
    return [metric(labels[:, c], scores[:, c]) if known else math.nan for c, known in enumerate(kinds)]


def column(found, name):
    return [getattr(line, name) for line in found.labels]


def test_decisions(case):
    logits, labels = case
    found, predicted = made(*case), expit(logits.astype(float)) >= 0.5
    now = found.quantities()
    assert now["subset_accuracy"] == pytest.approx(accuracy_score(labels, predicted), rel=1e-15)
    assert now["hamming_loss"] == pytest.approx(hamming_loss(labels, predicted), rel=1e-15)
    exact = binomtest(int((labels == predicted).all(1).sum()), len(labels)).proportion_ci(method="wilson")
    subset = found.figures[0]
    assert (subset.low, subset.high) == pytest.approx((exact.low, exact.high), rel=1e-12)
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, zero_division=np.nan)
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1), ("support", support)):
        assert column(found, name) == pytest.approx(list(expected), rel=1e-14, nan_ok=True), name
    assert now["lowest_f1"] == np.nanmin(f1)


@pytest.mark.parametrize("kind", ["micro", "macro"])
def test_averages(case, kind):
    logits, labels = case
    found, predicted = made(*case), logits >= 0
    now = found.quantities()
    options = {"average": kind, "zero_division": np.nan}
    expected = precision_recall_fscore_support(labels, predicted, **options)[:3]
    assert [now[f"{kind}_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(list(expected), rel=1e-13)
    for name, metric, needs in (
        ("average_precision", average_precision_score, "positives"),
        ("roc_auc", roc_auc_score, "both"),
    ):
        values = by_label(metric, labels, logits, needs)
        assert column(found, name) == pytest.approx(values, rel=1e-12, nan_ok=True)
        expected = metric(labels, logits, average="micro") if kind == "micro" else np.nanmean(values)
        assert now[f"{kind}_{name}"] == pytest.approx(expected, rel=1e-12)
        assert found.over(name) == np.count_nonzero(~np.isnan(values))


def test_the_best_threshold(case):
    logits, labels = case
    for line, scores, right in zip(made(*case).labels, logits.T, labels.T, strict=True):
        if not right.any():
            assert math.isnan(line.best_f1)
            assert math.isnan(line.best_threshold)
            continue
        precision, recall, _ = precision_recall_curve(right, scores)
        most = (2 * precision * recall / np.maximum(precision + recall, 1e-300)).max()
        assert line.best_f1 == pytest.approx(most, rel=1e-13)
        assert f1_score(right, scores >= line.best_logit) == pytest.approx(most, rel=1e-13)
        assert line.best_threshold == pytest.approx(expit(line.best_logit), rel=1e-14)


def test_losses(case):
    logits, labels = case
    found = made(*case)
    elements = F.binary_cross_entropy_with_logits(
        torch.tensor(logits, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64), reduction="none"
    ).numpy()
    loss = next(figure for figure in found.figures if figure.quantity == "loss")
    assert loss.value == pytest.approx(elements.mean(), rel=1e-13)
    assert loss.standard_error == pytest.approx(elements.mean(1).std(ddof=1) / math.sqrt(len(labels)), rel=1e-11)
    assert column(found, "mean_loss") == pytest.approx(list(elements.mean(0)), rel=1e-12)
    order = np.argsort(-elements.mean(1), kind="stable")[:5]
    assert [row.row for row in found.worst] == order.tolist()
    names = [str(c) for c in range(labels.shape[1])]
    for row in found.worst:
        assert row.labels == tuple(name for name, there in zip(names, labels[row.row], strict=True) if there)
        assert row.predicted == tuple(name for name, x in zip(names, logits[row.row], strict=True) if x >= 0)
        assert row.wrong == np.count_nonzero(labels[row.row] != (logits[row.row] >= 0))
        assert row.loss == pytest.approx(elements[row.row].mean(), rel=1e-13)
    assert sum(found.losses.counts) == len(labels)


def calibration(logits, labels, bins):
    p, t = torch.sigmoid(torch.tensor(logits, dtype=torch.float64)), torch.tensor(labels)
    return float(binary_calibration_error(p.contiguous(), t.contiguous(), n_bins=bins, norm="l1"))


@pytest.mark.parametrize("bins", [7, 15])
def test_calibration(bins):
    # Without the constant column: half of the peers puts p = 0.5 into the bin above.
    logits, labels = (np.delete(part, 3, axis=1) for part in CASES["many rows"])
    found = made(logits, labels, bins=bins)
    now = found.quantities()
    each = [calibration(logits[:, c], labels[:, c], bins) for c in range(labels.shape[1])]
    assert column(found, "calibration_error") == pytest.approx(each, rel=1e-5)
    assert now["labelwise_ece"] == pytest.approx(np.mean(each), rel=1e-5)
    assert now["ece"] == pytest.approx(calibration(logits.ravel(), labels.ravel(), bins), rel=1e-5)
    assert sum(each.rows for each in found.bins) == labels.size


def test_the_best_temperature(case):
    logits, labels = (torch.tensor(part, dtype=torch.float64) for part in case)
    found = made(*case).tempered

    def loss(log_t):
        return F.binary_cross_entropy_with_logits(logits / math.exp(log_t), labels).item()

    best = minimize_scalar(loss, bounds=(-8, 8), method="bounded", options={"xatol": 1e-10})
    assert found.loss == pytest.approx(best.fun, rel=1e-10)
    assert found.temperature == pytest.approx(math.exp(best.x), rel=1e-4)
    at_best = made(*case, temperature=found.temperature).quantities()
    assert at_best["loss"] == pytest.approx(found.loss, rel=1e-12)
    assert at_best["ece"] == pytest.approx(found.ece, rel=1e-9)


def test_a_temperature_divides_the_logits():
    logits, labels = CASES["many rows"]
    one, other = made(logits, labels, temperature=2.0), made(logits / 2, labels)
    assert one.tempered.temperature == pytest.approx(2 * other.tempered.temperature, rel=1e-6)
    expected = {**other.quantities(), "temperature": one.tempered.temperature}
    assert one.quantities() == pytest.approx(expected, rel=1e-6)
    assert column(one, "best_logit") == pytest.approx([2 * x for x in column(other, "best_logit")], nan_ok=True)


def test_no_temperature_where_every_logit_is_on_the_right_side():
    found = made([[1.0, -2.0], [-3.0, 4.0]], [[1, 0], [0, 1]])
    assert found.quantities()["temperature"] == 0
    assert "No best temperature: no logit is on the wrong side of 0" in found.remarks()[0]


def test_no_temperature_is_too_large_for_logits_that_know_nothing():
    found = made([[1.0], [1.0], [1.0], [1.0]], [[1], [0], [0], [1]])
    assert found.quantities()["temperature"] == math.inf
    assert found.quantities()["loss_at_temperature"] == pytest.approx(math.log(2), rel=1e-15)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("exact_elements", [1 << 22, 1000])
def test_neither_blocks_nor_threads_change_a_digit(monkeypatch, tmp_path, threads, exact_elements):
    monkeypatch.setattr(multilabel_fold, "rows_per_block", lambda *_: 50)
    monkeypatch.setattr(multilabel_fold, "Scores", lambda labels: Scores(labels, exact_elements))
    logits, labels = CASES["many rows"]
    whole = made(logits, labels, threads=1).as_dict()
    for number, rows in enumerate(np.array_split(np.arange(len(logits)), 13)):
        np.save(tmp_path / f"x-{number:02}.npy", logits[rows])
        np.save(tmp_path / f"t-{number:02}.npy", labels[rows])
    parts = made(str(tmp_path / "x-*.npy"), str(tmp_path / "t-*.npy"), threads=threads).as_dict()
    for name in set(whole) - {"notes"}:
        assert repr(parts[name]) == repr(whole[name]), name


def test_beyond_the_bound_a_note_says_how_exact(monkeypatch):
    monkeypatch.setattr(multilabel_fold, "rows_per_block", lambda *_: 50)
    logits, labels = CASES["many rows"]
    exact = made(logits, labels)
    monkeypatch.setattr(multilabel_fold, "Scores", lambda labels: Scores(labels, 1000))
    found = made(logits, labels)
    (note,) = found.notes
    off = note.partition("at most ")[2].split()
    precision, area = float(off[0]), float(off[4].rstrip(","))
    for here, there in zip(found.labels, exact.labels, strict=True):
        assert here.average_precision == pytest.approx(there.average_precision, abs=precision * 1.05, nan_ok=True)
        assert here.roc_auc == pytest.approx(there.roc_auc, abs=area * 1.05, nan_ok=True)
    for name in ("loss", "micro_f1", "ece", "temperature"):
        assert found.quantities()[name] == pytest.approx(exact.quantities()[name], rel=1e-6)
    assert not exact.notes


def test_nan_spoils_what_it_concerns_and_nothing_else():
    logits, labels = (part.copy() for part in CASES["many rows"])
    expected = made(logits, labels)
    logits[[17, 40], 4] = math.nan
    found = made(logits, labels)
    assert found.undefined == 2
    assert found.first_undefined == 17
    assert "2 logits are nan, first in row 17" in found.warnings()[0]
    spoilt = found.labels[4]
    undefined = ("average_precision", "roc_auc", "best_f1", "calibration_error", "mean_loss")
    assert all(math.isnan(getattr(spoilt, name)) for name in undefined)
    assert spoilt.recall <= expected.labels[4].recall
    assert repr(found.labels[5]) == repr(expected.labels[5])
    for name in ("loss", "ece", "temperature", "macro_roc_auc", "micro_average_precision"):
        assert math.isnan(found.quantities()[name]), name
    assert [row.row for row in found.worst[:2]] == [17, 40]


def test_infinite_losses():
    found = made([[math.inf, -1.0], [-math.inf, 1.0], [2.0, 0.5]], [[1, 0], [1, 1], [0, 1]])
    assert found.quantities()["loss"] == math.inf
    assert "1 label has an infinite loss" in found.warnings()[0]
    assert found.labels[0].roc_auc == 0.5
    assert "infinite at any T" in found.tempered.why


def test_probabilities_in_the_place_of_logits_are_named():
    logits, labels = CASES["many rows"]
    (hint,) = made(expit(logits), labels).hints
    assert hint.startswith("logits: every value lies within [0, 1]")
    assert hint.endswith("use --values probabilities")
    assert softmax_cli.evaluate(expit(logits), labels, multilabel=True).hints == (hint,)
    assert made(expit(logits.astype(float)), labels, values="probabilities").hints == ()
    for healthy in (logits, expit(logits) - 1e-3, expit(logits)[:1, :5], np.maximum(logits, 0)):
        assert made(healthy, labels[: len(healthy), : healthy.shape[1]]).hints == ()


def test_one_label():
    logits, labels = CASES["many rows"]
    found = made(logits[:, 2:3], labels[:, 2:3]).quantities()
    assert found["subset_accuracy"] == accuracy_score(labels[:, 2], logits[:, 2] >= 0)
    assert found["micro_roc_auc"] == found["macro_roc_auc"]


def test_float32_and_other_kinds_of_zeros_and_ones():
    logits, labels = CASES["many rows"]
    expected = report(logits, labels, multilabel=True)
    assert "dtype:float32" in expected.signature_line()
    for dtype in (bool, np.uint8, np.float32):
        assert report(logits, labels.astype(dtype), multilabel=True).quantities() == expected.quantities()
    now = made(logits, labels).quantities()
    assert expected.quantities()["loss"] == pytest.approx(now["loss"], rel=1e-6)


def test_soft_labels_are_refused_by_place():
    with pytest.raises(
        InputError, match=r"labels\[1\], class 0: 0\.25 is neither 0 nor 1: report counts right and wrong"
    ):
        made([[1.0, 2.0], [0.5, 0.5]], [[1, 0], [0.25, 1]])


def test_options_for_one_label_per_row_are_refused():
    with pytest.raises(UsageError, match="--top-k is for one label per row; leave it or --multilabel out"):
        made([[1.0]], [[1]], top_k=[3])
    with pytest.raises(UsageError, match="--ignore-index is for one label per row"):
        made([[1.0]], [[1]], ignore_index=0)
    with pytest.raises(UsageError, match="--label-base is for one label per row"):
        made([[1.0]], [[1]], label_base=1)


def test_the_names_of_conditions_are_those_of_the_figures(case):
    found = softmax_cli.report(*case, multilabel=True)
    assert set(quantity_names()) == set(found.quantities())
