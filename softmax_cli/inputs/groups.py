"""Which group each row belongs to: a fold, a language, a document."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError
from softmax_cli.inputs.beside import Beside, open_beside
from softmax_cli.inputs.reading import Reading
from softmax_cli.readers.table import Table

MOST = 100_000
"""How many groups are told apart; the rows of further ones are one remainder."""

_WHAT = "group"


class Groups:
    """The groups of the rows, numbered in the order in which they come; ``names`` are as the file has them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def blocks(self, rows: int) -> Beside[np.int64]:
        """Return the numbers of the rows' groups, in order, to be taken as the rows are read."""
        return Beside(self.table, _WHAT, rows, self._numbered)

    def _numbered(self, values: NDArray[Any], start: int) -> NDArray[np.int64]:  # noqa: ARG002  (see Convert)
        names, first, inverse = np.unique(values, return_index=True, return_inverse=True)
        numbers = np.empty(len(names), np.int64)
        for place in np.argsort(first).tolist():
            numbers[place] = self._number(str(names[place]))
        return numbers[inverse.reshape(-1)]

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = len(self.names)
            if number == MOST:
                return MOST
            self._numbers[name] = number
            self.names.append(name)
        return number


def open_groups(given: Any, labels: Any, logits: Any, reading: Reading) -> Groups:
    """Open the groups of the rows; raises UsageError where there is no such file or column."""
    if reading.shift:
        raise UsageError("--by and --shift do not go together; leave one of them out")
    return Groups(open_beside("--by", _WHAT, given, labels, logits, reading, spelled=True))
