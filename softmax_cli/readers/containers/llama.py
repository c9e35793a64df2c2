"""The file of llama.cpp's ``llama-perplexity --save-all-logits``, also called ``--kl-divergence-base``.

https://github.com/ggml-org/llama.cpp/blob/master/tools/perplexity/perplexity.cpp: ``_logits_``; the sizes n_ctx,
n_vocab and n_chunk as int32; n_chunk times n_ctx tokens as int32; then a row for each position of the second half of
each chunk but the last one: a scale and a smallest log-probability as float32, and a code of 16 bits for each class.
A log-probability is scale * code + smallest. What lies more than 16 below the largest was written as 16 below it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.boxes import BoxTable, Place
from softmax_cli.readers.entry import Entry
from softmax_cli.readers.source import Source

LOG_PROBS, TOKENS = "log_probs", "tokens"

_SIZES = 20  # bytes, with the magic before them
_BEFORE_CODES = 4  # codes' worth of bytes: the scale and the smallest
_AT_ONCE = 1 << 22  # bytes
_FULL_RANGE = 15.999  # of a row whose smallest code stands for everything below it; 16, but for float32's rounding
_AGAIN = "write it again with llama-perplexity --save-all-logits"


@dataclass(frozen=True)
class _Layout:
    """The sizes of a file."""

    context: int
    classes: int
    chunks: int

    @property
    def rows_each(self) -> int:
        """How many rows a chunk has: its second half, but for the last token, whose next one is in no chunk."""
        return self.context - 1 - self.context // 2

    @property
    def rows(self) -> int:
        return self.chunks * self.rows_each

    @property
    def codes(self) -> int:
        """How many uint16 a row has, an even number."""
        return _BEFORE_CODES + (self.classes + 1) // 2 * 2

    @property
    def data(self) -> int:
        """Where the rows begin, in bytes."""
        return _SIZES + 4 * self.chunks * self.context


def entries(file: BinaryIO, size: int, name: str) -> list[Entry]:
    """The log-probabilities and the tokens that followed; raises InputError for a file that is not whole."""
    layout = _layout(file, size, name)
    end = layout.data + 2 * layout.rows * layout.codes
    if size < end:
        whole = max(0, size - layout.data) // (2 * layout.rows_each * layout.codes)
        what = f"cut short: {whole:,} of {layout.chunks:,} chunks are whole"
        raise InputError(name, what, f"look for space on the disk, and {_AGAIN}")
    note = f"{name}: the {size - end:,} bytes behind its rows are left unread" if size > end else ""
    shape = layout.rows, layout.classes
    log_probs = partial(_log_probs, layout=layout, note=note)
    return [
        Entry(LOG_PROBS, np.dtype(np.float32), shape, note=note, opening=log_probs),
        Entry(TOKENS, np.dtype(np.int32), shape[:1], opening=partial(_tokens, layout=layout)),
    ]


def _layout(file: BinaryIO, size: int, name: str) -> _Layout:
    if size < _SIZES:
        raise InputError(name, "cut short: llama-perplexity ended before it wrote a row", _AGAIN)
    file.seek(8)
    layout = _Layout(*np.frombuffer(file.read(_SIZES - 8), "<i4").tolist())
    if min(layout.classes, layout.chunks) < 1 or layout.rows_each < 1:
        sizes = f"n_ctx {layout.context}, n_vocab {layout.classes}, n_chunk {layout.chunks}"
        raise InputError(name, f"a damaged logits file of llama.cpp ({sizes})", _AGAIN)
    return layout


def _log_probs(source: Source, text: bool, layout: _Layout, note: str) -> "_LogProbs":
    return _LogProbs(source, layout, text=text, notes=tuple(filter(None, [*source.notes, note])))


def _tokens(source: Source, text: bool, layout: _Layout) -> ArrayTable:
    with source.reading(), open(source.local_path(), "rb") as file:  # noqa: PTH123
        return ArrayTable(_next_tokens(file, layout, source.name), source.name, text=text, notes=source.notes)


def _next_tokens(file: BinaryIO, layout: _Layout, name: str) -> NDArray[np.int32]:
    """The token that followed the position of each row, in the rows' order."""
    file.seek(_SIZES)
    tokens = np.frombuffer(_exactly(file, layout.data - _SIZES, name), "<i4").reshape(layout.chunks, layout.context)
    return np.ascontiguousarray(tokens[:, layout.context // 2 + 1 :]).reshape(-1)


def _exactly(file: BinaryIO, size: int, name: str) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise InputError(
            name, f"cut short while it was read: it ends at byte {file.tell()}", "wait until it is written"
        )
    return found


class _LogProbs(BoxTable):
    """The log-probabilities, in float32 as llama.cpp computes them from the codes: rounded twice.

    (A compiler may have fused the two steps there; the last digit can then be another.)
    """

    def __init__(self, source: Source, layout: _Layout, **more: Any) -> None:
        super().__init__(Entry(LOG_PROBS, np.dtype(np.float32), (layout.rows, layout.classes)), source.name, **more)
        self._source = source
        self._layout = layout
        self._own_notes = self.notes

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """See BoxTable; at the end of a pass a note says for how many tokens the smallest code stands."""
        with self._source.reading(), open(self._source.local_path(), "rb") as file:  # noqa: PTH123
            self._at_floor = self._counted = 0
            self._next = _next_tokens(file, self._layout, self.name)
            yield file
        if self._at_floor and self._counted == self._layout.rows:
            of_all = f"{self._at_floor:,} of {self._counted:,} tokens lie at the floor of the 16-bit codes"
            what = "16 nats or more below the likeliest one: their losses are lower bounds"
            self.notes = (*self._own_notes, f"{self.name}: {of_all}, {what}")

    def box(self, opened: Any, first: Place, end: Place) -> NDArray[Any]:
        """See BoxTable."""
        values = np.empty([stop - start for start, stop in zip(first, end, strict=True)], np.float32)
        step = max(1, _AT_ONCE // (2 * self._layout.codes))
        for start in range(first[0], end[0], step):
            stop = min(start + step, end[0])
            row = self._rows(opened, start, stop)
            into = values[start - first[0] : stop - first[0]]
            self._decode(row, slice(first[1], end[1]), into)
            if end[1] - first[1] == self._layout.classes:
                self._count(row, start)
        return values

    def _rows(self, file: BinaryIO, start: int, stop: int) -> NDArray[np.uint16]:
        codes = self._layout.codes
        file.seek(self._layout.data + 2 * codes * start)
        return np.frombuffer(_exactly(file, 2 * codes * (stop - start), self.name), "<u2").reshape(-1, codes)

    def _decode(self, rows: NDArray[np.uint16], classes: slice, into: NDArray[np.float32]) -> None:
        scale, smallest = _range_of(rows)
        codes = rows[:, _BEFORE_CODES : _BEFORE_CODES + self._layout.classes]
        with np.errstate(invalid="ignore", over="ignore"):  # rows of nan are for whoever judges the values
            np.multiply(codes[:, classes], scale, out=into, dtype=np.float32)
            into += smallest

    def _count(self, rows: NDArray[np.uint16], start: int) -> None:
        """Count the tokens whose code is the smallest one of a row that reaches down to it."""
        tokens = self._next[start : start + len(rows)]
        known = (tokens >= 0) & (tokens < self._layout.classes)
        codes = rows[np.arange(len(rows)), _BEFORE_CODES + np.where(known, tokens, 0)]
        with np.errstate(invalid="ignore", over="ignore"):
            full = _range_of(rows)[0][:, 0] * np.float32(65535) > _FULL_RANGE
        self._at_floor += int(np.count_nonzero(known & full & (codes == 0)))
        self._counted += len(rows)


def _range_of(rows: NDArray[np.uint16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The scale and the smallest log-probability of each row, as columns."""
    found = np.ascontiguousarray(rows[:, :_BEFORE_CODES]).view("<f4")
    return found[:, :1], found[:, 1:]
