"""Labels of every kind as targets, and those that cannot be."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.inputs.labels import LabelRule

DIVIDE = "(--label-values counts divides each row by its sum)"
NAMES = ("cat", "red dog", "새", 'say "hi"')


def rule(classes=4, names=NAMES, base=0):
    return LabelRule(classes=classes, names=names, base=base, logits="x.csv", place=lambda row: f"y.csv:{row + 1}")


def refusal(values, **options):
    with pytest.raises(InputError) as caught:
        rule(**options).target(np.asarray(values), 0)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
@pytest.mark.parametrize("base", [0, 1, 5, -3])
def test_whole_numbers_of_every_dtype_are_class_indices(dtype, base):
    if base < 0 and dtype.startswith("u"):
        values, expected = [0], [3]
    else:
        values, expected = [base, base + 3, base + 1], [0, 3, 1]
    target = rule(base=base).target(np.array(values, dtype), 0)
    assert target.classes.dtype == np.int64
    assert target.classes.tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 4], "y.csv:2: label 4 is outside 0..3 (the logits have 4 classes); labels that start at 1? use"),
        ([1.0, 4.0], "y.csv:2: label 4 is outside 0..3 (the logits have 4 classes); labels that start at 1? use"),
        ([0, 4], "y.csv:2: label 4 is outside 0..3 (the logits have 4 classes)"),
        ([0, 5], "y.csv:2: label 5 is outside 0..3 (the logits have 4 classes)"),
        ([0, -1], "y.csv:2: label -1 is outside 0..3 (the logits have 4 classes)"),
        ([0, -1.0], "y.csv:2: label -1 is outside 0..3"),
        ([0, 2.5], "y.csv:2: label 2.5 is not a whole number"),
        (np.array([0.1], np.float32), "y.csv:1: label 0.1 is not a whole number"),
        ([0, np.nan], "y.csv:2: label nan is not a whole number"),
        ([0, np.inf], "y.csv:2: label inf is not a whole number"),
        ([0, -np.inf], "y.csv:2: label -inf is not a whole number"),
        ([0, 1e300], "y.csv:2: label 1e+300 is outside 0..3"),
        (np.array([2**64 - 1], np.uint64), "y.csv:1: label 18446744073709551615 is outside 0..3"),
        (np.array([-128], np.int8), "y.csv:1: label -128 is outside 0..3"),
        (["cat", "bird"], "y.csv:2: label 'bird' is not the name of a class in x.csv"),
        (["Cat"], "y.csv:1: label 'Cat' is not the name of a class in x.csv"),
        (["0"], "y.csv:1: label '0' is not the name of a class in x.csv"),
    ],
)
def test_a_label_that_cannot_be_is_named_with_its_place_and_value(values, message):
    assert refusal(values).startswith(message)


def test_a_remedy_is_offered_only_where_it_may_help():
    assert "--label-base" not in refusal([5])
    assert "--label-base" not in refusal([-1])
    assert "--label-base" not in refusal([5], base=1)
    assert "--label-base" not in refusal([0, 4])
    assert refusal([4]).endswith("; labels that start at 1? use --label-base 1")


def test_with_a_base_the_range_moves():
    assert refusal([0], base=1) == "y.csv:1: label 0 is outside 1..4 (the logits have 4 classes)"


def test_the_place_is_that_of_the_row_in_the_file():
    with pytest.raises(InputError, match=r"^y\.csv:103: label 7 "):
        rule().target(np.array([0, 1, 7, 9]), 100)


def test_int8_labels_of_many_classes_are_not_wrapped():
    target = rule(classes=1000, names=None).target(np.array([127], np.int8), 0)
    assert target.classes.tolist() == [127]
    target = rule(classes=1000, names=None, base=-128).target(np.array([127], np.int8), 0)
    assert target.classes.tolist() == [255]


def test_names_are_found_whatever_stands_in_them():
    target = rule().target(np.array(['say "hi"', "새", "cat", "red dog"]), 0)
    assert target.classes.tolist() == [3, 2, 0, 1]


def test_names_need_a_header():
    assert refusal(["cat"], names=None) == (
        "y.csv:1: label 'cat' is a name, and x.csv has no header of class names; give class indices, or the header"
    )


def test_two_classes_of_one_name_are_refused_only_where_names_are_used():
    twice = ("cat", "dog", "cat", "새")
    assert refusal(["dog"], names=twice) == "x.csv: two classes are named 'cat'; give class indices as labels"
    assert rule(names=twice).target(np.array([2]), 0).classes.tolist() == [2]


def test_many_names_are_looked_up_in_little_memory_and_one_pass():
    names = tuple(map(str, range(200_000)))  # comparing each with each would take hours
    tracemalloc.start()
    target = rule(classes=len(names), names=names).target(np.array(["199999", "7"]), 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert target.classes.tolist() == [199_999, 7]
    assert peak < 100e6


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1"])
def test_one_hot_rows_are_probabilities(dtype):
    rows = np.eye(4, dtype=dtype)[[2, 0]]
    made = rule()
    target = made.target(rows, 0)
    assert target.rows.dtype.kind == "f"
    assert target.rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert made.notes == ()


@pytest.mark.parametrize(
    ("row", "value", "name"),
    [
        ([0.5, -0.5, 1, 0], "-0.5", 1),
        ([0.5, np.nan, 0.5, 0], "nan", 1),
        ([0, 0, np.inf, 0], "inf", 2),
        ([0, 2, 0, 0], "2", 1),
        ([0, 0, 0, 1e308], "1e+308", 3),
    ],
)
def test_what_is_no_probability_is_refused_with_its_row_and_class(row, value, name):
    rows = [[0.25, 0.25, 0.25, 0.25], row]
    assert refusal(rows).partition(";")[0] == f"y.csv:2, class {name}: {value} is not a probability"


@pytest.mark.parametrize("row", [[0.333, 0.333, 0.333, 0.0], [0.3334, 0.3333, 0.3333, 0], [1.0000001, 0, 0, 0]])
def test_rounded_probabilities_are_taken_without_a_word(row):
    made = rule()
    made.target(np.array([row]), 0)
    assert made.notes == ()


@pytest.mark.parametrize(("row", "total"), [([0.2, 0.2, 0.2, 0], "0.6"), ([1, 0.5, 0.5, 0], "2"), ([0, 0, 0, 0], "0")])
def test_rows_that_do_not_sum_to_1_are_used_as_they_are_and_the_first_is_noted(row, total):
    made = rule()
    target = made.target(np.array([[0.5, 0.5, 0, 0], row, row], float), 10)
    assert target.rows.tolist()[1] == row
    assert made.notes == (f"y.csv:12: the label's probabilities sum to {total}, not 1; used as they are {DIVIDE}",)


@pytest.mark.parametrize("dtype", ["i8", "u1", "f4", "f8"])
@pytest.mark.parametrize(("row", "ones"), [([1, 1, 0, 0], "2 ones"), ([1, 1, 1, 1], "4 ones"), ([0, 0, 0, 0], "no 1")])
def test_rows_of_0_and_1_without_a_single_1_are_refused_by_name(row, ones, dtype):
    made = rule()
    made.target(np.array([[1, 0, 0, 0], [0, 0, 0, 1]], dtype), 8)
    with pytest.raises(InputError) as caught:
        made.target(np.array([[0, 1, 0, 0], row, row], dtype), 10)
    assert str(caught.value) == (
        f"y.csv:12: a row of 0 and 1 with {ones}, where a label of one class has a single 1; "
        "if several classes may be right, use --multilabel"
    )


def test_a_row_of_several_ones_is_refused_among_probabilities_too():
    with pytest.raises(InputError, match=r"^y\.csv:2: a row of 0 and 1 with 2 ones"):
        rule().target(np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 1]]), 0)


@pytest.mark.parametrize(
    ("values", "base", "text"),
    [
        ([2, 0], 0, ["2", "0"]),
        ([3, 1], 1, ["3", "1"]),
        (["새", "cat"], 0, ["새", "cat"]),
        ([[0, 1, 0, 0], [0.5, 0.5, 0, 0]], 0, ["1", ""]),
    ],
)
def test_labels_are_spelled_as_in_the_file(values, base, text):
    made = rule(base=base)
    assert made.text(made.target(np.array(values), 0)) == text


def ignoring(values, number, **options):
    """Which of some labels count beside an ignore_index, and their classes."""
    one = rule(**{"names": None, **options})
    one.ignore_index = number
    target = one.target(values, 0)
    assert target.classes.dtype == np.int64
    assert ((target.classes >= 0) & (target.classes < options["classes"])).all()
    return target.counted.tolist(), target.classes[target.counted].tolist()


@pytest.mark.parametrize(
    ("values", "number", "options", "counted", "classes"),
    [
        (np.array([0, 255], "u1"), 255, {"classes": 3, "base": -1}, [True, False], [1]),
        (np.array([0, -1], "i1"), -1, {"classes": 900, "base": 0}, [True, False], [0]),
        (np.array([700, 5], "i2"), 5, {"classes": 3, "base": 700}, [True, False], [0]),
        (np.array([2**63 + 1, 2], "u8"), 2**63 + 1, {"classes": 3}, [False, True], [2]),
        (np.array([1, 2**64 - 1], "u8"), -1, {"classes": 2**20, "base": -(2**19)}, None, None),
        (np.array([1e300, 1], "f8"), int(1e300), {"classes": 3}, [False, True], [1]),
        (np.array([2048, 1], "f2"), 2049, {"classes": 3000}, [True, True], [2048, 1]),
        (np.array([2048, 1], "f2"), 2048, {"classes": 3000}, [False, True], [1]),
        (np.array([2**53, 1], "f8"), 2**53 + 1, {"classes": 3}, None, None),
        (np.array([np.inf, 1], "f2"), 70000, {"classes": 3}, None, None),
        (np.array([1, 2], "f8"), 10**400, {"classes": 3}, [True, True], [1, 2]),
        (np.array([1, 2], "i4"), 10**400, {"classes": 3}, [True, True], [1, 2]),
    ],
)
def test_what_is_ignored_is_compared_exactly(values, number, options, counted, classes):
    if counted is None:
        with pytest.raises(InputError, match=r"is outside|not a whole number"):
            ignoring(values, number, **options)
    else:
        assert ignoring(values, number, **options) == (counted, classes)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_a_float_past_the_last_class_is_outside_though_its_dtype_has_no_number_between(dtype):
    # float16 has no 2051: compared in float16, 2052 is not above it.
    assert "label 2052 is outside 0..2050" in refusal(np.array([2052], dtype), classes=2051, names=None)
    target = rule(classes=70_000, names=None).target(np.array([2050, 65504], np.float16), 0)
    assert target.classes.tolist() == [2050, 65504]


def test_a_class_named_by_another_classs_number_is_ambiguous(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("cat,0,dog\n1.5,2.5,0.5\n2.5,1.5,0.5\n")
    Path("y.csv").write_text("label\n2\n0\n")
    outcome = run("loss", "-q", "x.csv", "y.csv")
    said = "error: y.csv:3: label 0 may be class 0 ('cat') or the class named '0'; name that class otherwise in x.csv\n"
    assert (outcome.status, outcome.out, outcome.err.splitlines(keepends=True)[-1]) == (3, "", said)
    # Where no label is in doubt, nothing is.
    Path("y.csv").write_text("label\n2\n1\n")
    assert run("loss", "-q", "x.csv", "y.csv").status == 0
    Path("y.csv").write_text("label\n2\n0\n2\n")
    Path("x.csv").write_text("cat,0,dog\n1.5,2.5,0.5\n2.5,1.5,0.5\n1.5,2.5,0.5\n")
    assert run("loss", "-q", "x.csv", "y.csv", "--ignore-index", "0").status == 0


def test_a_first_label_that_names_no_class_is_named(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("cat,dog\n1,2\n2,1\n1,1\n")
    Path("y.csv").write_text("bird\ncat\ndog\n")
    outcome = run("loss", "-q", "x.csv", "y.csv")
    assert outcome.status == 3
    assert outcome.err.endswith("; its first line, 'bird', is read as a header, since no class has that name\n")
