"""What to read and how: paths or arrays, as they come from the command line or from Python."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.settings import Reading
from softmax_cli.readers import open_table
from softmax_cli.readers.array import ArrayTable, reason, refuse_columns
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.pieces import Files, Pieces, open_files, refuse_second_stdin
from softmax_cli.readers.source import Source
from softmax_cli.readers.table import Table

_NUMBERS_AT_ONCE = 1 << 17


def open_logits(logits: Any, reading: Reading, name: str = "logits") -> Table:
    """The table of logits: paths (``-`` is standard input), a Source, or anything that NumPy takes, of that name."""
    return _open(as_files(logits), name, _dialect(reading), Selection(reading.logit_columns, reading.label_column))


def open_labels(labels: Any, reading: Reading, classes: tuple[str, ...] | None, *, overflow: bool = False) -> Table:
    """The table of labels; ``classes`` are the names that may stand in it, ``overflow`` as a Selection has it."""
    selection = Selection(reading.label_column, text=True, known=frozenset(classes or ()), overflow=overflow)
    return _open(as_files(labels, names=True), "labels", _dialect(reading), selection)


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
        return Files(given) if not only_text or all(map(os.path.isfile, given)) else given
    return given


def as_sources(logits: Any, labels: Any, *single: Any) -> tuple[Any, ...]:
    """Logits and labels as Files, ``single`` files as Sources, so that each can be read more than once.

    Raises InputError where several are standard input.
    """
    files = as_files(logits), as_files(labels, names=True)
    named = [each for each in files if isinstance(each, Files)]
    paths = [os.fspath(each) for each in single if isinstance(each, str | os.PathLike)]
    refuse_second_stdin([*paths, *(path for each in named for path in each.paths)])
    for each in named:
        each.sources()
    return (*files, *map(as_source, single))


def rows_per_block(classes: int, backends: Sequence[Backend]) -> int:
    """How many rows of so many classes make a block that suits every backend."""
    size = 8 if backends[0].dtype == "float64" else 4  # the narrower ones are computed in float32
    return max(1, min(backend.block_bytes for backend in backends) // (size * classes))


def computing_dtype(asked: Any, table: Table) -> str:
    """The dtype to compute in: the one asked for, else the file's own; float64 for integers."""
    if asked is not None:
        return str(asked)
    return str(table.dtype) if table.dtype.kind == "f" else "float64"


def find_class_axis(logits: Table, labels: tuple[int | None, ...] | None, asked: int | None) -> int:
    """The logits' axis that holds the classes: the one whose removal leaves the shape of the labels.

    A vector is one row, a table's classes are its columns. Beyond two axes frameworks differ (torch has the
    classes on axis 1, NumPy, JAX and Keras users on the last), so the shapes decide, or the user does.
    """
    axes = len(logits.shape)
    if axes == 0:
        raise InputError(logits.name, "a single number, where a row of logits is needed")
    if asked is not None:
        if not -axes <= asked < axes:
            raise UsageError(f"--class-axis {asked}: the logits have {axes} axes, 0 to {axes - 1}")
        return asked % axes
    if axes <= 2:
        return axes - 1
    fitting = [axis for axis in range(axes) if labels is None or fits(_without(logits.shape, axis), labels)]
    if len(fitting) == 1:
        return fitting[0]
    shapes = f"shape {shape_text(logits.shape)}" + (f", labels {shape_text(labels)}" if labels else "")
    if fitting or (labels is not None and fits(logits.shape, labels)):
        which = " or ".join(map(str, fitting or range(axes)))
        raise InputError(logits.name, f"the classes could be on axis {which} ({shapes})", "say which: --class-axis")
    raise InputError(logits.name, f"no axis can be that of the classes ({shapes})", "check the two shapes")


def shape_text(shape: tuple[int | None, ...]) -> str:
    """A shape as people write it, 2x3x5; ? for a size that only the end of the file tells."""
    return "x".join("?" if size is None else str(size) for size in shape) or "a single number"


def axis_notes(table: Table, axis: int) -> tuple[str, ...]:
    """What to say of the axis that was taken for the classes', where a table of rows leaves no choice: nothing."""
    if len(table.shape) <= 2:
        return ()
    return (f"{table.name}: shape {shape_text(table.shape)}, classes on axis {axis}",)


def numbered_names(names: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The classes' names: a header's, else their indices."""
    return names or tuple(map(str, range(classes)))


def _without(shape: tuple[int | None, ...], axis: int) -> tuple[int | None, ...]:
    return shape[:axis] + shape[axis + 1 :]


def fits(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Whether two shapes can be the same, as far as they are known."""
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def rows_shape(table: Table, axis: int) -> tuple[int | None, ...]:
    """The shape of the rows, which is that of their labels: all axes but the classes'."""
    return _without(table.shape, axis)


def with_known_shape(table: Table, axis: int) -> Table:
    """The table itself, or read whole where the number of its rows is needed (classes down the lines of a CSV)."""
    if isinstance(table, Pieces):
        table.refuse_classes_on(axis)
    if table.shape[axis] is not None:
        return table
    return ArrayTable(np.concatenate(list(table.blocks(_NUMBERS_AT_ONCE, 1))), table.name, notes=table.notes)


def _dialect(reading: Reading) -> Dialect:
    return Dialect(reading.delimiter, reading.header)


def _open(given: Any, name: str, dialect: Dialect, selection: Selection) -> Table:
    if isinstance(given, Files):
        return open_files(given, dialect, selection)
    if isinstance(given, Source):
        return open_table(given, dialect, selection)
    refuse_columns(selection, name)
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
