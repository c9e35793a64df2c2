"""Files that are written whole or not at all, in a format that their suffix names."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softmax_cli.errors import UsageError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` that takes its place at the end, and is removed if anything fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({(error.strerror or str(error)).lower()})") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def known_suffix(path: Path, known: Iterable[str]) -> str:
    """The suffix in small letters; raise UsageError for one that stands for no format."""
    suffix = path.suffix.lower()
    if suffix not in known:
        raise UsageError(f"{path}: unknown suffix {path.suffix!r} for the output; the suffixes are {', '.join(known)}")
    return suffix
