"""Which rows are kept, against lists that are cut one after another."""

import numpy as np
import pytest

from softmax_cli.errors import UsageError
from softmax_cli.inputs.row_choice import RowChoice, SkippedRows, shifted


def kept(choice, total):
    return np.flatnonzero(choice.kept(np.arange(total))).tolist()


def by_hand(total, sequence, skipped, first, last, cut=(0, 0)):
    found = []
    for start in range(0, total, sequence):
        rows = [row for row in range(start + cut[0], start + sequence - cut[1]) if row not in skipped]
        found += rows[first : len(rows) - last if len(rows) > last else 0]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_skipping_and_shifting_are_what_cutting_lists_gives(seed):
    rng = np.random.default_rng(seed)
    sequence, sequences = int(rng.integers(1, 9)), int(rng.integers(1, 6))
    total = sequence * sequences
    picked = sorted(set(rng.integers(total, size=rng.integers(0, total)).tolist()))
    text = ",".join([*map(str, picked), f"{total - 1}:"]) if seed % 3 == 0 else ",".join(map(str, picked)) or None
    skipped = {*picked, total - 1} if seed % 3 == 0 else set(picked)
    first, last = (int(each) for each in rng.integers(0, 3, size=2))
    choice = RowChoice(SkippedRows.parse(text), sequence, first, last)
    assert kept(choice, total) == by_hand(total, sequence, skipped, first, last)
    if sequence > 2:
        for cut_first in (False, True):
            choice = RowChoice(SkippedRows.parse(text), sequence, first, last, cut=2, cut_first=cut_first)
            ends = (2, 0) if cut_first else (0, 2)
            assert kept(choice, total) == by_hand(total, sequence, skipped, first, last, ends)
            labels = np.arange(sequences * (sequence - 2))
            of_labels = np.arange(total).reshape(sequences, sequence)[:, ends[0] : sequence - ends[1]].ravel()
            assert choice.row_of_label(labels).tolist() == of_labels.tolist()


@pytest.mark.parametrize("shift", [-3, -1, 1, 2])
def test_a_shift_pairs_each_row_with_the_label_so_many_further_on(shift):
    rows, labels = (np.array(kept(choice, 30)) for choice in shifted(shift, sequence=10))
    assert (labels - rows == shift).all()
    assert (labels // 10 == rows // 10).all()
    assert len(rows) == 3 * (10 - abs(shift))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0,7,100:164", [0, 7, *range(100, 164)]),
        ("3", [3]),
        (":2, 5:7,6:9", [0, 1, 5, 6, 7, 8]),
        ("196:,1", [1, 196, 197, 198, 199]),
        ("4:6,6,5", [4, 5, 6]),
        (None, []),
    ],
)
def test_rows_and_ranges_are_parsed(text, rows):
    assert kept(RowChoice(SkippedRows.parse(text)), 200) == [row for row in range(200) if row not in rows]


@pytest.mark.parametrize("text", ["", "x", "-1", "3:2", "4:4", "1,,2", "1.5", "0-4", "1:2:3", "٣", "9" * 30])
def test_what_is_no_row_is_a_usage_error(text):
    with pytest.raises(UsageError, match=r"--skip-rows: .* is neither a row nor a range of rows; write them as 0,7,"):
        SkippedRows.parse(text)
