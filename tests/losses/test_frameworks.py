"""Other frameworks' conventions, held against what the frameworks themselves gave, and torch live.

tests/golden/frameworks.json was written by the script beside it, with the versions that it names.
"""

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli import evaluate
from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.frameworks import FrameworkFold
from softmax_cli.evaluation.settings import Settings
from softmax_cli.losses.batch import Batch
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.frameworks import FRAMEWORKS
from softmax_cli.losses.targets import Indices, Probabilities

INF, NAN = math.inf, math.nan
GOLDEN = Path(__file__).parent.parent / "golden"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "frameworks.json").read_text())["cases"]}
INDEX_ONLY = {"sklearn", "espnet"}


def compared(logits, labels, names=None, block=2, **options):
    """The lines by framework, of rows added in blocks of two."""
    logits, labels = np.array(logits, dtype=np.float64), np.array(labels)
    settings = Settings(**options)
    weight = None if settings.weight is None else np.array(settings.weight)
    criterion = Criterion(settings.label_smoothing, weight, settings.zero_log_zero)
    if labels.ndim == 2:
        target = Probabilities(labels.astype(np.float64))
    else:
        counted = None if settings.ignore_index is None else labels != settings.ignore_index
        target = Indices(labels if counted is None else np.where(counted, labels, 0), counted)
    by_probabilities = labels.ndim == 2
    chosen = [name for name in FRAMEWORKS if not (by_probabilities and name in INDEX_ONLY)] if names is None else names
    fold = FrameworkFold(chosen, settings, by_probabilities=by_probabilities)
    backend = NumpyBackend("cpu", "float64")
    for start in range(0, len(logits), block):
        rows = slice(start, start + block)
        with backend.arithmetic():
            fold.add(fold.measure(Batch(backend, logits[rows], target.part(start, start + block), criterion)))
    return {line.framework: line for line in fold.lines()}


def by_torch(logits, labels, weight=None, ignore_index=None, label_smoothing=0.0, reduction="mean"):
    return F.cross_entropy(
        torch.tensor(logits, dtype=torch.float64),
        torch.from_numpy(np.array(labels)),
        None if weight is None else torch.tensor(weight, dtype=torch.float64),
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    ).item()


def test_the_recorded_cases_are_the_scripts():
    spec = importlib.util.spec_from_file_location("golden_frameworks", GOLDEN / "frameworks.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert {name: case["options"] for name, case in CASES.items()} == script.CASES
    assert {"torch", *script.FRAMEWORKS} == set(FRAMEWORKS)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", CASES)
def test_each_framework_gives_what_it_gave_itself(name, reduction):
    case = CASES[name]
    lines = compared(**case["options"], reduction=reduction)
    expected = {**case["losses"][reduction], "torch": by_torch(**case["options"], reduction=reduction)}
    for framework, line in lines.items():
        if expected[framework] is not None:  # what the framework itself refuses
            assert line.loss == pytest.approx(expected[framework], rel=1e-12, abs=1e-15, nan_ok=True), framework
            difference = 0.0 if framework == "torch" else expected[framework] - expected["torch"]
            assert line.difference == pytest.approx(difference, rel=1e-9, abs=1e-12, nan_ok=True), framework


def test_smoothing_by_torch_and_by_espnet():
    lines = compared([[1.0, 2.0, 3.0]], [2], label_smoothing=0.1)
    assert lines["torch"].loss == pytest.approx(0.50761, abs=5e-6)
    # ESPnet's is a divergence: the entropy of [0.05, 0.05, 0.9] less than the cross-entropy, 0.55761, which is
    # torch's with e * C / (C - 1).
    entropy = -(0.9 * math.log(0.9) + 0.1 * math.log(0.05))
    assert lines["espnet"].loss + entropy == pytest.approx(0.55761, abs=5e-6)
    assert lines["espnet"].loss + entropy == pytest.approx(by_torch([[1.0, 2.0, 3.0]], [2], label_smoothing=0.15))


@pytest.mark.parametrize("gap", [10.0, 50.0, 700.0, 1e6, INF])
def test_no_loss_exceeds_the_clipping(gap):
    lines = compared([[-gap, 0.0]], [0])
    assert lines["keras"].loss == pytest.approx(min(gap, 16.118), abs=1e-3)
    assert lines["sklearn"].loss == pytest.approx(min(gap, 36.0437), abs=1e-4)
    assert lines["torch"].loss == pytest.approx(gap, abs=1e-4)
    assert lines["keras"].difference == pytest.approx(min(gap, 16.118) - gap, abs=1e-3)


def test_a_masked_class_off_the_label_is_nan_for_espnet_alone():
    lines = compared([[1.0, -INF, 3.0]], [0])
    log_probs = torch.tensor([[1.0, -INF, 3.0]]).log_softmax(1)
    assert math.isnan(torch.nn.KLDivLoss(reduction="sum")(log_probs, torch.tensor([[1.0, 0.0, 0.0]])))
    assert [name for name, line in lines.items() if math.isnan(line.loss)] == ["espnet"]
    assert lines["espnet"].why == "multiplies by one-hot labels: 0 * -inf is nan"


def test_nan_is_nan_everywhere_and_no_difference():
    lines = compared([[0.0, NAN], [0.0, 1.0]], [0, 0])
    assert all(math.isnan(line.loss) and line.difference == 0 for line in lines.values())
    assert {name: line.why for name, line in lines.items() if line.why} == {
        "sklearn": "refuses probabilities that are nan, with a ValueError"
    }


def test_zero_log_zero_is_no_frameworks():
    lines = compared([[0.0, -INF]], [[1.0, 0.0]], zero_log_zero=True)
    assert math.isnan(lines["torch"].loss)
    assert math.isnan(lines["optax"].loss)
    assert lines["torch"].why == "has no --zero-log-zero: 0 * -inf is nan"
    assert lines["keras"].loss == pytest.approx(1e-7, rel=1e-6)


KERAS_CLIPS = "clips probabilities to [1e-07, 1 - 1e-07], which changes 1 row: no -log(p) exceeds 16.118"
SKLEARN_CLIPS = "clips probabilities to [2.22e-16, 1 - 2.22e-16], which changes 1 row: no -log(p) exceeds 36.044"
OPTAX_IGNORES = "has no ignore_index: where= masks rows, else label -1 is the last class and -100 is nan"
OPTAX_WEIGHTS = "has no class weights: its caller multiplies each row by its label's"
WHY = {
    "plain": {},
    "smoothing": {
        "sklearn": "has no label smoothing: none is applied",
        "espnet": "spreads e / (C - 1) off the label, torch e / C over all, and subtracts the labels' entropy (KL)",
    },
    "weights": {
        "keras": "sum_over_batch_size divides by 5 rows, torch by their weights, 8.5",
        "optax": f"leaves the mean to its caller: .mean() divides by all 5 rows, torch by 8.5; {OPTAX_WEIGHTS}",
        "espnet": "has no class weights: none are applied; "
        "divides by the batch's 5 rows, torch by 8.5 (normalize_length=True: by those counted)",
    },
    "ignored": {
        "optax": f"leaves the mean to its caller: .mean() divides by all 5 rows, torch by 3; {OPTAX_IGNORES}",
        "sklearn": "has no ignore_index: ignored rows are left out before",
        "espnet": "divides by the batch's 5 rows, torch by 3 (normalize_length=True: by those counted)",
    },
    "clipped": {
        "keras": f"{KERAS_CLIPS} (from_logits=True clips nothing)",
        "sklearn": f"{SKLEARN_CLIPS} (15.942 in float32)",
    },
    "probabilities, weights": {
        "keras": "class_weight weighs a whole row by its most probable class",
        "optax": f"{OPTAX_WEIGHTS}; here by its most probable class's",
    },
}


@pytest.mark.parametrize("name", WHY)
def test_only_the_differences_that_apply_are_explained(name):
    lines = compared(**CASES[name]["options"])
    assert {framework: line.why for framework, line in lines.items() if line.why} == WHY[name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smoothing, weights", "class_weight weighs a whole row by its label, torch class by class"),
        ("smoothing, ignored", "CategoricalCrossentropy has no ignore_class: ignored rows are left out before"),
        ("all ignored", "the mean of no rows is 0, torch's is nan"),
    ],
)
def test_keras_has_its_own_corners(name, words):
    assert words in compared(**CASES[name]["options"])["keras"].why


def test_a_sum_has_no_word_about_the_mean():
    lines = compared(**CASES["weights"]["options"], reduction="sum")
    assert {name: line.why for name, line in lines.items() if line.why} == {
        "optax": OPTAX_WEIGHTS,
        "espnet": "has no class weights: none are applied",
    }


@pytest.mark.parametrize("name", CASES)
def test_the_split_into_blocks_changes_nothing(name):
    lines = [compared(**CASES[name]["options"], block=block) for block in (1, 3, 100)]
    assert str(lines[0]) == str(lines[1]) == str(lines[2])  # as text, since nan != nan


def test_they_stand_as_asked_for_each_once():
    lines = compared([[1.0, 2.0]], [0], names=["sklearn", "keras", "sklearn"])
    assert list(lines) == ["sklearn", "keras"]
    assert lines["sklearn"].function == FRAMEWORKS["sklearn"].function


@pytest.mark.parametrize(
    ("names", "labels", "options", "message"),
    [
        (["tensorflow"], [0], {}, "there is no framework 'tensorflow'; the frameworks are torch, keras, optax,"),
        (["keras"], [0], {"reduction": "none"}, "--as compares means or sums; leave --reduction none out"),
        (["sklearn"], [[1.0, 0.0]], {}, "--as sklearn is for class indices, and these labels are probabilities"),
        (["espnet"], [[1.0, 0.0]], {}, "--as espnet is for class indices, and these labels are probabilities"),
    ],
)
def test_what_cannot_be_compared_is_said(names, labels, options, message):
    with pytest.raises(UsageError, match=message):
        compared([[1.0, 2.0]], labels, names=names, **options)


def test_the_frameworks_need_no_reference_asked_for():
    report = evaluate([[1.0, 2.0, 3.0]], [2], frameworks=["torch"], reference=False)
    assert report.frameworks[0].loss == pytest.approx(0.4076, abs=5e-5)
