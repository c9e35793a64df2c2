"""Columns by name, position and range; the index column that pandas writes."""

import pytest

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.roles import Columns
from softmax_cli.readers.selection import choose_columns

NAMES = ("cat", "dog", "a, b", "1", "label")


def columns(names=NAMES, **selection):
    width = len(NAMES) if names is None else len(names)
    return choose_columns(Selection(**selection), Columns(names, width, []), "x.csv", 1)[0]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("cat", (0,)),
        ("dog,cat", (1, 0)),
        ("dog, cat", (1, 0)),
        ("0:3", (0, 1, 2)),
        (":2", (0, 1)),
        ("3:", (3, 4)),
        (":", (0, 1, 2, 3, 4)),
        ("0:2,-1", (0, 1, 4)),
        ("a, b", (2,)),
        ('"a, b",cat', (2, 0)),
        ("1", (3,)),  # a name before a position
        ("2", (2,)),
        ("-5", (0,)),
    ],
)
def test_columns_are_chosen_by_name_position_or_range_in_the_order_asked_for(only, expected):
    assert columns(only=only) == expected


@pytest.mark.parametrize(("without", "expected"), [("label", (0, 1, 2, 3)), ("-1", (0, 1, 2, 3)), ("0", (1, 2, 3, 4))])
def test_all_but_the_column_of_labels(without, expected):
    assert columns(without=without) == expected
    assert columns(names=None, without=without.replace("label", "4")) == expected


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"only": "bird"}, "x.csv: there is no column 'bird'; the columns are 'cat', 'dog', 'a, b', '1', 'label'"),
        ({"only": "5"}, "there is no column '5'"),
        ({"only": "-6"}, "there is no column '-6'"),
        ({"only": "9" * 5000}, "there is no column '999"),
        ({"only": ""}, "there is no column ''"),
        ({"only": "1:9"}, "there are no columns 1:9; the file has 5"),
        ({"only": "2:2"}, "there are no columns 2:2"),
        ({"only": "3:1"}, "there are no columns 3:1"),
        ({"only": "cat,label", "without": "label"}, "column 'label' cannot hold both the labels and a logit"),
    ],
)
def test_a_column_that_is_not_there_is_refused(selection, message):
    with pytest.raises(InputError) as caught:
        columns(**selection)
    assert message in str(caught.value)


def test_without_a_header_a_name_says_how_to_have_one():
    with pytest.raises(
        InputError, match="no column 'cat'; the file has 5 and no header; if its first line is a header"
    ):
        columns(names=None, only="cat")


def test_a_name_that_two_columns_bear_needs_a_position():
    with pytest.raises(InputError, match="2 columns are named 'a'; give the position"):
        columns(names=("a", "b", "a"), only="a")
    assert columns(names=("a", "b", "a"), only="2") == (2,)


def test_the_only_column_cannot_be_the_labels():
    with pytest.raises(InputError, match="there is no column of logits beside the labels"):
        columns(names=("label",), without="label")


def test_an_open_quote_is_a_usage_error():
    with pytest.raises(UsageError, match="badly quoted"):
        columns(only='"cat')


@pytest.mark.parametrize(("index", "called"), [("", "has no name"), ("Unnamed: 0", "is called 'Unnamed: 0'")])
def test_an_index_of_pandas_is_left_out_with_a_note(index, called):
    chosen, notes = choose_columns(Selection(), Columns((index, "0", "1"), 3, []), "x.csv", 2)
    assert chosen == (1, 2)
    assert notes == (f"x.csv: the first column {called}; taken for an index and left out",)


@pytest.mark.parametrize(
    ("names", "selection", "expected"),
    [
        (("",), {}, (0,)),  # the only column
        (("a", ""), {}, (0, 1)),  # not the first
        (("", "a"), {"only": "0,1"}, (0, 1)),  # asked for
        (("", "a", "b"), {"without": "0"}, (1, 2)),  # the labels
    ],
)
def test_no_other_nameless_column_is_left_out(names, selection, expected):
    assert choose_columns(Selection(**selection), Columns(names, len(names), []), "x.csv", 2) == (expected, ())
