"""The pictures that a report can have, as plain numbers; the writers draw them.

Each has a ``title`` that says what is drawn and, where there is more to say (what was left out, a figure that sums
the picture up), a ``legend`` under it, in a sentence or less.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bin:
    """Rows whose confidence lies in [lower, upper]: how many, their mean confidence and their accuracy.

    The last two are nan where there is no row.
    """

    lower: float
    upper: float
    rows: int
    confidence: float
    accuracy: float

    @property
    def sparse(self) -> bool:
        """Whether chance alone may move the accuracy by more than 0.1: its standard error is at most 0.5 / sqrt(n).

        >>> Bin(0.5, 0.6, 24, 0.55, 0.5).sparse, Bin(0.5, 0.6, 25, 0.55, 0.5).sparse
        (True, False)
        """
        return self.rows < FEW_ROWS


FEW_ROWS = math.ceil((0.5 / 0.1) ** 2)


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: accuracy over confidence, beside the diagonal of perfect calibration."""

    title: str
    bins: Sequence[Bin]
    legend: str = ""


@dataclass(frozen=True)
class Histogram:
    """How many rows lie between each edge and the next: one edge more than counts.

    ``unit`` is that of the edges; the writers name it, so that the title need not. The edges increase; the first
    may be -inf and the last inf, for a bin that takes all the rest.
    """

    title: str
    unit: str
    edges: Sequence[float]
    counts: Sequence[int]
    legend: str = ""


@dataclass(frozen=True)
class Bars:
    """A value from 0 to ``whole`` for each name, in the order given; nan where there is none.

    ``unit`` says what the values are, in a word or two that head their column: recall, nats.
    """

    title: str
    unit: str
    names: Sequence[str]
    values: Sequence[float]
    whole: float = 1.0
    legend: str = ""


Chart = Reliability | Histogram | Bars
