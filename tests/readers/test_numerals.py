"""Numbers as people and programs spell them."""

import numpy as np
import pytest

from softmax_cli.readers.numerals import (
    Content,
    content,
    is_missing,
    is_number,
    is_whole,
    may_overflow,
    misspelling,
    truth,
)

NUMBERS = ["1", "-1", "+1.5", ".5", "5.", "1e5", "1E-5", "nan", "-inf", "Infinity", "1e400"]
TEXT = ["", "x", "1_000", "0x10", "1+2j", "1d5", "1.#INF", "1,5", "--1", "٣", "１", "−1", "1 2", "nan(1)", "1f", "1\0"]


@pytest.mark.parametrize("cell", NUMBERS + TEXT)
def test_a_number_is_what_numpy_loadtxt_takes_for_one(cell):
    try:
        np.loadtxt([f"0;{cell}"], delimiter=";", comments=None)
    except ValueError:
        assert cell in TEXT
        assert not is_number(cell)
    else:
        assert cell in NUMBERS
        assert is_number(cell)


@pytest.mark.parametrize("number", ["1e309", "-1E+400", "1.e400", "1e0309", "9" * 309, "0.001e312", "9" * 210 + "e99"])
def test_a_number_beyond_float64_is_never_missed(number):
    assert np.isinf(float(number))
    assert may_overflow(f"1,{number},2")


@pytest.mark.parametrize("number", ["1e10", "1e-400", "inf", "1.7e30", "0." + "1" * 150])
def test_ordinary_numbers_are_not_looked_at_twice(number):
    assert not may_overflow(f"1,{number},2")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", Content.EMPTY),
        ("1.5", Content.NUMBER),
        ("nan", Content.NUMBER),
        ("\N{MINUS SIGN}1.5", Content.NUMBER),
        ("NA", Content.MISSING),
        ("N/A", Content.MISSING),
        ("<NA>", Content.MISSING),
        ("None", Content.MISSING),
        ("NULL", Content.MISSING),
        ("cat", Content.TEXT),
        ("img_0.png", Content.TEXT),
        ("001.png", Content.TEXT),
        ("2026-01-02", Content.TEXT),
        ("3f2a", Content.TEXT),
        ("(dog)", Content.TEXT),
        ("True", Content.TEXT),
        *(
            (cell, Content.MISSPELLED)
            for cell in ("1,5", "1_0", "0x1f", "5%", "1d5", "1 234", "1'234.5", "[1, 2]", "1.2.3")
        ),
    ],
)
def test_what_a_cell_holds(cell, expected):
    assert content(cell) is expected
    if expected is Content.MISSPELLED:
        why, remedy = misspelling(cell, None)
        assert why
        assert remedy


def test_words_for_numbers():
    assert [truth(word) for word in ("True", "FALSE", "false", "1", "yes")] == ["1", "0", "0", None, None]
    assert [is_missing(word) for word in ("", "NA", "NaN", "0", "no")] == [True, True, True, False, False]
    assert [is_whole(word) for word in ("3", "3.0", "-1e3", "0.5", "nan", "inf")] == [True] * 3 + [False] * 3
