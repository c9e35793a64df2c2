"""The bytes of a file, of a compressed one or of standard input, readable from the start more than once."""

import os
import stat
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from softmax_cli.errors import InputError, UsageError

STDIN = "-"

_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "lzma",
    b"\x28\xb5\x2f\xfd": _ZSTD,
    # Without the level, a column named BZhang would do.
    **{b"BZh%d" % level: "bz2" for level in range(1, 10)},
}
_COMPRESSED_SUFFIXES = {".gz", ".bz2", ".xz", ".zst"}


class Source:
    """A path, or ``-`` for standard input.

    What cannot be read twice (a pipe) is copied to a temporary file first: the true line of a fault is found
    by reading again, and blocks of an array by seeking. ``suffix`` is the name's, without that of a compression.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given = os.fspath(path)
        self.name = "stdin" if given == STDIN else given
        suffixes = [suffix.lower() for suffix in Path(given).suffixes]
        if suffixes and suffixes[-1] in _COMPRESSED_SUFFIXES:
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""
        with self.reading():
            self._path = given if given != STDIN and _is_regular(given) else self._spool(given)
            with open(self._path, "rb") as file:  # noqa: PTH123  (the builtin's errors name the path alone)
                self._codec = _codec(file.read(8))

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
        return Path(self._path).stat().st_size

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.reading(), self.open() as file:
            return file.read(size)

    def local_path(self) -> str:
        """A plain file on this machine that holds the decompressed bytes, to be read at any place."""
        if self._codec is not None:
            with self.reading(), self.open() as file:
                self._path, self._codec = self._copy(file), None
        return self._path

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what the system says of a file into an InputError that names it."""
        try:
            yield
        except (EOFError, OSError) as error:
            # gzip raises OSError without an errno for a file that is damaged, EOFError for one cut short.
            if isinstance(error, OSError) and error.errno is not None:
                raise InputError(self.name, (error.strerror or str(error)).lower()) from None
            raise InputError(self.name, f"the compressed data is damaged or cut short ({error})") from None
        except Exception as error:
            # By name, so that nothing is imported: these have errors of their own, and most files are plain.
            if type(error).__module__ in {"zlib", "_lzma", _ZSTD}:
                raise InputError(self.name, f"the compressed data is damaged ({error})") from None
            raise

    def _spool(self, given: str) -> str:
        if given == STDIN:
            return self._copy(sys.stdin.buffer)
        with open(given, "rb") as pipe:  # noqa: PTH123
            return self._copy(pipe)

    def _copy(self, file: Any) -> str:
        import tempfile

        handle, path = tempfile.mkstemp(prefix="softmax-cli-")
        weakref.finalize(self, os.unlink, path)
        with os.fdopen(handle, "wb") as copy:
            # read() would ask a terminal for more after its end, and Ctrl-D had to be pressed twice.
            while part := file.read1(1 << 20):
                copy.write(part)
        return path

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


def _codec(head: bytes) -> str | None:
    return next((codec for magic, codec in _COMPRESSED.items() if head.startswith(magic)), None)
