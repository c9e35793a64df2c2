"""The first and the last rows of a fold, kept aside for a table."""

from collections import deque

from softmax_cli.inputs.pairs import Block
from softmax_cli.reports.grid import EDGE_ROWS, WHOLE_ROWS


class Edges:
    """Keeps all rows of few, else the first and the last EDGE_ROWS."""

    def __init__(self) -> None:
        self._head: list[Block] = []
        self._tail: deque[Block] = deque()
        self._rows = 0

    def add(self, block: Block) -> None:
        """Take note of the next block."""
        size = len(block.logits)
        if self._rows < WHOLE_ROWS:
            self._head.append(block.part(0, min(size, WHOLE_ROWS - self._rows)))
        self._tail.append(block.part(max(0, size - EDGE_ROWS), size))
        while sum(len(each.logits) for each in self._tail) - len(self._tail[0].logits) >= EDGE_ROWS:
            self._tail.popleft()
        self._rows += size

    def blocks(self) -> list[Block]:
        """The rows to show, in order, in as many blocks as they came in."""
        if self._rows <= WHOLE_ROWS:
            return self._head
        return [
            *_between(self._head, 0, EDGE_ROWS),
            *_between(self._tail, self._rows - EDGE_ROWS, self._rows),
        ]


def _between(blocks: list[Block] | deque[Block], first: int, end: int) -> list[Block]:
    parts = [block.part(max(0, first - block.start), max(0, end - block.start)) for block in blocks]
    return [part for part in parts if len(part.logits)]
