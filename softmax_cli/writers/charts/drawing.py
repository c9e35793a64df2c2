"""What the drawings of a chart, on a page and as a picture, have in common."""

import unicodedata
from collections.abc import Iterator

from softmax_cli.reports.charts import FEW_ROWS, Chart, Reliability
from softmax_cli.writers.charts.scales import short

WHOLE_BARS, END_BARS = 40, 20
_LETTER = 0.6  # a letter's width in its size


def key(chart: Chart) -> str:
    """How to read the drawing, where it does not say so itself."""
    if not isinstance(chart, Reliability):
        return ""
    hollow = any(each.sparse and each.rows for each in chart.bins)
    said = "A dot is a bin; its line leads to where it would be if the confidence were right."
    return said + (f" Hollow: fewer than {FEW_ROWS} rows." if hollow else "")


def shown_bars(bars: int) -> Iterator[int | None]:
    """The places of the bars to draw: all of few, else the first and the last, with None between them."""
    if bars <= WHOLE_BARS:
        yield from range(bars)
        return
    yield from range(END_BARS)
    yield None
    yield from range(bars - END_BARS, bars)


def count_text(number: int, room: float, size: float) -> str:
    """A count as a column has room for above it: roughly rather than not at all."""
    texts = short(number), short(number, rough=True)
    return next((text for text in texts if text_width(text, size) <= room), "")


def text_width(text: str, size: float) -> float:
    """How wide a line of letters of that size is: an estimate, a generous one for most fonts."""
    return sum(_letter_width(letter) for letter in text) * size


def _letter_width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else _LETTER


def cut(text: str, room: float, size: float) -> str:
    """As much of the text as fits into ``room``, and a sign where its end is missing."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"
