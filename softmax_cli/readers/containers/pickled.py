"""Pickles of NumPy arrays: published logits, and what evaluation tools write as their results.

They are never opened as code: see :mod:`softmax_cli.readers.containers.unpickling`.
"""

from typing import BinaryIO

from softmax_cli.errors import InputError
from softmax_cli.readers.containers.nested import arrays_in, entry_of
from softmax_cli.readers.containers.numpy_names import NUMPY_NAMES, plain_names
from softmax_cli.readers.containers.pickle_stream import Stream
from softmax_cli.readers.containers.standins import Refused
from softmax_cli.readers.containers.unpickling import unpickle
from softmax_cli.readers.entry import Entry

_REMEDIES = {
    "torch": "save it with torch.save",
    "pandas": "save it as CSV",
    "joblib": "save the arrays as NPY or NPZ",
    "sklearn": "save the arrays as NPY or NPZ",
}


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The arrays of a pickle, by their addresses; raises InputError for one that is damaged or asks for more."""
    try:
        stream = Stream(file, 0, size)
        root = unpickle(stream, {**plain_names(size), **NUMPY_NAMES})
        stream.require_end()
        return [entry_of(address, array) for address, array in arrays_in(root, file, size)]
    except Refused as refused:
        library, _, rest = refused.asked.partition(".")
        what = f"a joblib dump ({refused.what})" if library == "joblib" or "joblib." in rest else refused.what
        raise InputError(name, what, _REMEDIES.get(library, refused.remedy)) from None
