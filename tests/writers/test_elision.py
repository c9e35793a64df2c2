import pytest

from softmax_cli.reports.grid import Column, Grid
from softmax_cli.writers.elision import GAP, left_out, sections, shown_columns

GAP_WIDTH = 3


def grid_of(classes, *, stand_in=False, **more):
    """A row's number, its classes, perhaps a stand-in, and its sum: places 0, 1 to ``classes``, and the rest."""
    names = [Column(str(place), "decimal", group=True) for place in range(classes)]
    extra = [Column("p", "decimal", stand_in=True)] if stand_in else []
    return Grid("", (Column("row", "integer"), *names, *extra, Column("sum", "decimal")), [], **more)


@pytest.mark.parametrize(
    ("classes", "available", "shown"),
    [
        (3, 50, [0, 1, 2, 3, 4]),
        (3, 49, [0, 1, GAP, 3, 4]),
        (2, 10, [0, 1, 2, 3]),
        (1, 10, [0, 1, 2]),
        (9, 10, [0, 1, GAP, 9, 10]),
        (9, 53, [0, 1, 2, GAP, 9, 10]),
        (9, 62, [0, 1, 2, GAP, 9, 10]),
        (9, 63, [0, 1, 2, GAP, 8, 9, 10]),
        (9, 110, list(range(11))),
        (9, 109, [0, 1, 2, 3, 4, GAP, 6, 7, 8, 9, 10]),
    ],
)
def test_a_group_loses_its_middle(classes, available, shown):
    grid = grid_of(classes)
    assert shown_columns(grid, [10] * len(grid.columns), available, GAP_WIDTH) == shown


def test_a_stand_in_is_shown_only_where_classes_are_not():
    grid = grid_of(5, stand_in=True)
    widths = [10] * 8
    assert shown_columns(grid, widths, 70, GAP_WIDTH) == [0, 1, 2, 3, 4, 5, 7]
    assert shown_columns(grid, widths, 69, GAP_WIDTH) == [0, 1, 2, GAP, 5, 6, 7]


@pytest.mark.parametrize(
    ("available", "parts"),
    [
        (53, [[0, 1, GAP, 9, 10]]),
        (42, [[0, 1, GAP, 9], [0, 10]]),
        (33, [[0, 1, GAP, 9], [0, 10]]),
        (32, [[0, 1, GAP], [0, 9, 10]]),
        (22, [[0, 1], [0, 9], [0, 10]]),
        (5, [[0, 1], [0, 9], [0, 10]]),
    ],
)
def test_what_is_still_too_wide_becomes_several_tables(available, parts):
    grid = grid_of(9)
    assert sections(grid, [0, 1, GAP, 9, 10], [10] * 11, available, GAP_WIDTH) == parts


@pytest.mark.parametrize(
    ("hidden", "shown", "whole", "words"),
    [
        (0, range(11), "", ""),
        (0, range(11), "all is here", ""),
        (0, [0, 1, GAP, 9, 10], "", "7 of 9 classes not shown"),
        (9990, range(11), "", "9,990 rows not shown"),
        (1, range(11), "", "1 row not shown"),
        (15, [0, 1, GAP, 9, 10], "look there", "7 of 9 classes and 15 rows not shown (look there)"),
    ],
)
def test_what_is_left_out_is_said(hidden, shown, whole, words):
    assert left_out(grid_of(9, hidden=hidden, whole=whole), list(shown)) == words
