"""Kinds of values, kinds of labels and shapes, each with each: a figure is right, refused, or has a word beside it.

The truth of every combination is torch's, on the rows (N, C) and the labels (N,) that the arrays were made from. What
the loss prints for the arrays must be that; or an error; or there must be a note or a warning. Combinations that are
plainly what they seem must give the figure: no refusal counts there.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError

ROWS = {
    # name: (rows' shape, classes, where the classes go: an axis of the whole, None for a vector)
    "table": ((7,), 3, -1),
    "square table": ((4,), 4, -1),
    "two classes": ((6,), 2, -1),
    "one row": ((1,), 3, -1),
    "vector": ((1,), 4, None),
    "sequence, classes on axis 1": ((2, 5), 3, 1),
    "sequence, classes last": ((2, 5), 3, -1),
    "sequence as long as the classes are many": ((2, 3), 3, 1),
    "the same, classes last": ((2, 3), 3, -1),
    "image, classes on axis 1": ((2, 4, 5), 3, 1),
    "image, classes last": ((2, 4, 5), 3, -1),
    "unit axis last": ((6, 1), 3, 1),
    "unit axis first": ((1, 6), 3, -1),
    "unit axis in the middle": ((6, 1), 3, -1),
}
PLAIN = {"table", "square table", "two classes", "one row", "image, classes on axis 1", "image, classes last"}
PLAIN |= {"sequence, classes on axis 1", "sequence, classes last", "unit axis first", "unit axis in the middle"}


@dataclass(frozen=True)
class Values:
    """Values as a file may hold them, and what they are."""

    of: Any
    options: dict[str, Any] = field(default_factory=dict)
    plain: bool = False


def softmax(x):
    return torch.softmax(torch.tensor(x, dtype=torch.float64), -1).numpy()


VALUES = {
    "logits": Values(lambda x: x, plain=True),
    "float32 logits": Values(lambda x: x.astype(np.float32), plain=True),
    "log-probabilities": Values(lambda x: np.log(softmax(x)), plain=True),
    "log-probabilities, said": Values(lambda x: np.log(softmax(x)), {"values": "log-probabilities"}, plain=True),
    "probabilities": Values(softmax),
    "probabilities, said": Values(softmax, {"values": "probabilities"}, plain=True),
    "distances, said": Values(lambda x: x.max() - x, {"values": "distances"}, plain=True),
}


@dataclass(frozen=True)
class Labels:
    """Labels as a file may hold them, made from classes (N,) and laid out as the rows or as the whole."""

    of: Any
    like_logits: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    plain: bool = False
    truth: str = "classes"


def one_hot(classes, count):
    return np.eye(count)[classes]


def soft(classes, count):
    return 0.7 * one_hot(classes, count) + 0.3 / count


def multi_hot(classes, count):
    rows = one_hot(classes, count)
    rows[:, -1] = rows[0, 0] = 1
    return rows


def padded(classes, _):
    found = classes.copy()
    found.flat[1::3] = -100
    return found


LABELS = {
    "int64": Labels(lambda y, _: y, plain=True),
    "uint8": Labels(lambda y, _: y.astype(np.uint8), plain=True),
    "int8": Labels(lambda y, _: y.astype(np.int8), plain=True),
    "whole floats": Labels(lambda y, _: y.astype(np.float64), plain=True),
    "float16": Labels(lambda y, _: y.astype(np.float16), plain=True),
    "flat": Labels(lambda y, _: y.reshape(-1)),
    "a last axis of 1": Labels(lambda y, _: y[..., None]),
    "from 1": Labels(lambda y, _: y + 1),
    "from 1, said": Labels(lambda y, _: y + 1, options={"label_base": 1}, plain=True),
    "padded": Labels(padded, truth="padded"),
    "padded, said": Labels(padded, options={"ignore_index": -100}, plain=True, truth="padded"),
    "negative": Labels(lambda y, _: -y),
    "names": Labels(lambda y, _: np.array([f"class {each}" for each in y.reshape(-1)]).reshape(y.shape)),
    "one-hot": Labels(one_hot, like_logits=True, plain=True),
    "one-hot integers": Labels(lambda y, c: one_hot(y, c).astype(int), like_logits=True, plain=True),
    "one-hot booleans": Labels(lambda y, c: one_hot(y, c).astype(bool), like_logits=True, plain=True),
    "soft": Labels(soft, like_logits=True, plain=True, truth="soft"),
    "multi-hot": Labels(multi_hot, like_logits=True, truth="multi-hot"),
    "one-hot, classes last": Labels(one_hot, truth="classes"),
}


def laid_out(rows, shape, axis):
    """Rows (N, C) in the whole's shape, the classes on that axis."""
    if axis is None:
        return rows[0]
    return np.moveaxis(rows.reshape(*shape, rows.shape[-1]), -1, axis)


def expected(x, y, made, truth):
    """Torch's mean loss of rows (N, C): of the classes, or of what the labels are."""
    logits, classes = torch.tensor(x, dtype=torch.float64), torch.tensor(y)
    if truth == "multi-hot":
        return F.binary_cross_entropy_with_logits(logits, torch.tensor(made)).item()
    if truth == "soft":
        return F.cross_entropy(logits, torch.tensor(made)).item()
    return F.cross_entropy(logits, torch.tensor(padded(y, 0)) if truth == "padded" else classes).item()


def outcome(compute, given, labels, /, **options):
    """The figure that a command gives and what it says on standard error; no figure for a refusal, which is one line.

    These are the words that `loss -q` says, too.
    """
    try:
        figure, found = compute(given, labels, **options)
    except (InputError, UsageError) as refusal:
        words = str(refusal)
    else:
        return figure, [*found.notes, *found.hints]
    assert "\n" not in words
    return None, [words]


def loss(given, labels, /, **options):
    found = softmax_cli.evaluate(given, labels, variants=["cross_entropy"], **options)
    return found.loss("cross_entropy"), found


def report(given, labels, /, **options):
    found = softmax_cli.report(given, labels, **options)
    return found.quantities()["loss"], found


def judge(figure, words, truth, *, plain, tolerance, about=""):
    """Hold a figure against the truth, and the words, where there is a figure, against what they must be ``about``."""
    words = [word for word in words if figure is None or about in word]
    right = figure is not None and figure == pytest.approx(truth, rel=tolerance, nan_ok=True)
    if plain:
        assert right, f"{figure}, where torch has {truth}; {words}"
    else:
        assert right or words, f"{figure} in silence, where torch has {truth}"


@pytest.mark.parametrize("labels_kind", LABELS)
@pytest.mark.parametrize("values_kind", VALUES)
@pytest.mark.parametrize("shape_kind", ROWS)
def test_one_label_per_row(shape_kind, values_kind, labels_kind):
    shape, count, axis = ROWS[shape_kind]
    values, labels = VALUES[values_kind], LABELS[labels_kind]
    generator = np.random.default_rng(len(shape_kind) * 31 + count)
    number = int(np.prod(shape))
    x = generator.standard_normal((number, count)) * 2
    y = generator.integers(0, count, number)
    y[0] = count - 1
    made = labels.of(y, count)
    if labels.like_logits:
        given = laid_out(made, shape, axis)
    elif made.ndim == 2 and labels_kind != "a last axis of 1":
        given = made.reshape(*shape, count)
    else:
        given = labels.of(y.reshape(shape), count) if labels_kind != "flat" else made
    figure, words = outcome(loss, laid_out(values.of(x), shape, axis), given, **{**values.options, **labels.options})
    plain = shape_kind in PLAIN and values.plain and labels.plain
    truth = expected(x, y, made, labels.truth)
    more = {"tolerance": 1e-5} if "32" in values_kind else {"tolerance": 1e-9}
    if values_kind == "probabilities":
        # Where the labels tell the axis, and the shape would allow another, they are what must be spoken of.
        by_labels = shape_kind == "sequence as long as the classes are many" and labels_kind == "one-hot, classes last"
        more |= {"about": "along axis" if by_labels else "--values"}
    judge(figure, words, truth, plain=plain, **more)


BINARY_SHAPES = {
    "vector": ((9,), (9,)),
    "column": ((9, 1), (9,)),
    "column and column": ((9, 1), (9, 1)),
    "vector and column": ((9,), (9, 1)),
    "image with an axis of 1": ((2, 1, 3, 4), (2, 3, 4)),
    "image and labels with an axis of 1": ((2, 1, 3, 4), (2, 1, 3, 4)),
    "last axis of 1": ((2, 3, 4, 1), (2, 3, 4)),
    "sequence": ((3, 5, 1), (3, 5)),
    "one value": ((1,), (1,)),
    "one row of one": ((1, 1), (1,)),
}
BINARY_VALUES = {
    "logit": Values(lambda x: x, plain=True),
    "probability": Values(lambda x: 1 / (1 + np.exp(-x))),
    "probability, said": Values(lambda x: 1 / (1 + np.exp(-x)), {"values": "probabilities"}, plain=True),
    "sigmoid, said": Values(lambda x: 1 / (1 + np.exp(-x)), {"values": "sigmoids"}, plain=True),
    "log-probability, said": Values(lambda x: -np.log1p(np.exp(-x)), {"values": "log-probabilities"}, plain=True),
}
BINARY_LABELS = {
    "int64": (lambda t: t, {}, True),
    "uint8": (lambda t: t.astype(np.uint8), {}, True),
    "bool": (lambda t: t.astype(bool), {}, False),
    "float": (lambda t: t.astype(float), {}, False),
    "-1 and 1": (lambda t: 2 * t - 1, {}, False),
    "classes of three": (lambda t: t + (np.arange(t.size) % 2).reshape(t.shape), {}, False),
    "1 and 2, said": (lambda t: t + 1, {"label_base": 1}, True),
}


@pytest.mark.parametrize("labels_kind", BINARY_LABELS)
@pytest.mark.parametrize("values_kind", BINARY_VALUES)
@pytest.mark.parametrize("shape_kind", BINARY_SHAPES)
def test_one_value_per_row(shape_kind, values_kind, labels_kind):
    """A single logit is that of class 1: torch has binary_cross_entropy_with_logits."""
    shape, labels_shape = BINARY_SHAPES[shape_kind]
    values, (make, options, plain) = BINARY_VALUES[values_kind], BINARY_LABELS[labels_kind]
    generator = np.random.default_rng(len(shape_kind))
    x = generator.standard_normal(shape) * 2
    t = generator.integers(0, 2, labels_shape)
    t.flat[0] = 1
    truth = F.binary_cross_entropy_with_logits(torch.tensor(x).reshape(-1), torch.tensor(t).double().reshape(-1)).item()
    figure, words = outcome(loss, values.of(x), make(t), **values.options, **options)
    plain = plain and values.plain and not shape_kind.startswith("one ")
    about = "--values" if values_kind == "probability" else ""
    judge(figure, words, truth, plain=plain, tolerance=1e-9, about=about)


@pytest.mark.parametrize("labels_kind", [bool, np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("values_kind", BINARY_VALUES)
@pytest.mark.parametrize("shape", [(7, 3), (5, 5), (2, 12), (21, 1), (10, 2)])
def test_several_labels_per_row(shape, values_kind, labels_kind):
    values = BINARY_VALUES[values_kind]
    generator = np.random.default_rng(sum(shape))
    x, t = generator.standard_normal(shape) * 2, generator.integers(0, 2, shape)
    truth = F.binary_cross_entropy_with_logits(torch.tensor(x), torch.tensor(t).double()).item()
    options = {**values.options, "multilabel": True}
    figure, words = outcome(report, values.of(x), t.astype(labels_kind), **options)
    about = "--values" if values_kind == "probability" else ""
    judge(figure, words, truth, plain=values.plain, tolerance=1e-9, about=about)


NAMES = {
    "none": None,
    "words": ["class 0", "class 1", "class 2"],
    "positions": ["0", "1", "2"],
    "other numbers": ["5", "8", "11"],
    "numbers in another order": ["2", "1", "0"],
}


def joined(rows):
    return [",".join(map(str, row)) for row in rows.astype(int).tolist()]


def filed(kind, y, names):
    """The lines of a file of labels of that kind, from classes (N,); ``names`` are those in the logits' header."""
    named = [(names or ["class 0", "class 1", "class 2"])[k] for k in y]
    return {
        "indices": y.tolist(),
        "indices as floats": y.astype(float).tolist(),
        "names": named,
        "names below a header": ["label", *named],
        "indices below the header 0": [0, *y.tolist()],
        "from 1": (y + 1).tolist(),
        "an empty cell": ["", *y[1:].tolist()],
        "one-hot": joined(one_hot(y, 3)),
        "one-hot, named": [",".join(names or "abc"), *joined(one_hot(y, 3))],
        "multi-hot": joined(multi_hot(y, 3)),
    }[kind]


FILED = ("indices", "indices as floats", "names", "names below a header", "indices below the header 0", "from 1")
FILED += ("an empty cell", "one-hot", "one-hot, named", "multi-hot")


@pytest.mark.parametrize("decimals", [None, 3, 0])
@pytest.mark.parametrize("labels_kind", FILED)
@pytest.mark.parametrize("names_kind", NAMES)
def test_files(tmp_path, names_kind, labels_kind, decimals):
    """Delimited files, whose header may be names, numbers, or not there."""
    generator = np.random.default_rng(7)
    x, y = generator.standard_normal((9, 3)) * 3, generator.integers(0, 3, 9)
    y[:3] = 2, 1, 0
    x = x if decimals is None else x.round(decimals)
    names = NAMES[names_kind]
    lines = [",".join(names)] if names else []
    lines += [",".join(repr(value) if decimals != 0 else str(int(value)) for value in row) for row in x.tolist()]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "y.csv").write_text("\n".join(map(str, filed(labels_kind, y, names))) + "\n")
    figure, words = outcome(loss, tmp_path / "x.csv", tmp_path / "y.csv")
    # Where names are numbers, an index and a name cannot be told apart: any word will do.
    plain = names_kind == "words" and labels_kind in {"indices", "names", "one-hot"} and decimals != 0
    truth = expected(x, y, one_hot(y, 3), "classes")
    judge(figure, words, truth, plain=plain, tolerance=1e-9)
