"""Rows as ranges, held against the rows themselves."""

import numpy as np
import pytest

from softmax_cli.metrics.ranges import Ranges


def rows_of(ranges):
    """The rows one by one."""
    return [row for start, stop in ranges.parts for row in range(start, stop)]


@pytest.mark.parametrize("seed", range(20))
def test_the_pieces_of_a_file_come_to_its_rows(seed):
    rng = np.random.default_rng(seed)
    chosen = np.zeros(60, bool)
    for start in rng.integers(0, 60, 5):
        chosen[start : start + rng.integers(1, 6)] = True
    found = Ranges()
    for rows in np.split(np.arange(60), np.sort(rng.integers(0, 60, 4))):
        found += Ranges.of(chosen[rows], int(rows[0]) if len(rows) else 0)
    assert rows_of(found) == np.flatnonzero(chosen).tolist()
    assert found == Ranges.of(chosen, 0) == Ranges.of_rows(np.flatnonzero(chosen))
    spelled = [slice(*map(int, part.split(":"))) if ":" in part else int(part) for part in found.text().split(",")]
    assert np.r_[tuple(spelled)].tolist() == np.flatnonzero(chosen).tolist()


def test_too_many_are_none():
    every_second = np.arange(100) % 2 == 0
    assert Ranges.of(every_second, 0) == Ranges(None)
    assert Ranges.of(every_second[:20], 0) + Ranges.of(every_second[:20], 20) == Ranges(None)
    assert (Ranges(None) + Ranges.of(np.array([True]), 3)).text() == ""
    assert len(Ranges.of(every_second[:32], 0).parts) == 16
    assert Ranges.of(every_second[:34], 0).parts is None
    assert Ranges().text() == ""
