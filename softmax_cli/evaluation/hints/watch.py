"""Watching the rows of a file go by, and what there is to say about them at the end."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.hints import FIRST_ROWS
from softmax_cli.inputs.pairs import Block, Pair
from softmax_cli.inputs.reading import LOGITS, Reading
from softmax_cli.inputs.wrapped import cautions, is_single
from softmax_cli.losses.targets import Indices, Target
from softmax_cli.metrics.rounding import ROUNDING
from softmax_cli.readers.table import Table

if TYPE_CHECKING:
    from softmax_cli.evaluation.hints.suspicions import Suspicion

Blocks = TypeVar("Blocks")
PartsOf = Callable[[Blocks], tuple[Any, Target | None]]
"""The logits of a block, (n, C), and its target, None without labels."""


def is_healthy(rows: NDArray[Any]) -> bool:
    """Whether the first rows alone rule out every suspicion, without loading any.

    Each needs rows without a negative value (but for rounding), or a whole number in the first row.
    """
    with np.errstate(invalid="ignore"):
        return bool((rows < -ROUNDING).any()) and not (rows[0] == np.rint(rows[0])).any()


class Hints:
    """The suspicions about one file that no row has ruled out yet.

    The rows are looked at in their order as they are read, in the first pass only. Of a healthy file that is the
    first few hundred of them.
    """

    def __init__(
        self, table: Table, reading: Reading, *, base: int = 0, more: Callable[[], tuple[str, ...]] | None = None
    ) -> None:
        self._name = table.name
        self._more = more or (lambda: cautions(table))
        self._base = base
        # The classes of single logits are not columns of the file.
        self._plain = reading.values == LOGITS and not is_single(table)
        self._multilabel = reading.multilabel
        self._all_rows = not (reading.skip_rows or reading.shift)
        self._left: list[Suspicion] = []
        self._table, self._reading = table, reading
        self._rows = self._classes = 0
        self._passed = False

    @classmethod
    def of(cls, pair: Pair) -> "Hints":
        """The hints on the logits of a pair."""
        return cls(pair.logits, pair.reading, base=pair.reading.label_base, more=lambda: pair.cautions)

    def watching(self, blocks: Iterator[Blocks], parts: PartsOf[Blocks]) -> Iterator[Blocks]:
        """The same blocks, looked at on their way; ``parts`` gives the logits of one, and its target."""
        if self._passed:
            return blocks
        self._passed = True
        return self._watch(blocks, parts)

    def watching_pair(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same for the blocks of a pair."""
        return self.watching(blocks, lambda block: (block.logits, block.target))

    def _watch(self, blocks: Iterator[Blocks], parts: PartsOf[Blocks]) -> Iterator[Blocks]:
        for block in blocks:
            self._look(*parts(block))
            yield block

    def _look(self, logits: NDArray[Any], target: Target | None) -> None:
        start, self._classes = self._rows, logits.shape[1]
        self._rows += len(logits)
        if start == 0 and self._plain and len(logits) and not is_healthy(logits[:FIRST_ROWS]):
            from softmax_cli.evaluation.hints.suspicions import suspicions

            self._left = suspicions(multilabel=self._multilabel, all_rows=self._all_rows)
        if not self._left:
            return
        from softmax_cli.evaluation.hints.suspicions import Part

        labels = self._labels(target)
        cut = min(FIRST_ROWS, len(logits)) if start == 0 else len(logits)
        with np.errstate(all="ignore"):
            for first, end in ((0, cut), (cut, len(logits))):
                if first < end and self._left:
                    part = Part(start + first, logits[first:end], None if labels is None else labels[first:end])
                    self._left = [each for each in self._left if each.add(part)]

    def _labels(self, target: Target | None) -> NDArray[Any] | None:
        """The labels as their file has them."""
        if not isinstance(target, Indices) or (target.counted is not None and not target.counted.all()):
            return None
        labels: NDArray[Any] = target.classes + self._base
        return labels

    def found(self) -> tuple[str, ...]:
        """What is certain, a sentence each, once all rows have been read."""
        if not self._left:
            return self._more()
        from softmax_cli.evaluation.hints.suspicions import Seen
        from softmax_cli.inputs.column_words import column_words

        seen = Seen(self._rows, self._classes, column_words(self._table, self._classes, self._reading))
        sentences = (suspicion.sentence(seen) for suspicion in self._left)
        return (*(f"{self._name}: {sentence}" for sentence in sentences if sentence), *self._more())
