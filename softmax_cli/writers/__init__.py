"""Reports to text. Add a format by writing its module and its row in the table below.

A writer is a function ``write(report, stream)``. It knows reports as grids, records and objects of plain
numbers (reports/grid.py), and nothing of arrays, backends or the command line.
"""

from importlib import import_module
from typing import Any, BinaryIO, TextIO

WRITERS = {
    "table": "softmax_cli.writers.table:write",
    "tsv": "softmax_cli.writers.delimited:write_tsv",
    "csv": "softmax_cli.writers.delimited:write_csv",
    "json": "softmax_cli.writers.json:write_json",
    "jsonl": "softmax_cli.writers.json:write_jsonl",
    "markdown": "softmax_cli.writers.markdown:write",
    "html": "softmax_cli.writers.html:write",
}

PICTURES = {
    "svg": "softmax_cli.writers.plot:write_svg",
    "png": "softmax_cli.writers.plot:write_png",
}
"""Those that write bytes, and of a report its charts only; they need the extra `plot`."""

SUFFIXES = {
    ".html": "html",
    ".md": "markdown",
    ".svg": "svg",
    ".png": "png",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
}
"""Which of them a file's suffix stands for."""

WITH_WARNINGS = ("table", "markdown", "html")
"""Those that show a report's warnings; with the others they go elsewhere."""


FOR_SPREADSHEETS = ("csv", "tsv")
"""Those that spreadsheets read, and may run cells of."""


def write_report(report: Any, name: str, stream: TextIO | BinaryIO, *, safe_csv: bool = False) -> None:
    """Write a report in the format of that name; one of PICTURES takes a binary stream, the others one of text.

    ``safe_csv``: no cell of CSV or TSV is a formula to a spreadsheet.
    """
    module, _, function = {**WRITERS, **PICTURES}[name].partition(":")
    safe = {"safe": True} if safe_csv and name in FOR_SPREADSHEETS else {}
    getattr(import_module(module), function)(report, stream, **safe)
