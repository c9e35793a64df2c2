"""Headers that number the classes: labels are matched by these numbers, against SciPy's log_softmax."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.class_names import class_numbers

RNG = np.random.default_rng(1)


def write(path, names, rows, labels=None):
    header = [*names, *(["y"] if labels is not None else [])]
    lines = [
        ",".join([*map(repr, row), *([str(labels[place])] if labels is not None else [])])
        for place, row in enumerate(rows.tolist())
    ]
    Path(path).write_text("\n".join([",".join(header), *lines]) + "\n", "utf-8")
    return str(path)


def by_name(rows, names, labels):
    """The loss of the column that has the label's name."""
    logs = log_softmax(rows, axis=1)
    names = list(names)
    return -np.mean([logs[row, names.index(str(label))] for row, label in enumerate(labels)])


SORTED_AS_TEXT = sorted(map(str, range(12)))


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize(
    "names", [SORTED_AS_TEXT, ["3", "5", "8"], ["2", "1", "0"], ["-1", "0", "1"], ["7", "1"], ["1", "2", "3"]], ids=str
)
def test_labels_are_matched_by_names_that_are_numbers(tmp_path, names, base):
    rows, labels = RNG.normal(0, 2, (40, len(names))).round(3), RNG.choice(names, 40).astype(int)
    path = write(tmp_path / "all.csv", names, rows, labels)
    if base and names != ["1", "2", "3"]:
        with pytest.raises(UsageError, match=r"the header names the classes by their labels .*; leave it out"):
            softmax_cli.evaluate(path, label_column="y", label_base=base)
        return
    report = softmax_cli.evaluate(path, label_column="y", label_base=base)
    assert report.loss() == pytest.approx(by_name(rows, names, labels), rel=1e-12)
    assert any("labels are matched by number, not by position" in note for note in report.notes) == (not base)
    figures = softmax_cli.report(path, label_column="y", label_base=base)
    assert figures.quantities()["loss"] == pytest.approx(report.loss(), rel=1e-9)
    assert {detail.label for detail in figures.worst} <= set(names)
    assert softmax_cli.compare(path, path, label_column="y", label_base=base).quantities()["loss_change"] == 0
    checked = softmax_cli.check(path, label_column="y", label_base=base)
    assert not {"Y201", "Y202", "Y204", "Y205"} & {finding.code for finding in checked.findings}


@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f2", "f4", "f8", "U3"])
def test_labels_of_every_dtype(tmp_path, dtype):
    rows, labels = RNG.normal(0, 2, (30, 3)), RNG.choice([3, 5, 8], 30)
    path = write(tmp_path / "x.csv", ["3", "5", "8"], rows)
    found = softmax_cli.evaluate(path, labels.astype(dtype), header=True).loss()
    assert found == pytest.approx(by_name(rows, "358", labels), rel=1e-12)
    if dtype != "U3":
        ignored = softmax_cli.evaluate(path, labels.astype(dtype), ignore_index=5, header=True).loss()
        kept = labels != 5
        assert ignored == pytest.approx(by_name(rows[kept], "358", labels[kept]), rel=1e-12)


@pytest.mark.parametrize("prefix", ["prediction_", "class ", "V"])
@pytest.mark.parametrize("first", [0, 1, 5])
@pytest.mark.parametrize("base", [0, 1])
def test_numbered_names_out_of_order_count_in_the_order_of_their_numbers(tmp_path, prefix, first, base):
    names = sorted(f"{prefix}{first + number}" for number in range(11))
    rows, numbers = RNG.normal(0, 2, (40, 11)), RNG.integers(11, size=40)
    path = write(tmp_path / "x.csv", names, rows)
    report = softmax_cli.evaluate(path, numbers + base, label_base=base)
    expected = by_name(rows, names, [f"{prefix}{first + number}" for number in numbers])
    assert report.loss() == pytest.approx(expected, rel=1e-12)
    assert any("matched by number" in note for note in report.notes)


@pytest.mark.parametrize(
    "names",
    [
        ["0", "1", "2"],
        ["a", "b", "c"],
        ["c1", "c2", "c3"],
        ["c2", "c7", "c9"],
        ["c1", "b0", "c2"],
        ["0", "1", "x"],
        ["1", "01", "2"],
        None,
    ],
    ids=str,
)
def test_other_names_leave_labels_to_their_position(names):
    assert class_numbers(names and tuple(names), 0) is None


def test_what_our_own_softmax_writes_of_such_a_file_is_read_back_the_same(run, tmp_path):
    rows, labels = RNG.normal(0, 2, (40, 12)), RNG.integers(12, size=40)
    path = write(tmp_path / "x.csv", SORTED_AS_TEXT, rows)
    assert run("softmax", path, "-o", tmp_path / "p.csv", "--header").status == 0
    found = softmax_cli.evaluate(tmp_path / "p.csv", labels, values="probabilities").loss()
    assert found == pytest.approx(softmax_cli.evaluate(path, labels, header=True).loss(), rel=1e-12)


@pytest.mark.parametrize("label", [0, 4, 9, -3, 2**40])
def test_a_label_that_is_no_name_is_refused(tmp_path, label):
    path = write(tmp_path / "x.csv", ["3", "5", "8"], RNG.normal(0, 2, (2, 3)))
    with pytest.raises(
        InputError, match=rf"labels\[1\]: label {label} is none of the classes that .*names \(3, 5, 8\)"
    ):
        softmax_cli.evaluate(path, [3, label], header=True)
    found = softmax_cli.check(path, [3, label], header=True).findings
    assert any(finding.code == "Y205" and f"'{label}'" in finding.evidence[0] for finding in found)


def test_weights_are_matched_by_number_too(tmp_path):
    rows, labels = RNG.normal(0, 2, (30, 3)), RNG.choice([3, 5, 8], 30)
    path, weights = write(tmp_path / "x.csv", ["3", "5", "8"], rows, labels), tmp_path / "w.csv"
    expected = softmax_cli.evaluate(path, label_column="y", weight=[1.0, 2.0, 4.0]).loss()
    for text in ("5,2.5\n8,4.5\n3,1.5\n", "class,w\n5,2.5\n8,4.5\n3,1.5\n"):
        weights.write_text(text.replace(".5", ".0"), "utf-8")
        found = softmax_cli.evaluate(path, label_column="y", weight=weights).loss()
        assert found == pytest.approx(expected, rel=1e-12)
    weights.write_text("a,b,c\n4.5,1.5,2.5\n", "utf-8")
    with pytest.raises(InputError, match="'a' is not the name of a class"):
        softmax_cli.evaluate(path, label_column="y", weight=weights)


def test_compare_matches_numbered_columns_with_an_arrays_positions(tmp_path):
    a = RNG.normal(0, 2, (30, 12))
    names = SORTED_AS_TEXT
    path = write(tmp_path / "b.csv", names, a[:, list(map(int, names))])
    for one, other in ((a, path), (path, a)):
        report = softmax_cli.compare(one, other, header=True)
        assert report.quantities()["max_abs_diff"] == 0
        assert any("matched by name" in note for note in report.notes)


COUNTED = [
    [f"class_{number}" for number in range(1, 6)],
    [f"class_{number}" for number in (3, 1, 2)],
    sorted(f"class {number}" for number in range(1, 12)),
    ["Grade7", "Grade8", "Grade9"],
    ["label-2", "label-5", "label-9"],
    ["1 star", "2 stars", "3 stars"],
    ["3_points", "1_points"],
]


@pytest.mark.parametrize("names", COUNTED, ids=str)
@pytest.mark.parametrize("ignored", [None, -100, 0])
def test_numbered_names_that_do_not_count_from_0_are_the_labels(tmp_path, names, ignored):
    found = {"".join(filter(str.isdigit, name)): name for name in names}
    rows, labels = RNG.normal(0, 2, (60, len(names))).round(3), RNG.choice(sorted(found), 60)
    path, kept = write(tmp_path / "x.csv", names, rows), np.full(60, fill_value=True)
    given = labels.astype(int)
    if ignored is not None:
        given[::7], kept[::7] = ignored, False
    report = softmax_cli.evaluate(path, given, ignore_index=ignored)
    expected = by_name(rows[kept], names, [found[label] for label in labels[kept]])
    assert report.loss() == pytest.approx(expected, rel=1e-12)
    assert any("labels are matched by number, not by position" in note for note in report.notes)
    checked = softmax_cli.check(path, given, ignore_index=ignored)
    assert not {"Y201", "Y202", "Y204", "Y205", "Y222"} & {finding.code for finding in checked.findings}


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["class_1", "class_2", "class_3"], [0, 1, 2]),
        (["class_1", "class_2", "class_3"], [2, 1, 0, 1]),
        (["class_0", "class_1", "class_2"], [1, 2, 1]),
        (["V1", "V2", "V3"], [1, 2, 1]),
        (["X1", "X2"], [1, 1]),
        (["Column1", "Column2"], [1, 1]),
        (["logit_1", "logit_2", "logit_3"], [1, 2, 2]),
        (["b1", "a2", "a3"], [1, 2]),
        (["1 cat", "2 dogs", "3 foxes"], [1, 2]),
        (["False", "True"], [0, 1]),
        (["No", "True"], [1, 0]),
        (["True", "False", "Unknown"], [0, 2]),
    ],
    ids=str,
)
def test_labels_that_count_from_0_keep_their_position(tmp_path, names, labels):
    rows = RNG.normal(0, 2, (len(labels), len(names))).round(3)
    report = softmax_cli.evaluate(write(tmp_path / "x.csv", names, rows), labels)
    assert report.loss() == pytest.approx(by_name(rows, map(str, range(len(names))), labels), rel=1e-12)
    assert not any("by number" in note for note in report.notes)


@pytest.mark.parametrize("names", [["True", "False"], ["TRUE", "FALSE"], ["true", "false"]])
@pytest.mark.parametrize("texts", [False, True])
def test_true_is_1_wherever_it_stands(tmp_path, names, texts):
    rows, labels = RNG.normal(0, 2, (40, 2)).round(3), RNG.integers(2, size=40)
    path = write(tmp_path / "x.csv", names, rows)
    labels[0] = 1
    given = np.array(names)[1 - labels] if texts else labels
    report = softmax_cli.evaluate(path, given)
    assert report.loss() == pytest.approx(by_name(rows, ["1", "0"], labels), rel=1e-12)
    assert any("matched by number" in note for note in report.notes) == (not texts)


@pytest.mark.parametrize(
    "names", [sorted(f"class_{number}" for number in range(12)), ["c2", "c0", "c1"], ["True", "False"]], ids=str
)
def test_check_knows_labels_that_are_the_names(tmp_path, names):
    rows, labels = RNG.normal(0, 2, (40, len(names))).round(3), RNG.choice(names, 40)
    path = write(tmp_path / "x.csv", names, rows)
    checked = softmax_cli.check(path, labels)
    assert "Y205" not in {finding.code for finding in checked.findings}
    labels[3] = "zz"
    checked = softmax_cli.check(path, labels)
    assert "'zz'" in next(finding for finding in checked.findings if finding.code == "Y205").evidence[0]
