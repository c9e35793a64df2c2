"""One value per row: binary logits and probabilities in every shape, against torch."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.single import log_of_rest

RNG = np.random.default_rng(6)
OUTSIDE = r"is outside 0..1 \(one logit per row has the classes 0 and 1\)"
READ_AS = "one logit x per row, read as the two logits (0, x) of the classes 0 and 1"


def bce(logits, labels):
    """torch's binary cross-entropy with logits, in float64."""
    logits, labels = (torch.tensor(np.asarray(each, float).ravel()) for each in (logits, labels))
    return F.binary_cross_entropy_with_logits(logits, labels).item()


def loss(logits, labels, **options):
    return softmax_cli.evaluate(logits, labels, dtype="float64", **options).loss()


def save_csv(path, values, header=None):
    lines = [] if header is None else [header]
    Path(path).write_text("\n".join([*lines, *map(str, np.ravel(values).tolist())]) + "\n", "utf-8")
    return str(path)


SHAPES = [
    ((40,), (40,)),
    ((40,), (40, 1)),
    ((40, 1), (40,)),
    ((40, 1), (40, 1)),
    ((1, 40), (40,), {"class_axis": 0}),
    ((2, 1, 4, 5), (2, 4, 5)),
    ((2, 1, 4, 5), (2, 1, 4, 5)),
    ((2, 1, 4, 5), (2, 1, 4, 5), {"class_axis": 1}),
    ((2, 4, 5, 1), (2, 4, 5)),
    ((2, 4, 5, 1), (2, 4, 5, 1)),
    ((8, 5, 1), (40,)),
]


@pytest.mark.parametrize(("shape", "of_labels", "options"), [(*each, {})[:3] for each in SHAPES])
@pytest.mark.parametrize("dtype", ["u1", "i8", "f4", "f8"])
def test_one_logit_per_row_is_binary_in_every_shape(shape, of_labels, options, dtype, backend):
    logits, labels = RNG.normal(0, 2, shape), RNG.integers(2, size=of_labels).astype(dtype)
    report = softmax_cli.evaluate(logits, labels, backend=backend, **options)
    for line in report.losses:
        assert line.loss == pytest.approx(bce(logits, labels), rel=1e-12)
    assert f"logits: {READ_AS}" in report.notes
    assert report.class_names == ("0", "1")
    assert softmax_cli.report(logits, labels, **options).quantities()["loss"] == pytest.approx(report.loss(), rel=1e-12)
    assert softmax_cli.check(logits, labels, **options).classes == 2


@pytest.mark.parametrize("form", ["csv", "named", "npy", "pieces", "vectors", "column", "stdin"])
@pytest.mark.parametrize("all_zero", [False, True])
def test_one_logit_per_row_from_every_kind_of_file(run, tmp_path, form, all_zero):
    logits, labels = RNG.normal(0, 2, 30).round(4), RNG.integers(2, size=30) * (not all_zero)
    x, y = tmp_path / "x.npy", save_csv(tmp_path / "y.csv", labels)
    arguments, given = [x, y], b""
    if form in {"csv", "named", "stdin"}:
        arguments[0] = save_csv(tmp_path / "x.csv", logits, "score" if form == "named" else None)
    if form == "stdin":
        given, arguments[0] = Path(arguments[0]).read_bytes(), "-"
    np.save(x, logits[:, np.newaxis] if form == "npy" else logits)
    if form in {"pieces", "vectors"}:
        for place, part in enumerate(np.split(logits, [7, 20])):
            np.save(tmp_path / f"part-{place}.npy", part[:, np.newaxis] if form == "pieces" else part)
        arguments[0] = tmp_path / "part-*.npy"
    if form == "column":
        lines = [f"{one},{other}" for one, other in zip(logits, labels, strict=True)]
        path = tmp_path / "all.csv"
        path.write_text("\n".join(["score,y", *lines]) + "\n", "utf-8")
        arguments = [path, "--label-column", "y"]
    outcome = run("loss", "-q", *arguments, stdin=given)
    assert (outcome.status, outcome.err.count("\n")) == (0, 1)
    assert outcome.err.endswith("one logit x per row, read as the two logits (0, x) of the classes 0 and 1\n")
    assert float(outcome.out) == pytest.approx(bce(logits, labels), rel=1e-12)
    assert READ_AS in run("loss", *arguments, stdin=given).err


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kind", ["probabilities", "sigmoids", "log-probabilities"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_one_probability_per_row_is_that_of_class_1(kind, dtype, threads):
    logits, labels = torch.tensor(RNG.normal(0, 9, 5000)), RNG.integers(2, size=5000)
    given = torch.sigmoid(logits) if kind != "log-probabilities" else F.logsigmoid(logits)
    given = given.numpy().astype(dtype)
    wide = torch.tensor(given.astype(np.float64))
    p_1 = wide if kind != "log-probabilities" else torch.exp(wide)
    log_0 = torch.log1p(-p_1) if kind != "log-probabilities" else torch.log(-torch.expm1(wide))
    log_1 = torch.log(p_1) if kind != "log-probabilities" else wide
    expected = -torch.where(torch.tensor(labels) == 1, log_1, log_0).mean().item()
    report = softmax_cli.evaluate(given, labels, values=kind, threads=threads)
    assert report.loss() == pytest.approx(expected, rel=1e-9)
    assert {line.dtype for line in report.losses} == {"float64"}


def test_probabilities_of_exactly_0_and_1_have_losses_of_0_and_inf():
    given, labels = [0.0, 1.0, 0.0, 1.0], [0, 1, 1, 0]
    losses = softmax_cli.evaluate(given, labels, values="probabilities", reduction="none", variants=["cross_entropy"])
    assert losses.loss().tolist() == [0, 0, np.inf, np.inf]


def test_the_logarithm_of_the_rest_keeps_its_digits():
    mpmath = pytest.importorskip("mpmath")
    for value in (-1e-300, -1e-17, -1e-5, -0.5, -0.7, -3.0, -40.0, -700.0):
        with mpmath.workdps(400):
            expected = float(mpmath.log(1 - mpmath.exp(mpmath.mpf(value))))
        assert log_of_rest(np.array([value]))[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("shape", [(30,), (30, 1), (2, 1, 3, 5)])
def test_labels_with_decimals_are_the_probability_of_class_1(shape, backend):
    logits, labels = RNG.normal(0, 2, shape), RNG.random(shape)
    report = softmax_cli.evaluate(logits, labels, backend=backend, dtype="float64")
    assert report.loss() == pytest.approx(bce(logits, labels), rel=1e-12)
    assert "labels with decimals are read as the probability of class 1" in report.notes
    teacher = RNG.normal(0, 2, shape)
    expected = bce(logits, torch.sigmoid(torch.tensor(teacher)))
    axis = {"class_axis": 1} if len(shape) > 2 else {}
    assert loss(logits, teacher, label_values="logits", **axis) == pytest.approx(expected, rel=1e-12)


def test_labels_of_two_columns_are_probabilities_of_both_classes():
    logits, soft = RNG.normal(0, 2, (30, 1)), RNG.dirichlet([1, 1], 30)
    assert loss(logits, soft) == pytest.approx(bce(logits, soft[:, 1]), rel=1e-12)


def test_smoothing_and_temperature_are_those_of_two_classes():
    logits, labels = RNG.normal(0, 2, 30), RNG.integers(2, size=30)
    for smoothing, temperature in itertools.product([0.0, 0.1, 1.0], [1.0, 2.5]):
        expected = bce(logits / temperature, labels * (1 - smoothing) + smoothing / 2)
        found = loss(logits, labels, label_smoothing=smoothing, temperature=temperature)
        assert found == pytest.approx(expected, rel=1e-12)


def test_softmax_gives_both_probabilities(run, tmp_path):
    logits = RNG.normal(0, 2, 30)
    path = save_csv(tmp_path / "x.csv", logits)
    expected = torch.sigmoid(torch.tensor(logits)).numpy()
    for options, given in (((), path), (("--values", "probabilities"), save_csv(tmp_path / "p.csv", expected))):
        outcome = run("softmax", given, *options)
        assert outcome.lines[0] == ["class_0", "class_1"]
        assert np.array(outcome.lines[1:], float) == pytest.approx(np.stack([1 - expected, expected], 1), rel=1e-9)
        assert "classes 0 and 1" in outcome.err
    assert run("softmax", path, "-o", tmp_path / "out.npy").status == 0
    assert np.load(tmp_path / "out.npy") == pytest.approx(np.stack([1 - expected, expected], 1), rel=1e-12)


def test_compare_takes_both_as_binary():
    a, labels = RNG.normal(0, 2, 200), RNG.integers(2, size=200)
    b = a + RNG.normal(0, 0.5, 200)
    wide = [np.stack([np.zeros(200), each], 1) for each in (a, b)]
    expected = softmax_cli.compare(*wide, labels).quantities()
    for one, other in ((a, b), (a[:, np.newaxis], b[:, np.newaxis])):
        assert softmax_cli.compare(one, other, labels).quantities() == expected
    change = bce(b, labels) - bce(a, labels)
    assert expected["loss_change"] == pytest.approx(change, rel=1e-9)
    assert softmax_cli.compare(a[:, np.newaxis], b[:, np.newaxis]).quantities()["kl"] == expected["kl"]


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (
            [[0.5], [1.0]],
            [0, 2],
            rf"labels\[1\]: label 2 {OUTSIDE}$",
        ),
        ([0.5, 1.0], [0, 2], rf"labels\[1\]: label 2 {OUTSIDE}$"),
        ([0.5, 1.0], [4, 1], r"labels\[0\]: label 4 is outside 0..1"),
        ([0.5, 1.0, 2.0], [1, -1, 1], r"labels\[1\]: label -1 is outside 0..1 .*; labels of -1 and 1 are those of a "),
        (
            [0.5, 1.0, 2.0],
            [1, -1, 0],
            r"labels\[1\]: label -1 .*if it marks rows that do not count, use",
        ),
        ([[0.5], [1.0]], ["cat", "dog"], r"labels\[0\]: label 'cat' is a name, and one logit per row has the classes"),
        ([[0.5], [1.0]], [0.5, 1.5], r"labels\[0\]: label 0.5 is not a whole number"),
    ],
)
def test_other_labels_than_0_and_1_are_refused_by_their_cause(logits, labels, message):
    with pytest.raises(InputError, match=f"^{message}"):
        softmax_cli.evaluate(logits, labels)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.inf])
@pytest.mark.parametrize("kind", ["probabilities", "sigmoids"])
def test_what_is_no_probability_is_refused_with_its_place(tmp_path, value, kind):
    path = save_csv(tmp_path / "x.csv", [0.5, 0.25, value, 7])
    with pytest.raises(InputError, match=r"x.csv:3: .* is not a probability; if these are logits, use --v"):
        softmax_cli.evaluate(path, [0, 1, 0, 1], values=kind)


def test_what_makes_no_sense_of_one_value_is_refused():
    with pytest.raises(InputError, match="one distance per row, where one for each class is needed"):
        softmax_cli.evaluate([[1.0], [2.0]], [0, 1], values="distances")
    with pytest.raises(InputError, match=r"logits\[1\]: 0.5 is not a log-probability: those are never above 0"):
        softmax_cli.evaluate([[-1.0], [0.5]], [0, 1], values="log-probabilities")
    with pytest.raises(UsageError, match="--label-values counts is for rows of labels"):
        softmax_cli.evaluate([[1.0], [2.0]], [0, 1], label_values="counts")


def test_floats_of_a_vectors_length_that_sum_to_1_are_one_row_of_probabilities_as_in_torch():
    logits, soft = RNG.normal(0, 2, 5), RNG.dirichlet(np.ones(5))
    expected = F.cross_entropy(torch.tensor(logits), torch.tensor(soft)).item()
    assert loss(logits, soft) == pytest.approx(expected, rel=1e-12)
    one_hot = np.eye(5)[2]
    report = softmax_cli.evaluate(logits, one_hot)
    assert report.loss() == pytest.approx(F.cross_entropy(torch.tensor(logits), torch.tensor(one_hot)).item(), rel=1e-6)
    assert any("one row's probabilities" in note for note in report.notes)
    # Integers are never probabilities: those are five labels.
    assert loss(logits, one_hot.astype(int)) == pytest.approx(bce(logits, one_hot), rel=1e-12)
    assert loss(logits, [1.0, 1.0, 0.0, 0.0, 1.0]) == pytest.approx(bce(logits, [1, 1, 0, 0, 1]), rel=1e-12)


IN_RANGE = (
    "every value lies within [0, 1] and is read as a logit; if these are probabilities, use --values probabilities"
)


@pytest.mark.parametrize("command", ["loss", "loss -q", "report", "compare", "softmax", "softmax -f table"])
def test_probabilities_are_not_taken_for_logits_in_silence(run, tmp_path, command):
    p, y = RNG.random(40).round(3), RNG.integers(2, size=40)
    x, y = save_csv(tmp_path / "p.csv", p), save_csv(tmp_path / "y.csv", y)
    name, *options = command.split()
    files = {"compare": [x, x], "softmax": [x]}.get(name, [x, y])
    outcome = run(name, *options, *files)
    assert (outcome.status, outcome.err.count(IN_RANGE)) == (0, 1)
    said = run(name, *options, *files, "--values", "probabilities")
    assert IN_RANGE not in said.err
    save_csv(tmp_path / "p.csv", [*p[:-1], 1.001])
    assert IN_RANGE not in run(name, *options, *files).err


def test_log_probabilities_of_what_occurred_are_named_where_every_label_is_0(run, tmp_path):
    x = save_csv(tmp_path / "x.csv", [-1.5, -0.2, -3.1, -0.01])
    zeros, both = save_csv(tmp_path / "z.csv", [0] * 4), save_csv(tmp_path / "y.csv", [0, 0, 1, 0])
    assert "use --values label-log-probabilities, without labels" in run("loss", "-q", x, zeros).err
    assert "warning" not in run("loss", "-q", x, both).err
    save_csv(tmp_path / "x.csv", [-1.5, -0.2, 3.1, -0.01])
    assert "warning" not in run("loss", "-q", x, zeros).err
