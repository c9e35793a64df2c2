"""What a zip archive holds: the arrays of NumPy or of torch, or something that is not read."""

from typing import BinaryIO

from softmax_cli.readers.containers import npz, torch_file
from softmax_cli.readers.containers.zipped import archive_of
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.kinds import refuse_archive


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The arrays of an archive; raises InputError for one of another kind, and says what it is."""
    with archive_of(file, name) as archive:
        members = archive.namelist()
    if any(member.endswith("/data.pkl") for member in members):
        return torch_file.entries(file, size, name)
    if not any(member.endswith(".npy") for member in members):
        refuse_archive(name, members)
    return npz.entries(file, size, name)
