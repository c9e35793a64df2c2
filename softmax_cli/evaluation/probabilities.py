"""The fold of `softmax`: blocks of logits to blocks of probabilities."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends import EVERY_BACKEND, load_backends
from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.blocks import computing_dtype, rows_per_block
from softmax_cli.evaluation.hints.watch import Hints
from softmax_cli.evaluation.saving import check_output, harmless_names, save
from softmax_cli.evaluation.settings import positive, worker_count
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.evaluation.tempering import Overflowing
from softmax_cli.inputs.axes import axis_notes, find_class_axis, with_known_shape
from softmax_cli.inputs.chosen_rows import choices, chosen_logits
from softmax_cli.inputs.class_names import numbered_names
from softmax_cli.inputs.layout import Layout
from softmax_cli.inputs.opening import as_files, open_logits, select_classes, with_array
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.values import by_class
from softmax_cli.losses.distance import distances
from softmax_cli.parallel import in_order
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import header_names
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.softmax import SoftmaxBlock, SoftmaxReport


def softmax(
    logits: Any,
    *,
    backend: str = "numpy",
    device: str = "cpu",
    dtype: str | None = None,
    temperature: float = 1.0,
    log: bool = False,
    row_sums: bool = False,
    threads: int | None = None,
    **reading: Any,
) -> SoftmaxReport:
    """p_ic = exp(x_ic / T) / sum_k exp(x_ik / T), row by row, as it is asked for.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes. A pattern
            (``"logits-*.npy"``) or a list of paths is read in order as one.
        backend: ``numpy`` or ``torch``.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; torch's.
        dtype: ``float16``, ``bfloat16``, ``float32`` or ``float64``; None for the file's own.
        temperature: T, a positive number.
        log: log(softmax(x)) beside log_softmax(x), in nats, instead of the probabilities.
        row_sums: whether the records have a column with each row's sum.
        threads: how many blocks of rows are computed at a time; None for as many as there are cores.
        **reading: the fields of :class:`softmax_cli.inputs.reading.Reading`.

    Raises:
        UsageError: what is asked for does not exist.
        InputError: the file or the array does not hold what it should.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    >>> [values.round(4).tolist() for values, _, _ in softmax([1.0, 2.0, 3.0]).rows()]
    [[0.09, 0.2447, 0.6652]]
    """
    positive("--temperature", temperature)
    if backend == EVERY_BACKEND:
        raise UsageError("softmax runs on one backend at a time: --backend numpy or --backend torch")
    logits, layout = with_array(as_files(logits), Reading(**reading))
    table = open_logits(logits, layout)
    axis = find_class_axis(table, layout.class_axis)
    whole = with_known_shape(select_classes(table, axis, layout), axis)
    table = by_class(chosen_logits(whole, axis, choices(whole, Layout(axis, None), layout)[0], layout), axis, layout)
    classes = int(table.shape[axis] or 0)
    (chosen,) = load_backends(backend, device, computing_dtype(dtype, table))
    hints = Hints(table, layout)
    settings = (("dtype", chosen.dtype), ("temperature", temperature), ("class_axis", axis), *layout.signature)
    overflowing = Overflowing(temperature, chosen.dtype)
    return SoftmaxReport(
        signature=Signature(backend_signatures([chosen]), settings),
        class_names=numbered_names(table.column_names, classes),
        log=log,
        with_row_sums=row_sums,
        blocks=SoftmaxBlocks(
            table,
            axis,
            chosen,
            worker_count(threads),
            lambda values: _block(chosen, values, temperature, overflowing, log=log),
            hints,
            overflowing,
        ),
        notes_so_far=lambda: (*table.notes, *axis_notes(whole, axis), *overflowing.notes()),
        find_hints=hints.found,
    )


def save_softmax(report: SoftmaxReport, path: Path, *, safe_csv: bool = False) -> None:
    """Write all rows to a .npy (in the shape of the logits), .csv or .tsv file, whole or not at all.

    ``safe_csv``: no name of a class is a formula to a spreadsheet.
    """
    check_output(path)
    blocks = report.blocks
    if not isinstance(blocks, SoftmaxBlocks):
        raise TypeError("the rows of this report are not those of a file")
    values = (block.values for block in blocks)
    names = header_names(report.class_names)
    save(path, values, harmless_names(names) if safe_csv else names, blocks.table.shape, blocks.axis)


@dataclass(frozen=True)
class SoftmaxBlocks:
    """All rows, computed anew each time that it is iterated over."""

    table: Table
    axis: int
    backend: Backend
    threads: int
    compute: Callable[[NDArray[Any]], SoftmaxBlock]
    hints: Hints
    overflowing: Overflowing

    def __iter__(self) -> Iterator[SoftmaxBlock]:
        rows = rows_per_block(int(self.table.shape[self.axis] or 0), [self.backend])
        self.overflowing.begin()
        with self.backend.on_one_thread():
            blocks = self.hints.watching(self.table.blocks(rows, self.axis), lambda logits: (logits, None))
            for first, block in enumerate(in_order(self.compute, blocks, self.threads)):
                if first == 0 and self.overflowing.none_left:
                    self._look_ahead(rows)
                yield block

    def _look_ahead(self, rows: int) -> None:
        """Raise UsageError if the temperature leaves no row a softmax, before the first one is written."""
        ahead = self.overflowing.afresh()
        for values in self.table.blocks(rows, self.axis):
            with self.backend.arithmetic():
                ahead.divide(self.backend, self.backend.asarray(values))
            if not ahead.none_left:
                return
        ahead.refuse()


def _block(
    backend: Backend, values: NDArray[Any], temperature: float, overflowing: Overflowing, *, log: bool
) -> SoftmaxBlock:
    with backend.arithmetic():
        logits = backend.asarray(values)
        if temperature != 1:
            logits = overflowing.divide(backend, logits)
        probabilities = backend.softmax(logits)
        sums = backend.to_numpy(backend.xp.sum(probabilities, axis=-1))
        if not log:
            return SoftmaxBlock(backend.to_numpy(probabilities), sums)
        one = backend.to_numpy(backend.xp.log(probabilities))
        other = backend.to_numpy(backend.log_softmax(logits))
    return SoftmaxBlock(other, sums, one, largest_distance(one, other))


def largest_distance(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest distance of two arrays of one shape; see `distances`."""
    return float(np.max(distances(one.astype(np.float64), other.astype(np.float64), np), initial=0.0))
