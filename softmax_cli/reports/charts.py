"""The pictures that a report can have, as plain numbers; the writers draw them."""

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


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram: accuracy over confidence, beside the diagonal of perfect calibration."""

    title: str
    bins: Sequence[Bin]


@dataclass(frozen=True)
class Histogram:
    """How many rows lie between each edge and the next: one edge more than counts."""

    title: str
    unit: str
    edges: Sequence[float]
    counts: Sequence[int]


@dataclass(frozen=True)
class Bars:
    """A value from 0 to ``whole`` for each name; nan where there is none."""

    title: str
    unit: str
    names: Sequence[str]
    values: Sequence[float]
    whole: float = 1.0


Chart = Reliability | Histogram | Bars
