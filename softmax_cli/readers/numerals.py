"""Numbers as people and programs spell them, and what is wrong with a spelling that is none."""

import re
from enum import Enum

_MISSING = frozenset({"na", "n/a", "#n/a", "<na>", "null", "none", "nan", "nat"})
_MINUS = "\N{MINUS SIGN}"  # read as "-": in front of a digit it can mean nothing else
_TRUTH = {"true": "1", "false": "0"}

_LARGE_EXPONENT = re.compile(r"[eE]\+?\d{3}")
_MANY_DIGITS = re.compile(r"\d{200}")
_LONGEST_MISSPELLED = 1000  # the patterns below take the square of a cell's length
_EXPONENT = r"(?:[eE][+-]?\d+)?"
# A single point may be decimal as well, and people give --decimal , for the other one of two files.
_POINT_THOUSANDS = rf"[+-]?[1-9]\d{{0,2}}(?:(?:\.\d{{3}})+,\d*|(?:\.\d{{3}}){{2,}}){_EXPONENT}"
_COMMA_THOUSANDS = rf"[+-]?[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d*)?{_EXPONENT}"
_DECIMAL_COMMA = rf"[+-]?\d*,\d+{_EXPONENT}"
_OF_LIST = r"[\s\d.,;eE+\-\[\]()nanif]"
# What a cell looks like, why it is no number, and what helps. The first that fits counts.
_MISSPELLED: tuple[tuple[str, str, str], ...] = (
    (
        r"[+-]?[1-9]\d{0,2},\d{3}",
        "its comma may be decimal or separate thousands",
        "use --decimal , if it is decimal, --decimal . if it separates thousands",
    ),
    (rf"{_DECIMAL_COMMA}|[+-]?\d+,{_EXPONENT}", "it has a decimal comma", "use --decimal ,"),
    (_COMMA_THOUSANDS, "its commas separate thousands", "use --decimal ."),
    (_POINT_THOUSANDS, "its points separate thousands", "use --decimal ,"),
    (r"[+-]?\d+\.\d{3}", "its point may be decimal or separate thousands", "write it without, or leave --decimal out"),
    (r"[+-]?\d+(?:_\d+)+(?:\.\d*)?", "it has underscores between its digits", "write the digits alone"),
    (r"[+-]?\d*\.?\d+\s*%", "it is a percentage", "write it without the % sign"),
    (r"[+-]?0[xX][\da-fA-F]+", "it is hexadecimal", "write it in decimal"),
    (r"[+-]?1\.#(?:INF|IND|QNAN|SNAN)\w*", "it is nan or inf as old C libraries print them", "write nan, inf or -inf"),
    (r"[+-]?(?:\d+\.?\d*|\.\d+)[dD][+-]?\d+", "it has an exponent of Fortran's", "write e for d"),
    ("[\u2010-\u2015].*\\d.*", "it begins with a dash, not with a minus sign", "write -"),
    (
        r"[+-]?\d{1,3}(?:['\s\u00a0\u202f\u2019]\d{3})+(?:[.,]\d*)?",
        "blanks or quotes separate its thousands",
        "write the digits alone",
    ),
    (rf"[\[(]{_OF_LIST}*\d{_OF_LIST}*[\])]", "it is a list, where a cell is one number", "write one number per cell"),
    (r"[+-]?[\d.,]*\d[\d.,]*", "its digits and marks are not those of one number", "write it as 1234.5"),
)


class Content(Enum):
    """What a cell holds."""

    NUMBER = 1
    MISSPELLED = 2  # a number to a person
    MISSING = 3
    EMPTY = 4
    TEXT = 5


def is_number(cell: str) -> bool:
    """Whether numpy.loadtxt takes a cell for a number: as float() does, less 1_000 and digits of other scripts."""
    if "_" in cell or not cell.isascii():
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True


def plain_number(cell: str, decimal: str | None = None) -> str | None:
    """A number as numpy.loadtxt reads it; None for what is no number.

    ``decimal`` is the decimal mark, and the other of point and comma then may separate thousands. By default it is
    the point, and nothing separates thousands.
    """
    if has_minus_sign(cell):
        cell = cell.replace(_MINUS, "-")
    if decimal == ",":
        if "." in cell:
            if not re.fullmatch(_POINT_THOUSANDS, cell):
                return None
            cell = cell.replace(".", "")
        cell = cell.replace(",", ".")
    elif decimal == "." and re.fullmatch(_COMMA_THOUSANDS, cell):
        cell = cell.replace(",", "")
    return cell if is_number(cell) else None


def is_with_comma(cell: str) -> bool:
    """Whether a cell is a number with a comma between digits."""
    return bool(re.fullmatch(rf"[+-]?\d+,\d+{_EXPONENT}", cell))


def has_minus_sign(text: str) -> bool:
    """Whether a minus sign stands in the text that is not ASCII's."""
    return not text.isascii() and _MINUS in text


def truth(cell: str) -> str | None:
    """1 for True and 0 for False, in capitals or not; None for anything else."""
    return _TRUTH.get(cell.lower())


def is_missing(cell: str) -> bool:
    """Whether a cell is empty, or holds one of the words for a missing value."""
    return not cell or cell.lower() in _MISSING


def content(cell: str, decimal: str | None = None) -> Content:
    """What a cell holds."""
    if not cell:
        return Content.EMPTY
    if plain_number(cell, decimal) is not None:
        return Content.NUMBER
    if is_missing(cell):
        return Content.MISSING
    return Content.TEXT if misspelling(cell, decimal) is None else Content.MISSPELLED


def misspelling(cell: str, decimal: str | None) -> tuple[str, str] | None:
    """Why a cell that looks like a number is none, and what helps; None for one that does not look like a number."""
    if cell[:1].isalpha() or len(cell) > _LONGEST_MISSPELLED:
        return None
    if has_minus_sign(cell):
        cell = cell.replace(_MINUS, "-")
    if decimal == "," and is_number(cell) and not re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", cell):
        return "it has a decimal point, and --decimal , was given", "write all numbers with one decimal mark"
    return next(((why, remedy) for form, why, remedy in _MISSPELLED if re.fullmatch(form, cell)), None)


def with_decimals(number: str) -> bool:
    """Whether a number is written as one that need not be whole: 1.0, 1e-5, nan; not 1."""
    return not number.lstrip("+-").isdigit()


def is_whole(number: str) -> bool:
    """Whether a number is a whole one, 3 and 3.0 alike."""
    return float(number).is_integer()


def may_overflow(line: str) -> bool:
    """Whether a line could hold a number beyond the range of float64: cheap, and never wrong where it says no."""
    # Looking for one letter, or at the length, takes a tenth of a pattern's time.
    exponent = ("e" in line or "E" in line) and _LARGE_EXPONENT.search(line)
    # An exponent of two digits needs 209 digits before it.
    return bool(exponent or (len(line) > 200 and _MANY_DIGITS.search(line)))
