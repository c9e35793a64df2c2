"""Text of the user's (a class name, a file name) made fit to stand in a line."""

import re

_BREAKS = re.compile(r"[\t-\r\x1c-\x1e\x85\u2028\u2029]+")

# Characters that move the cursor, set colours, turn the reading direction (and so the digits beside them), break a
# line, or cannot be seen at all, so that two names would look the same.
_UNSEEN = r"\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
_UNSEEN_TAGS = r"\U000e0000-\U000e007f"
# Joiners belong to emoji and to scripts that are not Latin: there, and only there, they stand as they are.
_ASTRAY = r"(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
_CONTROLS = re.compile(rf"[\x00-\x1f\x7f-\x9f{_UNSEEN}{_UNSEEN_TAGS}]|{_ASTRAY}")
CONTROLS_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_UNSEEN}{_UNSEEN_TAGS}]|{_ASTRAY}")
"""Those of them that are no line feed and no tab."""


def one_line(text: str) -> str:
    """The text with blanks in the place of tabs and line breaks."""
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def visible(text: str) -> str:
    r"""The text on one line, its control characters spelled out.

    >>> visible("a\tb\x1b[31m")
    'a b\\x1b[31m'
    """
    return _CONTROLS.sub(_spelled, one_line(text))


def visible_lines(text: str) -> str:
    r"""The lines with their control characters spelled out, but for line feeds and tabs.

    >>> visible_lines("a\tb\n\x1b[31m\n")
    'a\tb\n\\x1b[31m\n'
    """
    return CONTROLS_IN_LINES.sub(_spelled, text)


def written(text: str, encoding: str) -> str:
    r"""The text as :func:`visible`, with what the encoding lacks spelled out.

    >>> written("é, 개", "latin-1")
    'é, \\uac1c'
    """
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)


def _spelled(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]
