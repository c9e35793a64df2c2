"""Blocks of rows that begin and end where their numbers say, however the reader cut them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.targets import Indices, MultiLabel, Target


def by_index(blocks: Iterable[Block], rows: int) -> Iterator[Block]:
    """Return the same rows in blocks of exactly ``rows``, but for the last: for class indices and multi-label rows.

    A sum of float64 within such a block is always one of the same values in the same order.
    """
    waiting: list[Block] = []
    count = 0
    for block in blocks:
        first = 0
        while len(block.logits) - first >= rows - count:
            end = first + rows - count
            yield _joined([*waiting, _view(block, first, end)])
            waiting, count, first = [], 0, end
        if first < len(block.logits):
            waiting.append(_view(block, first, len(block.logits)))
            count += len(block.logits) - first
    if waiting:
        yield _joined(waiting)


def _view(block: Block, first: int, end: int) -> Block:
    if (first, end) == (0, len(block.logits)):
        return block
    return Block(block.start + first, block.logits[first:end], block.target.part(first, end))


def _joined(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    target = _joined_targets([block.target for block in blocks])
    return Block(blocks[0].start, np.concatenate([block.logits for block in blocks]), target)


def _joined_targets(targets: Sequence[Target]) -> Target:
    labelled = [target for target in targets if isinstance(target, MultiLabel)]
    if labelled:
        return MultiLabel(np.concatenate([target.rows for target in labelled]))
    indices = [target for target in targets if isinstance(target, Indices)]
    counted = None if indices[0].counted is None else np.concatenate([target.counted for target in indices])
    return Indices(np.concatenate([target.classes for target in indices]), counted)
