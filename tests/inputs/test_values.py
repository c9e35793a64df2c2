"""What the values of a file stand for, against torch, SciPy and scikit-learn."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.row_sums import _digits

RNG = np.random.default_rng(2)
LOGITS, LABELS = RNG.normal(0, 3, (60, 4)), RNG.integers(4, size=60)
P = softmax(LOGITS, axis=1)


def loss(given, labels=LABELS, **options):
    return softmax_cli.evaluate(given, labels, **options)


def notes(given, labels=LABELS, **options):
    return loss(given, labels, **options).notes


def of_torch(logits, labels=LABELS):
    return F.cross_entropy(torch.tensor(np.asarray(logits, float)), torch.tensor(labels)).item()


def save_csv(path, rows, names=None, form="%r"):
    lines = [] if names is None else [",".join(names)]
    lines += [",".join(form % value for value in row) for row in np.asarray(rows).tolist()]
    Path(path).write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


KINDS = {
    "probabilities": (P, LOGITS),
    "log-probabilities": (np.log(P), LOGITS),
    "sigmoids": (expit(LOGITS), LOGITS),
    "distances": (-LOGITS, LOGITS),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["array", "csv", "npy", "npy across", "pieces", "stdin", "axis 1"])
def test_every_kind_comes_to_the_same_loss(run, tmp_path, kind, form, backend):
    values, logits = KINDS[kind]
    path, labels, options, stdin = tmp_path / "x.npy", tmp_path / "y.npy", (), b""
    np.save(labels, LABELS)
    if form in {"csv", "stdin"}:
        path = save_csv(tmp_path / "x.csv", values, "abcd")
    elif form == "pieces":
        for place, part in enumerate(np.split(values, [11, 40])):
            np.save(tmp_path / f"part-{place}.npy", part)
        path = tmp_path / "part-*.npy"
    elif form == "axis 1":
        np.save(path, values.reshape(2, 5, 6, 4).transpose(0, 3, 1, 2))
        np.save(labels, LABELS.reshape(2, 5, 6))
    else:
        np.save(path, np.asfortranarray(values) if form == "npy across" else values)
    if form == "stdin":
        stdin, path = Path(path).read_bytes(), "-"
    outcome = run("loss", "-q", path, labels, "--values", kind, "-b", backend, *options, stdin=stdin)
    assert float(outcome.out) == pytest.approx(of_torch(logits), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_reads_the_kind(kind):
    values, logits = KINDS[kind]
    plain, given = softmax_cli.report(logits, LABELS), softmax_cli.report(values, LABELS, values=kind)
    for name, value in plain.quantities().items():
        assert given.quantities()[name] == pytest.approx(value, rel=1e-6, nan_ok=True), name
    rows = np.array([row for row, _, _ in softmax_cli.softmax(values, values=kind).rows()])
    assert rows == pytest.approx(P, rel=1e-9)
    assert softmax_cli.compare(values, values + 1e-9, LABELS, values=kind).quantities()["kl"] < 1e-9
    checked = softmax_cli.check(values, LABELS, values=kind)
    assert [each.code for each in checked.findings] == [
        each.code for each in softmax_cli.check(logits, LABELS).findings
    ]
    assert f"|values:{kind}" in checked.signature_line()
    assert f"|values:{kind}" in given.signature_line()
    assert f"|values:{kind}" in loss(values, values=kind).signature_line()
    assert "values:" not in loss(logits).signature_line()


def test_probabilities_are_computed_in_float64_whatever_their_dtype():
    narrow = P.astype(np.float32)
    wide = narrow.astype(np.float64)
    assert loss(narrow, values="probabilities").loss() == pytest.approx(
        log_loss(LABELS, wide / wide.sum(1, keepdims=True)), rel=1e-12
    )


def test_an_overconfident_model_is_called_so_from_its_probabilities():
    rows = np.tile(P, (10, 1))
    labels = np.where(RNG.random(600) < 0.3, rows.argmax(1), RNG.integers(4, size=600))
    remarks = softmax_cli.report(rows, labels, values="probabilities").remarks()
    assert remarks[0].startswith("On average overconfident")


def test_a_probability_of_0_is_a_class_without_a_chance():
    rows = [[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]]
    report = softmax_cli.evaluate(rows, [1, 2], values="probabilities", reduction="none", variants=["cross_entropy"])
    assert report.loss().tolist() == pytest.approx([-np.log(0.25), np.inf])


@pytest.mark.parametrize("total", [1, 100, 7])
def test_each_row_is_divided_by_its_sum(total):
    found = loss(P * total, values="probabilities")
    assert found.loss() == pytest.approx(of_torch(LOGITS), rel=1e-12)
    expected = f": the probabilities sum to {total}, not 1, the farthest of all rows; each row is divided by its sum"
    assert [note.partition("]")[2] for note in found.notes] == [expected] * (total != 1)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("pieces", [[], [1], [100, 101, 7000]])
def test_the_row_that_is_farthest_from_1_is_named_however_the_file_is_split(tmp_path, threads, pieces):
    rows = softmax(RNG.normal(0, 1, (9000, 3)), axis=1)
    rows[[123, 8000]] *= [[1.01], [1.02]]
    for place, part in enumerate(np.split(rows, pieces)):
        np.save(tmp_path / f"x-{place}.npy", part)
    report = loss(str(tmp_path / "x-*.npy"), np.zeros(9000, int), values="probabilities", threads=threads)
    (note,) = report.notes
    place = f"x-{len(pieces)}.npy[{8000 - max([0, *pieces])}]"
    assert f"{place}: the probabilities sum to 1.02, not 1" in note


@pytest.mark.parametrize("form", ["%r", "%.1f", "%.4f", "%.6f", "%.3g", "%.6g", "%.6e", "%.15g"])
@pytest.mark.parametrize("classes", [2, 10, 300])
def test_rounded_probabilities_sum_to_1_as_far_as_their_digits_tell(tmp_path, form, classes):
    rows = softmax(RNG.normal(0, 2, (50, classes)), axis=1)
    path = save_csv(tmp_path / "p.csv", rows, form=form)
    assert notes(path, np.zeros(50, int), values="probabilities") == ()
    logs = save_csv(tmp_path / "l.csv", np.log(rows), form=form)
    (note,) = notes(logs, np.zeros(50, int), values="log-probabilities")
    assert "exp of each row sums to 1 within" in note


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_arrays_sum_to_1_as_far_as_their_dtype_tells(dtype):
    for values, kind in ((P, "probabilities"), (np.log(P), "log-probabilities")):
        assert not any("not 1" in note for note in notes(values.astype(dtype), values=kind))
        (note,) = (note for note in notes((values * 1.05).astype(dtype), values=kind) if "not 1" in note)
        assert note.startswith("logits[")


@pytest.mark.parametrize("value", [0.5, 0.0625, 1e-7, 123.25, -3.5, 1.0, 0.1])
def test_the_digits_of_a_number_are_those_that_repr_writes(value):
    whole, _, fraction = f"{abs(value):.17f}".rstrip("0").partition(".")
    decimals, significant = _digits(np.float64(value))
    if len(repr(value)) < 12:
        assert f"{value:.{max(decimals, 0)}f}" == np.format_float_positional(value, trim="-")
        assert float(f"{value:.{significant}g}") == value
        assert significant == 1 or float(f"{value:.{significant - 1}g}") != value
    assert whole or fraction


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        (
            [[0.5, 0.5], [1.5, -0.5]],
            "probabilities",
            r"logits\[1\], class 1: -0.5 is not a probability; if these are lo",
        ),
        ([[-0.5, -1.5]], "probabilities", r".*; if these are log-probabilities, use --values log-probabilities$"),
        ([[0.5, 0.5], [0.5, 1.5]], "sigmoids", r"logits\[1\], class 1: 1.5 is not a probability; if these are logits"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place_and_a_remedy(rows, kind, message):
    with pytest.raises(InputError, match=f"^{message}"):
        softmax_cli.evaluate(rows, [0] * len(rows), values=kind)


def test_the_place_of_a_value_is_its_line_and_its_class(tmp_path):
    rows = P.copy()
    rows[41, 2] = -0.01
    with pytest.raises(InputError, match=r"p\.csv:43, class c: -0\.01 is not a probability"):
        loss(save_csv(tmp_path / "p.csv", rows, "abcd"), values="probabilities")


def test_nan_is_a_result_not_an_error():
    rows = P.copy()
    rows[3, 1] = np.nan
    for kind in ("probabilities", "sigmoids", "log-probabilities"):
        report = loss(rows if kind != "log-probabilities" else np.log(rows), values=kind)
        assert np.isnan(report.loss())
        assert report.losses[-1].nonfinite == 1


def test_one_value_of_what_occurred_has_no_classes():
    for command in (softmax_cli.softmax, softmax_cli.check):
        with pytest.raises(UsageError, match="there is one value per row and no class; use loss or report"):
            command([[-1.0], [-2.0]], values="label-log-probabilities")
    with pytest.raises(UsageError, match="there is one value per row and no class"):
        softmax_cli.compare([[-1.0]], [[-1.0]], values="label-log-probabilities")


@pytest.mark.parametrize(("kind", "dtype"), [("probabilities", np.float64), ("sigmoids", np.float32)])
def test_a_value_that_rounding_put_below_0_is_read_as_0(kind, dtype):
    """The figure is that of the same values without the rounding; what is farther off is refused."""
    rows = P.astype(dtype)
    other = (LABELS[5] + 1) % 4
    rows[5, other] = 0
    exact = loss(rows, values=kind).loss()
    assert np.isfinite(exact)
    for error in (-2.2e-16, -1e-8, -9e-7):
        rows[5, other] = error
        report = loss(rows, values=kind)
        assert report.loss() == exact
        (note,) = [note for note in report.notes if "rounding" in note]
        assert note.startswith("logits: 1 value is outside 0 to 1 by rounding, by ")
    rows[5, other] = -2e-6
    with pytest.raises(InputError, match=rf"logits\[5\], class {other}: .* is not a probability"):
        loss(rows, values=kind)


def test_one_bad_row_among_probabilities_is_not_called_logits():
    rows = P.copy()
    rows[41, 2] = -0.01
    with pytest.raises(InputError, match="is not a probability; other rows are probabilities; export this one again"):
        loss(rows, values="probabilities")
