"""What is given from Python: paths, patterns and lists of them, or arrays; against torch on the joined pieces."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.steps import save_gradient
from softmax_cli.readers.pieces import Files

RNG = np.random.default_rng(0)
LOGITS = [RNG.standard_normal((rows, 4)) for rows in (5, 1, 7, 12)]
LABELS = [RNG.integers(4, size=rows) for rows in (10, 3, 12)]
JOINED = torch.tensor(np.concatenate(LOGITS)), torch.tensor(np.concatenate(LABELS))


@pytest.fixture(autouse=True)
def _here(here):
    for place, piece in enumerate(LOGITS, 8):
        np.save(here / f"x-{place}.npy", piece)
    for place, piece in enumerate(LABELS, 9):
        np.save(here / f"y-{place}.npy", piece)


NAMES = [f"x-{place}.npy" for place in range(8, 12)]
LABEL_NAMES = [f"y-{place}.npy" for place in range(9, 12)]


@pytest.mark.parametrize(
    "logits", ["x-*.npy", Path("x-*.npy"), NAMES, tuple(map(Path, NAMES)), ["x-[89].npy", Path("x-10.npy"), "x-11.npy"]]
)
@pytest.mark.parametrize(
    "labels", ["y-*.npy", LABEL_NAMES, tuple(map(Path, LABEL_NAMES)), [Path("y-*.npy")], JOINED[1]]
)
def test_paths_and_patterns_of_every_kind(logits, labels, backend):
    report = softmax_cli.evaluate(logits, labels, backend=backend)
    assert report.loss("cross_entropy") == pytest.approx(F.cross_entropy(*JOINED).item(), rel=1e-14)
    assert report.rows == 25


def test_the_loss_has_the_same_bits_as_that_of_the_joined_arrays():
    whole = softmax_cli.evaluate(*JOINED)
    pieces = softmax_cli.evaluate("x-*.npy", "y-*.npy")
    assert [line.loss for line in pieces.losses] == [line.loss for line in whole.losses]
    assert [line.reference for line in pieces.losses] == [line.reference for line in whole.losses]


def test_every_row_in_its_order():
    report = softmax_cli.evaluate("x-*.npy", "y-*.npy", reduction="none", variants=["cross_entropy"])
    np.testing.assert_allclose(report.losses[0].loss, F.cross_entropy(*JOINED, reduction="none"), rtol=1e-13)
    found = softmax_cli.evaluate("x-*.npy", "y-*.npy", top=4).details
    losses = F.cross_entropy(*JOINED, reduction="none")
    assert [row.row for row in found] == losses.argsort(descending=True)[:4].tolist()


def test_several_passes_over_the_same_pieces(backend):
    report = softmax_cli.evaluate("x-*.npy", "y-*.npy", dtype=["float32", "float64"], backend=backend)
    for line in report.losses:
        dtype = getattr(torch, line.dtype)
        assert line.loss == pytest.approx(F.cross_entropy(JOINED[0].to(dtype), JOINED[1]).item(), rel=1e-6)


def test_native_accumulation_is_of_all_pieces_at_once():
    report = softmax_cli.evaluate("x-*.npy", "y-*.npy", backend="torch", accumulate="native", dtype="float32")
    assert report.loss("cross_entropy") == F.cross_entropy(JOINED[0].float(), JOINED[1]).item()


def test_steps_gradient_and_softmax(backend):
    leaf = JOINED[0].clone().requires_grad_()
    F.cross_entropy(leaf, JOINED[1]).backward()
    save_gradient("x-*.npy", "y-*.npy", Path("g.npy"), backend=backend)
    np.testing.assert_allclose(np.load("g.npy"), leaf.grad, rtol=1e-12, atol=1e-17)
    shown = softmax_cli.gradient("x-*.npy", "y-*.npy", backend=backend)
    np.testing.assert_allclose(shown.steps[0].values, leaf.grad[list(shown.rows)], rtol=1e-12, atol=1e-17)
    assert softmax_cli.steps("x-*.npy", "y-*.npy").rows == shown.rows
    for given in ("x-*.npy", NAMES):
        found = np.array([values for values, _, _ in softmax_cli.softmax(given, backend=backend).rows()])
        np.testing.assert_allclose(found, torch.softmax(JOINED[0], 1), rtol=1e-13)


@pytest.mark.parametrize("axis", [1, 2])
def test_more_axes_in_pieces(axis):
    logits = RNG.standard_normal((6, 3, 5))
    labels = RNG.integers(logits.shape[axis], size=(6, 5 if axis == 1 else 3))
    for place, (some, others) in enumerate(zip(np.split(logits, [1, 4]), np.split(labels, [2, 3]), strict=True)):
        np.save(f"n-{place}.npy", some)
        np.save(f"l-{place}.npy", others)
    expected = F.cross_entropy(torch.tensor(np.moveaxis(logits, axis, 1)), torch.tensor(labels)).item()
    assert softmax_cli.evaluate("n-*.npy", "l-*.npy").loss() == pytest.approx(expected, rel=1e-13)


def test_probabilities_as_labels_in_pieces():
    probabilities = RNG.dirichlet(np.ones(4), size=25)
    for place, piece in enumerate(np.split(probabilities, [1, 20])):
        np.save(f"q-{place}.npy", piece)
    expected = F.cross_entropy(JOINED[0], torch.tensor(probabilities)).item()
    assert softmax_cli.evaluate("x-*.npy", "q-*.npy").loss() == pytest.approx(expected, rel=1e-13)


def test_a_list_of_class_names_is_still_one_of_labels():
    Path("named.csv").write_text("cat,dog\n1,2\n3,1\n")
    expected = F.cross_entropy(torch.tensor([[1.0, 2], [3, 1]]).double(), torch.tensor([1, 0])).item()
    assert softmax_cli.evaluate("named.csv", ["dog", "cat"]).loss() == pytest.approx(expected, rel=1e-14)
    Path("dog").mkdir()  # a folder of pictures
    Path("cat").write_text("0\n1\n")
    assert softmax_cli.evaluate("named.csv", ("dog", "cat")).loss() == pytest.approx(expected, rel=1e-14)


def test_paths_that_are_missing_are_named():
    with pytest.raises(InputError, match=r"^gone\.npy: no such file or directory$"):
        softmax_cli.evaluate(["x-8.npy", "gone.npy"], "y-*.npy")
    with pytest.raises(InputError, match=r"^gone\.npy: no such file or directory$"):
        softmax_cli.evaluate("x-*.npy", [Path("y-9.npy"), Path("gone.npy")])
    with pytest.raises(InputError, match=r"^gone-\*: no such file, and none that it matches as a pattern$"):
        softmax_cli.softmax("gone-*")


def test_lists_of_numbers_are_arrays_as_ever():
    assert softmax_cli.evaluate([[0.0, 0.0]], [0]).loss() == pytest.approx(np.log(2))
    with pytest.raises(InputError, match=r"^logits: there are no rows"):
        softmax_cli.evaluate([], [0])


def test_the_weights_are_one_file():
    np.savetxt("w.csv", [1, 2, 3, 4])
    expected = F.cross_entropy(*JOINED, torch.tensor([1.0, 2, 3, 4], dtype=torch.float64)).item()
    assert softmax_cli.evaluate("x-*.npy", "y-*.npy", weight="w.csv").loss() == pytest.approx(expected, rel=1e-13)
    with pytest.raises(InputError, match=r"^w\*\.csv: no such file or directory$"):
        softmax_cli.evaluate("x-*.npy", "y-*.npy", weight="w*.csv")


def test_another_number_of_labels_is_told_with_both_patterns():
    with pytest.raises(
        InputError, match=r"^y-\[9\]\*: 10 labels|^y-9\.npy: 10 labels for 25 rows of logits in x-\*\.npy$"
    ):
        softmax_cli.evaluate("x-*.npy", "y-[9]*")
    # As many labels as classes, but axis 0 is that of the pieces: no hint at it.
    np.save("four.npy", [0, 1, 2, 3])
    with pytest.raises(InputError, match=r"^four\.npy: 4 labels for 25 rows of logits in x-\*\.npy$"):
        softmax_cli.evaluate("x-*.npy", "four.npy")


@pytest.mark.parametrize("content", [np.zeros((3, 4)), np.zeros(4)])
def test_classes_on_the_axis_of_the_pieces_are_refused(content):
    for place in range(2):
        np.save(f"t-{place}.npy", content)
        np.savetxt(f"t-{place}.csv", np.atleast_2d(content), delimiter=",")
    for pattern in ("t-*.npy", "t-*.csv"):
        with pytest.raises(
            InputError,
            match=rf"^{pattern.replace('*', '.')}: (with the classes on axis 0, |pieces hold whole rows, and )",
        ):
            softmax_cli.evaluate(pattern, [0, 1, 2, 3], class_axis=0)
        with pytest.raises(InputError, match=r"(with the classes on axis 0, |pieces hold whole rows, and )"):
            softmax_cli.softmax(pattern, class_axis=0)


def test_probabilities_on_the_axis_of_the_pieces_are_refused():
    np.save("one.npy", JOINED[0].T.numpy())
    for place, piece in enumerate(np.split(np.full((4, 25), 0.25), [2])):
        np.save(f"q-{place}.npy", piece)
        np.savetxt(f"q-{place}.csv", piece, delimiter=",")
    for pattern in ("q-*.npy", "q-*.csv"):
        with pytest.raises(InputError, match="with the classes on axis 0, "):
            softmax_cli.evaluate("one.npy", pattern, class_axis=0)


def test_labels_of_one_pattern_and_logits_of_the_same_say_their_order_once():
    for place in (2, 10):
        Path(f"p-{place}.csv").write_text("a,b,y\n1,2,1\n3,4,0\n")
    report = softmax_cli.evaluate("p-*.csv", label_column="y")
    assert report.notes == ("p-*.csv: 2 files in the order of their numbers, p-2.csv before p-10.csv",)
    both = softmax_cli.evaluate("p-*.csv", label_column="y", dtype=["float32", "float64"])
    assert both.notes == report.notes


def test_two_pieces_taken_for_logits_and_labels_are_pointed_out():
    for column, decided in (
        ("y", "column 'y' counts as a class"),
        ("label", "column 'label' holds labels, and is left"),
    ):
        for place in (1, 2):
            Path(f"p-{place}.csv").write_text(f"a,b,{column}\n1,2,1\n3,4,0\n")
        of_reader, note = softmax_cli.evaluate("p-1.csv", "p-2.csv", label_column=column).notes
        assert of_reader.startswith(f"p-1.csv: {decided}")
        assert note == (
            f"p-1.csv: it has a column {column!r} too, but the labels are those of p-2.csv; "
            "if both are pieces, give one pattern in quotes"
        )
    # A position is no name, though a column may be called so.
    Path("x.csv").write_text("0,1\n0.5,2.5\n1.5,2\n")
    Path("y.csv").write_text("0,1\n7,1\n8,0\n")
    assert softmax_cli.evaluate("x.csv", "y.csv", label_column="1", header=True).notes == ()


def test_labels_are_no_column_of_pieces_that_are_arrays():
    with pytest.raises(UsageError, match=r"^x-8\.npy: --label-column is for delimited files, and this is an array"):
        softmax_cli.evaluate("x-*.npy", label_column="y")


def test_files_may_be_given_already_found():
    assert softmax_cli.evaluate(Files(NAMES), Files(LABEL_NAMES)).rows == 25


@pytest.mark.parametrize("classes", [2, 4, 11])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("command", ["loss", "check", "report"])
def test_labels_that_pandas_calls_0_have_a_header_as_their_logits_do(run, classes, first, end, command):
    rng = np.random.default_rng(classes)
    logits, labels = rng.standard_normal((20, classes)), rng.integers(classes, size=20)
    labels[0] = first
    rows = [",".join(map(str, range(classes))), *(",".join(map(repr, row)) for row in logits.tolist())]
    Path("x.csv").write_text((end or "\n").join(rows) + end, newline="")
    Path("y.csv").write_text((end or "\n").join(["0", *map(str, labels)]) + end, newline="")
    outcome = run(command, "x.csv", "y.csv", "-f", "tsv")
    assert "note: y.csv: its first line, 0, is a header, as there is one for each column of x.csv" in outcome.err
    if command == "loss":
        expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels))
        assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(float(expected), rel=1e-13)
    Path("y.csv").write_text("\n".join(map(str, labels)) + "\n")  # as many: the first is a label
    if command == "loss":
        assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(float(expected), rel=1e-13)
    Path("y.csv").write_text("\n".join(map(str, [0, 0, *labels])) + "\n")  # two more: another file
    if command == "loss":
        assert run("loss", "-q", "x.csv", "y.csv").status == 3
