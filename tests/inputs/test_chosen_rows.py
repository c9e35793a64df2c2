"""--shift and --skip-rows against torch's cross-entropy of arrays that were cut with NumPy."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.steps import save_gradient
from softmax_cli.inputs.pairs import open_pair
from softmax_cli.inputs.reading import Reading

RNG = np.random.default_rng(4)
B, T, V = 5, 16, 7
LOGITS = RNG.standard_normal((B, T, V))
LABELS = RNG.integers(V, size=(B, T))
SOFT = RNG.dirichlet(np.ones(V), size=(B, T))


def shifted(logits, labels, shift):
    """Sequences are on axis 1."""
    if shift > 0:
        return logits[:, :-shift], labels[:, shift:]
    return logits[:, -shift:], labels[:, :shift]


def of_torch(logits, labels):
    logits, labels = torch.tensor(logits.reshape(-1, V)), torch.tensor(labels)
    return F.cross_entropy(logits, labels.reshape(-1, V) if labels.is_floating_point() else labels.ravel()).item()


@pytest.mark.parametrize("shift", [1, 2, 15, -1, -3])
@pytest.mark.parametrize("labels", [LABELS, SOFT], ids=["classes", "probabilities"])
@pytest.mark.parametrize("form", ["array", "fortran", "npy", "classes_first", "flat_labels", "flat_logits", "pieces"])
def test_labels_some_positions_on_within_each_sequence(shift, labels, form):
    expected = of_torch(*shifted(LOGITS, labels, shift))
    logits, given, options = LOGITS, labels, {}
    if form == "fortran":
        np.save("x.npy", np.asfortranarray(LOGITS))
        logits = "x.npy"
    elif form == "npy":
        np.save("x.npy", LOGITS)
        np.save("y.npy", labels)
        logits, given = "x.npy", "y.npy"
    elif form == "classes_first":
        logits = np.moveaxis(LOGITS, -1, 1)
        given = np.moveaxis(labels, -1, 1) if labels is SOFT else labels
        options = {"class_axis": 1}
    elif form == "flat_labels":
        given = labels.reshape(B * T, *labels.shape[2:])
    elif form == "flat_logits":
        logits = LOGITS.reshape(-1, V)
    elif form == "pieces":
        for place, (x, y) in enumerate(zip(np.split(LOGITS, [1, 3]), np.split(labels, [2, 4]), strict=True)):
            np.save(f"x-{place}.npy", x)
            np.save(f"y-{place}.npy", y)
        logits, given = "x-*.npy", "y-*.npy"
    report = softmax_cli.evaluate(logits, given, shift=shift, **options)
    assert report.loss() == pytest.approx(expected, rel=1e-13)
    assert report.rows == B * (T - abs(shift))
    assert any(f"{report.rows} of {B * T} rows are left" in note for note in report.notes)


@pytest.mark.parametrize("shift", [1, 4, -2])
@pytest.mark.parametrize("form", ["csv", "npy", "pieces", "one_file"])
def test_a_table_is_one_sequence(shift, form):
    logits, labels = LOGITS.reshape(1, -1, V), LABELS.reshape(1, -1)
    expected = of_torch(*shifted(logits, labels, shift))
    options = {}
    if form == "csv":
        np.savetxt("x.csv", logits[0], delimiter=",")
        np.savetxt("y.csv", labels[0], fmt="%d")
        given = "x.csv", "y.csv"
    elif form == "npy":
        given = logits[0], labels[0]
    elif form == "pieces":
        for place, (x, y) in enumerate(zip(np.split(logits[0], [3, 70]), np.split(labels[0], [1, 2]), strict=True)):
            np.savetxt(f"x-{place}.csv", x, delimiter=",")
            np.savetxt(f"y-{place}.csv", y, fmt="%d")
        given = "x-*.csv", "y-*.csv"
    else:
        np.savetxt("x.csv", np.hstack([logits[0], labels[0][:, None]]), delimiter=",")
        given, options = ("x.csv",), {"label_column": str(V)}
    assert softmax_cli.evaluate(*given, shift=shift, **options).loss() == pytest.approx(expected, rel=1e-13)
    found = softmax_cli.report(*given, shift=shift, **options).quantities()
    assert found["loss"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("shift", [0, 1, 3, -2])
@pytest.mark.parametrize("skip", [None, "0,3:9,40"])
@pytest.mark.parametrize("form", ["text", "array"])
def test_blocks_of_any_length_have_the_same_rows(rows, shift, skip, form):
    np.savetxt("x.csv", LOGITS.reshape(-1, V), delimiter=",")
    np.savetxt("y.csv", LABELS.ravel(), fmt="%d")
    given = ("x.csv", "y.csv") if form == "text" else (LOGITS, LABELS)
    sequences = 1 if form == "text" else B
    numbers = np.arange(B * T).reshape(sequences, -1)
    pairs = []
    for sequence in numbers.tolist():
        left = [row for row in sequence if not (skip and (row in {0, 40} or 3 <= row < 9))]
        pairs += [(row, left[at + shift]) for at, row in enumerate(left) if 0 <= at + shift < len(left)]
    pair = open_pair(*given, Reading(shift=shift, skip_rows=skip))
    blocks = list(pair.blocks(rows))
    logits = np.concatenate([block.logits for block in blocks])
    labels = np.concatenate([block.target.classes for block in blocks])
    of_x, of_y = np.array(pairs).T
    np.testing.assert_array_equal(logits, LOGITS.reshape(-1, V)[of_x])
    np.testing.assert_array_equal(labels, LABELS.ravel()[of_y])
    assert [block.start for block in blocks] == np.cumsum([0, *(len(block.logits) for block in blocks)])[:-1].tolist()


@pytest.mark.parametrize("shift", [1, 3, -1])
def test_labels_that_are_shifted_already_leave_the_end_of_the_logits_out(shift):
    logits, labels = shifted(LOGITS, LABELS, shift)
    for given, beside in ((LOGITS, labels), (LOGITS, labels.ravel()), (LOGITS[:1], labels[0]), (LOGITS[0], labels[0])):
        expected = of_torch(logits if given is LOGITS else logits[:1], beside)
        report = softmax_cli.evaluate(given, beside, shift=shift)
        assert report.loss() == pytest.approx(expected, rel=1e-13)
        assert any("the labels are shifted already" in note for note in report.notes)
    kept = np.ones(logits.shape[:2], bool)
    kept[2, 4] = False
    row = 2 * T + 4 + max(-shift, 0)
    found = softmax_cli.evaluate(LOGITS, labels, shift=shift, skip_rows=str(row)).loss()
    assert found == pytest.approx(of_torch(logits[kept], labels[kept]), rel=1e-13)


def test_rows_are_left_out_of_both_files_in_every_command():
    kept = np.ones(B * T, bool)
    kept[[0, 7, 77, *range(20, 31)]] = False
    rows, labels = LOGITS.reshape(-1, V)[kept], LABELS.ravel()[kept]
    skip = "7,0,20:31,77"
    expected = of_torch(rows, labels)
    np.savetxt("x.csv", LOGITS.reshape(-1, V), delimiter=",")
    for given in ((LOGITS, LABELS), ("x.csv", LABELS.ravel())):
        report = softmax_cli.evaluate(*given, skip_rows=skip)
        assert report.loss() == pytest.approx(expected, rel=1e-13)
        assert ("skip_rows", skip) in report.signature.settings
        assert softmax_cli.report(*given, skip_rows=skip).quantities()["loss"] == pytest.approx(expected, rel=1e-9)
        assert softmax_cli.check(*given, skip_rows=skip).rows == kept.sum()
        axis = {"class_axis": -1}
        found = np.array([p for p, *_ in softmax_cli.softmax(given[0], skip_rows=skip, **axis).rows()])
        np.testing.assert_allclose(found, torch.softmax(torch.tensor(rows), 1), rtol=1e-12)
        other = LOGITS.reshape(-1, V) + np.arange(V)
        by_numpy = softmax_cli.compare(rows, other[kept], labels).quantities()
        assert softmax_cli.compare("x.csv", other, LABELS.ravel(), skip_rows=skip).quantities() == by_numpy


def test_the_gradient_has_the_shape_of_the_rows_that_are_left():
    leaf = torch.tensor(LOGITS[:, :-1], requires_grad=True)
    F.cross_entropy(leaf.reshape(-1, V), torch.tensor(LABELS[:, 1:]).ravel()).backward()
    save_gradient(LOGITS, LABELS, Path("g.npy"), shift=1)
    np.testing.assert_allclose(np.load("g.npy"), leaf.grad, rtol=1e-12, atol=1e-17)
    save_gradient(np.moveaxis(LOGITS, -1, 1), LABELS, Path("g.npy"), shift=1)
    np.testing.assert_allclose(np.load("g.npy"), np.moveaxis(leaf.grad.numpy(), -1, 1), rtol=1e-12, atol=1e-17)
    kept = [row for row in range(B * T) if row != 3]
    leaf = torch.tensor(LOGITS.reshape(-1, V)[kept], requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(LABELS.ravel()[kept])).backward()
    save_gradient(LOGITS, LABELS, Path("g.npy"), skip_rows="3")
    np.testing.assert_allclose(np.load("g.npy").reshape(-1, V), leaf.grad, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize(
    "reading", [{"shift": 1}, {"shift": -1}, {"skip_rows": "0:5,9"}, {"shift": 2, "skip_rows": "3"}]
)
def test_a_fault_is_named_by_its_place_in_the_file(reading):
    labels = LABELS.copy()
    labels[2, 8] = 99
    with pytest.raises(InputError, match=r"^labels\[2, 8\]: label 99 is outside 0\.\.6"):
        softmax_cli.evaluate(LOGITS, labels, **reading)
    np.savetxt("y.csv", labels.ravel(), fmt="%d")
    with pytest.raises(InputError, match=rf"^y\.csv:{2 * T + 8 + 1}: label 99 is outside 0\.\.6"):
        softmax_cli.evaluate(LOGITS, "y.csv", **reading)
    with pytest.raises(InputError, match=rf"^y\.csv:{2 * T + 8 + 1}: label 99 is outside 0\.\.6"):
        softmax_cli.evaluate(LOGITS.reshape(-1, V), "y.csv", **reading)


def test_a_row_that_does_not_exist_is_named():
    np.savetxt("x.csv", LOGITS[0], delimiter=",")
    for skip, missing in (("16", 16), ("0,3:18", 17), ("40:", 40)):
        for command, given in ((softmax_cli.evaluate, ("x.csv", LABELS[0])), (softmax_cli.check, ("x.csv", LABELS[0]))):
            with pytest.raises(InputError, match=rf"^x\.csv: there is no row {missing}: the rows are 0 to 15"):
                command(*given, skip_rows=skip)
    with pytest.raises(InputError, match=r"^x\.csv: none of 16 rows is left; give fewer rows to --skip-rows"):
        softmax_cli.evaluate("x.csv", LABELS[0], skip_rows="0:")


@pytest.mark.parametrize("shift", [T, -T, 1000])
def test_a_shift_as_long_as_the_sequence_is_a_usage_error(shift):
    for command in (softmax_cli.evaluate, softmax_cli.report, softmax_cli.check):
        with pytest.raises(UsageError, match=f"--shift {shift}: a sequence has 16 positions, and none would be left"):
            command(LOGITS, LABELS, shift=shift)


def test_a_shift_needs_labels():
    for command, given in ((softmax_cli.check, (LOGITS[0],)), (softmax_cli.compare, (LOGITS[0], LOGITS[0]))):
        with pytest.raises(UsageError, match="--shift is for labels, and there are none"):
            command(*given, shift=1)


def test_labels_of_lines_that_are_one_fewer_name_what_to_leave_out():
    np.savetxt("x.csv", LOGITS[0], delimiter=",")
    np.savetxt("y.csv", LABELS[0, 1:], fmt="%d")
    with pytest.raises(InputError, match=r"15 labels for 16 rows .*leave --shift out and use --skip-rows 15$"):
        softmax_cli.evaluate("x.csv", "y.csv", shift=1)
    expected = of_torch(LOGITS[0, :-1], LABELS[0, 1:])
    assert softmax_cli.evaluate("x.csv", "y.csv", skip_rows="15").loss() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("shape", [(4, 32, 60), (200, 2, 40), (1, 64, 100)])
def test_check_shifts_labels_back_within_sequences(shape):
    labels = RNG.integers(shape[-1], size=shape[:2])
    logits = RNG.standard_normal(shape)
    np.put_along_axis(logits[:, :-1], labels[:, 1:, None], 5.0, axis=-1)
    logits[:, -1] = 0
    expected = F.cross_entropy(
        torch.tensor(logits[:, :-1].reshape(-1, shape[-1])), torch.tensor(labels[:, 1:]).ravel()
    ).item()
    np.savetxt("y.csv", labels.ravel(), fmt="%d")
    for given in (labels, labels[..., None], "y.csv"):
        (finding,) = [found for found in softmax_cli.check(logits, given).findings if found.code == "Y221"]
        (effect,) = [effect for effect in finding.effects if effect.name == "with --shift 1"]
        assert effect.loss == pytest.approx(expected, rel=1e-12)
        assert effect.accuracy == 1
        assert f"of {shape[0] * (shape[1] - 1)} rows" in finding.evidence[0]
    found = softmax_cli.check(logits, labels, shift=1)
    assert "Y221" not in {finding.code for finding in found.findings}
    assert softmax_cli.evaluate(logits, labels, shift=1).loss() == pytest.approx(expected, rel=1e-12)
