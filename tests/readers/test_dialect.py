"""Delimiters by name and by character."""

import pytest

from softmax_cli.errors import UsageError
from softmax_cli.readers.dialect import Dialect


@pytest.mark.parametrize(
    ("given", "delimiter"),
    [(None, None), (",", ","), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), ("space", " "), ("semicolon", ";")],
)
def test_a_delimiter_is_a_character_or_its_name(given, delimiter):
    assert Dialect(given).delimiter == delimiter


@pytest.mark.parametrize("given", ["", ",,", '"', "\n", "\r", "tabs"])
def test_no_delimiter_of_several_characters_or_that_means_something_else(given):
    with pytest.raises(UsageError, match="one character is needed, or tab, or space"):
        Dialect(given)
