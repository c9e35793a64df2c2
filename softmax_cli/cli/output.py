"""From a report to standard output, and what there is to say about it to standard error."""

import sys
from typing import Any, TextIO, cast

from softmax_cli.cli.options import AUTO
from softmax_cli.cli.streams import note
from softmax_cli.writers import write_report

_SPOOLED_CHARACTERS = 1 << 26


def deliver(report: Any, name: str) -> None:
    """Write a report in the format of that name, and its notes.

    Nothing reaches standard output before the whole report is there: a fault in the last line of a file must
    not leave the lines before it in a pipe. So the text waits, in memory and past 64 MiB in a temporary file.
    """
    if name == AUTO:
        name = "table" if sys.stdout.isatty() else "tsv"
    if name == "table":
        note(*report.notes)
        write_report(report, name, sys.stdout)
        return
    import shutil
    import tempfile

    encoding = sys.stdout.encoding or "utf-8"
    with tempfile.SpooledTemporaryFile(
        _SPOOLED_CHARACTERS, "w+", encoding=encoding, errors="backslashreplace", newline=""
    ) as spool:
        write_report(report, name, cast("TextIO", spool))
        note(*report.notes)
        if name != "markdown":  # which shows the warnings itself, as a table does
            note(*report.warnings())
        spool.seek(0)
        shutil.copyfileobj(spool, sys.stdout)
