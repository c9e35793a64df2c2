"""Files of torch.save (https://docs.pytorch.org/docs/stable/notes/serialization.html): a zip archive since torch 1.6.

``data.pkl`` is a pickle that names the tensors, ``data/KEY`` the bytes of their storages. torch is not needed, and
torch.load is never called: the pickle is read as :mod:`softmax_cli.readers.containers.unpickling` has it, and the
values where they lie.
"""

import math
from functools import partial
from typing import BinaryIO

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.nested import arrays_in, entry_of
from softmax_cli.readers.containers.numpy_names import NUMPY_NAMES, plain_names
from softmax_cli.readers.containers.pickle_stream import Stream
from softmax_cli.readers.containers.standins import Array, Refused
from softmax_cli.readers.containers.torch_archive import Archive
from softmax_cli.readers.containers.torch_names import storage_of, torch_names
from softmax_cli.readers.containers.unpickling import unpickle
from softmax_cli.readers.containers.zipped import archive_of
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.magic import OLD_TORCH

# torch wrote a tar archive before 0.1.10.
_TAR = b"ustar"
_TAR_AT = 257


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The tensors of a file, by their addresses; raises InputError for one that is damaged or asks for more."""
    file.seek(0)
    head = file.read(_TAR_AT + len(_TAR))
    if head.startswith(OLD_TORCH) or head[_TAR_AT:] == _TAR:
        raise InputError(
            name, "torch wrote it before version 1.6, in a format of its own", "save it again with torch 1.6 or later"
        )
    try:
        with archive_of(file, name) as opened:
            return _entries(file, Archive(file, opened), size)
    except Refused as refused:
        raise InputError(name, refused.what, refused.remedy) from None


def _entries(file: BinaryIO, archive: Archive, size: int) -> list[Entry]:
    start, length = archive.pickle()
    names = {**plain_names(length), **NUMPY_NAMES, **torch_names(archive.byte_order())}
    stream = Stream(file, start, start + length)
    root = unpickle(stream, names, partial(storage_of, archive.storage))
    stream.require_end()
    found = arrays_in(root, file, size)
    used: dict[str, int] = {}
    for array in {id(array): array for _, array in found if array.storage is not None}.values():
        used[str(array.storage)] = used.get(str(array.storage), 0) + _bytes(array)
    return [entry_of(address, array, _note(address, array, used)) for address, array in found]


def _note(address: str, array: Array, used: dict[str, int]) -> str:
    """What to say of a tensor that brings along more of its storage than all tensors of the file need."""
    if array.storage is None or used[array.storage] >= array.stored:
        return ""
    of = f"{_bytes(array):,} of the {array.stored:,} bytes of its storage"
    return f"{address or 'the tensor'} is {of}; clone() before saving"


def _bytes(array: Array) -> int:
    return math.prod(array.shape) * array.dtype.itemsize
