"""Multi-label losses: 2,000 drawn combinations of options held against torch's own functions, and what is told."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli import evaluate, gradient, steps
from softmax_cli.errors import UsageError
from softmax_cli.losses.sigmoid_variants import SIGMOID_HEADLINE, SIGMOIDS

COMBINATIONS = 2_000
PARTS = 10

# Of a result in each dtype: a few roundings of its own, of the weights' and of the labels' smoothing.
TOLERANCE = {"float16": 6e-3, "bfloat16": 4e-2, "float32": 4e-6, "float64": 1e-13}

X, T = [[0.5, -1.0], [2.0, 0.0]], [[1, 0], [0, 1]]


def draw(rng):
    """One combination: logits and labels with the classes on the last axis, a dtype, the options."""
    dtype = str(rng.choice(["float16", "bfloat16", "float32", "float64"]))
    shape = (*rng.integers(1, 6, size=rng.choice([1, 1, 1, 2])), rng.integers(1, 7))
    logits = rng.standard_normal(shape) * rng.choice([0.1, 1.0, 2.0])
    labels = (rng.random(shape) < 0.4).astype(float) if rng.random() < 0.6 else rng.random(shape)
    options = {
        "reduction": str(rng.choice(["mean", "sum", "none"])),
        "temperature": float(rng.choice([1, 1, 0.5, 2])),
        "label_smoothing": float(rng.choice([0, 0, 0.1, 1])),
    }
    for name in ("weight", "pos_weight"):
        if rng.random() < 0.4:
            options[name] = rng.integers(0, 4, size=shape[-1]) / 2
    return logits, labels, dtype, options


def rounded(values, dtype, computing="float64"):
    return torch.tensor(values).to(getattr(torch, dtype)).to(getattr(torch, computing))


def by_torch(name, logits, labels, dtype, options):
    """The elements (N, C) by torch's functions, in float64 of the values as ``dtype`` rounds them."""
    x = rounded(logits, dtype).reshape(-1, logits.shape[-1]) / options["temperature"]
    t = rounded(labels, dtype).reshape(x.shape)
    t = t * (1 - options["label_smoothing"]) + options["label_smoothing"] / 2
    v = rounded(options.get("weight", np.ones(x.shape[1])), dtype)
    w = rounded(options.get("pos_weight", np.ones(x.shape[1])), dtype)
    if name == "binary_cross_entropy_with_logits":
        return F.binary_cross_entropy_with_logits(x, t, v, pos_weight=w, reduction="none")
    if name == "multilabel_soft_margin_loss":
        return F.multilabel_soft_margin_loss(x, t, v, reduction="none")
    p = torch.sigmoid(x)
    if name == "binary_cross_entropy" and "pos_weight" not in options:
        return F.binary_cross_entropy(p, t, v, reduction="none")
    yes, no = (torch.log(p), torch.log(1 - p)) if name != "logsigmoid" else (F.logsigmoid(x), F.logsigmoid(-x))
    return -v * (w * t * yes + (1 - t) * no)


def reduced(elements, reduction):
    """As torch reduces; for none a row's loss is the sum of its elements."""
    if reduction == "none":
        return elements.sum(1) if elements.ndim == 2 else elements
    return elements.mean() if reduction == "mean" else elements.sum()


def of_probabilities(logits, dtype, options):
    """How far a loss may be from the exact one that is computed from sigmoid(x) rounded to ``dtype``.

    An error of d in sigmoid(x) is one of d (1 + exp|x|) in the logarithm of it or of 1 less it; a row has C of them.
    """
    largest = np.abs(logits).max() / options["temperature"]
    weights = [max(1, np.max(options.get(name, 1))) for name in ("weight", "pos_weight")]
    count = logits.size if options["reduction"] == "sum" else logits.shape[-1]
    return torch.finfo(getattr(torch, dtype)).eps * (1 + math.exp(largest)) * np.prod(weights) * count


@pytest.mark.parametrize("part", range(PARTS))
def test_the_losses_are_torchs_in_every_combination(part):
    rng = np.random.default_rng([20261130, part])
    for number in range(COMBINATIONS // PARTS):
        logits, labels, dtype, options = draw(rng)
        backends = ("torch",) if dtype == "bfloat16" else ("numpy", "torch")
        for backend in backends:
            report = evaluate(
                logits, labels, multilabel=True, class_axis=-1, backend=backend, dtype=dtype, preview=False, **options
            )
            names = [line.variant for line in report.losses]
            assert names == [name for name in SIGMOIDS if "pos_weight" not in options or not SIGMOIDS[name].of_rows]
            for name in names:
                expected = reduced(by_torch(name, logits, labels, dtype, options), options["reduction"])
                found = np.asarray(report.loss(name), float)
                case = (part, number, name, backend, dtype, options, logits.shape)
                tolerance = TOLERANCE[dtype]
                if name in {"log_of_sigmoid", "binary_cross_entropy"}:
                    tolerance += of_probabilities(logits, dtype, options)
                    if tolerance > 0.1:
                        continue  # sigmoid(x) may round to 1: the tests of torch's own bits and of causes have that
                np.testing.assert_allclose(found, expected.numpy(), rtol=tolerance, atol=tolerance, err_msg=str(case))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True])
def test_on_torch_the_variants_are_torchs_own_to_the_last_bit(dtype, weighted):
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(50, 7)) * 3, (rng.random((50, 7)) < 0.3) * 1.0
    v = rng.integers(1, 9, size=7) / 4
    held = [rounded(values, dtype, dtype) for values in (x, t, v)]
    report = evaluate(
        x, t, multilabel=True, backend="torch", dtype=dtype, reduction="none", weight=v if weighted else None
    )
    weight = held[2] if weighted else None
    elements = {
        "binary_cross_entropy": F.binary_cross_entropy(torch.sigmoid(held[0]), held[1], weight, reduction="none"),
        SIGMOID_HEADLINE: F.binary_cross_entropy_with_logits(held[0], held[1], weight, reduction="none"),
    }
    for name, expected in elements.items():
        np.testing.assert_allclose(report.loss(name), expected.double().sum(1).numpy(), rtol=4e-16)
    soft_margin = F.multilabel_soft_margin_loss(held[0], held[1], weight, reduction="none")
    assert report.loss("multilabel_soft_margin_loss").tolist() == soft_margin.tolist()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_native_is_torchs_own_reduction(dtype, reduction):
    rng = np.random.default_rng(4)
    x, t, w = rng.normal(size=(300, 5)) * 3, (rng.random((300, 5)) < 0.3) * 1.0, np.array([1, 2, 0.5, 4, 3])
    held = [rounded(values, dtype, dtype) for values in (x, t, w)]
    report = evaluate(
        x, t, multilabel=True, backend="torch", dtype=dtype, reduction=reduction, pos_weight=w, accumulate="native"
    )
    expected = F.binary_cross_entropy_with_logits(held[0], held[1], reduction=reduction, pos_weight=held[2])
    assert report.loss(SIGMOID_HEADLINE) == float(expected)
    plain = evaluate(x, t, multilabel=True, backend="torch", dtype=dtype, reduction=reduction, accumulate="native")
    expected = F.multilabel_soft_margin_loss(held[0], held[1], reduction=reduction)
    assert plain.loss("multilabel_soft_margin_loss") == float(expected)
    expected = F.binary_cross_entropy(torch.sigmoid(held[0]), held[1], reduction=reduction)
    assert plain.loss("binary_cross_entropy") == float(expected)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("part", range(20))
def test_gradients_are_autograds(part, reduction, backend):
    rng = np.random.default_rng([7, part])
    logits, labels, _, options = draw(rng)
    logits, labels = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1, labels.shape[-1])
    options["reduction"] = reduction
    leaf = torch.tensor(logits, requires_grad=True)
    smoothing = options["label_smoothing"]
    loss = F.binary_cross_entropy_with_logits(
        leaf / options["temperature"],
        torch.tensor(labels) * (1 - smoothing) + smoothing / 2,
        *(torch.tensor(options[name]) for name in ("weight",) if name in options),
        pos_weight=torch.tensor(options["pos_weight"]) if "pos_weight" in options else None,
        reduction=reduction,
    )
    loss.backward()
    (step,) = gradient(logits, labels, multilabel=True, backend=backend, **options).steps
    head = np.r_[leaf.grad.numpy()]
    np.testing.assert_allclose(step.values, head, rtol=1e-11, atol=1e-16)


def test_the_worked_figures(backend):
    for options, expected in (
        ({}, 0.9019),
        ({"pos_weight": [2.0, 3.0]}, 1.3669),
        ({"weight": [2.0, 3.0]}, 2.0553),
    ):
        assert evaluate(X, T, multilabel=True, backend=backend, **options).loss() == pytest.approx(expected, abs=5e-5)


def test_smoothing_is_keras_e_over_2(backend):
    # keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)([[1., 0.]], [[2., -1.]]) of keras 3.15
    x, e = np.array([2.0, -1.0]), 0.2
    t = np.array([1.0, 0.0]) * (1 - e) + e / 2
    p = 1 / (1 + np.exp(-x))
    expected = np.mean(-(t * np.log(p) + (1 - t) * np.log(1 - p)))
    report = evaluate([[2.0, -1.0]], [[1, 0]], multilabel=True, label_smoothing=e, backend=backend)
    assert report.loss() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_the_same_bits_with_any_threads_and_any_split(rows, tmp_path, backend):
    rng = np.random.default_rng(rows)
    x, t = rng.normal(size=(rows, 9)).astype(np.float32) * 3, (rng.random((rows, 9)) < 0.2).astype(np.int8)
    whole = evaluate(x, t, multilabel=True, backend=backend, threads=1)
    for number, (one, other) in enumerate(zip(np.array_split(x, 5), np.array_split(t, 5), strict=True)):
        if len(one):
            np.save(tmp_path / f"x-{number}.npy", one)
            np.save(tmp_path / f"t-{number}.npy", other)
    split = evaluate(str(tmp_path / "x-*.npy"), str(tmp_path / "t-*.npy"), multilabel=True, backend=backend, threads=4)
    fortran = evaluate(np.asfortranarray(x), t, multilabel=True, backend=backend)
    for name in SIGMOIDS:
        assert whole.loss(name) == split.loss(name)
        assert whole.loss(name) == fortran.loss(name)


@pytest.mark.parametrize(
    ("x", "t", "words", "loss"),
    [
        (20.0, 0, "sigmoid(x) is 1 in float32, and -100 is taken for log(1 - sigmoid(x)) = -20", 100),
        (-120.0, 1, "sigmoid(x) is 0 in float32, and -100 is taken for log(sigmoid(x)) = -120", 100),
    ],
)
def test_the_clamp_is_told_with_its_row_class_and_value(x, t, words, loss, backend):
    rows, labels = [[0.0, 0.0], [0.0, x], [0.0, x]], [[1, 0], [1, t], [1, t]]
    report = evaluate(rows, labels, multilabel=True, dtype="float32", backend=backend, reduction="sum")
    line = next(line for line in report.losses if line.variant == "binary_cross_entropy")
    assert line.loss == pytest.approx(4 * math.log(2) + 2 * loss, rel=1e-6)
    assert (line.clamped, line.nonfinite) == (2, 0)
    (warning,) = (each for each in report.warnings() if "clamped" in each)
    assert warning == (
        f"binary_cross_entropy ({backend}): a logarithm is clamped in 2 rows, "
        f"first row 1: class 1 has x = {x:g} and label {t}: {words}."
    )


def test_no_clamp_is_told_where_none_changes_a_loss(backend):
    report = evaluate([[20.0, -200.0]], [[1, 0]], multilabel=True, dtype="float32", backend=backend)
    assert not any("clamped" in warning for warning in report.warnings())


@pytest.mark.parametrize(
    ("x", "t", "variant", "words"),
    [
        (-104.5, 1, "log_of_sigmoid", "class 1 has x = -104.5: float32 sigmoid underflows to 0, and log(sigmoid(x))"),
        (
            18.0,
            1,
            "log_of_sigmoid",
            "sigmoid(x) rounds to 1 in float32, and log(1 - sigmoid(x)) is -inf, times a label",
        ),
        (math.nan, 1, SIGMOID_HEADLINE, "class 1 is nan"),
        (math.nan, 1, "binary_cross_entropy", "class 1 is nan"),
        (math.inf, 0, SIGMOID_HEADLINE, "class 1 is inf, and a loss there is infinite"),
        (math.inf, 1, SIGMOID_HEADLINE, "class 1 is inf, and multiplied by its label of 0 it gives nan"),
    ],
)
def test_what_is_not_finite_has_its_cause(x, t, variant, words, backend):
    report = evaluate([[0.0, 0.0], [1.0, x]], [[1, 0], [0, t]], multilabel=True, dtype="float32", backend=backend)
    line = next(line for line in report.losses if line.variant == variant)
    assert line.nonfinite == 1
    assert line.causes[0].startswith("row 1: class 1")
    assert words in line.causes[0]


def test_zero_log_zero_takes_an_infinite_logit_that_is_right_for_0(backend):
    x, t = [[math.inf, -math.inf, 0.0]], [[1, 0, 1]]
    assert math.isnan(evaluate(x, t, multilabel=True, backend=backend).loss())
    report = evaluate(x, t, multilabel=True, backend=backend, zero_log_zero=True, reduction="sum")
    assert report.loss() == pytest.approx(math.log(2))
    assert report.loss("logsigmoid") == pytest.approx(math.log(2))


def test_soft_margin_stands_apart_where_it_is_another_number():
    of_mean = evaluate(X, T, multilabel=True)
    assert all(line.family for line in of_mean.losses)
    of_sum = evaluate(X, T, multilabel=True, reduction="sum")
    assert [line.family for line in of_sum.losses] == [True, True, True, True, False]
    assert of_sum.spread < 1e-14


def test_soft_margin_is_left_out_with_pos_weight_and_that_is_said():
    report = evaluate(X, T, multilabel=True, pos_weight=[1.0, 2.0])
    assert "multilabel_soft_margin_loss has no --pos-weight and is left out" in report.notes
    with pytest.raises(UsageError, match="multilabel_soft_margin_loss has no --pos-weight"):
        evaluate(X, T, multilabel=True, pos_weight=[1.0, 2.0], variants=["multilabel_soft_margin_loss"])


def test_the_ledger_divides_by_rows_times_classes():
    ledger = evaluate(X, T, multilabel=True, weight=[2.0, 3.0]).ledger
    entries = ledger.entries()
    assert (entries["rows"], entries["weight_sum"]) == (2, 4)
    expected = F.binary_cross_entropy_with_logits(
        torch.tensor(X, dtype=torch.float64), torch.tensor(T).double(), torch.tensor([2.0, 3.0]), reduction="sum"
    )
    assert entries["loss_sum"] == pytest.approx(float(expected))
    assert entries["mean"] == entries["loss_sum"] / 4
    assert "perplexity" not in entries


def test_the_stages_are_torchs(backend):
    found = {step.name: step for step in steps(X, T, multilabel=True, backend=backend, label_smoothing=0.1).steps}
    x, t = torch.tensor(X, dtype=torch.float64), torch.tensor(T).double() * 0.9 + 0.05
    expected = {
        "logits": x,
        "sigmoid": torch.sigmoid(x),
        "labels": t,
        "log_of_sigmoid": torch.log(torch.sigmoid(x)),
        "logsigmoid": F.logsigmoid(x),
        "logsigmoid_of_minus_x": F.logsigmoid(-x),
        "elements": F.binary_cross_entropy_with_logits(x, t, reduction="none"),
        "gradient": (torch.sigmoid(x) - t) / 4,
    }
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name].values, values.numpy(), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(found["elements"].totals, expected["elements"].sum(1).numpy(), rtol=1e-14)


def test_details_name_the_worst_class(tmp_path):
    (tmp_path / "x.csv").write_text("cat,dog,새\n3,-1,0.5\n-9,2,1\n")
    (tmp_path / "t.csv").write_text("cat,dog,새\n1,0,0\n1,1,0\n")
    report = evaluate(tmp_path / "x.csv", tmp_path / "t.csv", multilabel=True, top=1)
    (row,) = report.details
    assert (row.row, row.label, row.prediction, row.worst) == (1, "cat+dog", "dog+새", "cat")
    assert row.worst_loss == pytest.approx(float(F.softplus(torch.tensor(9.0, dtype=torch.float64))))
    assert row.p_worst == pytest.approx(float(torch.sigmoid(torch.tensor(-9.0, dtype=torch.float64))))


def test_several_dtypes_side_by_side():
    report = evaluate(X, T, multilabel=True, dtype=["float16", "float32"], backend="numpy")
    assert {line.dtype for line in report.losses} == {"float16", "float32"}
    assert report.spread < 2e-3
