"""From a report to standard output or a file, and what there is to say about it to standard error."""

import sys
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from softmax_cli.cli.options import AUTO
from softmax_cli.cli.streams import Printed, note, warn
from softmax_cli.errors import InputError, UsageError
from softmax_cli.files import check_writable, known_suffix, replacing
from softmax_cli.writers import PICTURES, SUFFIXES, WITH_WARNINGS, write_report
from softmax_cli.writers.numbers import exact

_SPOOLED_CHARACTERS = 1 << 26


def require_rows(report: Any, labels: str) -> None:
    """Raise InputError where no row of the report counts: there is no result then, and nothing is to be printed.

    ``labels`` is the name of the file that says so. A nan that comes from the values is a result.
    """
    if report.nothing:
        raise InputError(labels, report.nothing)


def deliver(report: Any, name: str, *, safe_csv: bool = False) -> None:
    """Write a report in the format of that name, and its notes; for ``safe_csv`` see write_report.

    Nothing reaches standard output before the whole report is there: a fault in the last line of a file must
    not leave the lines before it in a pipe. So the text waits, in memory and past 64 MiB in a temporary file.
    """
    if name == AUTO:
        name = "table" if sys.stdout.isatty() else "tsv"
    if name == "table":
        said = report.notes
        note(*said)
        write_report(report, name, sys.stdout)
        # A report may be read as it is written: then it has more to say at its end.
        note(*(each for each in report.notes if each not in said))
        warn(*report.hints)
        return
    import shutil
    import tempfile

    encoding = sys.stdout.encoding or "utf-8"
    with tempfile.SpooledTemporaryFile(
        _SPOOLED_CHARACTERS, "w+", encoding=encoding, errors="backslashreplace", newline=""
    ) as spool:
        write_report(report, name, cast("TextIO", spool), safe_csv=safe_csv)
        _note(report, name)
        spool.seek(0)
        shutil.copyfileobj(spool, cast("TextIO", Printed()))


def deliver_number(report: Any, number: Any) -> None:
    """Write one number alone to standard output; its notes and warnings go to standard error, as always."""
    print(exact(number))
    note(*report.notes)
    warn(*report.hints)


def deliver_to_file(report: Any, path: Path, *, safe_csv: bool = False) -> None:
    """Write a report to a file whose suffix says the format, whole or not at all, and its notes to standard error.

    Raises UsageError where :func:`check_file` does, where the report has no picture for a .svg or .png file, and
    where the file cannot be written; what was there is kept then.
    """
    name = check_file(path)
    if name in PICTURES and next(iter(report.charts()), None) is None:
        raise UsageError(f"{path}: there is nothing to draw; .html and .md take the tables")
    with replacing(path) as temporary, _opened(temporary, name) as stream:
        write_report(report, name, stream, safe_csv=safe_csv)
    _note(report, name)


def check_file(path: Path) -> str:
    """Return the format's name; raise UsageError where no such file can be written: better before the work than after.

    For a suffix without a format, or one whose extra is missing, and as :func:`check_writable` does.
    """
    from importlib.util import find_spec

    suffix = known_suffix(path, SUFFIXES)
    check_writable(path)
    if SUFFIXES[suffix] in PICTURES and find_spec("matplotlib") is None:
        raise UsageError(
            f"{path}: {suffix} needs matplotlib, which is not installed; pip install 'softmax-loss[plot]', or use .html"
        )
    return SUFFIXES[suffix]


def _opened(path: Path, name: str) -> TextIO | BinaryIO:
    # A name of the user's can hold what UTF-8 lacks: half a surrogate pair, from a file name that was no text.
    return (
        path.open("wb") if name in PICTURES else path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    )


def _note(report: Any, name: str) -> None:
    note(*report.notes)
    warn(*report.hints)
    if name not in WITH_WARNINGS:
        note(*filter(None, [report.lead()]), *report.warnings())
