"""The values of the logits: their bounds, their sums, and what is at the end of a dtype."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.checking.survey.view import View
from softmax_cli.losses.precision import PRECISIONS
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.coarseness import Coarseness
from softmax_cli.metrics.extremes import Extremes
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.ranges import Ranges
from softmax_cli.metrics.rounding import ROUNDING
from softmax_cli.metrics.shares import Shares

_SAMPLE = 1 << 14
_FLOAT16_END = 65504.0


@dataclass(frozen=True, eq=False)
class Values:
    """Those of some rows; ``shares`` is None where one of them is negative, but for rounding."""

    all: Bounds
    spans: Bounds
    normalizers: Bounds
    shares: Shares | None
    places: dict[str, Places]
    constant: Ranges
    unsound: Ranges

    @classmethod
    def of(cls, view: View, dtype: str) -> "Values":
        """Those of a block, whose file has that dtype."""
        sound = view.sound
        low = view.low if np.isfinite(view.low).all() else _lowest_finite(view)
        spans = view.high - low
        places = {
            "nan": np.isnan(view.low),
            "infinite": view.high == np.inf,
            "hollow": view.high == -np.inf,
            "saturated": view.high == _FLOAT16_END,
            "overflowing": sound & (view.high > PRECISIONS[dtype].overflow),
            "underflowing": sound & (spans > PRECISIONS[dtype].underflow_gap),
            "constant": view.constant,
        }
        return cls(
            Bounds.of(low[sound]) | Bounds.of(view.high[sound]),
            Bounds.of(spans[sound]),
            Bounds.of((view.normalizer.astype(np.float64) + view.high)[sound]),
            None if (view.low[sound] < -ROUNDING).any() else _shares(view),
            {name: Places.of(chosen, view.start) for name, chosen in places.items()},
            Ranges.of(view.constant, view.start),
            Ranges.of(~sound, view.start),
        )

    def __add__(self, other: "Values") -> "Values":
        return Values(
            self.all | other.all,
            self.spans | other.spans,
            self.normalizers | other.normalizers,
            None if self.shares is None or other.shares is None else self.shares + other.shares,
            {name: places + other.places[name] for name, places in self.places.items()},
            self.constant + other.constant,
            self.unsound + other.unsound,
        )


def _shares(view: View) -> Shares:
    """Those of the rows that have a softmax."""
    if view.sound.all():
        return Shares.of(view.logits, ~view.constant)
    return Shares.of(view.logits[view.sound], ~view.constant[view.sound])


def _lowest_finite(view: View) -> NDArray[Any]:
    """Each row's lowest finite logit, inf where there is none."""
    lowest: NDArray[Any] = np.where(np.isfinite(view.logits), view.logits, np.inf).min(axis=1)
    return lowest


class ValuesPart:
    """Adds them up. ``dtype`` is the file's, or float64 for whole numbers; ``resolution`` is that of the file's own."""

    def __init__(self, dtype: str, resolution: float, classes: int) -> None:
        self._dtype = dtype
        self._resolution = resolution
        self._sample_rows = -(-_SAMPLE // classes)
        self._sample: list[NDArray[np.float64]] = []
        self._found: Values | None = None
        self.tops, self.bottoms = Extremes(1), Extremes(-1)
        self.predictions = np.zeros(classes, np.int64)
        self.counts_up: int | None = None

    def measure(self, view: View) -> Values:
        """What a block adds."""
        return Values.of(view, self._dtype)

    def add(self, view: View, found: Values) -> None:
        """Add it."""
        self._found = found if self._found is None else self._found + found
        constant = view.constant
        self.tops.add(np.where(constant, np.nan, view.high), view.hashes, view.start)
        self.bottoms.add(np.where(constant, np.nan, view.low), view.hashes, view.start)
        np.add.at(self.predictions, view.top[view.sound], 1)
        if view.start < self._sample_rows:
            self._sample.append(view.given[: self._sample_rows - view.start].astype(np.float64))
        if view.start == 0:
            self.counts_up = _counting_from(view.given[0])

    @property
    def found(self) -> Values:
        """All of it."""
        if self._found is None:
            raise ValueError("nothing was added")
        return self._found

    def coarseness(self) -> Coarseness:
        """The coarseness of the sample."""
        return Coarseness.of(self.sample, self._resolution)

    @property
    def sample(self) -> NDArray[np.float64]:
        """The first rows that have 16,384 values; a first row that counts up is left out."""
        return np.concatenate(self._sample)[int(self.counts_up is not None) :]


def _counting_from(row: NDArray[Any]) -> int | None:
    """0 or 1 where the values go up by 1 from there."""
    return next((first for first in (0, 1) if (row == np.arange(first, first + len(row))).all()), None)
