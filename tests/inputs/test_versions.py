"""Two versions of the same logits read in step: what belongs together, and what does not."""

from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.versions import open_versions

LOGITS = np.random.default_rng(0).standard_normal((10, 3))
OTHERS = LOGITS + 1


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def csv(path, rows, header=None, labels=None, label_name="y"):
    lines = [list(map(repr, row)) for row in np.asarray(rows).tolist()]
    if labels is not None:
        lines = [[*line, str(label)] for line, label in zip(lines, labels, strict=True)]
        header = [*header, label_name] if header else None
    Path(path).write_text("".join(",".join(line) + "\n" for line in ([header] if header else []) + lines))
    return path


def npy(path, array):
    np.save(path, array)
    return path


def read(a, b, labels=None, rows=4, ignore_index=None, **reading):
    versions = open_versions(a, b, labels, Reading(**reading), ignore_index)
    blocks = list(versions.blocks(rows))
    a, b = (np.concatenate([getattr(block, side) for block in blocks]) for side in "ab")
    return versions, a, b, blocks


@pytest.mark.parametrize("rows", [1, 3, 4, 100])
def test_both_in_step_whatever_their_formats_and_dtypes(rows):
    versions, a, b, blocks = read(csv("a.csv", LOGITS), npy("b.npy", OTHERS.astype(np.float16)), rows=rows)
    assert np.array_equal(a, LOGITS)
    assert np.array_equal(b, OTHERS.astype(np.float16))
    assert [block.start for block in blocks] == list(range(0, 10, rows))
    assert all(block.target is None for block in blocks)
    assert versions.notes == ()


def test_labels_come_along():
    _, a, b, blocks = read(LOGITS, OTHERS, np.arange(10) % 3)
    assert np.array_equal(a + 1, b)
    assert np.concatenate([block.target.classes for block in blocks]).tolist() == [0, 1, 2] * 3 + [0]


def test_classes_are_matched_by_name():
    versions, a, b, _ = read(csv("a.csv", LOGITS, ["x", "y", "z"]), csv("b.csv", OTHERS[:, [2, 0, 1]], ["z", "x", "y"]))
    assert np.array_equal(a + 1, b)
    assert versions.notes == ("b.csv: the classes stand in another order than in a.csv; matched by name",)
    assert versions.display_names == ("x", "y", "z")


def test_classes_without_a_name_in_common_are_matched_by_position():
    versions, a, b, _ = read(csv("a.csv", LOGITS, ["x", "y", "z"]), csv("b.csv", OTHERS, ["p", "q", "r"]))
    assert np.array_equal(a + 1, b)
    assert versions.notes == ("b.csv: the classes have other names than in a.csv ('p' for 'x'); matched by position",)


@pytest.mark.parametrize(
    ("names", "message"), [("xyw", "no class is named 'z', as class 2 is in a.csv"), ("xyy", "'z'")]
)
def test_classes_with_some_names_in_common_are_refused(names, message):
    with pytest.raises(InputError, match=f"b.csv: .*{message}.*rename the classes"):
        read(csv("a.csv", LOGITS, list("xyz")), csv("b.csv", OTHERS, list(names)))


def test_names_that_are_there_twice_are_no_trouble_in_the_same_order_and_refused_in_another():
    assert np.array_equal(read(csv("a.csv", LOGITS, list("xxy")), csv("b.csv", OTHERS, list("xxy")))[2], OTHERS)
    with pytest.raises(InputError, match="two classes have the same name"):
        read("a.csv", csv("b.csv", OTHERS, list("xyx")))


@pytest.mark.parametrize("files", [("named.csv", "b.npy"), ("b.npy", "named.csv")])
def test_one_header_names_the_classes(files):
    csv("named.csv", LOGITS, ["x", "y", "z"])
    npy("b.npy", OTHERS)
    assert read(*files)[0].display_names == ("x", "y", "z")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 10), r"b: shape 3x10, and a has 10x3; one of the two is transposed"),
        ((10, 4), r"b: shape 10x4, and a has 10x3; class 3 of b is not in a; --logit-columns 0:3 leaves it out"),
        ((9, 3), r"b: shape 9x3, and a has 10x3"),
        ((30,), r"b: shape 30, and a has 10x3"),
        ((5, 2, 3), r"b: shape 5x2x3, and a has 10x3"),
    ],
)
def test_other_shapes_are_refused_and_both_named(shape, message):
    with pytest.raises(InputError, match=f"^{message}"):
        read(LOGITS, np.zeros(shape))


@pytest.mark.parametrize(("rows", "hint"), [(7, "the same rows in both"), (9, "a header may have been read as data")])
def test_another_number_of_rows_is_refused_at_the_end_of_a_file(rows, hint):
    csv("long.csv", LOGITS)
    csv("short.csv", OTHERS[:rows])
    with pytest.raises(InputError, match=f"short.csv: shape {rows}x3, and long.csv has 10x3; .*{hint}"):
        read("long.csv", "short.csv")
    with pytest.raises(InputError, match=f"long.csv: shape 10x3, and short.csv has {rows}x3; .*{hint}"):
        read("short.csv", "long.csv")


def test_other_numbers_of_columns_are_refused_at_once():
    with pytest.raises(InputError, match=r"b.csv: shape \?x4, and a.csv has \?x3"):
        open_versions(csv("a.csv", LOGITS), csv("b.csv", np.ones((10, 4))), None, Reading())


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_any_axis_holds_the_classes(axis):
    logits = np.arange(24.0).reshape(2, 3, 4)
    versions, a, b, _ = read(logits, logits + 1, class_axis=axis)
    assert np.array_equal(a, np.moveaxis(logits, axis, -1).reshape(-1, logits.shape[axis]))
    assert np.array_equal(a + 1, b)
    assert versions.notes == (f"a: shape 2x3x4, classes on axis {axis % 3}",)


def test_the_labels_shape_says_which_axis_and_without_them_the_user_does():
    logits = np.arange(24.0).reshape(2, 3, 4)
    versions, a, *_ = read(logits, logits, np.zeros((2, 4), int))
    assert (versions.class_axis, a.shape) == (1, (8, 3))
    with pytest.raises(InputError, match="say which: --class-axis"):
        read(logits, logits)


def test_a_column_of_labels_is_left_out_of_both_files():
    labels = np.arange(10) % 3
    for names in (None, ["p", "q", "r"]):
        csv("a.csv", LOGITS, names, labels)
        csv("b.csv", OTHERS, names, labels)
        column = "y" if names else "3"
        _, a, b, blocks = read("a.csv", "b.csv", label_column=column)
        assert np.array_equal(a, LOGITS)
        assert np.array_equal(b, OTHERS)
        assert np.concatenate([block.target.classes for block in blocks]).tolist() == labels.tolist()


@pytest.mark.parametrize("b", [lambda: npy("b.npy", OTHERS), lambda: csv("b.csv", OTHERS), lambda: OTHERS])
def test_the_other_file_may_be_without_the_column_of_labels(b):
    csv("a.csv", LOGITS, ["p", "q", "r"], np.arange(10) % 3)
    _, a, values, blocks = read("a.csv", b(), label_column="y")
    assert np.array_equal(a + 1, values)
    assert blocks[0].target is not None


def test_columns_are_chosen_in_the_file_that_has_any():
    wide = np.hstack([np.arange(10)[:, None], LOGITS])
    csv("wide.csv", wide)
    npy("b.npy", OTHERS)
    for a, b in (("wide.csv", "b.npy"), ("b.npy", "wide.csv"), ("wide.csv", "wide.csv")):
        found = dict(zip("ab", read(a, b, logit_columns="1:")[1:3], strict=True))
        for name, values in zip((a, b), found.values(), strict=True):
            assert np.array_equal(values, OTHERS if name == "b.npy" else LOGITS)


def test_classes_are_chosen_of_two_arrays_alike():
    npy("a.npy", LOGITS)
    npy("b.npy", OTHERS)
    for axis in (None, 1, -1):
        _, a, b, _ = read("a.npy", "b.npy", logit_columns="2,0", class_axis=axis)
        assert np.array_equal(a, LOGITS[:, [2, 0]])
        assert np.array_equal(b, OTHERS[:, [2, 0]])


def test_only_one_file_is_standard_input():
    with pytest.raises(InputError, match="only one of the files can come from standard input"):
        open_versions("-", "-", None, Reading())


def test_ignored_labels_need_labels():
    with pytest.raises(UsageError, match="--ignore-index is a label, and there are no labels"):
        read(LOGITS, OTHERS, ignore_index=-1)
