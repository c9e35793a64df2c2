"""Causes that were once missed, or blamed on something else, on files of several sizes and shapes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import log_softmax, softmax, xlogy

from softmax_cli import evaluate
from softmax_cli.evaluation.checking.check import check


def found(*given, **options):
    """The findings by their code."""
    return {finding.code: finding for finding in check(*given, **options).findings}


def effects(finding):
    """The losses by what they are of."""
    return {effect.name: effect.loss for effect in finding.effects}


def model(rows=400, classes=10, gain=3.0, seed=0):
    """Logits that know the labels, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(0, 1, (rows, classes))
    logits[np.arange(rows), labels] += gain
    return logits, labels


def unrelated(rows=200, classes=10, seed=0):
    """Logits that do not know the labels."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 2, (rows, classes)), rng.integers(0, classes, rows)


@pytest.mark.parametrize("classes", [3, 10, 40])
@pytest.mark.parametrize("seed", range(4))
def test_ties_at_the_minimum_are_no_wrong_sign(classes, seed):
    logits, labels = unrelated(classes=classes, seed=seed)
    rectified = np.maximum(logits - 0.5, 0)
    second = np.sort(logits, axis=1)[:, -2:-1]
    kept = log_softmax(np.where(logits >= second, logits, -np.inf), axis=1)
    assert "X106" not in found(rectified, labels)
    assert classes < 10 or found(rectified, labels).keys() & {"L401", "L403"}
    assert "X106" not in found(kept, labels)
    assert "L407" in found(kept, labels)


def test_the_wrong_sign_is_still_found_where_some_rows_have_ties():
    logits, labels = model()
    logits[::4] = np.maximum(logits[::4], 0)
    assert set(found(-logits, labels)) == {"X106"}


@pytest.mark.parametrize(("rows", "classes"), [(1, 2), (7, 3), (60, 6)])
def test_a_probability_of_0_at_a_logit_of_minus_infinity(rows, classes):
    rng = np.random.default_rng(rows)
    logits = rng.normal(0, 1, (rows, classes))
    labels = softmax(rng.normal(0, 1, (rows, classes)), 1)
    logits[::2, -1], labels[::2, -1] = -np.inf, 0
    labels /= labels.sum(1, keepdims=True)
    finding = found(logits, labels)["L408"]
    assert finding.row_count == len(logits[::2])
    assert finding.command == "zero_log_zero=True"
    right = -xlogy(labels, softmax(logits, 1)).sum(1).mean()
    assert math.isnan(effects(finding)["as given"])
    assert math.isnan(evaluate(logits, labels).loss())
    assert effects(finding)["with --zero-log-zero"] == pytest.approx(right, rel=1e-12)
    assert "L408" not in found(logits, labels, zero_log_zero=True)
    hard = np.eye(classes)[labels.argmax(1)]
    assert "L408" in found(logits, hard)
    assert "L408" not in found(logits, labels.argmax(1))  # an index multiplies nothing


def test_a_teachers_logits_need_their_softmax():
    student, teacher = model()[0], model(seed=1)[0]
    finding = found(student, teacher)["Y209"]
    assert finding.command == "label_values='logits'"
    right = F.cross_entropy(torch.tensor(student), torch.tensor(teacher).softmax(1)).item()
    assert effects(finding) == {"with --label-values logits": pytest.approx(right, rel=1e-12)}


@pytest.mark.parametrize("most", [2, 5])
def test_rows_of_several_ones_are_multi_label(most):
    rng = np.random.default_rng(most)
    logits = rng.normal(0, 2, (50, 6))
    labels = (rng.random((50, 6)) < most / 6).astype(int)
    finding = found(logits, labels)["Y214"]
    assert finding.command == "multilabel=True"
    right = F.binary_cross_entropy_with_logits(torch.tensor(logits), torch.tensor(labels * 1.0)).item()
    assert effects(finding) == {"with --multilabel": pytest.approx(right, rel=1e-12)}


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("with_labels", [True, False])
def test_integers_of_8_bits_lack_their_scale(dtype, with_labels):
    logits, labels = model()
    info = np.iinfo(dtype)
    scaled = np.rint((logits - logits.min()) / np.ptp(logits) * 255 + info.min).astype(dtype)
    (code,) = found(scaled, labels if with_labels else None)
    assert code == "X108"
    finding = found(scaled, labels)[code]
    assert not any("temperature above" in text for text in (finding.message, finding.remedy))
    assert finding.command == ""


def test_padding_throughout_is_not_mended_by_ignoring_it():
    finding = found(model()[0], np.full(400, -100))["Y203"]
    assert finding.command == ""
    assert "no row" in finding.message


@pytest.mark.parametrize("padded", [1, 6, 27])
@pytest.mark.parametrize("fill", [-np.inf, -30.0])
def test_a_padded_vocabulary_can_be_left_out(padded, fill):
    logits, labels = model()
    finding = found(np.c_[logits, np.full((400, padded), fill)], labels)["X135"]
    assert finding.command == "logit_columns='0:10'"
    assert effects(finding)["with --logit-columns 0:10"] == pytest.approx(
        F.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item(), rel=1e-12
    )


def test_a_last_class_that_is_in_use_is_no_padding():
    logits, labels = model(classes=4)
    logits[:, 3] = 0.0  # the reference class of a multinomial logit
    assert "X135" not in found(logits, labels)


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_over_another_axis(axis):
    logits = model()[0].reshape(16, 25, 10)
    labels = model()[1].reshape(16, 25)
    assert set(found(softmax(logits, axis), labels)) == {"X107"}
    assert set(found(softmax(logits, 2), labels)) == {"X101"}


def test_sorted_labels_are_named_where_nothing_else_explains_the_loss():
    logits, labels = model()
    order = np.argsort(labels, kind="stable")
    assert found(logits, labels[order])["L403"].remedy.startswith("the labels are sorted by class")
    assert found(logits[order], labels)["L403"].remedy.startswith("the predictions are sorted by class")
    assert found(logits[order], labels[order]) == {}
    other = found(logits, np.random.default_rng(1).permutation(labels))["L403"]
    assert "another run" in other.remedy


RENAMINGS = {
    "the last class first": lambda y: 19 - y,
    "as text": lambda y: np.array(sorted(range(20), key=str))[y],
    "out of text": lambda y: np.argsort(sorted(range(20), key=str))[y],
    "one on": lambda y: (y + 1) % 20,
    "one back": lambda y: (y - 1) % 20,
}


@pytest.mark.parametrize("name", RENAMINGS)
def test_a_weak_model_shows_a_renaming_that_has_a_reason(name):
    logits, labels = model(rows=2000, classes=20, gain=1.0)
    given = RENAMINGS[name](labels)
    assert (logits.argmax(1) == labels).mean() < 0.4
    finding = found(logits, given)["Y222"]
    figures = list(effects(finding).values())
    assert figures[1] == pytest.approx(F.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item(), rel=1e-12)


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_labels_of_coarser_classes(groups):
    logits, labels = model(rows=1000, classes=15)
    assert set(found(logits, labels % groups)) == {"Y224"}
    assert set(found(logits, labels * groups // 15)) == {"Y224"}


@pytest.mark.parametrize("stretch", [5, 20, 50])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_unrelated_files_of_long_stretches_are_not_explained(classes, stretch):
    """Frames of clips: the label and the prediction are each the same for a while, and change in the same rows."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        clips = 200 // stretch
        labels = np.repeat(rng.integers(0, classes, clips), stretch)
        logits = np.repeat(4 * np.eye(classes)[rng.integers(0, classes, clips)], stretch, axis=0)
        logits += rng.normal(0, 0.3, logits.shape)
        assert not found(logits, labels).keys() & {"Y202", "Y221", "Y222", "Y223", "Y224", "X106", "S301"}
