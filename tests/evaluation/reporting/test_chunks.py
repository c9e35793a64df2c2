"""Blocks by the rows' numbers, however they were cut."""

import numpy as np
import pytest

from softmax_cli.evaluation.reporting.chunks import by_index
from softmax_cli.inputs.pairs import Block
from softmax_cli.losses.targets import Indices


def cut(rows, lengths, *, counted):
    logits, classes = np.arange(rows * 2.0).reshape(rows, 2), np.arange(rows) % 2
    start = 0
    for length in lengths:
        part = slice(start, start + length)
        yield Block(start, logits[part], Indices(classes[part], classes[part] == 0 if counted else None))
        start += length


@pytest.mark.parametrize("lengths", [[23], [5, 5, 5, 5, 3], [1] * 23, [7, 9, 7], [22, 1], [5, 18]])
@pytest.mark.parametrize("counted", [False, True])
def test_every_split_gives_the_same_blocks(lengths, counted):
    blocks = list(by_index(cut(23, lengths, counted=counted), 5))
    assert [block.start for block in blocks] == [0, 5, 10, 15, 20]
    assert [len(block.logits) for block in blocks] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([block.logits[:, 0] for block in blocks]), np.arange(0, 46, 2))
    for block in blocks:
        numbers = block.start + np.arange(len(block.logits))
        assert block.target.classes.tolist() == (numbers % 2).tolist()
        assert (block.target.counted.tolist() == (numbers % 2 == 0).tolist()) if counted else not block.target.counted


def test_blocks_that_fit_are_passed_on():
    blocks = list(cut(10, [5, 5], counted=False))
    assert list(by_index(iter(blocks), 5)) == blocks


def test_none():
    assert list(by_index([], 5)) == []
