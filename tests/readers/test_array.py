"""Arrays in memory, and blocks of rows out of any shape."""

import numpy as np
import pytest

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.array import ArrayTable, reason, refuse_label_column
from softmax_cli.readers.dialect import Selection

SHAPES = [(5,), (1, 5), (7, 5), (2, 3, 5), (3, 1, 2, 4), (2, 1000, 3)]


def rows_of(array, axis):
    """All rows in C order, by a loop over their indices."""
    rest = [size for place, size in enumerate(array.shape) if place != axis]
    index = [(*place[:axis], slice(None), *place[axis:]) for place in np.ndindex(*rest)]
    return np.array([array[each] for each in index])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("rows", [1, 2, 5, 7, 10_000])
@pytest.mark.parametrize("order", ["C", "F"])
def test_blocks_are_the_rows_along_any_axis_in_order(shape, rows, order):
    array = np.asarray(np.random.default_rng(0).standard_normal(shape), order=order)
    for axis in range(array.ndim):
        blocks = list(ArrayTable(array, "x").blocks(rows, axis))
        assert max(map(len, blocks)) <= rows
        assert np.array_equal(np.concatenate(blocks), rows_of(array, axis))


@pytest.mark.parametrize("shape", [(), *SHAPES], ids=str)
@pytest.mark.parametrize("rows", [1, 4, 10_000])
def test_without_an_axis_every_value_is_a_row(shape, rows):
    array = np.random.default_rng(0).standard_normal(shape)
    blocks = list(ArrayTable(array, "x").blocks(rows, None))
    assert max(map(len, blocks)) <= rows
    assert np.array_equal(np.concatenate(blocks), array.ravel())


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_every_integer_and_float_dtype_comes_in_this_machines_byte_order(kind, byte_order):
    array = np.array([[1, 2], [3, 100]], dtype=byte_order + kind)
    table = ArrayTable(array, "x")
    (block,) = table.blocks(10, 1)
    assert block.dtype == table.dtype == np.dtype(kind)
    assert block.tolist() == [[1, 2], [3, 100]]
    assert table.notes == ()


def test_a_wider_float_is_read_as_float64_with_a_note_and_no_warning():
    table = ArrayTable(np.array([[1.5, 2]], np.longdouble) * np.longdouble("1e4000"), "x")
    (block,) = table.blocks(10, 1)
    assert block.dtype == np.float64
    assert len(table.notes) == 1
    assert table.notes[0].endswith("is read as float64")


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.array([[1, None]], object), "Python objects"),
        (np.zeros(3, [("a", "f4")]), "records"),
        (np.zeros(3, "V8"), "records or raw bytes"),
        (np.ones((2, 2), complex), "complex values"),
        (np.ones((2, 2), bool), "truth values"),
        (np.array([b"a"]), "text"),
        (np.array(["2020-01-01"], "M8[D]"), "text or dates"),
        (np.array(["a"]), "text"),
    ],
)
def test_what_holds_no_real_numbers_is_refused(array, what):
    with pytest.raises(InputError, match=f"^x: the array holds {what}.*save it with a numeric dtype$"):
        ArrayTable(array, "x")


def test_text_is_taken_where_class_names_may_stand():
    (block,) = ArrayTable(np.array(["a", "나"], ">U5"), "x", text=True).blocks(10, None)
    assert block.tolist() == ["a", "나"]


@pytest.mark.parametrize(("shape", "text"), [((0, 3), "0x3"), ((3, 0), "3x0"), ((0,), "0")])
def test_an_empty_array_is_refused_with_its_shape(shape, text):
    with pytest.raises(InputError, match=rf"^x: there are no rows \(shape {text}\)$"):
        ArrayTable(np.empty(shape), "x")


@pytest.mark.parametrize(
    ("shape", "axis", "row", "place"),
    [
        ((4,), None, 2, "x[2]"),
        ((4, 1), None, 2, "x[2, 0]"),
        ((4, 5), 1, 2, "x[2]"),
        ((2, 3, 5), 1, 7, "x[1, 2]"),
        ((2, 3), None, 4, "x[1, 1]"),
        ((5,), 0, 0, "x"),
        ((), None, 0, "x"),
    ],
)
def test_a_row_is_named_by_its_index(shape, axis, row, place):
    assert ArrayTable(np.ones(shape), "x").where(row, axis) == place


@pytest.mark.parametrize("selection", [Selection(without="0"), Selection(only="0", text=True)])
def test_an_array_has_no_column_of_labels(selection):
    with pytest.raises(UsageError, match=r"^x: --label-column is for delimited files, and this is an array; give the"):
        refuse_label_column(selection, "x")


def test_classes_may_be_chosen_from_an_array():
    refuse_label_column(Selection(only="0"), "x")


@pytest.mark.parametrize("shape", [(5,), (7, 5), (5, 7), (2, 3, 5), (2, 5, 3), (5, 3, 2, 4)], ids=str)
@pytest.mark.parametrize(
    ("only", "places"), [("2,0,1", [2, 0, 1]), ("1:3", [1, 2]), ("-1", [4]), (":2,-2", [0, 1, 3]), ("0,0", [0, 0])]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_places_are_chosen_along_any_axis_in_the_order_asked_for(shape, only, places, order):
    array = np.asarray(np.random.default_rng(0).standard_normal(shape), order=order)
    axis = shape.index(5)
    table = ArrayTable(array, "x")
    chosen = table.select(axis, only)
    assert chosen.shape == (*shape[:axis], len(places), *shape[axis + 1 :])
    expected = rows_of(array, axis)[:, places]
    for rows in (1, 4, 10_000):
        blocks = list(chosen.blocks(rows, axis))
        assert np.array_equal(np.concatenate(blocks), expected)
        assert all(block.flags.c_contiguous for block in blocks)
    assert np.array_equal(np.concatenate(list(table.blocks(4, axis))), rows_of(array, axis))  # it is as it was
    assert chosen.where(0, axis) == table.where(0, axis)


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("5", "x, axis 1: there is no class '5'; there are 5, numbered from 0 and without names"),
        ("cat", "x, axis 1: there is no class 'cat'; there are 5, numbered from 0 and without names"),
        ("3:9", "x, axis 1: there are no classes 3:9; there are 5"),
    ],
)
def test_a_place_that_is_not_there_is_refused(only, message):
    with pytest.raises(InputError) as caught:
        ArrayTable(np.ones((2, 5)), "x").select(1, only)
    assert str(caught.value) == message


def test_blocks_of_chosen_places_have_their_axis_alone():
    with pytest.raises(ValueError, match="places were chosen along axis 1"):
        next(ArrayTable(np.ones((2, 5)), "x").select(1, "0").blocks(1, 0))


def test_truth_values_are_labels_and_no_logits():
    (block,) = ArrayTable(np.array([True, False]), "x", text=True).blocks(10, None)
    assert (block.dtype, block.tolist()) == (np.uint8, [1, 0])


def test_a_reason_is_one_short_line():
    assert reason(ValueError("one\ntwo")) == "one"
    assert reason(ValueError("x" * 1000)) == "x" * 120
    assert reason(MemoryError()) == "MemoryError"
