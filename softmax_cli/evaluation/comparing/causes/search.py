"""The search for a cause: every hypothesis fitted to the first rows, and tried on all the others while it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from softmax_cli.evaluation.comparing.causes.classes import ClassOrder, ClassShift, Transposed
from softmax_cli.evaluation.comparing.causes.grain import Grain
from softmax_cli.evaluation.comparing.causes.hypothesis import End, Hypothesis, Rows
from softmax_cli.evaluation.comparing.causes.linear import Linear, PerClass, PerRow
from softmax_cli.evaluation.comparing.causes.quantised import Levels, WholeNumbers
from softmax_cli.evaluation.comparing.causes.replaced import Clipped, Filled, Masked
from softmax_cli.evaluation.comparing.causes.rounding import Cast, Decimals, Digits
from softmax_cli.evaluation.comparing.causes.row_order import RowOrder
from softmax_cli.evaluation.comparing.causes.stages import Elementwise, OverRows, Softmax
from softmax_cli.inputs.versions import VersionsBlock

_FIT_VALUES = 1 << 16
_FEWEST_FIT_ROWS, _MOST_FIT_ROWS = 4, 256

HYPOTHESES: tuple[type[Hypothesis], ...] = (
    Cast,
    Filled,
    Clipped,
    Linear,
    PerRow,
    Softmax,
    Elementwise,
    OverRows,
    PerClass,
    Masked,
    ClassOrder,
    ClassShift,
    RowOrder,
    Transposed,
    Decimals,
    Digits,
    WholeNumbers,
    Levels,
)
"""What is tried. Where several hold, the first is the cause."""


@dataclass(frozen=True, eq=False)
class _Tried:
    """A hypothesis, and whether it is that A comes of B."""

    hypothesis: Hypothesis
    turned: bool

    def look(self, rows: Rows) -> Any:
        """See Hypothesis."""
        return self.hypothesis.look(rows.turned if self.turned else rows)


class Causes:
    """The hypotheses that no row has ruled out yet. `look` changes nothing: it may run on several blocks at once."""

    def __init__(self, classes: int, rows: int | None) -> None:
        self._classes = classes
        self._rows = rows
        self._grains: tuple[Grain, Grain] | None = None
        self._left: tuple[_Tried, ...] = ()
        self._seen = 0
        self._differs = False

    def begin(self, blocks: Iterator[VersionsBlock]) -> Iterator[VersionsBlock]:
        """Fit to the first rows of some blocks; returns the same blocks."""
        fit = min(max(_FIT_VALUES // self._classes, _FEWEST_FIT_ROWS), _MOST_FIT_ROWS)
        first: list[VersionsBlock] = []
        found = 0
        for block in blocks:
            first.append(block)
            found += len(block.a)
            if found >= fit:
                break
        if first:
            self._fit(*(np.concatenate(parts)[:fit] for parts in ([b.a for b in first], [b.b for b in first])))
        return chain(first, blocks)

    def _fit(self, one: Any, other: Any) -> None:
        with np.errstate(all="ignore"):
            of_one, of_other = (Grain.of(values.astype(np.float64), values.dtype) for values in (one, other))
            self._grains = of_one, of_other
            rows = Rows(0, one, other, self._grains, self._rows)
            left = []
            for kind in HYPOTHESES:
                for turned in (False,) if kind.symmetric else (False, True):
                    hypothesis = kind.of(rows.turned if turned else rows)
                    if hypothesis is not None:
                        left.append(_Tried(hypothesis, turned))
        self._left = tuple(left)

    def look(self, block: VersionsBlock) -> list[tuple[_Tried, Any]]:
        """What the rows of a block say of each hypothesis that is left; None where they rule it out."""
        if self._grains is None or not self._left:
            return []
        rows = Rows(block.start, block.a, block.b, self._grains, self._rows)
        with np.errstate(all="ignore"):
            return [(tried, tried.look(rows)) for tried in self._left]

    def add(self, rows: int, found: list[tuple[_Tried, Any]]) -> None:
        """Take what was seen in so many rows; the blocks in their order."""
        self._seen += rows
        ruled_out = {id(tried) for tried, seen in found if seen is None}
        for tried, seen in found:
            if seen is not None and not tried.hypothesis.add(seen):
                ruled_out.add(id(tried))
        if ruled_out:
            self._left = tuple(tried for tried in self._left if id(tried) not in ruled_out)

    def cause(self) -> str:
        """The first hypothesis that holds for all rows and is no luck, in a sentence; empty where there is none."""
        for tried in self._left:
            names = ("B", "A") if tried.turned else ("A", "B")
            if cause := tried.hypothesis.cause(End(self._seen, self._classes, *names)):
                return f"{cause}."
        return ""
