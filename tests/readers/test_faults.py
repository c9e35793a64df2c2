"""What is wrong with a line or a cell, and what helps."""

import pytest

from softmax_cli.readers.faults import Spelling, find_fault


@pytest.mark.parametrize(
    ("line", "column", "what", "remedy"),
    [
        ("", None, "a blank line within the rows", "remove it"),
        (" \t", None, "a blank line within the rows", "remove it"),
        ("1", None, "1 cell where the first line has 2", ""),
        ("1;2;3", None, "3 cells where the first line has 2", ""),
        ("1;", 1, "an empty cell", "write nan if the value is missing"),
        ("1;x", 1, "'x' is not a number", ""),
        ("x;y", 0, "'x' is not a number", ""),
        ("1,5;2", 0, "'1,5' is not a number: it has a decimal comma", "use --decimal ,"),
        (
            "1;1.#INF",
            1,
            "'1.#INF' is not a number: it is nan or inf as old C libraries print them",
            "write nan, inf or -inf",
        ),
        ("1;" + "9" * 100 + "x", 1, f"'{'9' * 40}...' is not a number", ""),
        ("1;-1e400", 1, "'-1e400' is beyond the largest float64", "write inf or -inf if that is meant"),
    ],
)
def test_a_fault_names_line_column_and_remedy(line, column, what, remedy):
    fault = find_fault(["1;2", "nan;-inf", line, "y;z"], ";", 2, (0, 1), Spelling())
    assert fault == (2, column, what, remedy)


@pytest.mark.parametrize("line", ['"1;2', '"1"2;3', '1;"' + "2" * 200_000])
def test_a_quote_that_is_not_closed_is_a_fault_of_its_own_line(line):
    fault = find_fault(["1;2", line, '3";4'], ";", 2, (0, 1), Spelling())
    assert (fault.line, fault.column) == (1, None)
    assert fault.what.startswith(("badly quoted (", "a quote opens here and is not closed"))


def test_columns_that_were_not_asked_for_may_hold_anything():
    assert find_fault(["1;x", "2;"], ";", 2, (0,), Spelling()) is None
    assert find_fault(["1;x", "2;y"], ";", 2, (1,), Spelling(text=True)) is None
