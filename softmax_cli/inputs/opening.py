"""Opening what was given: paths or arrays, as they come from the command line or from Python."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.inputs.reading import PROBABILITIES, Reading
from softmax_cli.readers import open_table
from softmax_cli.readers.address import is_file
from softmax_cli.readers.array import ArrayTable, reason, refuse_label_column
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.pieces import Files, holds_arrays, open_files, refuse_second_stdin
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Selectable, Table

_NUMBERS_AT_ONCE = 1 << 17


def open_logits(logits: Any, reading: Reading, name: str = "logits", *, leave_out: bool = True) -> Table:
    """The table of logits: paths (``-`` is standard input), a Source, or anything that NumPy takes, of that name.

    ``leave_out``: leave out the columns that cannot be classes.
    """
    selection = Selection(reading.logit_columns, reading.label_column, leave_out=leave_out)
    table = _open(as_files(logits), name, _dialect(reading), selection)
    if reading.logit_columns is None:
        return table
    from softmax_cli.inputs.axes import asked_axis  # few files have their classes chosen

    axis = asked_axis(table, reading.class_axis)
    if axis is None and len(table.shape) > 2:
        return table  # see select_classes
    return _selected(table, len(table.shape) - 1 if axis is None else axis, reading)


def open_labels(labels: Any, reading: Reading, classes: tuple[str, ...] | None, *, overflow: bool = False) -> Table:
    """The table of labels; ``classes`` are the names that may stand in it, ``overflow`` as a Selection has it."""
    known = frozenset(classes or ())
    matrix = reading.multilabel or reading.label_values != PROBABILITIES
    selection = Selection(
        reading.label_column,
        text=True,
        known=known,
        missing=reading.ignore_missing,
        matrix=matrix,
        overflow=overflow,
    )
    return _open(as_files(labels, names=True), "labels", _dialect(reading), selection)


def open_column(given: Any, reading: Reading, name: str, *, column: str | None = None, spelled: bool = False) -> Table:
    """The table of one value per row; with ``column`` one of a delimited file, ``spelled`` as it stands there."""
    from softmax_cli.readers.selection import quoted  # for what stands beside the rows alone

    only = None if column is None else quoted(column)
    selection = Selection(only, text=spelled, spelled=spelled)
    return _open(as_files(given), name, _dialect(reading), selection)


def select_classes(logits: Table, axis: int, reading: Reading) -> Table:
    """The logits with the classes that were asked for, which lie on this axis.

    Of tables, and where the axis was asked for, they have been chosen since the file was opened.
    """
    return logits if len(logits.shape) <= 2 or reading.class_axis is not None else _selected(logits, axis, reading)


def _selected(logits: Table, axis: int, reading: Reading) -> Table:
    """Arrays with the chosen classes, in that order; a delimited file has its columns chosen by its reader."""
    if reading.logit_columns is None or not isinstance(logits, Selectable):
        return logits
    selected: Table = logits.select(axis, reading.logit_columns)
    return selected


def as_source(given: Any) -> Any:
    """A path as a Source, which can be read more than once; an array as it is."""
    return Source(given) if isinstance(given, str | os.PathLike) else given


def as_files(given: Any, *, names: bool = False) -> Any:
    """A path, a pattern, or a list or tuple of them as Files; anything else as it is.

    Where class ``names`` may stand, a list of str is one of paths only if each of them is that of a file.
    """
    if isinstance(given, str | os.PathLike):
        return Files([given])
    if isinstance(given, list | tuple) and given and all(isinstance(each, str | os.PathLike) for each in given):
        only_text = names and all(isinstance(each, str) for each in given)
        return Files(given) if not only_text or all(map(is_file, given)) else given
    return given


def as_sources(logits: Any, labels: Any, *single: Any) -> tuple[Any, ...]:
    """Logits and labels as Files, ``single`` files as Sources, so that each can be read more than once.

    Raises InputError where several are standard input.
    """
    files = as_files(logits), as_files(labels, names=True)
    named = [each for each in (*files, *single) if isinstance(each, Files)]
    paths = [os.fspath(each) for each in single if isinstance(each, str | os.PathLike)]
    refuse_second_stdin([*paths, *(path for each in named if not each.opened for path in each.paths)])
    for each in named:
        each.sources()
    return (*files, *map(as_source, single))


def with_arrays(logits: Any, labels: Any, reading: Reading, *, needed: bool = True) -> tuple[Any, Any, Reading]:
    """Return the same with the arrays chosen that are meant in files which hold several.

    Labels that are not given are looked for beside the logits; see inputs/addressed.py.
    """
    if not (holds_arrays(logits) or holds_arrays(labels)):
        return logits, labels, reading
    from softmax_cli.inputs.addressed import addressed

    return addressed(logits, labels, reading, needed=needed)


def with_array(logits: Any, reading: Reading, key: str = "logits") -> tuple[Any, Reading]:
    """Return the same for logits alone, which a signature calls ``key``."""
    if not holds_arrays(logits):
        return logits, reading
    from softmax_cli.inputs.addressed import addressed_logits

    return addressed_logits(logits, reading, key)


def _dialect(reading: Reading) -> Dialect:
    return Dialect(reading.delimiter, reading.header, reading.decimal)


def _open(given: Any, name: str, dialect: Dialect, selection: Selection) -> Table:
    if isinstance(given, Files):
        return open_files(given, dialect, selection)
    if isinstance(given, Source):
        return open_table(given, dialect, selection)
    refuse_label_column(selection, name)
    return ArrayTable(_array(given, name), name, text=selection.text)


def _array(given: Any, name: str) -> NDArray[Any]:
    """Any array-like, a torch tensor on a device or with a gradient among them, as a NumPy array."""
    if np.ma.is_masked(given):
        raise InputError(name, "some of its values are masked", "fill them, or leave their rows out")
    try:
        if hasattr(given, "detach"):
            given = given.detach().cpu()
            if str(given.dtype) == "torch.bfloat16":  # NumPy has none; float32 holds every value of it
                given = given.float()
        return np.asarray(given)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; tensors that are sparse, or hold no data
        raise InputError(name, f"not an array ({reason(error)})") from None
