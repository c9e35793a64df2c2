"""Zip archives: what the formats that are made of them share (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

from softmax_cli.errors import InputError

_ENCRYPTED = 1  # bit 0 of a member's flags
_LARGEST_DIRECTORY = 1 << 24  # bytes; some 200,000 members, and each takes a thousand bytes of memory
_FARTHEST = 1 << 63
_LOCAL_HEADER = 30  # bytes, before the name and the extra field, whose lengths are its last four


class _Directory:
    """A file of which no more is read in one go than the directory of an archive can need: zipfile has no bound."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell, self.seekable = file.tell, file.seekable

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See io.RawIOBase."""
        if whence == os.SEEK_SET and not 0 <= offset < _FARTHEST:
            raise zipfile.BadZipFile(f"a member at byte {offset:,}")
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """See io.RawIOBase."""
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size:,} bytes")
        return self._file.read(size if size >= 0 else _LARGEST_DIRECTORY)


@contextmanager
def archive_of(file: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """The archive in a file; raises InputError of that name for what is damaged in it, here and in the block."""
    try:
        yield zipfile.ZipFile(_Directory(file))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        what = f"this is a zip archive, damaged or cut short ({error})"
        raise InputError(name, what, "copy or save it again") from None


def refuse_encrypted(member: zipfile.ZipInfo, name: str) -> None:
    """Raise InputError for a member with a password."""
    if member.flag_bits & _ENCRYPTED:
        raise InputError(name, "encrypted", "save it again without a password")


def place_of(file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin that are stored as they are; raises BadZipFile where they do not fit in."""
    archive.open(member).close()  # holds the member's own header against the directory's
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    start = member.header_offset + _LOCAL_HEADER
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    if member.compress_size != member.file_size or start + member.file_size > archive.start_dir:
        raise zipfile.BadZipFile(f"{member.filename} is longer than its place")
    return start


def unpacking(member: zipfile.ZipInfo) -> Any:
    """A function from the archive's file to the unpacked bytes of a member."""
    return partial(_unpacked, member.filename)


def _unpacked(member: str, file: BinaryIO) -> Any:
    return zipfile.ZipFile(file).open(member)
