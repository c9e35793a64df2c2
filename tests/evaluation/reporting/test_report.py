"""Every figure of a report, by scikit-learn, torchmetrics, torch and scipy, whatever the data and their blocks."""

import csv
import math
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)
from torchmetrics.functional.classification import multiclass_calibration_error

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.reporting import fold, temperature
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.metrics.order import Order
from softmax_cli.metrics.temperature import newton


def digits(samples):
    with (samples / "digits_logits.csv").open() as file:
        logits = np.array(list(csv.reader(file))[1:], float)
    labels = np.array((samples / "digits_labels.csv").read_text().split()[1:], int)
    return logits, labels


def generated(rows, classes, *, scale, boost, labels=None):
    generator = np.random.default_rng(rows + classes)
    labels = generator.integers(0, classes, rows) if labels is None else labels(generator)
    logits = generator.standard_normal((rows, classes))
    logits[np.arange(rows), labels] += boost
    return logits * scale, labels


# Of rows that are one more than a prime: no quantile is one of the values, and edges are compared as anybody would.
MADE = {
    "digits": digits,
    "overconfident": lambda _: generated(702, 12, scale=5.0, boost=1.0),
    "underconfident": lambda _: generated(702, 12, scale=0.3, boost=3.0),
    "two classes": lambda _: generated(504, 2, scale=2.0, boost=1.0),
    "many classes": lambda _: generated(402, 300, scale=3.0, boost=2.0),
    "imbalanced": lambda _: generated(602, 8, scale=2.0, boost=1.0, labels=lambda g: g.geometric(0.6, 602) % 8),
}

# In float32 a probability is good to about 1e-7; a confidence that lies so near to a bin's edge would be another
# matter, and none does.
PRECISIONS = [("float64", 1e-11), ("float32", 3e-6)]


@pytest.fixture(params=MADE)
def case(request, samples):
    logits, labels = MADE[request.param](samples)
    return logits.astype(np.float32), labels


@pytest.fixture(params=PRECISIONS, ids=[name for name, _ in PRECISIONS])
def found(request, case):
    """A report in one precision or the other, with the labels, the exact probabilities, and the tolerance."""
    (logits, labels), (dtype, tolerance) = case, request.param
    exact = torch.softmax(torch.tensor(logits, dtype=torch.float64), 1).numpy()
    return report(logits, labels, dtype=dtype), labels, exact, tolerance


def near(expected, tolerance):
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


def test_the_predictions(found):
    report, labels, exact, _ = found
    figures, predicted = report.quantities(), exact.argmax(1)
    assert figures["accuracy"] == accuracy_score(labels, predicted)
    if exact.shape[1] > 5:
        expected = top_k_accuracy_score(labels, exact, k=5, labels=range(exact.shape[1]))
        assert figures["top_5"] == pytest.approx(expected, rel=1e-15)
    recalls = [np.mean(predicted[labels == c] == c) for c in np.unique(labels)]
    assert figures["balanced_accuracy"] == pytest.approx(np.mean(recalls), rel=1e-14)
    assert figures["lowest_recall"] == min(recalls)
    assert figures["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"), rel=1e-14)
    for figure in report.figures:
        if figure.quantity in {"accuracy", "top_5"}:
            interval = binomtest(round(figure.value * len(labels)), len(labels)).proportion_ci(method="wilson")
            assert (figure.low, figure.high) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_the_loss_and_its_error(found):
    report, labels, exact, tolerance = found
    losses = -np.log(exact[np.arange(len(labels)), labels])
    mean, error = losses.mean(), losses.std(ddof=1) / math.sqrt(len(labels))
    expected = {
        "loss": (log_loss(labels, exact, labels=range(exact.shape[1])), error),
        "perplexity": (math.exp(mean), math.exp(mean) * error),
        "bits": (mean / math.log(2), error / math.log(2)),
    }
    figures = {figure.quantity: (figure.value, figure.standard_error) for figure in report.figures}
    for name, values in expected.items():
        assert figures[name] == near(values, tolerance * 10), name


def test_the_brier_score(found):
    report, labels, exact, tolerance = found
    figures = report.quantities()
    classes = range(exact.shape[1])
    expected = brier_score_loss(labels, exact, labels=classes, scale_by_half=False)
    assert figures["brier"] == near(expected, tolerance)
    parts = ("reliability", "resolution", "uncertainty", "within_bins")
    reliability, resolution, uncertainty, within = (figures[f"brier_{part}"] for part in parts)
    assert figures["brier"] == pytest.approx(reliability - resolution + uncertainty + within, rel=1e-13)
    expected = expected_reliability = 0.0
    for c in classes:
        share, mean, rows = curve(labels == c, exact[:, c])
        expected_reliability += (rows * (share - mean) ** 2).sum() / len(labels)
        expected += (rows * (share - np.mean(labels == c)) ** 2).sum() / len(labels)
    assert (reliability, resolution) == near((expected_reliability, expected), tolerance * 10)
    assert uncertainty == pytest.approx(1 - sum(np.mean(labels == c) ** 2 for c in classes), rel=1e-12)


def curve(right, confidences, strategy="uniform", bins=15):
    """scikit-learn's curve, and how many rows each of its points stands for."""
    share, mean = calibration_curve(right, confidences, n_bins=bins, strategy=strategy)
    edges = np.linspace(0, 1, bins + 1) if strategy == "uniform" else np.quantile(confidences, np.linspace(0, 1, 16))
    rows = np.bincount(np.searchsorted(edges[1:-1], confidences), minlength=bins)
    return share, mean, rows[rows > 0]


def test_the_calibration(found):
    report, labels, exact, tolerance = found
    figures, confidences, right = report.quantities(), exact.max(1), exact.argmax(1) == labels
    assert figures["confidence"] == near(confidences.mean(), tolerance)
    # torchmetrics holds the edges of the bins in float32.
    given = torch.tensor(exact), torch.tensor(labels), exact.shape[1], 15
    assert figures["ece"] == near(multiclass_calibration_error(*given, "l1").item(), 1e-5)
    assert figures["mce"] == near(multiclass_calibration_error(*given, "max").item(), 1e-5)
    for name, strategy in (("", "uniform"), ("_equal_mass", "quantile")):
        share, mean, rows = curve(right, confidences, strategy)
        assert figures[f"ece{name}"] == near((rows * np.abs(share - mean)).sum() / len(labels), tolerance * 10)
        assert figures[f"mce{name}"] == near(np.abs(share - mean).max(), tolerance * 10)
    by_class = []
    for c in range(exact.shape[1]):
        share, mean, rows = curve(labels == c, exact[:, c])
        by_class.append((rows * np.abs(share - mean)).sum() / len(labels))
    assert figures["classwise_ece"] == near(np.mean(by_class), tolerance * 10)
    assert [line.calibration_error for line in report.classes] == near(by_class, tolerance * 10)


def test_the_classes(found):
    report, labels, exact, tolerance = found
    predicted = exact.argmax(1)
    classes = range(exact.shape[1])
    expected = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=np.nan)
    losses = -np.log(exact[np.arange(len(labels)), labels])
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose([getattr(line, name) for line in report.classes], values, rtol=1e-14)
    for c, line in enumerate(report.classes):
        if line.support:
            assert line.mean_loss == near(losses[labels == c].mean(), tolerance * 10)


def test_the_confused_pairs(found):
    report, labels, exact, _ = found
    matrix = confusion_matrix(labels, exact.argmax(1), labels=range(exact.shape[1]))
    np.fill_diagonal(matrix, 0)
    assert [pair.rows for pair in report.confused] == sorted(matrix[matrix > 0].tolist(), reverse=True)[:10]
    for pair in report.confused:
        label, predicted = (report.class_names.index(name) for name in (pair.label, pair.predicted))
        assert matrix[label, predicted] == pair.rows
        assert pair.share == pair.rows / np.count_nonzero(labels == label)


def test_the_worst_rows(found):
    report, labels, exact, tolerance = found
    losses = -np.log(exact[np.arange(len(labels)), labels])
    assert [detail.row for detail in report.worst] == np.argsort(-losses, kind="stable")[:5].tolist()
    for detail in report.worst:
        assert detail.loss == near(losses[detail.row], tolerance * 10)
        assert detail.p_label == pytest.approx(exact[detail.row, labels[detail.row]], rel=tolerance * 10)
        assert detail.p_prediction == near(exact[detail.row].max(), tolerance)
        assert (detail.label, detail.prediction) == (str(labels[detail.row]), str(exact[detail.row].argmax()))


def test_the_histogram(found):
    report, labels, exact, _ = found
    losses = -np.log(exact[np.arange(len(labels)), labels])
    counts, _ = np.histogram(losses, report.losses.edges)
    assert report.losses.counts == counts.tolist()
    assert sum(report.losses.counts) == len(labels)
    assert report.losses.counts[-1] <= len(labels) / 100 + 1


def test_the_best_temperature(found, case):
    report, labels, _, tolerance = found
    logits = torch.tensor(case[0], dtype=torch.float64)

    def loss(log_t):
        return F.cross_entropy(logits / math.exp(log_t), torch.tensor(labels)).item()

    expected = minimize_scalar(loss, bracket=(-1, 1), tol=1e-12)
    figures = report.quantities()
    # A minimiser that looks at values alone finds the place to the square root of float64's precision.
    assert math.log(figures["temperature"]) == pytest.approx(expected.x, abs=1e-5)
    assert figures["loss_at_temperature"] == near(expected.fun, tolerance)
    assert figures["perplexity_at_temperature"] == near(math.exp(expected.fun), tolerance * 10)
    there = torch.softmax(logits / figures["temperature"], 1).numpy()
    share, mean, rows = curve(there.argmax(1) == labels, there.max(1))
    assert figures["ece_at_temperature"] == near((rows * np.abs(share - mean)).sum() / len(labels), tolerance * 10)
    assert abs(report.tempered.slope) < 1e-6


def everything(report):
    return repr(([*report.charts()], [*report.records().rows], report.as_dict()))


@pytest.fixture
def files(tmp_path):
    logits, labels = generated(3000, 40, scale=2.0, boost=2.0)
    np.save(tmp_path / "x.npy", logits)
    np.save(tmp_path / "y.npy", labels)
    return tmp_path / "x.npy", tmp_path / "y.npy"


def cut(monkeypatch, rows):
    """Have the readers hand out other blocks, of so many rows."""
    blocks = fold.Pair.blocks
    monkeypatch.setattr(fold.Pair, "blocks", lambda pair, _: blocks(pair, rows))


@pytest.mark.parametrize("rows", [7, 1024, 10**6])
@pytest.mark.parametrize("sampled", [10**6, 200])
def test_neither_blocks_nor_threads_change_a_digit(files, monkeypatch, rows, sampled):
    monkeypatch.setattr(temperature, "_SAMPLE_NUMBERS", 40 * sampled)
    expected = everything(report(*files, threads=1))
    cut(monkeypatch, rows)
    assert everything(report(*files, threads=3)) == expected


def counted_passes(monkeypatch):
    """A list that grows by one with each pass over the file."""
    passes, blocks = [], fold.ReportFold.blocks
    monkeypatch.setattr(fold.ReportFold, "blocks", lambda each: passes.append(1) or blocks(each))
    return passes


def test_a_sample_gives_the_temperature_of_all_rows(files, monkeypatch):
    whole = report(*files).tempered
    monkeypatch.setattr(temperature, "_SAMPLE_NUMBERS", 40 * 100)
    passes = counted_passes(monkeypatch)
    sampled = report(*files).tempered
    assert sampled.temperature == pytest.approx(whole.temperature, rel=temperature.TOLERANCE)
    assert sampled.loss == pytest.approx(whole.loss, rel=1e-12)  # where it is flat
    assert sampled.ece == pytest.approx(whole.ece, rel=1e-5)
    assert 2 < len(passes) <= 5


def test_a_sample_without_an_error_does_not_mislead(monkeypatch):
    logits = np.tile([1.0, 0.0], (10000, 1))
    labels = np.zeros(10000, int)
    labels[4321] = 1  # which no even number of rows between two is at
    monkeypatch.setattr(temperature, "_SAMPLE_NUMBERS", 2 * 50)
    passes = counted_passes(monkeypatch)
    assert report(logits, labels).tempered.temperature == pytest.approx(1 / math.log(9999), rel=temperature.TOLERANCE)
    assert len(passes) < 12  # where a sample that can be parted would send the search far off


def test_what_a_sample_knows_of_the_slopes_bend_saves_passes(monkeypatch):
    logits, labels = generated(20000, 5, scale=6.0, boost=1.5)
    exact = 1 / report(logits, labels).tempered.temperature
    monkeypatch.setattr(temperature, "_SAMPLE_NUMBERS", 5 * 400)
    found, guided = [], temperature.Search._guided

    def watched(search, here):
        found.append((abs(guided(search, here) - exact), abs(newton(here) - exact)))
        return guided(search, here)

    monkeypatch.setattr(temperature.Search, "_guided", watched)
    report(logits, labels)
    ours, newtons = found[0]
    assert ours < newtons / 3


def test_a_sample_that_knows_nothing_does_not_mislead(monkeypatch):
    logits, labels = generated(4096, 3, scale=1.0, boost=1.0)
    labels[::64] = (logits[::64].argmin(axis=1)) % 3  # the rows of the sample, each the worst there could be
    monkeypatch.setattr(temperature, "_SAMPLE_NUMBERS", 3 * 64)
    found = report(logits, labels).tempered
    assert abs(found.slope) < 1e-6
    assert found.temperature < 10


@pytest.mark.parametrize("given", [0.5, 3.0])
def test_the_temperature_given_divides_the_logits(case, given):
    logits, labels = case
    found, as_divided = report(logits, labels, temperature=given), report(logits / np.float32(given), labels)
    for name in ("loss", "ece", "brier", "accuracy"):
        assert found.quantities()[name] == as_divided.quantities()[name]
    # The best one is of the logits as they are.
    assert found.tempered.temperature == pytest.approx(report(logits, labels).tempered.temperature, rel=1e-5)


def test_in_every_row_the_label_is_first():
    found = report([[3.0, 1.0], [0.0, 2.0]], [0, 1])
    assert found.quantities()["temperature"] == 0
    assert "the label has the largest logit" in found.tempered.why
    assert any(found.tempered.why in remark for remark in found.remarks())


def test_worse_than_guessing():
    found = report([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]], [2, 0])
    assert found.quantities()["temperature"] == math.inf
    assert found.quantities()["loss_at_temperature"] == pytest.approx(math.log(3))


def test_a_row_without_a_softmax_leaves_no_figure_of_probabilities_that_could_pass_a_gate():
    found = report([[math.nan, 1.0], [0.0, 2.0], [1.0, 0.0]], [0, 1, 1])
    figures = found.quantities()
    assert figures["accuracy"] == 1 / 3
    finite = {name for name, value in figures.items() if math.isfinite(value)}
    predictions = {"accuracy", "balanced_accuracy", "lowest_recall", "macro_f1", "rows", "counted", "ignored"}
    assert finite == predictions
    assert "1 row has no softmax" in found.warnings()[0]
    assert "first row 0" in found.warnings()[0]


def test_an_infinite_loss_has_no_best_temperature():
    found = report([[-math.inf, 1.0], [0.0, 2.0], [1.0, 0.0]], [0, 1, 1])
    assert found.quantities()["loss"] == math.inf
    assert math.isnan(found.quantities()["temperature"])
    assert found.quantities()["ece"] == pytest.approx(
        np.abs(np.array([-1, 1 - 1 / (1 + math.exp(-2)), -1 / (1 + math.exp(-1))])).sum() / 3
    )
    assert "1 row has an infinite loss" in found.warnings()[0]


def test_ignored_rows_count_nowhere(case):
    logits, labels = case
    ignored = np.arange(len(labels)) % 3 == 1
    given, spoilt = np.where(ignored, -100, labels), np.where(ignored[:, None], np.float32(np.nan), logits)
    found, expected = report(spoilt, given, ignore_index=-100), report(logits[~ignored], labels[~ignored])
    counts = {"rows", "ignored"}
    assert found.quantities()["ignored"] == ignored.sum()
    for name, value in expected.quantities().items():
        if name not in counts:
            assert found.quantities()[name] == pytest.approx(value, rel=1e-6), name
    kept = np.flatnonzero(~ignored)
    assert [detail.row for detail in found.worst] == [kept[detail.row] for detail in expected.worst]


def test_a_whole_block_of_ignored_rows_does_no_harm(monkeypatch):
    monkeypatch.setattr(fold.ReportFold, "rows_per_block", 8)
    logits, labels = generated(64, 3, scale=2.0, boost=1.0)
    given = np.where(np.arange(64) // 8 % 3 == 0, -1, labels)
    found, expected = report(logits, given, ignore_index=-1), report(logits[given >= 0], labels[given >= 0])
    assert found.quantities() == pytest.approx({**expected.quantities(), "rows": 64, "ignored": 24}, rel=1e-9)


def test_nothing_counts():
    found = report([[1.0, 2.0]], [9], ignore_index=9)
    assert found.nothing == "no row counts: the only label is ignored"
    assert str(found)


def test_classes_go_by_their_names_and_labels_as_the_file_has_them(tmp_path):
    (tmp_path / "x.csv").write_text("개,[cat],/x\n1,0,0\n2,0,0\n0,3,1\n", "utf-8")
    (tmp_path / "y.csv").write_text("[cat]\n개\n/x\n", "utf-8")
    found = report(tmp_path / "x.csv", tmp_path / "y.csv")
    assert [(detail.label, detail.prediction) for detail in found.worst[:2]] == [("/x", "[cat]"), ("[cat]", "개")]
    assert [line.name for line in found.classes] == ["개", "[cat]", "/x"]
    assert "[cat]" in str(found)
    assert [detail.label for detail in report([[1.0, 0.0], [0.0, 2.0]], [1, 1], label_base=1).worst] == ["1", "1"]


def test_a_long_table_stays_short():
    logits, labels = generated(3000, 1000, scale=3.0, boost=2.0)
    lines = str(report(logits, labels)).splitlines()
    assert len(lines) < 150
    assert max(map(len, lines)) <= 80
    assert any("the 10 of 1,000 classes with the lowest recall" in line for line in lines)


def test_more_rows_than_are_kept_in_order_are_near(files, monkeypatch):
    exact = report(*files)
    monkeypatch.setattr(fold, "Order", partial(Order, exact_up_to=500))
    found = report(*files)
    assert found.quantities()["ece"] == exact.quantities()["ece"]
    assert found.quantities()["ece_equal_mass"] == pytest.approx(exact.quantities()["ece_equal_mass"], rel=0.02)
    assert sum(found.losses.counts) == 3000
    assert any("are not told apart" in note for note in found.notes)
    assert not exact.notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": 0}, "--bins 0: a whole number from 1 to 1000 is needed"),
        ({"bins": 1001}, "--bins 1001: a whole number from 1 to 1000 is needed"),
        ({"top_k": [0]}, "--top-k 0: a whole number from 1 to 1000000 is needed"),
        ({"worst": -1}, "--worst -1: a whole number from 0 to 100000 is needed"),
        ({"temperature": 0.0}, "--temperature 0.0: a positive number is needed"),
        ({"threads": 0}, "--threads 0: a whole number from 1 to 1024 is needed"),
        ({"dtype": "float16"}, "report computes in float32 or float64, not in 'float16'"),
    ],
)
def test_what_cannot_be_done_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        report([[1.0, 2.0]], [0], **options)


def test_labels_spread_over_several_classes_are_refused():
    with pytest.raises(InputError, match=r"labels\[1\]: the label is spread over several classes"):
        report([[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.0], [0.5, 0.5]])


@pytest.mark.parametrize("dtype", [float, int, bool])
def test_one_hot_rows_are_their_classes(dtype):
    logits, labels = generated(40, 5, scale=2.0, boost=1.0)
    found, expected = report(logits, np.eye(5, dtype=dtype)[labels]), report(logits, labels)
    assert found.quantities() == expected.quantities()
    assert found.notes == ("the labels are one-hot rows: each is read as the class that has the 1",)


def test_a_label_out_of_range_is_refused():
    with pytest.raises(InputError, match=r"labels\[1\]: label 2 is outside 0..1"):
        report([[1.0, 2.0], [2.0, 1.0]], [0, 2])


def test_more_k_than_classes():
    found = report([[1.0, 2.0], [2.0, 1.0]], [0, 1], top_k=[2, 7])
    assert (found.quantities()["top_2"], found.quantities()["top_7"]) == (1, 1)


def test_it_is_public():
    assert softmax_cli.report is report


def test_half_precision_is_computed_in_single(case):
    logits, labels = case
    half = logits.astype(np.float16)
    one, other = report(half, labels), report(half.astype(np.float32), labels)
    assert one.quantities() == other.quantities()
    assert "dtype:float32" in one.signature_line()
