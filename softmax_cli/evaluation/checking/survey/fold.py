"""The fold over all parts, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks.remedies import Given
from softmax_cli.checks.statistics import LogitStatistics, Rival, Statistics
from softmax_cli.evaluation.blocks import computing_dtype, rows_per_block
from softmax_cli.evaluation.checking.survey.labels import LabelsPart
from softmax_cli.evaluation.checking.survey.losses import LossesPart, RowLosses
from softmax_cli.evaluation.checking.survey.rows import RowsPart
from softmax_cli.evaluation.checking.survey.values import Values, ValuesPart
from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.evaluation.passes import run
from softmax_cli.inputs.progress import Watcher, ignore
from softmax_cli.inputs.raw import RawBlock, RawPair
from softmax_cli.inputs.wrapped import is_single
from softmax_cli.metrics.columns import Foreign

_LUCKY_WHOLE = 1 / 16  # how often two whole numbers may be equal where too few were seen to tell


@dataclass(frozen=True, eq=False)
class Found:
    """What a block came to."""

    view: View
    values: Values
    rows: Any
    losses: RowLosses | None


class Survey:
    """The parts, as far as the rows have been read."""

    def __init__(self, pair: RawPair, *, zero_log_zero: bool = False) -> None:
        self.pair = pair
        file_dtype = str(pair.logits.dtype)
        whole = pair.logits.dtype.kind != "f"
        self.dtype = "float64" if whole else file_dtype
        self.computing = "float32" if self.dtype == "float16" else self.dtype
        self.resolution = _LUCKY_WHOLE if whole else float(np.finfo(file_dtype).eps)
        self.rows = 0
        self._values = ValuesPart(self.dtype, 2.0**-52 if whole else self.resolution, pair.classes)
        self._rows = RowsPart(pair.classes, pair.known_rows)
        self._labels = LabelsPart(pair.classes)
        self._losses = LossesPart(pair.classes, zero_log_zero=zero_log_zero)

    def measure(self, block: RawBlock) -> Found:
        """What a block adds; changes nothing."""
        with np.errstate(all="ignore"):
            view = View(block, self.computing)
            losses = None if block.labels is None else self._losses.measure(view)
            return Found(view, self._values.measure(view), self._rows.measure(view), losses)

    def add(self, found: Found) -> None:
        """Add it; the blocks in their order."""
        view = found.view
        with np.errstate(all="ignore"):
            self._values.add(view, found.values)
            self._rows.add(view, found.rows)
            if view.labels is not None and found.losses is not None:
                self._labels.add(view.labels, view.start)
                self._losses.add(view, found.losses)
        self.rows += len(view)

    def statistics(
        self, given: Given, rivals: Sequence["Survey"] = (), multilabel_loss: float | None = None
    ) -> Statistics:
        """All of it, once every block has been added; ``rivals`` are surveys of other axes of the same files."""
        pair = self.pair
        with_labels = pair.labels is not None
        loss = self._losses.statistics(self._rows.maxima) if with_labels else None
        return Statistics(
            shape=pair.logits.shape,
            axis=pair.axis,
            asked="class_axis" in given.options,
            rows=self.rows,
            class_names=pair.display_names,
            columns=given.columns,
            given=given.options,
            lines=given.logit_lines,
            multilabel_loss=multilabel_loss,
            logits=self._logits(),
            labels=self._labels.statistics(pair, lines=given.label_lines) if with_labels else None,
            loss=loss,
            rivals=tuple(rival.as_rival() for rival in rivals),
            single=pair.unsure,
            one_column=is_single(pair.logits),
            said=pair.said,
        )

    def as_rival(self) -> Rival:
        """The figures that axes are compared by."""
        loss = self._losses.statistics(None)
        return Rival(self.pair.axis, loss.mean, loss.accuracy)

    def _logits(self) -> LogitStatistics:
        values, parts = self._values.found, self._values
        if self._rows.columns is None:
            raise ValueError("nothing was added")
        return LogitStatistics(
            dtype=str(self.pair.logits.dtype),
            values=values.all,
            spans=values.spans,
            normalizers=values.normalizers,
            shares=values.shares,
            tops=parts.tops.found,
            bottoms=parts.bottoms.found,
            predictions=parts.predictions,
            columns=self._rows.columns,
            foreign=Foreign.of(parts.sample, self._rows.columns.whole),
            counts_up=parts.counts_up,
            resolution=self.resolution,
            coarseness=parts.coarseness(),
            repeats=self._rows.duplicates.found(),
            constant_ranges=values.constant,
            unsound_ranges=values.unsound,
            **values.places,
        )


def survey(pair: RawPair, threads: int, watcher: Watcher = ignore, *, zero_log_zero: bool = False) -> Survey:
    """Survey all rows of both files, in one pass."""
    found = Survey(pair, zero_log_zero=zero_log_zero)
    backend = NumpyBackend("cpu", computing_dtype(None, pair.logits))
    blocks = pair.blocks(rows_per_block(pair.classes, [backend]))
    run(found, blocks, threads, lambda: watcher(pair.progress()))
    return found
