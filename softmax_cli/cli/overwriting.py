"""What a command writes is never one of the files that it reads: one rule for all commands."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from softmax_cli.errors import InputError, UsageError


def refuse_overwriting(inputs: Iterable[str], output: Path | None) -> None:
    """Raise UsageError where the output is one of the inputs, by whatever name or link; patterns are their matches.

    Without an ``output`` it is standard output that may lead to one of them: `>` has emptied the file by then, and of
    `>>` the rows would be read that are being written.
    """
    written = _identity(output) if output is not None else _identity(_number_of("stdout"))
    if written is None:
        return
    for name, found in _named(inputs):
        if _identity(found) != written:
            continue
        if output is None:
            raise UsageError(f"{name}: standard output leads to this input; send it to another file")
        raise UsageError(f"{output}: this would replace the input {name}; give the output another name")


def _named(inputs: Iterable[str]) -> Iterator[tuple[str, Path | int | None]]:
    from softmax_cli.readers.address import STDIN, split_address
    from softmax_cli.readers.pieces import matched_paths

    for given in inputs:
        if split_address(given)[0] == STDIN:
            yield "stdin", _number_of("stdin")
            continue
        try:
            paths = matched_paths(given)
        except InputError:  # what an option holds need not be a file; whoever reads it knows
            continue
        yield from ((path, Path(split_address(path)[0])) for path in paths)


def _number_of(stream: str) -> int | None:
    try:
        number: int = getattr(sys, stream).fileno()
    except (OSError, AttributeError):  # replaced by something else than a file
        return None
    return number


def _identity(file: Path | int | None) -> tuple[int, int] | None:
    """What names of one file have in common; None for what is not there, and for pipes and devices."""
    if file is None:
        return None
    try:
        found = os.stat(file)  # noqa: PTH116  (of numbers of open files too)
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
