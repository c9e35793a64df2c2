"""Reports to text. Add a format by writing its module and its row in the table below.

A writer is a function ``write(report, stream)``. It knows reports as grids, records and objects of plain
numbers (reports/grid.py), and nothing of arrays, backends or the command line.
"""

from importlib import import_module
from typing import Any, TextIO

WRITERS = {
    "table": "softmax_cli.writers.table:write",
    "tsv": "softmax_cli.writers.delimited:write_tsv",
    "csv": "softmax_cli.writers.delimited:write_csv",
    "json": "softmax_cli.writers.json:write_json",
    "jsonl": "softmax_cli.writers.json:write_jsonl",
    "markdown": "softmax_cli.writers.markdown:write",
}


def write_report(report: Any, name: str, stream: TextIO) -> None:
    """Write a report in the format of that name."""
    module, _, function = WRITERS[name].partition(":")
    getattr(import_module(module), function)(report, stream)
