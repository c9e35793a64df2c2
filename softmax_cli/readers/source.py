"""The bytes of a file, of a compressed one or of standard input, readable from the start more than once."""

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.address import STDIN, split_address
from softmax_cli.readers.magic import COMPRESSED, FIRST, HEAD, NPY, may_hold_arrays

if TYPE_CHECKING:
    from softmax_cli.readers.spool import Spool

_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
_MODULES = {"gzip": "gzip", "xz": "lzma", "zstd": _ZSTD, "bz2": "bz2"}
_PART = 1 << 20  # bytes of a pipe at a time
_COMPRESSED_SUFFIXES = {".gz", ".bz2", ".xz", ".zst"}


class Source:
    """A path, or ``-`` for standard input; or an address, ``run.npz:logits``, whose name is ``member``.

    What cannot be read twice (a pipe) is copied to a temporary file first: the true line of a fault is found
    by reading again, and blocks of an array by seeking. ``suffix`` is the name's, without that of a compression.

    A file that is written to in place while it is read is refused: its numbers would be of neither version. One that
    only grows is read as far as it went.
    """

    _read_from: os.stat_result | None = None  # the file as it was when it was opened first
    _copied: "Spool | None" = None

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given, self.member = split_address(os.fspath(path))
        if not given:
            raise InputError("''", "the name of the file is empty")
        self.file = "stdin" if given == STDIN else repr(given) if given.isspace() else given
        self.name = self.file if self.member is None else f"{self.file}:{self.member}"
        self.notes: tuple[str, ...] = ()
        self.memory: dict[str, Any] = {}
        """What has been found in the file, for all sources of it (see `of`) to share."""
        suffixes = [suffix.lower() for suffix in Path(given).suffixes]
        if suffixes and suffixes[-1] in _COMPRESSED_SUFFIXES:
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""
        with self.reading():
            self._path = given if given != STDIN and _is_regular(given) else self._spool(given)
            with open(self._path, "rb") as file:  # noqa: PTH123  (the builtin's errors name the path alone)
                first = file.read(FIRST)
                self._read_from = os.fstat(file.fileno())
            self._codec = _codec(first)
            self.holds_arrays = may_hold_arrays(first if self._codec is None else self.head(FIRST))

    def open(self) -> BinaryIO:
        """The decompressed bytes, from the first; the caller closes it."""
        if self._codec is None:
            return open(self._path, "rb")  # noqa: PTH123  (handed to the caller)
        file: BinaryIO = self._decompressor(self._codec).open(self._path, "rb")
        return file

    @property
    def compressed(self) -> bool:
        """Whether the bytes on the disk are others."""
        return self._codec is not None

    def stored_bytes(self) -> int:
        """How many bytes the file has on the disk, compressed as it may be."""
        with self.reading():
            return Path(self._path).stat().st_size

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.reading(), self.open() as file:
            return file.read(size)

    def of(self, member: str | None, *notes: str) -> "Source":
        """The same file, for the array of that name in it, or for all of them; ``notes`` say why this one."""
        source = copy(self)
        source.member, source.notes = member, notes
        source.name = f"{self.file}:{member}" if member else self.file
        return source

    def local_path(self) -> str:
        """A plain file on this machine that holds the decompressed bytes, to be read at any place."""
        if self._codec is not None:
            with self.reading(), self.open() as file:
                path = self._copy(_parts(file))
            self._path, self._codec, self._read_from = path, None, None
        return self._path

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what the system says of a file into an InputError that names it; raise one where the file changes."""
        try:
            self._refuse_changed(before=True)
            yield
            self._refuse_changed()
        except (EOFError, OSError) as error:
            # gzip raises OSError without an errno for a file that is damaged, EOFError for one cut short.
            if isinstance(error, OSError) and error.errno is not None:
                raise InputError(self.name, (error.strerror or str(error)).lower()) from None
            raise InputError(self.name, f"the compressed data is damaged or cut short ({error})") from None
        except Exception as error:
            # By name, so that nothing is imported: these have errors of their own, and most files are plain.
            if type(error).__module__ in {"zlib", "zipfile", "_lzma", _ZSTD}:
                raise InputError(self.name, f"the compressed data is damaged ({error})") from None
            raise

    def _refuse_changed(self, *, before: bool = False) -> None:
        """Raise InputError where the file was written to since it was opened first, or is another one by now.

        What is open stays readable when another file takes its name: that matters before it is opened again alone. A
        write within the clock's last tick before the first look cannot be seen.
        """
        was = self._read_from
        if was is None:
            return
        try:
            now = os.stat(self._path)  # noqa: PTH116
        except FileNotFoundError:
            if before:
                raise
            return
        other = (now.st_dev, now.st_ino) != (was.st_dev, was.st_ino)
        if before if other else now.st_mtime_ns != was.st_mtime_ns and now.st_size <= was.st_size:
            what = "another file took its name" if other else "the file changed"
            raise InputError(self.name, f"{what} while it was read", "wait until it is written, or read a copy")

    def _spool(self, given: str) -> str:
        if given == STDIN:
            return self._copy(self._watched(sys.stdin.buffer))
        with open(given, "rb") as pipe:  # noqa: PTH123
            return self._copy(self._watched(pipe))

    def _copy(self, parts: Iterable[bytes]) -> str:
        """The path of a temporary file with these parts, which is gone as soon as the process is, however that ends."""
        from softmax_cli.readers.spool import Spool  # for what cannot be read twice alone

        self._copied = Spool(parts, self.name)
        return self._copied.path

    def _watched(self, pipe: Any) -> Iterator[bytes]:
        """The parts of a pipe; raises InputError for one that need not end: what is no text, a line without end."""
        from softmax_cli.readers.lines import LONGEST_LINE, refuse_long_line  # for pipes alone

        head = b""
        lines = True
        line = 0
        for part in _parts(pipe):
            if len(head) < HEAD <= len(head := head + part):
                lines = self._begins_lines(head)
            end = max(part.rfind(b"\n"), part.rfind(b"\r")) + 1
            line = len(part) - end if end else line + len(part)
            if lines and line > LONGEST_LINE and len(head) >= HEAD:
                raise refuse_long_line(self.name)
            yield part

    def _begins_lines(self, head: bytes) -> bool:
        """Whether lines of text follow; raises InputError where the first bytes are of nothing that is read."""
        from softmax_cli.readers.kinds import refuse_unread  # for pipes alone

        codec = _codec(head)
        if codec is not None:
            packed, head = head, b""
            with suppress(InputError), self.reading():  # what is damaged is refused once it is read
                head = self._decompressor(codec).open(io.BytesIO(packed), "rb").read1(HEAD)
        refuse_unread(self.name, head)
        return codec is None and not (head.startswith(NPY) or may_hold_arrays(head))

    def _decompressor(self, codec: str) -> Any:
        """The module of that name, which has an open() for the format."""
        from importlib import import_module

        try:
            return import_module(codec)
        except ModuleNotFoundError as error:
            if error.name not in {"backports", _ZSTD}:
                raise
            raise UsageError(
                f"{self.name}: reading zstd needs {_ZSTD}, which is not installed; pip install 'softmax-loss[tables]'"
            ) from None


def _is_regular(path: str) -> bool:
    mode = Path(path).stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a directory", path)
    return stat.S_ISREG(mode)


def _parts(file: Any) -> Iterator[bytes]:
    # read() would ask a terminal for more after its end, and Ctrl-D had to be pressed twice.
    return iter(lambda: bytes(file.read1(_PART)), b"")


def _codec(head: bytes) -> str | None:
    """The module that decompresses what begins so."""
    return next((_MODULES[codec] for magic, codec in COMPRESSED.items() if head.startswith(magic)), None)
