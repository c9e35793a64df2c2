"""The loss of log-probabilities of what occurred, as an API or lm-eval gives them: one value per row, and no labels."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.details import rank
from softmax_cli.evaluation.settings import Passing
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.chosen_rows import choices, chosen_logits
from softmax_cli.inputs.feed import Feed
from softmax_cli.inputs.layout import Layout
from softmax_cli.inputs.opening import open_logits
from softmax_cli.inputs.progress import Progress
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, Reading
from softmax_cli.inputs.shapes import shape_text
from softmax_cli.inputs.single import ColumnTable
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.rounding import ROUNDING
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count
from softmax_cli.reports.likelihood import LikelihoodReport, WorstRow
from softmax_cli.reports.signature import Signature

ROWS_AT_ONCE = 1 << 14  # however the file is cut, so that the last digits do not depend on it
WORST = 5
_USED = ("values", "arrays", "padded", "logit_columns", "skip_rows", "delimiter", "decimal", "header")
_OPTIONS = {"variants": "variant", "losses": "loss", "parameters": "param", "frameworks": "as"}
_NEEDLESS = ("threads", "watcher", "reduction", "top", "worst", "preview", "reference", "backend", "device", "kernel")


def label_log_probabilities(given: Any, labels: Any, settings: Passing, reading: Reading) -> LikelihoodReport:
    """Return mean -log p with its standard error, the perplexity, bits, and the rows with the largest losses.

    ``settings`` are those of `loss` or of `report`: its reduction, and how many of the worst rows to list. In float64,
    summed exactly. Raises UsageError for labels, and for an option that is about classes; InputError for a file of
    several values per row, or for a value above 0.
    """
    _refuse_needless(labels, settings, reading)
    reduction = getattr(settings, "reduction", "mean")
    if reduction == "none":
        raise UsageError("--reduction none: the rows' losses are the values of the file, with the other sign")
    table = _one_value_per_row(given, reading)
    most = getattr(settings, "worst", None) if hasattr(settings, "worst") else getattr(settings, "top", None)
    found = _Found(table, WORST if most is None else most)
    feed = Feed(table.blocks(ROWS_AT_ONCE, 1))
    while len(block := feed.take(ROWS_AT_ONCE)):
        found.add(block[:, 0].astype(np.float64, copy=False))
        settings.watcher(Progress(found.rows, *table.progress()))
    return found.report(reduction, reading)


class _Found:
    """What the rows come to, as far as they have been read."""

    def __init__(self, table: Table, most: int) -> None:
        self._table = table
        self._most = most
        self._moments = Moments()
        self._worst: tuple[NDArray[np.int64], NDArray[np.float64]] = (np.empty(0, np.int64), np.empty(0))
        self._nonfinite = 0
        self._first_nonfinite = ""
        self.rows = 0

    def add(self, values: NDArray[np.float64]) -> None:
        """Add the log-probabilities of the next rows; raises InputError for one above 0."""
        if (values > ROUNDING).any():
            row = int(np.argmax(values > ROUNDING))
            what = f"{values[row]:.6g} is not a log-probability: those are never above 0"
            raise InputError(self._table.where(self.rows + row, 1), what)
        losses = 0.0 - values
        self._moments.add(losses)
        odd = np.flatnonzero(~np.isfinite(losses))
        if len(odd) and not self._nonfinite:
            self._first_nonfinite = self._table.where(self.rows + int(odd[0]), 1)
        self._nonfinite += len(odd)
        rows, worst = self._worst
        rows, worst = np.append(rows, np.arange(self.rows, self.rows + len(losses))), np.append(worst, losses)
        kept = np.argsort(-rank(worst), kind="stable")[: self._most]
        self._worst = rows[kept], worst[kept]
        self.rows += len(losses)

    def report(self, reduction: str, reading: Reading) -> LikelihoodReport:
        """Return everything that was found."""
        settings = (("dtype", "float64"), ("reduction", reduction), *reading.signature)
        rows, losses = (column.tolist() for column in self._worst)
        return LikelihoodReport(
            signature=Signature(backend_signatures([NumpyBackend("cpu", "float64")]), settings),
            rows=self.rows,
            reduction=reduction,
            mean=self._moments.mean,
            loss_sum=self._moments.total.value(),
            standard_error=self._moments.standard_error,
            worst=[WorstRow(row, 0.0 - loss, loss) for row, loss in zip(rows, losses, strict=True)],
            nonfinite=self._nonfinite,
            first_nonfinite=self._first_nonfinite,
            notes=self._table.notes,
        )


def _one_value_per_row(given: Any, reading: Reading) -> Table:
    """The file as one column, less the rows that are skipped."""
    table = open_logits(given, reading, "log-probabilities")
    table = ColumnTable(table) if len(table.shape) == 1 else table
    if len(table.shape) != 2 or table.shape[1] != 1:
        lines = len(table.shape) == 2 and table.shape[0] is None
        what = count(table.shape[1] or 0, "column") if lines else f"shape {shape_text(table.shape)}"
        remedy = "choose the column: --logit-columns" if lines else ""
        raise InputError(table.name, f"{what}; expected one log-probability per row", remedy)
    return chosen_logits(table, 1, choices(table, Layout(1, None), reading)[0], reading)


def _refuse_needless(labels: Any, settings: Passing, reading: Reading) -> None:
    """Raise UsageError for labels and for options that are about classes, which there are none of."""
    kind = f"--values {LABEL_LOG_PROBABILITIES}"
    if labels is not None:
        raise UsageError(f"{kind}: each value is of what occurred, and no labels are needed; leave them out")
    of_settings = [(settings, field) for field in fields(settings) if field.name not in _NEEDLESS]
    of_reading = [(reading, field) for field in fields(reading) if field.name not in _USED]
    for options, field in (*of_settings, *of_reading):
        value = getattr(options, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if value != default and not (isinstance(value, list | dict | tuple) and not value):
            option = _OPTIONS.get(field.name, field.name).replace("_", "-")
            raise UsageError(f"--{option} is about classes, and {kind} has none; leave one of them out")
