"""Findings whose remedy depends on what was given, or that have two readings: no command that mends nothing."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import expit
from sklearn.metrics import log_loss

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.evaluation.checking.check import check


def data(rows=60, classes=3, seed=0):
    """Logits that know most labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes))
    logits[range(rows), labels] += 2
    return logits.round(4), labels


def found(*arrays, **options):
    """The findings by their codes."""
    return {finding.code: finding for finding in check(*arrays, **options).findings}


def losses(finding):
    """The losses by what they are of."""
    return {effect.name: effect.loss for effect in finding.effects}


def of_torch(logits, labels):
    """The cross-entropy by torch."""
    return F.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item()


def test_distances_that_are_none_are_to_be_read_as_logits():
    logits, labels = data(300)
    finding = found(logits, labels, values="distances")["X106"]
    assert finding.command == "values='logits'"
    assert losses(finding)["with --values logits"] == pytest.approx(of_torch(logits, labels), rel=1e-12)
    assert "X106" not in found(-logits, labels, values="distances")
    assert found(-logits, labels)["X106"].command == "values='distances'"


VALUES = {
    "logits": lambda x: x,
    "probabilities": lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True),
    "sigmoids": expit,
    "distances": lambda x: -x,
    "percentages": lambda x: 100 * np.exp(x) / np.exp(x).sum(1, keepdims=True),
}
GIVEN = [{}, {"values": "probabilities"}, {"values": "sigmoids"}, {"values": "distances"}, {"label_base": 1}]


@pytest.mark.parametrize("given", GIVEN, ids=str)
@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("kind", VALUES)
def test_no_command_is_the_one_that_was_typed(kind, shift, given):
    logits, labels = data(300)
    try:
        findings = found(VALUES[kind](logits), labels + shift, **given)
    except InputError:
        return
    for finding in findings.values():
        if finding.command:
            more = eval(f"dict({finding.command})")  # noqa: S307  (what a reader would paste)
            assert {**given, **{name: value for name, value in more.items() if value is not None}} != given


@pytest.mark.parametrize("mark", [255, 65535])
def test_the_largest_number_of_a_mask_may_be_the_foreground_of_two_classes(mark):
    """Both readings with their figures, by torch; the tool cannot know which."""
    logits, labels = data(120, 2)
    given = np.where(labels == 1, mark, 0)
    finding = found(logits, given)["Y203"]
    assert finding.command == ""
    assert f"if {mark} marks class 1, export it as 1" in finding.remedy
    assert losses(finding)[f"with {mark} as 1"] == pytest.approx(of_torch(logits, labels), rel=1e-12)
    zeros = labels == 0
    ignored = of_torch(logits[zeros], labels[zeros])
    assert losses(finding)[f"with --ignore-index {mark}"] == pytest.approx(ignored, rel=1e-12)
    with pytest.raises(InputError, match=rf"if {mark} marks class 1, export it as 1; .* use --ignore-index {mark}"):
        evaluate(logits, given)


def test_a_mark_beside_both_classes_is_padding():
    logits, labels = data(120, 2)
    given = np.where(np.arange(120) < 9, 255, labels)
    assert found(logits, given)["Y203"].command == "ignore_index=255"
    with pytest.raises(
        InputError, match=r"outside 0..1 .*; if it marks rows that do not count, use --ignore-index 255"
    ):
        evaluate(logits, given)


@pytest.mark.parametrize("classes", [2, 4])
def test_a_class_that_the_logits_lack_is_no_mark(classes):
    """A label one past the classes, in many rows: its rows are not to be ignored."""
    logits, labels = data(60, classes + 1)
    finding = found(logits[:, :classes], labels)["Y201"]
    assert finding.command == ""
    assert "ignore" not in finding.remedy


@pytest.mark.parametrize("seed", range(3))
def test_hard_predictions_of_several_labels_are_no_sigmoids(seed):
    rng = np.random.default_rng(seed)
    targets = (rng.random((200, 4)) < 0.3).astype(int)
    scores = expit(rng.normal(size=(200, 4)) + 4 * targets - 2)
    finding = found((scores > 0.5).astype(float), targets, multilabel=True)["X104"]
    assert (finding.command, finding.message[:33]) == ("", "the logits are hard predictions: ")
    (hint,) = evaluate((scores > 0.5).astype(float), targets, multilabel=True).hints
    assert hint == "logits: every value is 0 or 1: hard predictions, not logits; give the scores they were made from"


def test_sigmoids_of_several_labels_have_no_bound_of_a_softmax():
    rng = np.random.default_rng(0)
    targets = (rng.random((200, 20)) < 0.2).astype(int)
    scores = expit(3 * rng.normal(size=(200, 20)) + 8 * targets - 5).clip(1e-9, 1 - 1e-9)
    finding = found(scores, targets, multilabel=True)["X104"]
    assert set(losses(finding)) == {"as given", "with --values sigmoids"}
    expected = log_loss(targets.ravel(), scores.ravel())
    assert losses(finding)["with --values sigmoids"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("rows", "processes"), [(400, 2), (401, 4), (960, 8)])
@pytest.mark.parametrize("which", ["rows", "labels"])
def test_what_several_processes_wrote_one_after_the_other(which, rows, processes):
    """Gathered without being put in order again: no label stands several times."""
    logits, labels = data(rows)
    order = np.concatenate([np.arange(rows)[rank::processes] for rank in range(processes)])
    given = (logits[order], labels) if which == "rows" else (logits, labels[order])
    finding = found(*given)["Y223"]
    assert finding.message.endswith(
        f"the {which} are dealt out to {processes} processes in turn, and stand process after process"
    )
    (mended,) = [effect for effect in finding.effects if effect.name == "in that order"]
    assert mended.accuracy == np.mean(logits.argmax(1) == labels)
