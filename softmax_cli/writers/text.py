"""Text of the user's (a class name, a file name) made fit to stand in a line."""

import re

_BREAKS = re.compile(r"[\t-\r\x1c-\x1e\x85\u2028\u2029]+")

# Those that move the cursor, set colours or turn the reading direction, and so the digits beside them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """The text with blanks in the place of tabs and line breaks."""
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def visible(text: str) -> str:
    r"""The text on one line, its control characters spelled out.

    >>> visible("a\tb\x1b[31m")
    'a b\\x1b[31m'
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], one_line(text))


def written(text: str, encoding: str) -> str:
    r"""The text as :func:`visible`, with what the encoding lacks spelled out.

    >>> written("é, 개", "latin-1")
    'é, \\uac1c'
    """
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)
