"""Kinds of values, kinds of labels and shapes, all with all: torch's figure, or a refusal, or a word about it.

And binary logits with options drawn at random, against torch.
"""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import expit, softmax

import softmax_cli
from softmax_cli.errors import InputError, UsageError

RNG = np.random.default_rng(400)
ROWS, CLASSES = 6, 3

SHAPES = {
    "vector": (ROWS,),
    "row": (1, CLASSES),
    "column": (ROWS, 1),
    "two": (ROWS, 2),
    "table": (ROWS, CLASSES),
    "square": (CLASSES, CLASSES),
    "masks": (2, 1, 3, 4),
    "images": (2, CLASSES, 4, 5),
}


def values_of(kind, shape):
    """Values of a kind, and the logits that torch has to see; None where these are of the labels' own making."""
    axis = 1 if len(shape) > 1 else 0
    logits = RNG.normal(0, 2, shape)
    single = len(shape) == 1 or shape[axis] == 1
    if kind == "logits":
        return logits, logits
    if kind == "sigmoids" or (single and kind == "probabilities"):
        return expit(logits), logits
    if kind == "probabilities":
        return softmax(logits, axis=axis), logits
    if kind == "percentages":
        return 100 * softmax(logits, axis=axis), logits
    if kind == "log-probabilities":
        given = F.logsigmoid(torch.tensor(logits)).numpy() if single else np.log(softmax(logits, axis=axis))
        return given, logits
    return -logits, logits


KINDS = ("logits", "probabilities", "percentages", "log-probabilities", "sigmoids", "distances")


def labels_of(kind, shape):
    axis = 1 if len(shape) > 1 else 0
    single = len(shape) == 1 or shape[axis] == 1
    classes = 2 if single else shape[axis]
    rows = shape if len(shape) == 1 else shape[:1] + shape[2:]
    indices = RNG.integers(classes, size=rows)
    made = {
        "indices": lambda: indices,
        "floats": lambda: indices.astype(float),
        "from 1": lambda: 1 + np.where(indices == 0, classes - 1, indices),
        "bytes": lambda: indices.astype(np.uint8),
        "signs": lambda: 2 * (indices > 0) - 1,
        "padded": lambda: np.where(np.arange(indices.size).reshape(rows) == 1, -100, indices),
        "halves": lambda: indices + 0.5,
        "soft": lambda: RNG.random(shape),
        "distribution": lambda: softmax(RNG.normal(0, 1, shape), axis=axis),
        "one-hot": lambda: np.moveaxis(np.eye(classes, dtype=int)[indices], -1, axis) if not single else indices,
        "one-hot floats": lambda: np.moveaxis(np.eye(classes)[indices], -1, axis) if not single else indices * 1.0,
        "multi-hot": lambda: RNG.integers(2, size=shape),
        "counts": lambda: RNG.integers(1, 9, size=shape),
        "teacher": lambda: RNG.normal(0, 2, shape),
        "names": lambda: np.full(rows, "cat"),
    }
    return made[kind]()


LABELS = ("indices", "floats", "from 1", "bytes", "signs", "padded", "halves", "soft", "distribution", "one-hot")
LABELS += ("one-hot floats", "multi-hot", "counts", "teacher", "names")


def torch_figures(logits, labels):
    """Every figure that torch has for them: of single logits the binary cross-entropy, else the cross-entropy."""
    x = torch.tensor(logits)
    if labels.dtype.kind == "U":
        return []
    t = torch.tensor(labels)
    found = []
    axis = 1 if x.ndim > 1 else 0
    if (x.ndim == 1 or x.shape[axis] == 1) and t.numel() == x.numel() and ((t >= 0) & (t <= 1)).all():
        found.append(F.binary_cross_entropy_with_logits(x.flatten(), t.flatten().double()).item())
    if x.shape[axis] == 1:
        return found
    if t.shape == x.shape and (t >= 0).all():
        sums = t.double().sum(axis)
        if ((sums - 1).abs() < 1e-3).all() and (x.ndim > 1 or t.is_floating_point()):
            found.append(F.cross_entropy(x, t.double()).item())
    rows = x.shape[:1] + x.shape[2:] if x.ndim > 1 else x.shape[:0]
    if t.shape == rows and bool((t.double() % 1 == 0).all()):
        whole = t.long()
        if ((whole >= 0) & (whole < x.shape[axis])).all():
            found.append(F.cross_entropy(x, whole).item())
    return found


TABLE = list(itertools.product(SHAPES, KINDS, LABELS))


def test_the_table_is_large():
    assert len(TABLE) >= 400


@pytest.mark.parametrize("shape", SHAPES)
def test_no_combination_gives_another_figure_than_torch_without_a_word(shape):
    outcomes = {"equal": 0, "refused": 0, "said": 0}
    for kind, of_labels in itertools.product(KINDS, LABELS):
        given, logits = values_of(kind, SHAPES[shape])
        labels = labels_of(of_labels, SHAPES[shape])
        asked = "probabilities" if kind == "percentages" else kind
        try:
            report = softmax_cli.evaluate(given, labels, values=asked, dtype="float64")
        except (InputError, UsageError):
            outcomes["refused"] += 1
            continue
        expected = torch_figures(logits, labels)
        equal = any(report.loss() == pytest.approx(figure, rel=1e-9) for figure in expected)
        about_figures = [note for note in report.notes if "sums to 1 within" not in note and "classes on" not in note]
        assert equal or about_figures, (shape, kind, of_labels, report.loss(), expected)
        outcomes["equal" if equal else "said"] += 1
    assert outcomes["equal"] >= 10
    assert outcomes["refused"] >= 10


def drawn(rng):
    """Single logits in some shape and dtype, labels, options of the tool, and what torch makes of them."""
    shape = [(7,), (7, 1), (4, 1, 20), (3, 1, 5, 8)][rng.integers(4)]
    logits = rng.normal(0, rng.choice([0.1, 2, 30]), shape)
    kind = rng.choice(["hard", "float", "soft"])
    of_labels = shape if rng.random() < 0.5 or len(shape) == 1 else shape[:1] + shape[2:]
    labels = rng.integers(2, size=of_labels).astype([np.int64, np.uint8][rng.integers(2)])
    labels = {"hard": labels, "float": labels * 1.0, "soft": rng.random(of_labels)}[kind]
    if kind == "float" and len(shape) == 1 and labels.sum() == 1:
        labels = labels.astype(int)  # floats that sum to 1 are one row's probabilities
    smoothing, temperature = rng.choice([0.0, 0.1, 0.7]), rng.choice([1.0, 0.5, 3.0])
    options = {
        "label_smoothing": float(smoothing),
        "temperature": float(temperature),
        "reduction": str(rng.choice(["mean", "sum"])),
    }
    counted = np.ones(labels.size, bool)
    targets = labels.ravel().astype(float)
    if kind == "hard" and rng.random() < 0.4:
        labels = labels.astype(np.int64)
        labels.flat[0] = -1
        counted[0] = False
        options["ignore_index"] = -1
    x = torch.tensor(logits.ravel() / temperature)[counted]
    t = torch.tensor(targets * (1 - smoothing) + smoothing / 2)[counted]
    weight = None
    if kind == "hard" and rng.random() < 0.3:
        options["weight"] = [0.5, 3.0]
        weight = torch.where(torch.tensor(targets)[counted] == 1, 3.0, 0.5).double()
    if weight is not None and smoothing:
        del options["weight"]  # torch's smoothing weighs both classes: that is no weight of a row
        weight = None
    losses = F.binary_cross_entropy_with_logits(x, t, reduction="none") * (1 if weight is None else weight)
    divisor = len(losses) if weight is None else weight.sum()
    return logits, labels, options, (losses.sum() / (divisor if options["reduction"] == "mean" else 1)).item()


@pytest.mark.parametrize("seed", range(4))
def test_drawn_binary_files_give_torchs_loss(backend, seed):
    rng = np.random.default_rng([seed, len(backend)])
    for _ in range(125):
        logits, labels, options, expected = drawn(rng)
        found = softmax_cli.evaluate(logits, labels, backend=backend, variants=["cross_entropy"], **options).loss()
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-13), (logits, labels, options)
