"""Addresses of arrays in files that hold several: ``run.npz:logits``, ``'run-*.npz:logits'``."""

import os
from collections.abc import Iterator

STDIN = "-"


def split_address(given: str) -> tuple[str, str | None]:
    """The file and the array's name in it; the name is None where the whole is the name of a file, or no address.

    What stands before a colon must be a file (``-`` is standard input), so that ``C:/x`` stays whole. A name may have
    colons: the longest file counts.
    """
    if ":" not in given or os.path.lexists(given):
        return given, None
    return next(((path, name) for path, name in cuts(given) if path == STDIN or os.path.isfile(path)), (given, None))  # noqa: PTH113


def is_file(given: str) -> bool:
    """Whether a text is the name of a file, or the address of an array in one."""
    return (os.path.exists(given) and not os.path.isdir(given)) or split_address(given)[1] is not None  # noqa: PTH110, PTH112


def cuts(given: str) -> Iterator[tuple[str, str]]:
    """Each way to cut a text in two at a colon, the last colon first; both parts have something in them."""
    place = given.rfind(":")
    while place > 0:
        if place + 1 < len(given):
            yield given[:place], given[place + 1 :]
        place = given.rfind(":", 0, place)
