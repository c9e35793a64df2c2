"""Paths and patterns that are read in order as one table, against numpy.concatenate."""

import bz2
import gzip
import io
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.pieces import Files, Pieces, open_files

VALUES = np.random.default_rng(0).standard_normal((9, 4)).round(6)
CUTS = ([0, 9], [0, 4, 9], [0, 1, 2, 8, 9], list(range(10)))


def csv(rows, header=None):
    lines = [] if header is None else [header]
    return "\n".join([*lines, *(",".join(map(str, np.atleast_1d(row).tolist())) for row in rows)]) + "\n"


def save(name, content):
    """Text to a file, an array to an NPY file."""
    if isinstance(content, str):
        Path(name).write_text(content, encoding="utf-8")
    else:
        with Path(name).open("wb") as file:
            np.save(file, content)
    return name


def opened(*names, header=None, **selection):
    return open_files(Files(names), Dialect(header=header), Selection(**selection))


def values(table, axis=1, rows=3):
    return np.concatenate(list(table.blocks(rows, axis)))


def refusal(*names, **selection):
    with pytest.raises(InputError) as caught:
        opened(*names, **selection)
    return str(caught.value)


# Which files, and in which order.


def test_a_pattern_stands_for_its_matches_in_the_order_of_their_numbers():
    names = ["x-1.csv", "x-2.csv", "x-10.csv", "x-100.csv", "x-a.csv"]
    for name in names:
        save(name, "1,2\n")
    files = Files(["x-*.csv"])
    assert files.paths == tuple(names)
    assert files.name == "x-*.csv"
    assert files.notes == ("x-*.csv: 5 files in the order of their numbers, x-2.csv before x-10.csv",)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("x-[12].csv", ["x-1.csv", "x-2.csv"]),
        ("x-?.csv", ["x-1.csv", "x-2.csv", "x-3.csv"]),
        ("./x-[12].csv", ["./x-1.csv", "./x-2.csv"]),
        ("*/x-1.csv", ["run2/x-1.csv", "run10/x-1.csv"]),
        ("run2/**/*.csv", ["run2/x-1.csv", "run2/deep/er/x-1.csv"]),
        ("x-3*", ["x-3.csv"]),
    ],
)
def test_what_a_pattern_matches(pattern, found):
    for name in ("x-1.csv", "x-2.csv", "x-3.csv", ".x-4.csv", "run2/x-1.csv", "run10/x-1.csv", "run2/deep/er/x-1.csv"):
        Path(name).parent.mkdir(exist_ok=True, parents=True)
        save(name, "1,2\n")
    assert sorted(Files([pattern]).paths) == sorted(found)
    assert Files([Path.cwd() / pattern]).paths == tuple(str(Path.cwd() / path) for path in Files([pattern]).paths)


def test_numbers_in_folders_count_too_and_leading_zeros_do_not():
    for name in ("run10/x.csv", "run9/x.csv", "run09/x.csv"):
        Path(name).parent.mkdir()
        save(name, "1,2\n")
    assert Files(["run*/x.csv"]).paths == ("run09/x.csv", "run9/x.csv", "run10/x.csv")


def test_where_the_order_is_that_of_the_alphabet_there_is_nothing_to_say():
    for name in ("x-01.csv", "x-02.csv", "x-10.csv"):
        save(name, "1,2\n")
    assert Files(["x-*.csv"]).notes == ()


def test_paths_stand_as_they_were_given_and_a_shells_order_is_pointed_out():
    names = ["x-1.csv", "x-10.csv", "x-2.csv", "b.csv", "a.csv"]
    for name in names:
        save(name, "1,2\n")
    files = Files(names)
    assert files.paths == tuple(names)
    assert files.name == "x-1.csv and 4 more"
    assert files.notes == (
        "x-10.csv is read before x-2.csv, as they were given; a pattern in quotes is read in the order of the numbers",
    )
    assert Files(["x-2.csv", "x-10.csv", "x-1.csv"]).notes == ()
    assert Files(["x-1*.csv", "x-2.csv"]).paths == ("x-1.csv", "x-10.csv", "x-2.csv")
    assert len(Files(["x-1*.csv", "x-2.csv"]).notes) == 1


@pytest.mark.parametrize("name", ["x[1].csv", "x*.csv", "x?.csv", "[x]", "**"])
def test_a_file_of_that_very_name_goes_before_the_pattern(name):
    save(name, "3,4\n")
    for other in ("x1.csv", "xy.csv", "x"):
        save(other, "1,2\n")
    assert Files([name]).paths == (name,)
    assert values(opened(name)).tolist() == [[3, 4]]


@pytest.mark.parametrize("pattern", ["x-*.csv", "x-?.csv", "x-[0-9].csv", "none/*", "/nowhere/*.npy"])
def test_a_pattern_without_a_match_is_refused(pattern):
    assert refusal(pattern) == f"{pattern}: no such file, and none that it matches as a pattern"


@pytest.mark.parametrize("name", ["x[.csv", "x].csv", "[]", "{a,b}.csv"])
def test_what_is_no_pattern_is_a_file_that_is_missing(name):
    assert refusal(name) == f"{name}: no such file or directory"


def test_a_folder_among_the_matches_is_named():
    save("x-1.csv", "1,2\n")
    Path("x-2.csv").mkdir()
    assert refusal("x-*.csv") == "x-2.csv: is a directory"


def test_one_match_is_read_as_the_file_itself():
    save("x-1.csv", "1,2\n")
    table = opened("x-*.csv")
    assert (table.name, table.where(0, 1)) == ("x-1.csv", "x-1.csv:1")
    assert not isinstance(table, Pieces)


# The table.


@pytest.mark.parametrize("cuts", CUTS, ids=len)
@pytest.mark.parametrize("rows", [1, 3, 100])
@pytest.mark.parametrize("form", ["npy", "csv", "csv.gz"])
def test_pieces_are_read_as_one(cuts, rows, form):
    for place, (start, stop) in enumerate(pairwise(cuts)):
        save(f"x-{place}.{form}", VALUES[start:stop] if form == "npy" else csv(VALUES[start:stop], "a,b,c,d"))
        if form == "csv.gz":
            path = Path(f"x-{place}.{form}")
            path.write_bytes(gzip.compress(path.read_bytes()))
    table = opened(f"x-*.{form}")
    for _ in range(2):
        assert np.array_equal(values(table, 1, rows), VALUES)
        assert np.array_equal(values(table, None, rows), VALUES.reshape(-1))
    assert table.shape == (9 if form == "npy" else None, 4)
    assert table.column_names == (None if form == "npy" else tuple("abcd"))
    assert table.dtype == np.float64


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(7,), (7, 1), (7, 3), (7, 2, 3), (7, 1, 3, 2)], ids=str)
def test_along_any_axis_but_the_first(shape, order):
    array = np.random.default_rng(1).standard_normal(shape)
    for place, piece in enumerate(np.split(array, [2, 3])):
        save(f"x-{place}.npy", np.asarray(piece, order=order))
    table = opened("x-*.npy")
    assert table.shape == shape
    assert np.array_equal(values(table, None), array.reshape(-1))
    for axis in range(1, len(shape)):
        assert np.array_equal(values(table, axis), np.moveaxis(array, axis, -1).reshape(-1, shape[axis]))


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_every_row_is_placed_in_its_own_file(rows):
    save("x-1.csv", "\na,b\n" + csv([[0, 0], [0, 0]]))
    save("x-2.csv", "a,b\n" + csv([[0, 0]]) + "\n\n")
    save("x-3.csv", csv([[0, 0]] * 3, "a,b"))
    by_row = ["x-1.csv:3", "x-1.csv:4", "x-2.csv:2", "x-3.csv:2", "x-3.csv:3", "x-3.csv:4"]
    for axis, expected in ((1, by_row), (None, [place for place in by_row for _ in range(2)])):
        table = opened("x-*.csv")
        found, row = [], 0
        for block in table.blocks(rows, axis):  # while the lengths of those behind are not known yet
            found += [table.where(row + offset, axis) for offset in range(len(block))]
            row += len(block)
        assert found == expected
        assert [table.where(row, axis) for row in range(len(expected))] == expected


def test_a_place_in_an_array_is_its_own_index():
    save("x-1.npy", np.zeros((2, 3, 4)))
    save("x-2.npy", np.zeros((1, 3, 4)))
    table = opened("x-*.npy")
    assert [table.where(row, 2) for row in (0, 5, 6)] == ["x-1.npy[0, 0]", "x-1.npy[1, 2]", "x-2.npy[0, 0]"]
    assert table.where(8, 1) == "x-2.npy[0, 0]"
    assert table.where(25, None) == "x-2.npy[0, 0, 1]"


def test_progress_runs_over_all_pieces():
    for place in range(3):
        save(f"x-{place}.npy", VALUES)
    table = opened("x-*.npy")
    assert table.progress() == (0, 3 * VALUES.nbytes)
    seen = [table.progress()[0] for _ in table.blocks(3, 1)]
    assert seen == [VALUES.nbytes * part // 3 for part in range(1, 10)]
    next(table.blocks(3, 1))
    assert table.progress()[0] == VALUES.nbytes // 3


def test_integers_are_read_as_the_widest_and_no_value_changes():
    pieces = [np.array([255], np.uint8), np.array([-32768], np.int16), np.array([2**62 + 1], np.int64)]
    for place, piece in enumerate(pieces):
        save(f"y-{place}.npy", piece)
    table = opened("y-*.npy")
    assert table.dtype == np.int64
    assert [block.dtype for block in table.blocks(1, None)] == [np.int64] * 3
    assert values(table, None).tolist() == [255, -32768, 2**62 + 1]


def test_class_names_may_be_longer_in_a_later_piece():
    save("y-1.npy", np.array(["cat", "dog"]))
    save("y-2.npy", np.array(["elephant"]))
    assert values(opened("y-*.npy", text=True), None).tolist() == ["cat", "dog", "elephant"]
    save("z-1.csv", "label\ncat\ndog\n")
    save("z-2.csv", "label\nelephant\n")
    known = frozenset({"cat", "dog", "elephant"})
    assert values(opened("z-*.csv", text=True, known=known), None).tolist() == ["cat", "dog", "elephant"]


def test_what_is_said_of_several_pieces_is_said_once():
    for place in range(3):
        save(f"x-{place}.csv", ",a,b\n0,1,2\n")
    assert opened("x-*.csv").notes == (
        "x-0.csv and 2 more: the first column has no name; taken for an index and left out",
    )
    save("x-1.csv", "i,a,b\n0,1,2\n")
    assert opened("x-*.csv", without="0", header=True).notes == ()


def test_pieces_may_differ_in_format_where_their_values_do_not():
    save("x-1.csv", csv(VALUES[:4]))
    save("x-2.npy", VALUES[4:6])
    save("x-3.tsv", csv(VALUES[6:8]).replace(",", "\t"))
    Path("x-4.csv.bz2").write_bytes(bz2.compress(csv(VALUES[8:]).encode()))
    assert np.array_equal(values(opened("x-*")), VALUES)


def test_standard_input_is_one_of_them_once(monkeypatch):
    save("x.csv", "1,2\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"3,4\n5,6\n")))
    files = Files(["x.csv", "-", "x.csv"])
    for _ in range(2):
        table = open_files(files, Dialect(), Selection())
        assert values(table).tolist() == [[1, 2], [3, 4], [5, 6], [1, 2]]
        assert table.where(2, 1) == "stdin:2"
    with pytest.raises(InputError, match="only one of the files can come from standard input"):
        Files(["-", "x.csv", "-"])


# What cannot be one.


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (VALUES, VALUES[:, :3], "3 columns, where b-1 has 4 columns"),
        (
            csv(VALUES),
            csv(VALUES[:, :1]),
            "1 column, where b-1 has 4 columns; if these are labels, quote their pattern",
        ),
        (VALUES, np.zeros(9, int), "shape 9, where b-1 has 4 columns; if these are labels, quote their pattern: --lab"),
        (np.zeros((2, 3, 4)), np.zeros((2, 4, 3)), "shape 2x4x3, where b-1 has shape 2x3x4"),
        (np.zeros((2, 1)), np.zeros(2), "shape 2, where b-1 has 1 column"),
        (np.zeros(2), np.array(1.0), "a single number, where a piece has rows; save it with shape 1"),
        (VALUES, VALUES.astype("f4"), "numbers (float32), where b-1 has numbers (float64); save all pieces with one"),
        (VALUES, VALUES.astype(int), "numbers (int64), where b-1 has numbers (float64); save all pieces with one"),
        (np.array([1], "u8"), np.array([1]), "numbers (int64), where b-1 has numbers (uint64); save all pieces with"),
        (csv(VALUES, "a,b,c,d"), csv(VALUES, "a,b,d,c"), "a column 'd', where b-1 has 'c'"),
        (
            csv(VALUES, "a,b,c,d"),
            csv(VALUES),
            "no header, where b-1 has one; if only the first piece has one, join them",
        ),
        (
            csv(VALUES),
            csv(VALUES, "a,b,c,d"),
            "a header, where b-1 has none; use --header if all have one",
        ),
        (csv(VALUES, "a,b,c,d"), VALUES, "no header, where b-1 has one"),
        (csv(VALUES), "", "the file is empty"),
        (csv(VALUES, "a,b,c,d"), "a,b,c,d\n", "there are no rows, only a header"),
        (VALUES, np.empty((0, 4)), "there are no rows (shape 0x4)"),
    ],
)
def test_pieces_that_are_unlike_are_refused_with_both_names(one, other, message):
    save("b-1", one)
    save("b-2", other)
    assert refusal("b-*").startswith(f"b-2: {message}")


def test_names_and_numbers_are_no_pieces_of_one_file():
    save("y-1.csv", "cat\ndog\n")
    save("y-2.csv", "1\n")
    known = frozenset({"cat", "dog"})
    assert refusal("y-*.csv", text=True, known=known) == "y-2.csv: numbers (float64), where y-1.csv has class names"
    assert refusal("y-2.csv", "y-1.csv", text=True, known=known) == (
        "y-1.csv: class names, where y-2.csv has numbers (float64)"
    )


def test_the_pair_that_differs_is_the_one_that_is_named():
    for place, dtype in enumerate(["u1", "i2", "u8"]):
        save(f"y-{place}.npy", np.array([1], dtype))
    assert refusal("y-*.npy").startswith("y-2.npy: numbers (uint64), where y-1.npy has numbers (int16)")


def test_a_fault_is_named_in_its_own_file_and_line():
    save("x-1.csv", "1,2\n3,4\n")
    save("x-2.csv", "5,6\n7,x\n")
    with pytest.raises(InputError, match=r"^x-2\.csv:2, column 2: 'x' is not a number$"):
        values(opened("x-*.csv"))


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        (
            VALUES,
            "x-*: with the classes on axis 0, each row would run through all files; give",
        ),
        (
            np.zeros(5),
            "x-*: pieces hold whole rows, and these are vectors (shape 5 in x-1); one logit per row needs",
        ),
    ],
)
def test_classes_cannot_be_cut_into_pieces(piece, message):
    save("x-1", piece)
    save("x-2", piece)
    table = opened("x-*")
    with pytest.raises(InputError) as caught:
        table.blocks(3, 0)
    assert str(caught.value).startswith(message)
