"""The three standard streams: what to do where one is closed, full, abandoned, a terminal, or lacks a character."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from softmax_cli.writers.text import visible, visible_lines

_WIDEST = 10_000
"""What rich is told where COLUMNS is more: it fills some lines to the end."""


def prepare() -> None:
    """Make all three usable, whatever the shell handed over, and the width of tables a width."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Closed, as by `>&-`. Opening something in its place also keeps its number from the next file opened.
            # In the place of standard output it can only be read, so that writing a result to it is an error.
            number = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            # A character that the terminal's encoding lacks is spelled out rather than fatal.
            stream.reconfigure(errors="backslashreplace")
    for name in ("COLUMNS", "LINES"):  # rich takes 0 for a width of nothing, and fails at digits such as a raised 2
        given = os.environ.get(name)
        if given is not None and not (given.isascii() and given.isdigit() and given.strip("0")):
            del os.environ[name]
        elif given is not None and len(given) > 4:
            os.environ[name] = str(_WIDEST)


class Printed:
    """Standard output: at a terminal control characters are spelled out, in a file or a pipe all stays as it is.

    The one place that decides this, for every format; tables spell them out everywhere.
    """

    def __init__(self) -> None:
        self._at_terminal = sys.stdout.isatty()

    def write(self, text: str) -> int:
        """Write a text of any number of lines."""
        return sys.stdout.write(visible_lines(text) if self._at_terminal else text)


def say(sentence: str) -> None:
    """Write one line to standard error, as far as it can be written to: the exit status stays what it is."""
    try:
        print(visible(sentence), file=sys.stderr, flush=True)
    except OSError:
        abandon(sys.stderr)


def note(*sentences: str) -> None:
    """Say what is worth knowing, a line each."""
    for sentence in sentences:
        say(f"note: {sentence}")


def warn(*sentences: str) -> None:
    """Say what is likely to be wrong, a line each."""
    for sentence in sentences:
        say(f"warning: {sentence}")


def before_reading(*inputs: str | None, output: Path | None = None) -> None:
    """Refuse to write to what is read, and say what the command waits for, where it reads what is typed.

    Every command calls it with all that it reads, and with the file that it writes to, if that is not standard output.
    Raises UsageError where the output is one of the inputs.
    """
    from softmax_cli.readers.address import STDIN

    if output is not None or _is_regular(sys.stdout):
        from softmax_cli.cli.overwriting import refuse_overwriting  # few runs write to a file

        refuse_overwriting(filter(None, inputs), output)
    if STDIN in inputs and sys.stdin.isatty():
        note("reading from the terminal; Ctrl-D on a line of its own ends the input")


def _is_regular(stream: TextIO) -> bool:
    """Whether a stream leads to a file on the disk."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False


def abandon(stream: TextIO) -> None:
    """Let the rest of a full or closed stream go nowhere: Python would try again at the end, and complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
