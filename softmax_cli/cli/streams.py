"""The three standard streams: what to do where one is closed, full, abandoned, a terminal, or lacks a character."""

import os
import sys
from contextlib import suppress
from typing import TextIO

from softmax_cli.writers.text import visible, visible_lines


def prepare() -> None:
    """Make all three usable, whatever the shell handed over."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Closed, as by `>&-`. Opening something in its place also keeps its number from the next file opened.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            # A character that the terminal's encoding lacks is spelled out rather than fatal.
            stream.reconfigure(errors="backslashreplace")


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


def note_typing(*paths: str | None) -> None:
    """Say what the command waits for, where it reads what is typed."""
    from softmax_cli.readers.source import STDIN

    if STDIN in paths and sys.stdin.isatty():
        note("reading from the terminal; Ctrl-D on a line of its own ends the input")


def abandon(stream: TextIO) -> None:
    """Let the rest of a full or closed stream go nowhere: Python would try again at the end, and complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
