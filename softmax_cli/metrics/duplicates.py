"""Rows that occur more than once, in one pass and in bounded memory: by a hash of each row's bytes."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.ranges import Ranges

_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / the golden ratio, as in splitmix64 (Steele, Lea and Flood 2014)
_MOST = 1 << 18  # different rows that are kept, in 24 bytes each
_AT_ONCE = 1 << 16  # hashes that wait to be sorted in
_EXAMPLES = 3

Hashes = NDArray[np.uint64]


def row_hashes(values: NDArray[Any]) -> Hashes:
    """A hash of 64 bits of each row's bytes, shape (n, C) to (n,): sum_j w_j m(u_j) modulo 2^64.

    u are the row's bytes as whole numbers, w odd and as good as random. Two rows that differ collide with a
    probability of about 2^-64 (multiply-shift hashing, Dietzfelbinger et al. 1997), for which m has to spread the bits
    of u first: the last ones of a float are often 0, and of a sum modulo 2^64 two flips of the first bit cancel.
    """
    values = np.ascontiguousarray(values)
    row_bytes = values.shape[1] * values.itemsize
    width = next(size for size in (8, 4, 2, 1) if row_bytes % size == 0)
    words = _spread(values.view(f"u{width}"))
    hashes: Hashes = np.einsum("ij,j->i", words, _weights(words.shape[1]))
    return mixed(hashes)


def value_hashes(values: NDArray[Any]) -> Hashes:
    """A hash of each value's bits, of the same shape: the m(u) of `row_hashes`."""
    values = np.ascontiguousarray(values)
    return _spread(values.view(f"u{values.itemsize}"))


def _spread(words: NDArray[Any]) -> Hashes:
    hashes: Hashes = words.astype(np.uint64, copy=False) * np.uint64(_GOLDEN)
    hashes ^= hashes >> np.uint64(32)
    return hashes


@cache
def _weights(count: int) -> Hashes:
    return mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)) | np.uint64(1)


def mixed(words: Hashes) -> Hashes:
    """The finisher of splitmix64: every bit of the result depends on every bit given."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


@dataclass(frozen=True)
class Repeats:
    """What was found among ``rows``.

    ``repeats`` are those equal to an earlier one, ``pairs`` examples of (earlier, row). Only one in ``one_in`` of the
    different rows was looked at where there are too many to keep all. ``run`` rows from ``run_start`` on are, one by
    one, the rows from ``run_first`` on: the longest such stretch. ``largest_share`` is that of the most frequent row.
    ``again`` are the rows that repeat an earlier one, as far as all rows were kept.
    """

    rows: int
    distinct: int
    repeats: int
    pairs: tuple[tuple[int, int], ...]
    one_in: int
    run: int
    run_first: int
    run_start: int
    largest_share: float
    again: Ranges


class Duplicates:
    """Counts rows by their hash, up to 2^18 different ones.

    Past that a half of the hashes is forgotten, and a half of that again: those of the largest value, so that equal
    rows are kept or forgotten alike, and what is kept depends on the rows alone, not on how they were split.
    (Gibbons 2001, distinct sampling.)
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._halvings = 0
        self._rows = 0
        self._hashes = np.empty(0, np.uint64)
        self._first = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int64)
        self._waiting: list[tuple[Hashes, NDArray[np.int64]]] = []
        self._size = 0
        self._pairs: list[tuple[int, int]] = []
        self._runs = _Runs()
        self._again = Ranges()

    def add(self, hashes: Hashes, rows: NDArray[np.int64]) -> None:
        """Add rows by their hashes (n,) and numbers (n,), in their order."""
        self._rows += len(hashes)
        if self._halvings:
            kept = self._kept(hashes)
            hashes, rows = hashes[kept], rows[kept]
        self._waiting.append((hashes, rows))
        self._size += len(hashes)
        if self._size >= max(_AT_ONCE, len(self._hashes)):
            self._sort_in()

    def found(self) -> Repeats:
        """What was found so far."""
        self._sort_in()
        seen = int(self._counts.sum())
        return Repeats(
            rows=self._rows,
            distinct=len(self._hashes),
            repeats=seen - len(self._hashes),
            pairs=tuple(self._pairs[:_EXAMPLES]),
            one_in=1 << self._halvings,
            run=0 if self._halvings else self._runs.length,
            run_first=self._runs.first,
            run_start=self._runs.start,
            largest_share=float(self._counts.max(initial=0)) / seen if seen else 0.0,
            again=Ranges(None) if self._halvings else self._again,
        )

    def _kept(self, hashes: Hashes) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = hashes < np.uint64(1 << (64 - self._halvings))
        return kept

    def _sort_in(self) -> None:
        if not self._size:
            return
        hashes = np.concatenate([self._hashes, *(hashes for hashes, _ in self._waiting)])
        rows = np.concatenate([self._first, *(rows for _, rows in self._waiting)])
        counts = np.concatenate([self._counts, np.ones(self._size, np.int64)])
        known = len(self._hashes)
        order = np.argsort(hashes, kind="stable")  # equal hashes keep their order: the earliest row comes first
        ordered = hashes[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        firsts = rows[order[starts]]
        self._note_repeats(order, starts, firsts, rows, known)
        self._hashes, self._first = ordered[starts], firsts
        self._counts = np.add.reduceat(counts[order], starts)
        self._waiting, self._size = [], 0
        while len(self._hashes) > self._most:
            self._halvings += 1
            kept = self._kept(self._hashes)
            self._hashes, self._first, self._counts = self._hashes[kept], self._first[kept], self._counts[kept]

    def _note_repeats(
        self,
        order: NDArray[np.int64],
        starts: NDArray[np.int64],
        firsts: NDArray[np.int64],
        rows: NDArray[np.int64],
        known: int,
    ) -> None:
        """Of the rows sorted in just now (those behind the first ``known``): which are equal to an earlier one."""
        earliest = np.empty(len(rows), np.int64)
        earliest[order] = np.repeat(firsts, np.diff([*starts.tolist(), len(rows)]))
        earliest, rows = earliest[known:], rows[known:]
        again = earliest < rows
        earliest, rows = earliest[again], rows[again]
        if len(self._pairs) < _EXAMPLES:
            self._pairs += zip(earliest[:_EXAMPLES].tolist(), rows[:_EXAMPLES].tolist(), strict=True)
        self._runs.add(earliest, rows)
        self._again += Ranges.of_rows(rows)


class _Runs:
    """The longest stretch of rows that repeats an earlier stretch, row by row."""

    def __init__(self) -> None:
        self.length = self.first = self.start = 0
        self._open: tuple[int, int, int] | None = None  # the first row's original, the first row, how many

    def add(self, originals: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Add repeated rows with what they repeat, in the rows' order."""
        if not len(rows):
            return
        broken = (np.diff(rows) != 1) | (np.diff(originals) != 1)
        starts = np.concatenate([[0], np.flatnonzero(broken) + 1])
        lengths = np.diff(np.concatenate([starts, [len(rows)]]))
        runs = [
            (int(originals[start]), int(rows[start]), int(length))
            for start, length in zip(starts[[0, -1]], lengths[[0, -1]], strict=True)
        ]
        longest = int(lengths.argmax())
        self._longer(int(originals[starts[longest]]), int(rows[starts[longest]]), int(lengths[longest]))
        head = runs[0]
        if self._open is not None:
            original, row, length = self._open
            if head[0] == original + length and head[1] == row + length:
                head = (original, row, length + head[2])
                self._longer(*head)
        self._open = head if len(starts) == 1 else runs[-1]

    def _longer(self, original: int, row: int, length: int) -> None:
        if length > self.length:
            self.length, self.first, self.start = length, original, row
