"""TSV and CSV: a header, then one record a line, every digit.

Names stand as they are in the files that were read, control characters included. ``safe`` is for spreadsheets, which
run a cell that begins with = + - or @ as a formula (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TextIO

from softmax_cli.reports.grid import Cell, Numbers, Report
from softmax_cli.writers.numbers import exact

_BREAKS = re.compile(r"[\t\r\n]")
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|nan)", re.IGNORECASE | re.ASCII)
# Also where a spreadsheet takes a semicolon for the end of a cell; the wide forms are those of Japanese keyboards.
_FORMULA = re.compile(r"(^\s*|[;\t\r\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])")


def write_tsv(report: Report, stream: TextIO, *, safe: bool = False) -> None:
    """Tab-separated; a tab or a line break within a text becomes a blank, so that `cut` can be relied on."""
    records = report.records()
    write_rows(records.columns, records.rows, stream, "\t", safe=safe)


def write_csv(report: Report, stream: TextIO, *, safe: bool = False) -> None:
    """Comma-separated, quoted where needed (RFC 4180, but for line ends as everywhere else in a pipe)."""
    records = report.records()
    write_rows(records.columns, records.rows, stream, ",", safe=safe)


def write_rows(
    columns: Sequence[str], rows: Iterable[Numbers], stream: TextIO, delimiter: str, *, safe: bool = False
) -> None:
    """A header and its rows; ``safe`` puts an apostrophe before what a spreadsheet would run as a formula."""
    text: Callable[[Cell], str] = harmless if safe else exact
    if delimiter == "\t":
        stream.writelines("\t".join([_flat(text(cell)) for cell in row]) + "\n" for row in chain([columns], rows))
        return
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(map(text, columns))
    writer.writerows(map(text, row) for row in rows)


def harmless(cell: Cell) -> str:
    """The cell, with an apostrophe where a text would be a formula; numbers stay as they are.

    >>> [harmless(cell) for cell in ("=1+1", "-x", "-1.5", -1.5, "cat")]
    ["'=1+1", "'-x", '-1.5', '-1.5', 'cat']
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return exact(cell)
    return _FORMULA.sub(r"\1'", cell)


def _flat(text: str) -> str:
    return text if text.isprintable() else _BREAKS.sub(" ", text)
