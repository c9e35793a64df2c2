"""What the labels say, however bad they are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.statistics import LabelStatistics
from softmax_cli.inputs.distributions import TOLERANCE
from softmax_cli.inputs.loose import NO_CLASS, LooseLabels
from softmax_cli.inputs.raw import RawPair
from softmax_cli.metrics.bounds import Bounds
from softmax_cli.metrics.places import Places

_MOST_VALUES = 20
_FRACTIONS = 3
_PLACES = ("ignored", "outside", "fractional", "unknown", "impossible", "unlike", "negative", "several")


class LabelsPart:
    """Adds them up; a block's labels are few numbers, so that nothing is measured beforehand."""

    def __init__(self, classes: int) -> None:
        self.kind = "indices"
        self.counts = np.zeros(classes, np.int64)
        self.numbers, self.sums = Bounds(), Bounds()
        self.places = dict.fromkeys(_PLACES, Places())
        self.values: dict[int, Places] = {}
        self.names: dict[str, Places] = {}
        self.fractions: list[float] = []
        self.certain = self.hard = True
        self.missing = 0

    def add(self, labels: LooseLabels, start: int) -> None:
        """Add the labels of rows ``start`` on."""
        if not len(labels.numbers):
            return
        self.kind = labels.kind
        np.add.at(self.counts, labels.numbers[labels.valid], 1)
        self._note("ignored", labels.ignored, start)
        if labels.kind == "probabilities":
            self._add_probabilities(labels.given, start)
            return
        odd = ~labels.valid & ~labels.ignored
        whole = labels.numbers != NO_CLASS
        self.numbers |= Bounds.of(labels.numbers[whole & ~labels.ignored].astype(np.float64))
        if odd.any():
            self._add_odd(labels, odd, whole, start)

    def _add_odd(self, labels: LooseLabels, odd: NDArray[np.bool_], whole: NDArray[np.bool_], start: int) -> None:
        if labels.kind == "names":
            self._note("unknown", odd, start)
            self._note_each(self.names, labels.given, odd, start)
            return
        self._note("outside", odd & whole, start)
        self._note_each(self.values, labels.given, odd & whole, start)
        self._note("fractional", odd & ~whole, start)
        self.missing += int(np.count_nonzero(np.isnan(labels.given[odd & ~whole].astype(np.float64))))
        self.fractions += labels.given[odd & ~whole][: _FRACTIONS - len(self.fractions)].tolist()

    def _add_probabilities(self, rows: NDArray[Any], start: int) -> None:
        sums = rows.sum(axis=1, dtype=np.float64)
        self.sums |= Bounds.of(sums)
        self._note("impossible", ((rows < 0) | (rows > 1 + TOLERANCE) | np.isnan(rows)).any(axis=1), start)
        self._note("unlike", np.abs(sums - 1) > TOLERANCE, start)
        self._note("negative", np.asarray((rows < 0).any(axis=1)), start)
        hard = bool(((rows == 0) | (rows == 1)).all())
        self.hard &= hard
        if hard:
            self._note("several", sums > 1, start)
        self.certain &= hard and bool((sums == 1).all())

    def _note(self, name: str, chosen: NDArray[Any], start: int) -> None:
        self.places[name] += Places.of(chosen, start)

    def _note_each(self, known: dict[Any, Places], given: NDArray[Any], odd: NDArray[Any], start: int) -> None:
        """The rows of each value, in the order in which the values appear."""
        values, first = np.unique(given[odd], return_index=True)
        for value in values[np.argsort(first)]:
            key = str(value) if given.dtype.kind == "U" else int(value)
            if key in known or len(known) < _MOST_VALUES:
                known[key] = known.get(key, Places()) + Places.of(odd & (given == value), start)

    def statistics(self, pair: RawPair, *, lines: bool) -> LabelStatistics:
        """All of it, once every block has been read."""
        return LabelStatistics(
            given=pair.given,
            kind=self.kind,
            base=pair.base,
            counts=self.counts,
            numbers=self.numbers,
            outside_values=self.values,
            unknown_names=self.names,
            fractions=tuple(self.fractions),
            missing=self.missing,
            sums=self.sums,
            certain=self.certain,
            flat=pair.flat.found(),
            header=pair.labels is not None and pair.labels.column_names is not None,
            lines=lines,
            no_classes=self.kind == "probabilities" and self.hard and not self.certain,
            **{**self.places, **({} if self.hard else {"several": Places()})},
        )
