"""Columns that are kept beside the rows that a report lists: read once more, for these rows alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from softmax_cli.errors import UsageError
from softmax_cli.inputs.beside import Beside, open_beside
from softmax_cli.inputs.pairs import Pair
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.versions import Versions
from softmax_cli.readers.table import Table
from softmax_cli.reports.kept import Kept

_ROWS_AT_ONCE = 1 << 14
_WHAT = "value"


def keep(
    columns: Sequence[str], labels: Any, logits: Any, rows: Pair | Versions, reading: Reading, numbers: Sequence[int]
) -> Kept:
    """Return what stands in the columns beside the rows of these numbers.

    A column is one of the labels' or of the logits' file, or a file of its own. Raises UsageError where there is no
    such column, InputError where it has too few rows.
    """
    if reading.shift:
        raise UsageError("--keep and --shift do not go together; leave one of them out")
    tables = [
        rows.kept_beside(open_beside("--keep", _WHAT, column, labels, logits, reading, spelled=True))
        for column in columns
    ]
    wanted = sorted(set(numbers))
    values = zip(*(_values(table, wanted) for table in tables), strict=True)
    return Kept(tuple(columns), dict(zip(wanted, values, strict=True)))


def _values(table: Table, wanted: Sequence[int]) -> list[str]:
    """What stands beside the rows of these numbers, which grow."""
    feed = Beside(table, _WHAT, _ROWS_AT_ONCE, lambda values, _: values)
    found: list[str] = []
    for start in range(0, (wanted[-1] if wanted else -1) + 1, _ROWS_AT_ONCE):
        places = [row - start for row in wanted if start <= row < start + _ROWS_AT_ONCE]
        if places:
            block = feed.take(min(_ROWS_AT_ONCE, wanted[-1] + 1 - start))
            found += map(str, block[np.array(places)].tolist())
        else:
            feed.take(_ROWS_AT_ONCE)
    return found
