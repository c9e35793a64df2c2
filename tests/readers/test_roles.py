"""Columns beside the logits, and the column of labels among others: left out or found, and never in silence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from softmax_cli.readers import open_table
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.roles import Columns, is_index_name, is_label_name, is_prediction_name
from softmax_cli.readers.source import Source

RNG = np.random.default_rng(5)
LOGITS = RNG.standard_normal((7, 3)).round(3)
LABELS = np.array([2, 0, 1, 1, 2, 0, 2])
NAMES = ("cat", "dog", "fox")
EXPECTED = float(torch.nn.functional.cross_entropy(torch.tensor(LOGITS), torch.tensor(LABELS)))
IDS = [14, 434, 130, 688, 95, 695, 126]


def write(path, columns, *, names=True, delimiter=","):
    """A file of columns by their names."""
    lines = [delimiter.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    Path(path).write_text("\n".join([*([delimiter.join(columns)] if names else []), *lines]) + "\n", encoding="utf-8")


def logit_columns():
    return dict(zip(NAMES, LOGITS.T.tolist(), strict=True))


def spread(columns, *, first=True):
    """Other columns before the logits or behind them."""
    return {**columns, **logit_columns()} if first else {**logit_columns(), **columns}


TEXTS = {
    "filename": [f"img_{row}.png" for row in range(7)],
    "split": ["test"] * 7,
    "when": [f"2026-01-{row + 10}" for row in range(7)],
    "uuid": [f"3f{row}a-{row}" for row in range(7)],
    "note": ["good", "", "bad", "", "", "", "good"],
    "correct": ["True", "False", "True", "True", "True", "False", "True"],
    "개": ["가"] * 7,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("command", ["loss", "check", "report", "softmax"])
def test_a_column_of_text_is_left_out_with_a_note(run, name, first, delimiter, command):
    write("x.csv", spread({name: TEXTS[name]}, first=first), delimiter=delimiter)
    write("y.csv", {"label": LABELS})
    files = ["x.csv"] if command == "softmax" else ["x.csv", "y.csv"]
    outcome = run(command, *files)
    assert outcome.status == 0
    note = f"note: x.csv: column '{name}' holds text, and is left out; --logit-columns chooses the classes"
    assert note in outcome.err
    if command == "loss":
        assert float(run("loss", "-q", *files).out) == pytest.approx(EXPECTED, rel=1e-13)


def test_several_columns_of_text_are_named_together(run):
    write("x.csv", spread({"filename": TEXTS["filename"], "split": TEXTS["split"]}))
    note = (
        "x.csv: column 'filename' and column 'split' hold text, and are left out; --logit-columns chooses the classes"
    )
    assert note in run("softmax", "x.csv").err


def test_text_is_left_out_of_a_file_without_a_header_too(run):
    write("x.csv", spread({"filename": TEXTS["filename"]}), names=False)
    write("y.csv", {"label": LABELS})
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(EXPECTED, rel=1e-13)
    assert "note: x.csv: column 1 holds text" in run("loss", "x.csv", "y.csv").err


@pytest.mark.parametrize("labels", [LABELS, [NAMES[label] for label in LABELS]])
@pytest.mark.parametrize("position", ["label", "-2"])
def test_labels_and_text_in_the_file_of_the_logits(run, labels, position):
    write("x.csv", spread({"label": labels, "split": TEXTS["split"]}, first=False))
    assert float(run("loss", "-q", "x.csv", "--label-column", position).out) == pytest.approx(EXPECTED, rel=1e-13)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "2", "oops", "4", "5", "6", "7"], "x.csv:4, column 4 (extra): 'oops' is not a number"),
        (["oops", "2", "3", "4", "5", "6", "7"], "x.csv:2, column 4 (extra): 'oops' is not a number"),
        (["NA", "2", "3", "4", "5", "6", "7"], "x.csv:2, column 4 (extra): 'NA' is not a number"),
        (["NA"] * 7, "x.csv:2, column 4 (extra): 'NA' is not a number"),
        ([""] * 6 + ["2.5"], "x.csv:2, column 4 (extra): an empty cell"),
        (['"1,5"'] * 7, "x.csv:2, column 4 (extra): '1,5' is not a number: it has a decimal comma"),
        (["[1.0]"] * 7, "x.csv:2, column 4 (extra): '[1.0]' is not a number: it is a list"),
        (["5%"] * 7, "x.csv:2, column 4 (extra): '5%' is not a number: it is a percentage"),
    ],
)
def test_a_bad_cell_is_no_column_of_text(run, cells, message):
    write("x.csv", spread({"extra": cells}, first=False))
    outcome = run("softmax", "x.csv")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.startswith(f"error: {message}")


def test_what_the_first_rows_do_not_show_is_read_and_refused(run):
    rows = ["0.5,1.5,2.5"] * 500
    rows[300] = "0.5,1.5,oops"
    Path("x.csv").write_text("a,b,c\n" + "\n".join(rows) + "\n")
    assert run("softmax", "x.csv").err == "error: x.csv:302, column 3 (c): 'oops' is not a number\n"
    rows[300] = "0.5,1.5,2.5,oops"
    Path("x.csv").write_text("a,b,name\n" + "\n".join(rows).replace("2.5", "text") + "\n")
    assert run("softmax", "x.csv").err.endswith("error: x.csv:302: 4 cells where the first line has 3\n")


INDEX_NAMES = [
    "id",
    "ID",
    "idx",
    "Index",
    "row_id",
    "sample_id",
    "image id",
    "PassengerId",
    "doc-id",
    "Unnamed: 3",
    "#",
]


@pytest.mark.parametrize("name", INDEX_NAMES)
@pytest.mark.parametrize("first", [True, False])
def test_an_id_is_no_class(run, name, first):
    write("x.csv", spread({name: IDS}, first=first))
    write("y.csv", {"label": LABELS})
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(EXPECTED, rel=1e-13)
    assert (
        f"note: x.csv: column '{name}' holds an id for each row, and is left out; --log" in run("softmax", "x.csv").err
    )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", LOGITS[:, 0].tolist()),  # Indonesian, say
        ("id", [0] * 7),  # a class that is masked
        ("valid", IDS),
        ("covid", IDS),
        ("acid", IDS),
        ("idea", IDS),
        ("7", IDS),
        ("y", LOGITS[:, 0].tolist()),
    ],
)
def test_what_may_be_a_class_stays_one(run, name, values):
    write("x.csv", {name: values, "a": LOGITS[:, 1].tolist(), "b": LOGITS[:, 2].tolist()})
    outcome = run("softmax", "x.csv", "-f", "csv")
    assert (outcome.status, len(outcome.out.splitlines()[0].split(","))) == (0, 3)
    assert outcome.err == ""


def test_an_id_beside_whole_numbers_is_left_out_where_it_counts_and_kept_where_it_may_be_a_class(run):
    whole = {"a": [5, 1, 3], "b": [0, 2, 7]}
    write("x.csv", {"id": [7, 8, 9], **whole})
    assert run("softmax", "x.csv").lines[0] == ["a", "b"]
    write("x.csv", {"id": [7, 3, 9], **whole})
    assert run("softmax", "x.csv").lines[0] == ["id", "a", "b"]


LABEL_NAMES = [
    "label",
    "Labels",
    "target",
    "targets",
    "y",
    "class",
    "ground_truth",
    "Ground Truth",
    "y_true",
    "label_id",
]
PREDICTION_NAMES = ["pred", "prediction", "Predicted", "y_pred", "argmax", "predict", "Scored Labels", ".pred_class"]


@pytest.mark.parametrize("name", LABEL_NAMES + PREDICTION_NAMES)
@pytest.mark.parametrize("values", [LABELS, LABELS + 1.0, [NAMES[label] for label in LABELS]], ids=["", "1.0", "text"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("command", ["softmax", "loss", "check", "report", "compare"])
def test_labels_and_predictions_are_no_class(run, name, values, first, command):
    write("x.csv", spread({name: values}, first=first))
    write("z.csv", {"label": LABELS})
    files = {"softmax": ["x.csv"], "compare": ["x.csv", "x.csv"]}.get(command, ["x.csv", "z.csv"])
    outcome = run(command, *files)
    assert outcome.status == 0
    assert f"note: x.csv: column '{name}' holds " in outcome.err
    if command == "loss":
        assert float(run("loss", "-q", *files).out) == pytest.approx(EXPECTED, rel=1e-13)
    if command == "softmax":
        kept = ",".join([*NAMES, name])
        if isinstance(values, np.ndarray):
            outcome = run("softmax", "x.csv", "--logit-columns", kept)
            assert (outcome.lines[0], outcome.err) == ([*NAMES, name], "")


def test_a_column_called_label_that_stays_a_class_is_named(run):
    write("x.csv", spread({"target": LOGITS[:, 0].tolist()}))
    note = "note: x.csv: column 'target' counts as a class; if it is none, choose the classes with --logit-columns\n"
    assert run("softmax", "x.csv").err == note
    write("x.csv", {"x": [5, 2], "y": [1, 3], "z": [0, 1]})  # classes that are letters
    assert run("softmax", "x.csv").err == note.replace("target", "y")


def test_the_labels_of_a_sample_of_this_project_are_no_class(run, samples):
    outcome = run("softmax", samples / "hostile.csv")
    assert outcome.lines[0] == ["a", "b", "c"]
    assert "column 'label' holds labels, and is left out" in outcome.err


def labels_file(run, columns, *options, names=True):
    write("x.csv", logit_columns())
    write("y.csv", columns, names=names)
    return run("loss", "x.csv", "y.csv", "--variant", "cross_entropy", *options)


WORDS = [NAMES[label] for label in LABELS]
TEXT = ["some words", '"a, b"', "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"id": IDS, "text": TEXT, "label": LABELS}, "column 'label'"),
        ({"id": IDS, "text": TEXT, "label": WORDS}, "column 'label'"),
        ({"label": LABELS, "id": IDS}, "column 'label'"),
        ({"Target": LABELS, "score": LOGITS[:, 0].tolist()}, "column 'Target'"),
        ({"text": TEXT, "y": LABELS, "weight": [0.5] * 7}, "column 'y'"),
        ({"id": IDS, "species": WORDS}, "column 'species'"),
        ({"file": TEXTS["filename"], "species": WORDS}, "column 'species'"),
        ({"file": TEXTS["filename"], "split": TEXTS["split"], "kind": WORDS}, "column 'kind'"),
        ({"sample_id": IDS, "index_of_class": LABELS}, "column 'index_of_class'"),
    ],
)
def test_the_column_of_labels_is_found(run, columns, found):
    outcome = labels_file(run, columns)
    assert float(outcome.lines[1][4]) == pytest.approx(EXPECTED, rel=1e-13)
    assert f"note: y.csv: the labels are taken from {found}; --label-column chooses another\n" in outcome.err


def test_the_column_of_labels_is_found_without_a_header_by_the_names_in_it(run):
    outcome = labels_file(run, {"file": TEXTS["filename"], "kind": WORDS}, names=False)
    assert float(outcome.lines[1][4]) == pytest.approx(EXPECTED, rel=1e-13)
    assert "note: y.csv: the labels are taken from column 2" in outcome.err


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"id": IDS, "text": TEXT, "number": LABELS},
            "y.csv: 3 columns ('id', 'text', 'number'), where one label per row is needed; choose the column:",
        ),
        ({"label": LABELS, "target": LABELS, "text": TEXT}, "y.csv: 3 columns ('label', 'target', 'text'), where one"),
        ({"text": TEXT, "kind": ["other"] * 7}, "y.csv:"),
    ],
)
def test_where_several_columns_may_be_the_labels_the_user_is_asked(run, columns, message):
    outcome = labels_file(run, columns)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("beside", "names"),
    [
        ({}, NAMES),
        ({"id": IDS}, NAMES),
        ({"text": TEXT}, NAMES),
        ({"id": IDS, "text": TEXT}, NAMES),
        ({}, ("p", "q", "target")),
        ({"id": IDS, "text": TEXT}, ("p", "q", "r")),
    ],
)
@pytest.mark.parametrize("form", [int, float, bool])
def test_a_matrix_of_labels_stays_one(run, beside, names, form):
    matrix = np.eye(3)[LABELS].astype(form)
    outcome = labels_file(run, {**beside, **dict(zip(names, matrix.T.tolist(), strict=True))})
    assert float(outcome.lines[1][4]) == pytest.approx(EXPECTED, rel=1e-13)
    assert ("left out of the labels" in outcome.err) == bool(beside)


@pytest.mark.parametrize("beside", [{}, {"id": IDS}, {"file": TEXTS["filename"]}])
def test_a_column_called_label_is_one_of_a_matrix_where_a_matrix_is_asked_for(beside):
    for values in (LOGITS, (LOGITS > 0).astype(int)):
        write("y.csv", {**beside, **dict(zip(("a", "label", "y"), values.T.tolist(), strict=True))})
        opened = open_table(Source("y.csv"), Dialect(), Selection(text=True, matrix=True))
        assert opened.column_names == ("a", "label", "y")
        assert np.array_equal(np.concatenate(list(opened.blocks(9, 1))), values)
        assert bool(opened.notes) == bool(beside)


def test_a_column_of_decimals_is_not_that_of_the_labels():
    write("y.csv", dict(zip(("a", "label", "c"), LOGITS.T.tolist(), strict=True)))
    opened = open_table(Source("y.csv"), Dialect(), Selection(text=True))
    assert opened.column_names == ("a", "label", "c")


@pytest.mark.parametrize("spelling", [("True", "False"), ("true", "false"), ("TRUE", "FALSE")])
@pytest.mark.parametrize("header", ["", "is_spam\n", "label\n"])
def test_true_and_false_are_labels(run, spelling, header):
    truths = np.array([1, 0, 0, 1, 1, 0, 1])
    write("x.csv", {name: LOGITS[:, place].tolist() for place, name in enumerate(("ham", "spam"))})
    Path("y.csv").write_text(header + "\n".join(spelling[1 - truth] for truth in truths) + "\n")
    outcome = run("loss", "x.csv", "y.csv", "--variant", "cross_entropy")
    expected = torch.nn.functional.cross_entropy(torch.tensor(LOGITS[:, :2]), torch.tensor(truths))
    assert float(outcome.lines[1][4]) == pytest.approx(float(expected), rel=1e-13)
    assert "note: y.csv: the labels True and False are read as 1 and 0\n" in outcome.err
    np.save("y.npy", truths.astype(bool))
    assert float(run("loss", "-q", "x.csv", "y.npy").out) == pytest.approx(float(expected), rel=1e-13)


def test_true_and_false_are_names_where_the_classes_are_called_so(run):
    write("x.csv", {"False": LOGITS[:, 0].tolist(), "True": LOGITS[:, 1].tolist()})
    Path("y.csv").write_text("True\n" * 7)
    expected = torch.nn.functional.cross_entropy(torch.tensor(LOGITS[:, :2]), torch.ones(7, dtype=torch.int64))
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(float(expected), rel=1e-13)


def test_another_word_among_true_and_false_is_refused(run):
    write("x.csv", logit_columns())
    Path("y.csv").write_text("True\n" * 60 + "maybe\n" + "True\n" * 60)
    message = "error: y.csv:61, column 1: 'maybe' is neither True nor False, as the labels above are\n"
    assert run("loss", "-q", "x.csv", "y.csv").err == message


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        ('""', "the label is missing"),
        ("NA", "'NA' is not a number: it stands for a missing value"),
        ("null", "'null' is not a number: it stands for a missing value"),
        ("None", "'None' is not a number: it stands for a missing value"),
    ],
)
def test_a_missing_label_names_the_option_that_leaves_its_row_out(run, missing, what):
    write("x.csv", spread({"label": [2, 0, missing, 1, 2, 0, 2]}))
    outcome = run("loss", "-q", "x.csv", "--label-column", "label")
    assert outcome.status == 3
    remedy = "use --ignore-missing to leave out rows without a label"
    assert outcome.err == f"error: x.csv:4, column 1 (label): {what}; {remedy}\n"


def test_the_names_of_roles():
    assert all(map(is_label_name, LABEL_NAMES))
    assert all(map(is_prediction_name, PREDICTION_NAMES))
    assert all(map(is_index_name, INDEX_NAMES))
    assert not any(map(is_index_name, [*LABEL_NAMES, *PREDICTION_NAMES, "valid", "covid", "idea", "HUMID", "indexed"]))


@pytest.mark.parametrize(
    ("cells", "whole"),
    [("12", True), (["1.0", "2"], True), (["1", ""], True), (["1", "nan"], True), (["1.5", "1"], False), ("ab", False)],
)
def test_a_column_of_whole_numbers(cells, whole):
    assert Columns(("a",), 1, [(cell,) for cell in cells]).is_whole(0) == whole
