"""NPZ: a zip archive of NPY files (https://numpy.org/doc/stable/reference/generated/numpy.savez.html).

What savez wrote is read where it lies in the file. What savez_compressed wrote is unpacked as it is read.
"""

import zipfile
from dataclasses import replace
from typing import BinaryIO

from softmax_cli.readers.containers.zipped import archive_of, place_of, refuse_encrypted, unpacking
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.npy import entry_at

_SUFFIX = ".npy"


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:  # noqa: ARG001  (a format's form)
    """The arrays of an archive, by their names without ``.npy``; raises InputError for one that is damaged."""
    with archive_of(file, name) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(_SUFFIX)]
        found = {member.filename.removesuffix(_SUFFIX): member for member in members}
        return [_entry(file, archive, member, key, f"{name}:{key}") for key, member in found.items()]


def _entry(file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo, key: str, name: str) -> Entry:
    refuse_encrypted(member, name)
    if member.compress_type == zipfile.ZIP_STORED:
        file.seek(place_of(file, archive, member))
        return entry_at(file, member.file_size, name, key)
    with archive.open(member) as unpacked:
        return replace(entry_at(unpacked, member.file_size, name, key), unpack=unpacking(member))
