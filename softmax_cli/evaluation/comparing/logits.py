"""How far apart the logits of two versions are: a part of `compare`'s fold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.parts import Columns, Floats, Gathered, Largest, Part, RowFigure
from softmax_cli.evaluation.comparing.settings import Comparing
from softmax_cli.losses.sums import Sum
from softmax_cli.metrics.differences import differences, outside
from softmax_cli.metrics.quantiles import Quantiles, Tally, tally
from softmax_cli.reports.compare import Place


@dataclass(frozen=True, eq=False)
class FoundLogits:
    """What a block's logits came to."""

    tally: Tally
    largest: Largest
    columns: Columns
    alike: int
    unlike: int
    first_unlike: Place | None
    outside: int
    first_outside: Place | None
    sufficient: float


class LogitsApart:
    """|a - b| of every value, the shift-free difference of every row, and what is nan, infinite or beyond a limit."""

    def __init__(
        self, comparing: Comparing, class_names: tuple[str, ...], dtypes: tuple[np.dtype[Any], np.dtype[Any]]
    ) -> None:
        self._comparing = comparing
        self._dtypes = dtypes
        self._class_names = class_names
        self._gathered = Gathered(self._add_rows)
        self.quantiles = Quantiles()
        self.total = Sum()
        self.largest = Largest()
        self.shift_free = RowFigure()
        self.alike = self.unlike = self.outside = self.rows = 0
        self.first_unlike: Place | None = None
        self.first_outside: Place | None = None
        self.sufficient = 0.0

    def measure(self, part: Part, *, keep: bool) -> FoundLogits:
        """Of rows that count, at least one; whether to keep the values is for their number to say."""
        found = differences(part.a, part.b)
        beyond = None
        if self._comparing.limited:
            beyond = outside(found.apart, part.b, self._comparing.atol or 0.0, self._comparing.rtol or 0.0)
        return FoundLogits(
            tally=tally(found.apart, keep=keep),
            largest=Largest.of_values(found.apart, found.largest, part.rows),
            columns={
                "row": part.rows,
                "sum": found.apart.sum(axis=1),
                "largest": found.largest,
                "shift_free": found.shift_free,
            },
            alike=found.alike,
            unlike=0 if found.unlike is None else int(np.count_nonzero(found.unlike)),
            first_unlike=self._first(found.unlike, part),
            outside=0 if beyond is None else int(np.count_nonzero(beyond)),
            first_outside=self._first(beyond, part),
            sufficient=self._sufficient(found.apart, part.b, beyond),
        )

    def add(self, found: FoundLogits) -> None:
        """Add a block's; the blocks in their order."""
        self.quantiles.add(found.tally)
        self.largest = self.largest.or_larger(found.largest)
        self.alike += found.alike
        self.unlike += found.unlike
        self.first_unlike = self.first_unlike or found.first_unlike
        self.outside += found.outside
        self.first_outside = self.first_outside or found.first_outside
        self.sufficient = float(np.maximum(self.sufficient, found.sufficient))
        self._gathered.add(found.columns)

    def finish(self) -> None:
        """Add the rows that wait."""
        self._gathered.finish()

    def _add_rows(self, columns: Columns) -> None:
        self.rows += len(columns["row"])
        self.total += Sum.of(columns["sum"], np)
        self.shift_free.add(columns["shift_free"], columns["row"])

    def _first(self, chosen: NDArray[np.bool_] | None, part: Part) -> Place | None:
        if chosen is None or not chosen.any():
            return None
        row, column = (int(place[0]) for place in np.nonzero(chosen))
        a, b = (dtype.type(logits[row, column]) for dtype, logits in zip(self._dtypes, (part.a, part.b), strict=True))
        return Place(int(part.rows[row]), self._class_names[column], a, b)

    def _sufficient(self, apart: Floats, b: Floats, beyond: NDArray[np.bool_] | None) -> float:
        """The smallest atol that the values beyond the limit would pass with."""
        if beyond is None or not beyond.any():
            return 0.0
        return float((apart[beyond] - (self._comparing.rtol or 0.0) * np.abs(b[beyond])).max())
