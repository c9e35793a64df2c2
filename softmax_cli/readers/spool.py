"""A copy on the disk of what can be read once only. It has no name, so that nothing is left, however a process ends."""

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from softmax_cli.errors import UsageError

_OPEN_FILES = "/proc/self/fd"
"""Where Linux has the files that a process holds open: each can be opened again, at its beginning."""


class Spool:
    """The file that holds these parts of the input of that name; ``path`` leads to it for as long as this is kept.

    Raises UsageError, which names the folder, where there is no room for it.
    """

    def __init__(self, parts: Iterable[bytes], name: str) -> None:
        nameless = os.path.isdir(_OPEN_FILES)  # noqa: PTH112
        with _room_for(name):
            file: Any = tempfile.TemporaryFile() if nameless else tempfile.NamedTemporaryFile(delete=False)  # noqa: SIM115
        if not nameless:
            # Elsewhere the copy needs a name: opened by its number, it would go on where it was read last.
            weakref.finalize(self, os.unlink, file.name)
        weakref.finalize(self, _close, file)
        for part in parts:
            with _room_for(name):
                file.write(part)
        with _room_for(name):
            file.flush()
        self.path: str = f"{_OPEN_FILES}/{file.fileno()}" if nameless else file.name


def _close(file: Any) -> None:
    with suppress(OSError):  # it tries once more to write what did not fit
        file.close()


@contextmanager
def _room_for(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        remedy = "set TMPDIR to a folder with room"
        folder = tempfile.tempdir or os.environ.get("TMPDIR", "/tmp")  # noqa: S108  (to be named, not to be used)
        raise UsageError(f"{folder}: {name} cannot be copied there to be read ({what}); {remedy}") from None
