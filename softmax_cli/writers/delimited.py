"""TSV and CSV: a header, then one record a line, every digit."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from softmax_cli.reports.grid import Cell, Numbers, Report
from softmax_cli.writers.numbers import exact
from softmax_cli.writers.text import one_line


def write_tsv(report: Report, stream: TextIO) -> None:
    """Tab-separated; a tab or a line break within a text becomes a blank, so that `cut` can be relied on."""
    records = report.records()
    write_rows(records.columns, records.rows, stream, "\t")


def write_csv(report: Report, stream: TextIO) -> None:
    """Comma-separated, quoted where needed (RFC 4180, but for line ends as everywhere else in a pipe)."""
    records = report.records()
    write_rows(records.columns, records.rows, stream, ",")


def write_rows(columns: Sequence[str], rows: Iterable[Numbers], stream: TextIO, delimiter: str) -> None:
    """A header and its rows."""
    if delimiter == "\t":
        stream.write("\t".join(map(_flat, columns)) + "\n")
        stream.writelines("\t".join(map(_flat, row)) + "\n" for row in rows)
        return
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(exact, row) for row in rows)


def _flat(cell: Cell) -> str:
    return one_line(cell) if isinstance(cell, str) else exact(cell)
