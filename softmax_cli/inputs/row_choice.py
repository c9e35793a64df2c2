"""Which rows take part: those that --skip-rows leaves, less the ends of each sequence that a shift leaves over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError

_RANGE = re.compile(r"([0-9]{0,15}):([0-9]{0,15})")
_ROW = re.compile(r"[0-9]{1,15}")
_NO_END = 1 << 60
_AT_ONCE = 1 << 14

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SkippedRows:
    """Rows to leave out: ``starts`` and ``stops`` (k,) of ranges in their order, none touching another.

    ``last`` is the last row that was named, which has to exist; -1 for none.
    """

    starts: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    stops: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    last: int = -1

    @classmethod
    def parse(cls, text: str | None) -> "SkippedRows":
        """Return the rows of ``0,7,100:164``; raises UsageError for anything else."""
        ranges = [] if text is None else sorted(_range(part.strip()) for part in text.split(","))
        merged: list[list[int]] = []
        for start, stop in ranges:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], stop)
            else:
                merged.append([start, stop])
        last = max((start if stop == _NO_END else stop - 1 for start, stop in ranges), default=-1)
        starts, stops = np.array(merged, np.int64).reshape(-1, 2).T
        return cls(starts, stops, last)

    def __bool__(self) -> bool:
        return len(self.starts) > 0


def _range(part: str) -> tuple[int, int]:
    """The first row of a part and the one behind its last."""
    if _ROW.fullmatch(part):
        return int(part), int(part) + 1
    span = _RANGE.fullmatch(part)
    start, stop = (int(span[1] or 0), int(span[2] or _NO_END)) if span else (0, 0)
    if start >= stop:
        what = f"--skip-rows: {part!r} is neither a row nor a range of rows"
        raise UsageError(f"{what}; write them as 0,7,100:164 (without 164)")
    return start, stop


@dataclass(frozen=True, eq=False)
class RowChoice:
    """The rows that are kept, by their numbers in the file of logits.

    Rows are skipped first. Of what is left of each sequence of ``sequence`` rows (None: all rows are one), ``first``
    rows at its beginning and ``last`` at its end are left out. A sequence has ``cut`` positions that the labels lack,
    at its end, or at its beginning where ``cut_first``: these rows never count.
    """

    skipped: SkippedRows = field(default_factory=SkippedRows)
    sequence: int | None = None
    first: int = 0
    last: int = 0
    cut: int = 0
    cut_first: bool = False

    @property
    def everything(self) -> bool:
        """Whether all rows are kept."""
        return not (self.skipped or self.first or self.last or self.cut)

    def kept(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which of these rows are kept; without a known ``sequence``, but for ``last``."""
        before = self._left_before(rows)
        kept: NDArray[np.bool_] = self._left_before(rows + 1) > before
        if not self.first and not self.last:
            return kept
        if self.sequence is None:
            return kept & (before >= self.first)
        start = rows - rows % self.sequence
        before_start = self._left_before(start)
        size = self._left_before(start + self.sequence) - before_start
        place = before - before_start
        return kept & (place >= self.first) & (place < size - self.last)

    def numbers(self) -> Iterator[Rows]:
        """Return the numbers of the rows that are kept, some at a time and without an end."""
        for start in count(0, _AT_ONCE):
            rows = np.arange(start, start + _AT_ONCE)
            yield rows if self.everything else rows[self.kept(rows)]

    def row_of_label(self, labels: Rows) -> Rows:
        """Return the rows of logits that labels stand for, by the labels' places in a file without the cut rows."""
        if not self.cut or self.sequence is None:
            return labels
        length = self.sequence - self.cut
        offset = self.cut if self.cut_first else 0
        return labels // length * self.sequence + labels % length + offset

    def _left_before(self, rows: Rows) -> Rows:
        """How many rows before each are neither skipped nor cut."""
        skipped = self.skipped
        before = self._uncut_before(rows)
        if not skipped:
            return before
        starts, stops = self._uncut_before(skipped.starts), self._uncut_before(skipped.stops)
        sizes = np.append(0, np.cumsum(stops - starts))
        place = np.searchsorted(skipped.starts, rows, side="right")  # how many ranges begin at or before the row
        behind = np.where(place > 0, np.maximum(stops[place - 1] - before, 0), 0)  # what of the last lies behind it
        left: Rows = before - sizes[place] + behind
        return left

    def _uncut_before(self, rows: Rows) -> Rows:
        if not self.cut or self.sequence is None:
            return rows
        offset, length = self.cut if self.cut_first else 0, self.sequence - self.cut
        before = rows // self.sequence * length + np.clip(rows % self.sequence - offset, 0, length)
        return before.astype(np.int64, copy=False)


def shifted(shift: int, **more: Any) -> tuple[RowChoice, RowChoice]:
    """The choices for logits and for labels that hold row i against label i + ``shift`` of its sequence."""
    ahead, behind = max(shift, 0), max(-shift, 0)
    return RowChoice(first=behind, last=ahead, **more), RowChoice(first=ahead, last=behind, **more)
