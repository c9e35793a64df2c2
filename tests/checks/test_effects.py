"""The figures of the findings, by torch and scikit-learn; a loss of "as given" is what `loss` prints."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import expit, softmax
from scipy.stats import entropy
from sklearn.metrics import accuracy_score, log_loss

from softmax_cli import evaluate
from softmax_cli.evaluation.checking.check import check


def cross_entropy(logits, labels):
    """The mean loss by torch, in float64."""
    return F.cross_entropy(torch.tensor(np.array(logits, float)), torch.tensor(np.array(labels))).item()


def figures(report, code):
    """The effects of a finding by their names: loss, accuracy, number."""
    (finding,) = [finding for finding in report.findings if finding.code == code]
    return {effect.name: (effect.loss, effect.accuracy, effect.number) for effect in finding.effects}


def close(loss=None, accuracy=None, number=None, rel=1e-12):
    """What the figures have to be."""
    return tuple(None if value is None else pytest.approx(value, rel=rel) for value in (loss, accuracy, number))


@pytest.fixture
def healthy(digits):
    """The loss and the accuracy of the sample itself."""
    logits, labels = digits
    return close(cross_entropy(logits, labels), accuracy_score(labels, logits.argmax(1)))


def test_probabilities(digits, healthy):
    logits, labels = digits
    probabilities = softmax(logits, 1)
    found = figures(check(probabilities, labels), "X101")
    assert found["as given"] == close(cross_entropy(probabilities, labels), healthy[1].expected)
    assert found["with --values probabilities"] == healthy
    assert found["with --values probabilities"][0] == pytest.approx(log_loss(labels, probabilities), rel=1e-12)
    # softmax_cli's notes on semantics: 1.4612 for ten classes.
    assert found["least possible, -ln(e / (e + C - 1))"] == close(1.4612, rel=1e-4)
    assert found["least possible, -ln(e / (e + C - 1))"][0] == pytest.approx(cross_entropy([[1.0] + [0] * 9], [0]))


@pytest.mark.parametrize(
    ("code", "change", "name", "rel"),
    [
        ("X102", lambda x: 100 * softmax(x, 1), "with --values probabilities", 1e-12),
        ("X104", expit, "with --values sigmoids", 1e-10),
        ("X106", np.negative, "with --values distances", 1e-12),
        ("X133", lambda x: np.c_[np.arange(500), x], "with --logit-columns 1:11", 1e-12),
        ("X124", lambda x: np.r_[[np.arange(10)], x], "with --shift -1", 1e-12),
    ],
)
def test_what_was_done_to_the_logits_is_undone(digits, healthy, code, change, name, rel):
    logits, labels = digits
    found = figures(check(change(logits), labels), code)
    assert found[name][0] == pytest.approx(healthy[0].expected, rel=rel)
    assert found[name][1] == healthy[1]
    as_given = found.get("as given", found.get("of the rows with a label"))
    assert as_given[0] != pytest.approx(healthy[0].expected, rel=1e-3)


@pytest.mark.parametrize(
    ("code", "change", "name"),
    [
        ("Y202", lambda y: y + 1, "with --label-base 1"),
        ("Y207", lambda y: np.eye(10, dtype=int)[y].reshape(-1), "as one-hot rows"),
        ("Y222", lambda y: (y * 3 + 1) % 10, "with --logit-columns 3,0,7,4,1,8,5,2,9,6"),
        ("S303", lambda y: np.r_[0, y], "without the first label"),
    ],
)
def test_what_was_done_to_the_labels_is_undone(digits, healthy, code, change, name):
    logits, labels = digits
    assert figures(check(logits, change(labels)), code)[name] == healthy


def test_a_shift_is_undone_but_for_the_row_at_the_end(digits):
    logits, labels = digits
    found = figures(check(logits, np.roll(labels, 1)), "Y221")
    assert found["with --shift 1"] == close(
        cross_entropy(logits[:-1], labels[:-1]), accuracy_score(labels[:-1], logits[:-1].argmax(1))
    )
    assert found["shifted the other way"] == close(
        accuracy=accuracy_score(np.roll(labels, 1)[:-1], logits[1:].argmax(1))
    )


def test_transposed_logits_are_turned_back(digits, healthy):
    logits, labels = digits
    assert figures(check(logits.T, labels), "S301") == {"with --class-axis 0": healthy}


def test_each_axis_has_its_figures(digits):
    logits, labels = digits[0][:100].reshape(10, 10, 10), digits[1][:100]
    found = figures(check(logits, labels.reshape(10, 10)), "S302")
    for axis in range(3):
        rows = np.moveaxis(logits, axis, -1).reshape(100, 10)
        assert found[f"with --class-axis {axis}"] == close(
            cross_entropy(rows, labels), accuracy_score(labels, rows.argmax(1))
        )


def test_rows_that_have_no_loss_are_left_out(digits):
    logits, labels = digits[0].copy(), digits[1].copy()
    kept = np.ones(500, bool)
    logits[[7, 9], 2] = np.nan
    labels[[3, 12]] = -100
    kept[[3, 7, 9, 12]] = False
    report = check(logits, labels)
    assert math.isnan(figures(report, "X111")["of the rows with a label"][0])
    moved = figures(check(logits, labels + 1, ignore_index=-99), "Y202")
    assert moved["with the command below"][0] == pytest.approx(cross_entropy(logits[kept], labels[kept]), rel=1e-12)
    rest = cross_entropy(logits[kept], labels[kept])
    assert figures(report, "X111")["of the other rows"] == close(rest)
    assert figures(report, "Y203")["of the other rows"][0] == pytest.approx(rest, rel=1e-12)


def test_constant_rows_and_dead_classes_are_told_from_the_others(digits):
    logits, labels = digits[0].copy(), digits[1]
    logits[[10, 20]] = 0.5
    found = figures(check(logits, labels), "X121")
    rest = np.delete(np.arange(500), [10, 20])
    assert found["each of these, ln C"] == close(math.log(10))
    assert found["without them"] == close(cross_entropy(logits[rest], labels[rest]))
    logits = digits[0].copy()
    logits[:, 3] = -30
    found = figures(check(logits, labels), "X131")
    # The losses of a class are summed as whole numbers of 2^-20.
    assert found["of these rows"] == close(cross_entropy(logits[labels == 3], labels[labels == 3]), rel=1e-6)
    assert found["of the others"] == close(cross_entropy(logits[labels != 3], labels[labels != 3]), rel=1e-5)


def test_the_loss_of_knowing_nothing_and_of_the_shares_alone():
    rng = np.random.default_rng(0)
    labels = rng.choice(4, 600, p=[0.85, 0.05, 0.05, 0.05])
    shares = np.bincount(labels) / 600
    found = figures(check(np.log(shares) + rng.normal(0, 0.01, (600, 4)), labels), "L402")
    assert found["knowing the labels' shares alone"] == close(entropy(shares), shares.max())
    logits = rng.normal(0, 0.1, (600, 4))
    found = figures(check(logits, labels), "L401")
    chance = shares @ (np.bincount(logits.argmax(1)) / 600)
    assert found["knowing nothing: ln C, by chance"] == close(math.log(4), chance)


def test_a_clipped_row_cannot_do_better_than_this(digits):
    logits, labels = digits
    found = figures(check(np.clip(logits, -4, 4), labels), "X113")
    best = np.full((1, 10), -4.0)
    best[0, 3] = 4
    assert found["least that a row can reach"] == close(cross_entropy(best, [3]))


@pytest.mark.parametrize("step", [1, 0.1, 0.01])
def test_a_rounded_row_is_off_by_no_more_than_it_says(digits, step):
    logits, labels = digits
    rounded = np.rint(logits / step) * step
    (bound, *_) = figures(check(rounded, labels), "X115")["a row's loss may be off by"]
    assert bound == pytest.approx(step)
    losses = [F.cross_entropy(torch.tensor(x), torch.tensor(labels), reduction="none") for x in (logits, rounded)]
    assert (losses[0] - losses[1]).abs().max().item() < bound


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_as_given_is_what_loss_prints(digits, dtype):
    logits, labels = digits[0].astype(dtype), np.random.default_rng(0).permutation(digits[1])
    (loss, accuracy, _) = figures(check(logits, labels), "L403")["as given"]
    assert loss == evaluate(logits, labels).loss()
    assert accuracy == accuracy_score(labels, logits.argmax(1))


def test_one_hot_labels_of_other_classes(digits, healthy):
    logits, labels = digits
    given = np.eye(10)[(labels + 1) % 10]
    (finding,) = check(logits, given).findings
    assert finding.command == "logit_columns='9,0:9'"
    assert figures(check(logits, given), "Y222")["with --logit-columns 9,0:9"] == healthy


def test_a_huge_loss_is_no_line_of_digits(digits):
    logits, labels = digits
    logits = logits.copy()
    logits[np.arange(0, 500, 5), labels[::5]] = -1e30
    (finding,) = [each for each in check(logits, labels).findings if each.code == "L404"]
    assert len(finding.evidence[0]) < 80
