"""10,000 drawn combinations of everything that cross_entropy can do, held against torch's own."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli import evaluate
from softmax_cli.losses.variants import VARIANTS

COMBINATIONS = 10_000
PARTS = 20

# Of a result in each dtype: a few roundings of the logits' and weights' own precision.
TOLERANCE = {"float16": 2e-3, "bfloat16": 1.6e-2, "float32": 2e-6, "float64": 1e-13}


def draw(rng):
    """One combination: logits, labels and the options, as the keyword arguments of torch's function name them."""
    rows, classes = int(rng.integers(1, 9)), int(rng.integers(2, 8))
    more_axes = tuple(rng.integers(1, 4, size=rng.choice([0, 0, 0, 1, 2])).tolist())
    dtype = str(rng.choice(["float16", "bfloat16", "float32", "float64"]))
    # float16 ends at 65504: weighted losses of larger logits would leave it on torch's side and not on this one.
    magnitude = rng.choice([1e-2, 1.0, 10.0, 1e3, 1e4 if dtype != "float16" else 1e3], p=[0.1, 0.4, 0.3, 0.1, 0.1])
    logits = rng.standard_normal((rows, classes, *more_axes)) * magnitude
    if rng.random() < 0.25:
        logits[rng.random(logits.shape) < 0.15] = -np.inf
    if rng.random() < 0.05:
        logits[rng.random(logits.shape) < 0.05] = rng.choice([np.nan, np.inf])
    options = {
        "label_smoothing": float(rng.choice([0, 0, 0.1, 0.5, 1])),
        "reduction": str(rng.choice(["mean", "sum", "none"])),
    }
    if rng.random() < 0.5:
        options["weight"] = rng.random(classes) * 3
        if rng.random() < 0.3:
            options["weight"][rng.integers(classes)] = 0
    shape = (rows, *more_axes)
    if rng.random() < 0.3:
        labels = rng.dirichlet(np.ones(classes), size=shape)
        if rng.random() < 0.3:
            labels = np.eye(classes)[rng.integers(classes, size=shape)]
        return logits, np.moveaxis(labels, -1, 1), dtype, options
    labels = rng.integers(classes, size=shape)
    if rng.random() < 0.5:
        options["ignore_index"] = int(rng.choice([-100, -1, 0, classes - 1]))
        labels[rng.random(shape) < rng.choice([0.2, 0.2, 1])] = options["ignore_index"]
    return logits, labels, dtype, options


def by_torch(logits, labels, dtype, options, computing=None):
    """torch's result; ``computing`` in another dtype, but of the values as ``dtype`` rounds them."""
    rounded = [torch.tensor(values).to(getattr(torch, dtype)) for values in (logits, labels.astype(float))]
    rounded = [values.to(getattr(torch, computing or dtype)) for values in rounded]
    target = rounded[1] if labels.dtype.kind == "f" else torch.tensor(labels)
    options = dict(options)
    if "weight" in options:
        weight = torch.tensor(options["weight"]).to(getattr(torch, dtype))
        options["weight"] = weight.to(getattr(torch, computing or dtype))
    return F.cross_entropy(rounded[0], target, **options)


def found(logits, labels, dtype, options, backend, **more):
    report = evaluate(
        logits, labels, backend=backend, dtype=dtype, class_axis=1, preview=False, reference=False, **options, **more
    )
    return report.loss("cross_entropy")


def assert_same(mine, expected, tolerance, case):
    mine, expected = np.asarray(mine, float).ravel(), expected.double().numpy().ravel()
    np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance, equal_nan=True, err_msg=str(case))


@pytest.mark.parametrize("part", range(PARTS))
def test_cross_entropy_is_torchs_in_every_combination(part):
    rng = np.random.default_rng([20261124, part])
    for number in range(COMBINATIONS // PARTS):
        logits, labels, dtype, options = draw(rng)
        case = (part, number, dtype, options, logits.shape, labels.dtype)
        expected = by_torch(logits, labels, dtype, options)
        native = found(logits, labels, dtype, options, "torch", variants=["cross_entropy"], accumulate="native")
        # The same bits where torch has the same kernel to run; with more axes it has another.
        assert_same(native, expected, 0 if logits.ndim == 2 else TOLERANCE[dtype], case)
        # Summed in float64, and NumPy's rows: within the tolerance of torch's figure for the same values in float64.
        exact = by_torch(logits, labels, dtype, options, computing="float64")
        for backend in ("torch",) if dtype == "bfloat16" else ("numpy", "torch"):
            mine = found(logits, labels, dtype, options, backend, variants=["cross_entropy"])
            assert_same(mine, exact, TOLERANCE[dtype], (backend, case))


def test_the_four_recipes_agree_with_weights_ignored_rows_and_smoothing():
    rng = np.random.default_rng(7)
    for _ in range(500):
        logits, labels, dtype, options = draw(rng)
        logits = np.where(np.isfinite(logits), logits, 0) / max(1, np.abs(logits[np.isfinite(logits)]).max() / 8)
        for backend in ("torch",) if dtype == "bfloat16" else ("numpy", "torch"):
            report = evaluate(logits, labels, backend=backend, dtype=dtype, class_axis=1, preview=False, **options)
            expected = by_torch(logits, labels, dtype, options, computing="float64")
            for name in VARIANTS:
                assert_same(report.loss(name), expected, 2 * TOLERANCE[dtype], (name, backend, dtype, options))
