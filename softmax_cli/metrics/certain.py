"""When what was seen is certain: the criteria that `check` shares with the hints of other commands."""

import math
from typing import TYPE_CHECKING

from softmax_cli.metrics.chance import LOG_ALPHA
from softmax_cli.metrics.rounding import LOOSEST

if TYPE_CHECKING:
    from softmax_cli.metrics.bounds import Bounds
    from softmax_cli.metrics.coarseness import Coarseness

COARSEST = 0.05  # ... where the values were rounded, and so much can come of it
EXACT = 1e-7  # ... and what no row is nearer to it than by luck: the rounding of float32
_WHOLE = 0.3  # how often the sums of two rows of small whole numbers are the same by luck, at most
_FEW_ROWS = 5
_MANY_ROWS = 20
_SHORT_ROW = 5  # values
_WIDE = 64  # of the 256 values of 8 bits
EIGHT_BITS = frozenset({"int8", "uint8"})


def rows_sum_to(
    total: float, error: float, *, rows: int, classes: int, coarseness: "Coarseness", one_hot: bool = False
) -> bool:
    """Return whether rows without a negative value have this sum, and not by luck.

    ``error`` is how far the sum of one is off, at most, relative to the total; ``rows`` counts those that differ, less
    those that were used to find the total. ``one_hot``: each row is a single 1 among zeros.
    """
    if classes < 2:
        return False
    if coarseness.decimals == 0 or one_hot:
        near = error <= (loosest(classes, coarseness, total) if total > 1 else LOOSEST)
        return near and unlikely(_WHOLE / 2, rows)
    return error <= loosest(classes, coarseness, total) and unlikely(error, rows)


PERCENTAGES = "percentages"
_BYTE = 255.0


def shares_of(sums: "Bounds", classes: int, coarseness: "Coarseness") -> tuple[float, str] | None:
    """Return the total that rows seem to be shares of, and what they are then; None where they are none.

    It is 100; else the values are whole numbers, and it is 255, or the sum that all rows have.
    """
    if not sums or sums.low <= 0:
        return None
    for total, what in ((100.0, PERCENTAGES), (_BYTE, "shares of 255")):
        if sums.off(total) <= loosest(classes, coarseness, total) * total:
            return (total, what) if total == 100.0 or coarseness.decimals == 0 else None
    votes = coarseness.decimals == 0 and sums.span == 0 and abs(sums.high - 1) > LOOSEST
    return (sums.high, "votes, or counts") if votes else None


def loosest(classes: int, coarseness: "Coarseness", total: float) -> float:
    """Return how far a sum may be off, relative to it: as that of C values that were rounded, each by half a step."""
    step = coarseness.step or 0.0 if coarseness.decimals is None else 10.0**-coarseness.decimals
    return max(LOOSEST, min(classes * step / 2 / total, COARSEST))


def unlikely(error: float, rows: int) -> bool:
    """Return whether so many different rows are too near to a number for it to be luck."""
    return rows > 0 and rows * math.log(2 * (error + EXACT)) < LOG_ALPHA


def is_header(rows: int, classes: int, decimals: int | None) -> bool:
    """Return whether a first row 0, 1, 2, ... is a header: the others are not whole, and it is no row by hand."""
    return classes > 1 and decimals != 0 and rows >= (_FEW_ROWS if classes > _SHORT_ROW else _MANY_ROWS)


def is_index(rows: int, classes: int) -> bool:
    """Return whether a column that goes up by 1 per row, in so many rows, counts them."""
    return classes > 1 and rows >= _FEW_ROWS


def is_copy(rows: int, classes: int) -> bool:
    """Return whether a column that equals the labels, which vary, in so many rows holds them."""
    return classes > 1 and rows >= _MANY_ROWS


def is_quantised(dtype: str, span: float) -> bool:
    """Return whether whole numbers of 8 bits use much of their range: no votes, and no marks."""
    return dtype in EIGHT_BITS and span >= _WIDE


def are_one_hot(rows: int, classes: int) -> bool:
    """Return whether so many rows of a single 1 among zeros are no logits."""
    return classes > 1 and rows >= _FEW_ROWS
