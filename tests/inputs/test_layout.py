"""Labels that lie beside logits in another shape, against torch's cross-entropy of the same rows."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError

RNG = np.random.default_rng(9)


def rows_of(logits, axis):
    """(N, C): the classes' axis last, all others one after another."""
    return torch.tensor(np.moveaxis(logits, axis, -1).reshape(-1, logits.shape[axis]))


def of_torch(logits, axis, labels):
    labels = torch.tensor(np.asarray(labels))
    labels = labels.reshape(-1, logits.shape[axis]) if labels.is_floating_point() else labels.ravel()
    return F.cross_entropy(rows_of(logits, axis), labels).item()


def figures(logits, labels, *, classes=True, **options):
    """The loss and the notes of `loss`; `report` gives the same of class indices, and `check` takes the files."""
    loss = softmax_cli.evaluate(logits, labels, **options)
    checked = softmax_cli.check(logits, labels, **options)  # it does not give up
    assert checked.rows == loss.rows
    if classes:
        reported = softmax_cli.report(logits, labels, **options)
        assert reported.quantities()["loss"] == pytest.approx(loss.loss(), rel=1e-9)
    return loss.loss(), loss.notes


@pytest.mark.parametrize(
    ("shape", "axis", "labels"),
    [
        ((1, 32, 60), 2, (32,)),
        ((32, 60), 1, (1, 32)),
        ((4, 32, 60), 2, (4, 32, 1)),
        ((4, 32, 60), 2, (1, 4, 32)),
        ((2, 3, 5, 6), 1, (2, 1, 5, 6)),
        ((2, 5, 6, 3), 3, (2, 5, 6, 1)),
        ((1, 3, 5, 6), 1, (5, 6)),
        ((3, 5, 6), 0, (1, 5, 6)),
        ((2, 1, 9, 3), 3, (2, 9)),
        ((4, 32, 60), 2, (128,)),
        ((4, 32, 60), 2, (128, 1)),
        ((128, 60), 1, (4, 32)),
        ((2, 3, 5, 6), 1, (60,)),
        ((2, 4, 8, 60), 3, (2, 32)),
        ((2, 4, 8, 60), 3, (8, 8)),
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_labels_in_another_shape_of_the_same_rows(shape, axis, labels, order):
    logits = np.asarray(RNG.standard_normal(shape), order=order)
    given = np.asarray(RNG.integers(shape[axis], size=labels), order=order)
    found, notes = figures(logits, given)
    assert found == pytest.approx(of_torch(logits, axis, given), rel=1e-12)
    read_as = f"labels: shape {'x'.join(map(str, labels))}, read as one label for each of "
    assert any(note.startswith(read_as) for note in notes)


def test_labels_of_a_file_of_lines_beside_logits_of_three_axes(tmp_path):
    logits, labels = RNG.standard_normal((4, 32, 60)), RNG.integers(60, size=128)
    np.savetxt(tmp_path / "y.csv", labels, fmt="%d")
    found, notes = figures(logits, tmp_path / "y.csv")
    assert found == pytest.approx(of_torch(logits, 2, labels), rel=1e-12)
    assert notes[-1].endswith("y.csv: shape ?x1, read as one label for each of 4x32 rows, in their order")


def test_labels_of_two_axes_beside_lines_of_logits(tmp_path):
    logits, labels = RNG.standard_normal((12, 5)), RNG.integers(5, size=(4, 3))
    np.savetxt(tmp_path / "x.csv", logits, delimiter=",")
    found, notes = figures(tmp_path / "x.csv", labels)
    assert found == pytest.approx(of_torch(logits, 1, labels), rel=1e-12)
    assert notes == ("labels: shape 4x3, read as one label for each of 12 rows, in their order",)


@pytest.mark.parametrize("logits", ["x.csv", "x.npy"])
def test_labels_in_one_line_of_a_file(tmp_path, monkeypatch, logits):
    monkeypatch.chdir(tmp_path)
    values, labels = RNG.standard_normal((12, 5)), RNG.integers(5, size=12)
    np.savetxt("x.csv", values, delimiter=",")
    np.save("x.npy", values)
    np.savetxt("y.csv", labels[np.newaxis], fmt="%d", delimiter=",")
    found, notes = figures(logits, "y.csv")
    assert found == pytest.approx(of_torch(values, 1, labels), rel=1e-12)
    assert notes == ("y.csv: shape ?x12, read as one label for each of 12 rows",)
    np.savetxt("y.csv", np.array([[17, 3]]), fmt="%d", delimiter=",")
    with pytest.raises(InputError, match=r"y.csv: 2 columns; expected one label per row, or 5 prob.*--label-column$"):
        softmax_cli.evaluate(logits, "y.csv")


def test_pieces_beside_labels_of_another_shape(tmp_path):
    logits, labels = RNG.standard_normal((6, 4, 9)), RNG.integers(9, size=24)
    for place, (x, y) in enumerate(zip(np.split(logits, [1, 4]), np.split(labels, [7, 9]), strict=True)):
        np.save(tmp_path / f"x-{place}.npy", x)
        np.save(tmp_path / f"y-{place}.npy", y)
    found, _ = figures(str(tmp_path / "x-*.npy"), str(tmp_path / "y-*.npy"))
    assert found == pytest.approx(of_torch(logits, 2, labels), rel=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "i8"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3, 5, 6), 1), ((2, 5, 6, 3), 3), ((3, 5, 6), 0), ((4, 7, 9), 2), ((3, 3, 3), 1)]
)
def test_one_hot_masks_find_their_axis_by_their_sums(shape, axis, dtype):
    logits = RNG.standard_normal(shape)
    rows = tuple(size for place, size in enumerate(shape) if place != axis)
    classes = RNG.integers(shape[axis], size=rows)
    classes.flat[::2] = 0  # no permutation, whose columns would sum to 1 as well
    mask = np.moveaxis(np.eye(shape[axis], dtype=dtype)[classes], -1, axis)
    found, notes = figures(logits, mask, classes=False)
    assert found == pytest.approx(of_torch(logits, axis, classes), rel=1e-12)
    assert f"read as probabilities, which sum to 1 along axis {axis}" in notes[-1]


def test_probabilities_find_their_axis_by_their_sums_too(tmp_path):
    logits = RNG.standard_normal((2, 3, 50, 60))
    soft = np.moveaxis(RNG.dirichlet(np.ones(3), size=(2, 50, 60)), -1, 1)
    expected = F.cross_entropy(torch.tensor(logits), torch.tensor(soft)).item()
    np.save(tmp_path / "y.npy", np.asfortranarray(soft))
    for labels in (soft, tmp_path / "y.npy"):
        assert figures(logits, labels, classes=False)[0] == pytest.approx(expected, rel=1e-12)


def test_one_row_that_does_not_sum_to_1_leaves_the_axis_open():
    logits = RNG.standard_normal((2, 3, 50, 60))
    soft = np.moveaxis(RNG.dirichlet(np.ones(3), size=(2, 50, 60)), -1, 1)
    soft[1, :, -1, -1] = 0.5
    with pytest.raises(InputError, match=r"could be on axis 0 or 1 or 2 or 3 .*say which: --class-axis"):
        softmax_cli.evaluate(logits, soft)
    assert softmax_cli.evaluate(logits, soft, class_axis=1).loss() == pytest.approx(
        F.cross_entropy(torch.tensor(logits), torch.tensor(soft)).item(), rel=1e-12
    )


def test_probabilities_that_sum_to_1_along_several_axes_leave_it_open():
    with pytest.raises(InputError, match="could be on axis 1 or 2 "):
        softmax_cli.evaluate(np.zeros((2, 3, 3)), np.full((2, 3, 3), 1 / 3))


@pytest.mark.parametrize(
    ("shape", "axis", "labels", "of_labels"),
    [
        ((1, 8, 5), 2, (8, 5), 1),
        ((8, 5), 1, (1, 8, 5), 2),
        ((8, 1, 5), 2, (8, 5), 1),
        ((2, 4, 5), 2, (8, 5), 1),
        ((2, 5, 4, 3), 1, (2, 4, 3, 5), 3),
        ((8, 5), 1, (2, 4, 5), 2),
    ],
)
def test_probabilities_in_another_shape_of_the_same_rows(shape, axis, labels, of_labels):
    logits = RNG.standard_normal(shape)
    rows = tuple(size for place, size in enumerate(labels) if place != of_labels)
    soft = np.moveaxis(RNG.dirichlet(np.ones(shape[axis]), size=rows), -1, of_labels)
    found, notes = figures(logits, soft, classes=False)
    assert found == pytest.approx(of_torch(logits, axis, soft), rel=1e-12)
    assert "read as probabilities for each of " in notes[-1]


def test_a_row_of_class_indices_is_not_one_row_of_probabilities():
    for labels in ([1, 0, 0], [0.0, 2.0, 1.0], [2, 1, 0]):
        with pytest.raises(InputError, match=r"3 labels for 1 row"):
            softmax_cli.evaluate(np.zeros((1, 3)), labels)
    assert softmax_cli.evaluate([[1.0, 2, 3]], [0.5, 0.5, 0]).loss() == pytest.approx(
        F.cross_entropy(torch.tensor([[1.0, 2, 3]]), torch.tensor([[0.5, 0.5, 0]])).item(), rel=1e-6
    )


def test_the_user_is_asked_where_flat_labels_fit_on_two_axes():
    with pytest.raises(InputError, match=r"could be on axis 1 or 2 \(shape 2x5x5, labels 10\)"):
        softmax_cli.evaluate(np.zeros((2, 5, 5)), np.zeros(10, int))
    labels = RNG.integers(5, size=10)
    logits = RNG.standard_normal((2, 5, 5))
    for axis in (1, 2):
        found = softmax_cli.evaluate(logits, labels, class_axis=axis).loss()
        assert found == pytest.approx(of_torch(logits, axis, labels), rel=1e-12)


@pytest.mark.parametrize(
    ("logits", "labels"), [((4, 32, 60), (4, 31)), ((1, 32, 60), (31,)), ((4, 60, 32), (4, 31)), ((4, 32, 60), (124,))]
)
def test_one_label_fewer_per_sequence_names_shift(logits, labels):
    for command in (softmax_cli.evaluate, softmax_cli.report, softmax_cli.check):
        with pytest.raises(InputError, match=r"one label fewer per sequence .*use --shift 1"):
            command(np.zeros(logits), np.zeros(labels, int))


def test_compare_reads_axes_of_length_1_away():
    a, labels = RNG.standard_normal((1, 32, 60)), RNG.integers(60, size=32)
    b = a[0] + RNG.standard_normal((32, 60))
    plain = softmax_cli.compare(a[0], b, labels)
    for one, other in ((a, b), (a[0], b[np.newaxis]), (a, b[:, np.newaxis])):
        found = softmax_cli.compare(one, other, labels)
        assert found.quantities() == plain.quantities()
        assert any("read as " in note for note in found.notes)
        assert softmax_cli.compare(one, other, class_axis=one.ndim - 1).rows == 32
    assert softmax_cli.compare(a, b).rows == softmax_cli.compare(b, a).rows == 32  # a table's classes are its columns


def in_another_shape(rng, rows):
    """The shape of rows with axes of length 1 added or left out, or with runs of axes made one."""
    sizes = [size for size in rows if size != 1 or rng.random() < 0.5]
    if rng.random() < 0.3 and len(sizes) > 1:
        at = int(rng.integers(len(sizes) - 1))
        sizes[at : at + 2] = [sizes[at] * sizes[at + 1]]
    for _ in range(rng.integers(3)):
        sizes.insert(int(rng.integers(len(sizes) + 1)), 1)
    return tuple(sizes)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_drawn_shapes_are_read_as_they_are_meant_or_the_user_is_asked(seed, soft):
    rng = np.random.default_rng([seed, soft])
    rows = tuple(rng.choice([1, 2, 3, 4, 6], size=rng.integers(1, 4)).tolist())
    # Rows of probabilities have their classes last here: of another size than any other axis, or nothing could tell.
    classes = int(rng.choice([5, 7]) if soft else rng.integers(2, 8))
    axis = int(rng.integers(len(rows) + 1))
    if len(rows) == 1:
        axis = 1  # a table's classes are its columns
    logits = np.moveaxis(rng.standard_normal((*rows, classes)), -1, axis)
    indices = rng.integers(classes, size=rows)
    shape = in_another_shape(rng, rows)
    labels = indices.reshape(shape) if not soft else rng.dirichlet(np.ones(classes), size=rows).reshape(*shape, classes)
    expected = of_torch(logits, axis, labels)
    try:
        found = softmax_cli.evaluate(logits, labels).loss()
    except InputError as error:
        assert "say which: --class-axis" in str(error)  # noqa: PT017  (either is right)
        found = softmax_cli.evaluate(logits, labels, class_axis=axis).loss()
    assert found == pytest.approx(expected, rel=1e-12)
