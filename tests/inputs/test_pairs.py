"""Logits and labels that belong together, in every form; and those that do not."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError

LOGITS = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [0.0, 3.0, 1.0]]
LABELS = [2, 0, 1]


def of_torch(logits, labels):
    """The mean by torch, the classes on axis 1."""
    logits = torch.as_tensor(np.asarray(logits, float))
    return F.cross_entropy(logits, torch.as_tensor(np.asarray(labels))).item()


EXPECTED = of_torch(LOGITS, LABELS)


def csv(rows, header=None):
    lines = [] if header is None else [",".join(header)]
    return "\n".join([*lines, *(",".join(map(str, np.atleast_1d(row).tolist())) for row in rows)]) + "\n"


def save(name, content):
    """Text to a file, an array to an NPY file."""
    if isinstance(content, str):
        Path(name).write_text(content, encoding="utf-8")
    else:
        np.save(Path(name).with_suffix(".npy"), np.asarray(content))
        Path(name).with_suffix(".npy").rename(name)
    return name


def loss(run, logits, labels, *options):
    outcome = run("loss", "-q", save("x.csv", logits), save("y.csv", labels), *options)
    assert (outcome.status, outcome.out.count("\n")) == (0, 1), outcome.err
    return float(outcome.out)


def refusal(run, logits, labels, *options):
    outcome = run("loss", save("x.csv", logits), save("y.csv", labels), *options)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (3, "", 1)
    return outcome.err.removeprefix("error: ").removesuffix("\n")


NAMED = csv(LOGITS, ["cat", "red dog", '"a, b"'])


@pytest.mark.parametrize(
    ("logits", "labels", "options"),
    [
        (csv(LOGITS), "2\n0\n1\n", ()),
        (csv(LOGITS), "2.0\n0.0\n1.0\n", ()),
        (csv(LOGITS), "3\n1\n2\n", ("--label-base", "1")),
        (csv(LOGITS), "label\n2\n0\n1\n", ()),
        (csv(LOGITS), ",0\n0,2\n1,0\n2,1\n", ()),
        (csv(LOGITS), "id,label\n7,2\n8,0\n9,1\n", ("--label-column", "label")),
        (csv(LOGITS), "7,2\n8,0\n9,1\n", ("--label-column", "-1")),
        (csv(LOGITS), csv(np.eye(3)[LABELS]), ()),
        (NAMED, '"a, b"\ncat\nred dog\n', ()),
        (NAMED, 'label\n"a, b"\ncat\nred dog\n', ()),
        (NAMED, 'id,label\n7,"a, b"\n8,cat\n9,red dog\n', ("--label-column", "label")),
        (NAMED, "2\n0\n1\n", ()),
        (np.array(LOGITS), np.array(LABELS), ()),
        (np.array(LOGITS), np.array(LABELS)[:, np.newaxis], ()),
        (np.array(LOGITS), np.eye(3, dtype=int)[LABELS], ()),
        (np.array(LOGITS), "2\n0\n1\n", ()),
        (NAMED, np.array(["a, b", "cat", "red dog"]), ()),
        (np.array(LOGITS).T, np.array(LABELS), ("--class-axis", "0")),
        (np.array(LOGITS).T, np.eye(3)[LABELS].T, ("--class-axis", "0")),
        (csv(np.array(LOGITS).T), "2\n0\n1\n", ("--class-axis", "0")),
        (csv(np.array(LOGITS).T), csv(np.eye(3)[LABELS].T), ("--class-axis", "0")),
        (csv(LOGITS), "2\n0\n1\n", ("--class-axis", "-1")),
    ],
)
def test_the_same_loss_from_every_form_of_the_labels(run, logits, labels, options):
    assert loss(run, logits, labels, *options) == pytest.approx(EXPECTED, rel=1e-13)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("cat,dog,bird,label\n0.5,-1,2,2\n1.5,0.25,-0.75,0\n0,3,1,1\n", ("--label-column", "label")),
        ("cat,dog,bird,label\n0.5,-1,2,bird\n1.5,0.25,-0.75,cat\n0,3,1,dog\n", ("--label-column", "label")),
        ("cat,dog,bird,label\n0.5,-1,2,bird\n1.5,0.25,-0.75,cat\n0,3,1,dog\n", ("--label-column", "-1")),
        ("0,1,2,label\n0.5,-1,2,2\n1.5,0.25,-0.75,0\n0,3,1,1\n", ("--label-column", "label")),
        ("2,0.5,-1,2\n0,1.5,0.25,-0.75\n1,0,3,1\n", ("--label-column", "0")),
        (",y,a,b,c\n0,2,0.5,-1,2\n1,0,1.5,0.25,-0.75\n2,1,0,3,1\n", ("--label-column", "y")),
        ("i,a,b,c,y\n9,0.5,-1,2,2\n9,1.5,0.25,-0.75,0\n9,0,3,1,1\n", ("--label-column", "y", "--logit-columns", "1:4")),
    ],
)
@pytest.mark.parametrize("pipe", [False, True])
def test_labels_in_a_column_of_the_logits_file(run, content, options, pipe):
    path = "-" if pipe else save("x.csv", content)
    outcome = run("loss", "-q", path, *options, stdin=content.encode() if pipe else b"")
    assert float(outcome.out) == pytest.approx(EXPECTED, rel=1e-13)


@pytest.mark.parametrize("label", [np.array(1), np.array([1]), np.array([[1]]), "1\n", "0,1,0\n", np.eye(3)[1]])
def test_a_vector_is_one_row_with_one_label(run, label):
    assert loss(run, np.array(LOGITS[0]), label) == pytest.approx(of_torch(LOGITS[:1], [1]), rel=1e-13)


@pytest.mark.parametrize(("shape", "axis"), [((2, 3), 2), ((2, 5), 1), ((3, 5), 0)], ids=str)
def test_beyond_two_axes_the_one_that_the_labels_leave_over_is_the_classes(run, shape, axis):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((2, 3, 5))
    labels = rng.integers(logits.shape[axis], size=shape)
    expected = of_torch(np.moveaxis(logits, axis, -1).reshape(-1, logits.shape[axis]), labels.ravel())
    assert loss(run, logits, labels) == pytest.approx(expected, rel=1e-13)
    assert loss(run, logits, labels, "--class-axis", str(axis)) == pytest.approx(expected, rel=1e-13)
    assert loss(run, logits, labels[..., np.newaxis], "--class-axis", str(axis)) == pytest.approx(expected, rel=1e-13)
    one_hot = np.moveaxis(np.eye(logits.shape[axis])[labels], -1, axis)
    assert loss(run, logits, one_hot, "--class-axis", str(axis)) == pytest.approx(expected, rel=1e-13)
    assert (
        f"note: x.csv: shape 2x3x5, classes on axis {axis}\n"
        in run("loss", "x.csv", "y.csv", "--format", "tsv", "--class-axis", axis).err
    )


def test_where_several_axes_fit_the_user_is_asked(run):
    logits, labels = np.random.default_rng(0).standard_normal((2, 3, 3)), np.zeros((2, 3), int)
    message = "x.csv: the classes could be on axis 1 or 2 (shape 2x3x3, labels 2x3); say which: --class-axis"
    assert refusal(run, logits, labels) == message
    assert loss(run, logits, labels, "--class-axis", "1") == pytest.approx(of_torch(logits, labels), rel=1e-13)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (
            np.zeros((3, 2), int),
            (),
            "y.csv: labels of shape 3x2; expected 3x5 or 2x5 or 2x3: the shape of the logits, ",
        ),
        (np.zeros(7, int), (), "y.csv: labels of shape 7; expected 3x5 or 2x5 or 2x3: "),
        (np.zeros((2, 3, 5)), (), "x.csv: the classes could be on axis 0 or 1 or 2 (shape 2x3x5, labels 2x3x5)"),
        # The same number of labels in another shape: a transposed file.
        (np.zeros((3, 2), int), ("--class-axis", "2"), "y.csv: labels of shape 3x2; expected 2x3: the shape of the"),
        (np.full((3, 2, 5), 0.2), ("--class-axis", "2"), "y.csv: labels of shape 3x2x5; expected 2x3: "),
        ("0\n" * 5, (), "y.csv: labels of shape ?x1; expected 3x5 or 2x5 or 2x3: "),
        ("0\n" * 5, ("--class-axis", "2"), "y.csv: 5 labels for 6 rows of logits in x.csv"),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(run, labels, options, message):
    assert refusal(run, np.zeros((2, 3, 5)), labels, *options).startswith(message)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            "0,1\n1,2\n2,0\n",
            "y.csv: 2 columns; expected one label per row, or 3 probabilities; choose the column of the",
        ),
        (np.zeros((3, 2)), "y.csv: labels of shape 3x2; expected one label per row, or 3 probabilities"),
        (np.zeros((3, 2, 1)), "y.csv: labels of shape 3x2x1; expected one label per row, or 3 probabilities"),
        (np.full((3, 2), "cat"), "y.csv: labels of shape 3x2; expected one label per row, or 3 probabilities"),
        ("2\n0\n7\n", "y.csv:3: label 7 is outside 0..2 (the logits have 3 classes)"),
        ("2\n0\nx\n", "y.csv:3, column 1: 'x' is not a number"),
        ("cat\ndog\nbird\n", "y.csv:1: label 'cat' is a name, and x.csv has no header of class names; give class"),
        ("2\n\n0\n1\n", "y.csv:2: a blank line within the rows; remove it"),
        ("", "y.csv: the file is empty"),
        (np.array([2, 1, 3]), "y.csv[2]: label 3 is outside 0..2 (the logits have 3 classes); labels that start at 1?"),
        (np.array([0, 1, 2.5]), "y.csv[2]: label 2.5 is not a whole number"),
        ("1,0,0\n0,1,0\n0.5,0.6,-0.1\n", "y.csv:3, class 2: -0.1 is not a probability"),
    ],
)
def test_labels_that_cannot_be_are_refused_with_their_place(run, labels, message):
    assert refusal(run, csv(LOGITS), labels).startswith(message)


def test_a_name_that_no_class_has_is_refused_with_its_line(run):
    assert refusal(run, NAMED, 'cat\n"a, b"\nRed dog\n') == (
        "y.csv:3: label 'Red dog' is not the name of a class in x.csv"
    )
    assert refusal(run, NAMED, "label\n") == "y.csv: there are no rows, only a header"
    twice = csv(LOGITS, ["cat", "dog", "cat"])
    assert refusal(run, twice, "dog\ndog\ndog\n") == "x.csv: two classes are named 'cat'; give class indices as labels"


HEADER_HINT = "a header may have been read as data, or data as a header: --header or --no-header"


@pytest.mark.parametrize(
    ("rows", "labels", "hint"),
    [
        (5, 4, HEADER_HINT),
        (4, 5, HEADER_HINT),
        (4, 9, ""),
        (9, 4, ""),
        (9, 3, "if the classes run down the lines, use --class-axis 0"),
        (300_000, 299_999, HEADER_HINT),
        (299_999, 300_000, HEADER_HINT),
        (300_000, 5, ""),
        (5, 300_000, ""),
    ],
)
def test_another_number_of_labels_than_rows_is_refused_with_both_numbers(run, rows, labels, hint):
    message = refusal(run, "1.5,2.5,0.5\n" * rows, "0\n" * labels)
    assert message == f"y.csv: {labels:,} labels for {rows:,} rows of logits in x.csv" + (f"; {hint}" if hint else "")


def test_hints_are_given_only_where_they_can_help(run):
    assert refusal(run, np.zeros((5, 3)), np.zeros(6, int)) == "y.csv: 6 labels for 5 rows of logits in x.csv"
    assert refusal(run, np.zeros((5, 3)), np.zeros(4, int)) == (
        "y.csv: 4 labels for 5 rows of logits in x.csv; "
        "if each label is the next row's, use --shift 1: it leaves out the last row of the logits"
    )
    assert refusal(run, np.zeros((3, 9)), np.zeros(3, int), "--class-axis", "0").endswith(
        "for 9 rows of logits in x.csv"
    )


@pytest.mark.parametrize("place", [1, 150_000, 299_999, 300_000])
def test_the_line_of_a_wrong_label_is_true_in_long_files(run, place):
    lines = ["0.000"] * 300_000  # more than one chunk of the labels, too
    lines[place - 1] = "2"
    assert refusal(run, "1.5,2.5\n" * 300_000, "\n".join(lines)).startswith(f"y.csv:{place}: label 2 is outside 0..1")


def test_blocks_of_the_two_files_need_not_agree(run):
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((30_000, 12)).round(3), rng.integers(12, size=30_000)
    for form in (csv(labels), labels, csv(np.eye(12, dtype=int)[labels])):
        assert loss(run, csv(logits), form) == pytest.approx(of_torch(logits, labels), rel=1e-12)


def test_only_one_file_comes_from_standard_input(run):
    outcome = run("loss", "-", "-", stdin=b"1,2\n")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: stdin: only one of the files can come from standard input; name the others\n"
    with pytest.raises(InputError, match="only one of the files"):
        softmax_cli.evaluate(Path("-"), "-")
    save("x.csv", csv(LOGITS))
    assert float(run("loss", "-q", "x.csv", "-", stdin=b"2\n0\n1\n").out) == pytest.approx(EXPECTED, rel=1e-13)


def test_labels_that_are_missing_are_a_usage_error(run):
    outcome = run("loss", save("x.csv", csv(LOGITS)))
    assert (outcome.status, outcome.out) == (2, "")
    assert "labels are missing: give their file, or --label-column" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--class-axis", "2"), "--class-axis 2: the logits have 2 axes, 0 to 1"),
        (("--class-axis", "-3"), "--class-axis -3: the logits have 2 axes"),
        (("--label-base", str(10**400)), "--label-base: a number within 2^62 of 0 is needed"),
    ],
)
def test_an_axis_or_a_base_that_cannot_be_is_a_usage_error(run, options, message):
    outcome = run("loss", save("x.csv", csv(LOGITS)), save("y.csv", csv(LABELS)), *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert message in outcome.err


def test_an_index_column_is_left_out_of_classes_that_run_down_the_lines_too(run):
    content = ",0,1\n0,0.5,1.5\n1,-1,0.25\n2,2,-0.75\n"
    assert loss(run, content, "2\n0\n", "--class-axis", "0") == pytest.approx(of_torch(LOGITS[:2], [2, 0]), rel=1e-13)
    note = "note: x.csv: the first column has no name; taken for an index and left out\n"
    assert note in run("softmax", "x.csv", "--class-axis", "0").err


PYTHON_LOGITS = [
    LOGITS,
    tuple(map(tuple, LOGITS)),
    np.array(LOGITS),
    np.asfortranarray(LOGITS),
    np.array(LOGITS)[::-1][::-1],
    np.ma.masked_array(LOGITS, mask=False),
    torch.tensor(LOGITS, dtype=torch.float64),
    torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True),
    torch.tensor(LOGITS, dtype=torch.bfloat16, requires_grad=True),  # these values are the same in bfloat16
]


@pytest.mark.parametrize("logits", PYTHON_LOGITS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("labels", [LABELS, tuple(LABELS), np.array(LABELS, np.uint8), torch.tensor(LABELS)])
def test_arrays_of_every_kind_from_python(logits, labels, backend):
    report = softmax_cli.evaluate(logits, labels, backend=backend, dtype="float64")
    assert report.loss("cross_entropy") == pytest.approx(EXPECTED, rel=1e-13)


def test_paths_and_arrays_may_be_mixed(tmp_path):
    save("x.csv", csv(LOGITS, ["a", "b", "c"]))
    for labels in (LABELS, ["c", "a", "b"], np.eye(3)[LABELS]):
        for path in ("x.csv", tmp_path / "x.csv"):
            assert softmax_cli.evaluate(path, labels).loss("cross_entropy") == pytest.approx(EXPECTED, rel=1e-13)


class Mute:
    """An array that cannot be, and does not say why."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ([[1, 2], [3]], "logits: not an array (setting an array element with a sequence"),
        (3.0, "logits: a single number, where a row of logits is needed"),
        ([], "logits: there are no rows (shape 0)"),
        ([[]], "logits: there are no rows (shape 1x0)"),
        (None, "logits: the array holds Python objects"),
        ([[2**70, 1]], "logits: the array holds Python objects"),
        ({"a": 1}, "logits: the array holds Python objects"),
        ([["1", "2"]], "logits: the array holds text"),
        (Mute(), "logits: not an array (ValueError)"),
        (np.ma.masked_array([[1.0, 2]], mask=[[0, 1]]), "logits: some of its values are masked; fill them"),
        (torch.zeros(1, 2).to_sparse(), "logits: not an array (can't convert Sparse layout tensor"),
        (torch.zeros(1, 2, device="meta"), "logits: not an array (Cannot copy out of meta tensor"),
        (torch.zeros(1, 2, dtype=torch.float8_e4m3fn), "logits: not an array ("),
        (torch.zeros(1, 2, dtype=torch.bool), "logits: the array holds truth values"),
        (torch.zeros(1, 2, dtype=torch.complex64), "logits: the array holds complex values"),
    ],
    ids=lambda value: value[8:40] if isinstance(value, str) else "",
)
def test_what_is_no_array_of_numbers_is_refused(logits, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        softmax_cli.evaluate(logits, [0])


@pytest.mark.parametrize("labels", [None, [0]])
def test_labels_are_no_column_of_an_array(labels):
    with pytest.raises(UsageError, match="--label-column is for delimited files, and this is an array"):
        softmax_cli.evaluate(np.ones((1, 3)), labels, label_column="0")


def test_a_longdouble_beyond_float64_gives_no_warning():
    report = softmax_cli.evaluate(np.array([[0, 1]], np.longdouble) * np.longdouble("1e4000"), [0])
    assert report.notes[0].endswith("is read as float64")
