"""Files that are written whole or not at all, in a format that their suffix names."""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from softmax_cli.errors import UsageError

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file that takes the place of ``path`` at the end, and is removed if anything fails.

    It has a name that nobody can foresee, and stands in the same folder, so that one step puts it in place. The new
    file has the permissions of the old one, and where it may its owner and group; a file that was not there has those
    that the umask gives. A symbolic link stays, and the file it leads to is replaced. Other hard links of a file keep
    the old content. A pipe or a device is written to, after its content is complete. Raises UsageError where the file
    cannot be written, as also where it is there and read-only.
    """
    import secrets  # for commands that write files alone
    import tempfile

    with _as_usage_error(path):
        old = _refusing(path)
        direct = is_stream(path)
        target = Path(os.path.realpath(path))
        folder = Path(tempfile.gettempdir()) if direct else target.parent
        temporary = folder / f".softmax-cli-{secrets.token_hex(8)}.part"
        try:  # before the file is made: a signal may come at any moment
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            yield temporary
            if direct:
                _copy(temporary, path)
            else:
                _finish(temporary, old)
                temporary.replace(target)
        finally:
            with suppress(OSError):
                temporary.unlink()


def check_writable(path: Path) -> None:
    """Raise UsageError where no such file can be written, as far as it can be seen: better before the work than after.

    For a folder in its place, a file that is read-only, and a folder that is not there or takes no new files.
    """
    with _as_usage_error(path):
        _refusing(path)
        folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120  (realpath takes loops of links)
        if is_stream(path):
            return
        if not stat.S_ISDIR(os.stat(folder).st_mode):  # noqa: PTH116
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{os.strerror(errno.EACCES)} to make a file in its folder")


def is_stream(path: Path) -> bool:
    """Whether this is a pipe, a device or an open file by its number (/dev/stdout), which is written to as it is."""
    if _descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def known_suffix(path: Path, known: Iterable[str]) -> str:
    """The suffix in small letters; raise UsageError for one that stands for no format.

    A pipe or a device without a suffix takes TSV, as standard output does.
    """
    suffix = path.suffix.lower()
    if not suffix and is_stream(path):
        return ".tsv"
    if suffix not in known:
        raise UsageError(f"{path}: unknown suffix {path.suffix!r} for the output; the suffixes are {', '.join(known)}")
    return suffix


@contextmanager
def _as_usage_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # the reader of a pipe has seen enough
        raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({(error.strerror or str(error)).lower()})") from None


def _refusing(path: Path) -> os.stat_result | None:
    """What is there, links followed; raises OSError for a folder, a loop of links, and what is read-only."""
    descriptor = _descriptor(path)
    try:
        found = path.stat() if descriptor is None else os.fstat(descriptor)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    # A rename asks for no permission on the file itself; whoever has taken it away wants the file kept.
    if descriptor is None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return found


def _finish(temporary: Path, old: os.stat_result | None) -> None:
    """Give the new file its owner and permissions, and have it on the disk."""
    new = temporary.stat()
    if old is not None and hasattr(os, "chown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(PermissionError):  # only root gives files away
            os.chown(temporary, old.st_uid, old.st_gid)
    # Without this a power cut could leave an empty file under the name: the rename may reach the disk before the data.
    with temporary.open("r+b") as file:
        os.fsync(file.fileno())
    temporary.chmod(_by_umask() if old is None else stat.S_IMODE(old.st_mode) & 0o777)


def _by_umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it
    os.umask(mask)
    return 0o666 & ~mask


def _copy(temporary: Path, path: Path) -> None:
    """Write what is complete to a pipe or a device. An open file goes on where it is: `>>` appends."""
    import shutil

    descriptor = _descriptor(path)
    with temporary.open("rb") as whole, open(path if descriptor is None else os.dup(descriptor), "wb") as stream:  # noqa: PTH123
        shutil.copyfileobj(whole, stream)


def _descriptor(path: Path) -> int | None:
    """The number of an open file that the name stands for."""
    found = _DESCRIPTOR.fullmatch(os.fspath(path))
    return int(found[1]) if found else _STANDARD.get(os.fspath(path))
