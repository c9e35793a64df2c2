"""Where a value lies along an axis, and which values an axis names."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TOLERANCE = 1e-6  # of a step: what rounding may have done to edges that were meant to be even
_NICE = (1, 2, 5, 10)


@dataclass(frozen=True)
class Tick:
    """A place along an axis, from 0 to 1, and what is written there."""

    place: float
    text: str


def share_ticks() -> list[Tick]:
    """Those of an axis from 0 to 1."""
    return [_tick(number / 5, number / 5, 0.2) for number in range(6)]


def count_ticks(largest: int, about: int) -> list[Tick]:
    """Round counts on an axis from 0 to ``largest``, about so many.

    >>> [tick.text for tick in count_ticks(2446, 4)]
    ['0', '1k', '2k']
    """
    step = max(1, round(_nice_step(max(largest, 1), about)))
    return [Tick(number / max(largest, 1), short(number)) for number in range(0, largest + 1, step)]


def edge_ticks(edges: Sequence[float], about: int) -> list[Tick]:
    """The axis of bins that are drawn equally wide: round numbers if they are, else every so many edges.

    >>> [tick.text for tick in edge_ticks([0.25, 0.75, 1.25, math.inf], 4)]
    ['0.5', '1.0', '∞']
    """
    bins = max(1, len(edges) - 1)
    finite = [edge for edge in edges if math.isfinite(edge)]
    steps = [after - before for before, after in pairwise(finite)]
    if steps and 0 < max(steps) <= min(steps) * (1 + _TOLERANCE):
        step = _nice_step(finite[-1] - finite[0], about)
        first = list(edges).index(finite[0])
        numbers = range(
            math.ceil(finite[0] / step - _TOLERANCE),
            math.floor(finite[-1] / step + _TOLERANCE) + 1,
        )
        width = (finite[-1] - finite[0]) / len(steps)
        found = [_tick((first + (number * step - finite[0]) / width) / bins, number * step, step) for number in numbers]
    else:
        places = range(0, len(edges), math.ceil(len(edges) / about))
        found = [Tick(place / bins, f"{edges[place]:.3g}") for place in places if math.isfinite(edges[place])]
    ends = [Tick(place / bins, _ENDLESS[edges[place]]) for place in (0, len(edges) - 1) if math.isinf(edges[place])]
    return sorted([*found, *ends], key=lambda tick: tick.place)


_ENDLESS = {-math.inf: "−∞", math.inf: "∞"}


def short(number: int, *, rough: bool = False) -> str:
    """A count in at most four characters, up to a million millions; in fewer, with a digit less, if it may be rough.

    >>> [short(number) for number in (0, 999, 1000, 1234, 9960, 12345, 999_999, 1_000_000)]
    ['0', '999', '1k', '1.2k', '10k', '12k', '1M', '1M']
    >>> short(1234, rough=True)
    '1k'
    """
    for size, letter in ((1, ""), (10**3, "k"), (10**6, "M"), (10**9, "G")):
        scaled = number / size
        if size > 1 and scaled < 9.95 and not rough:
            return f"{scaled:.1f}".removesuffix(".0") + letter
        if scaled < 999.5:
            return f"{scaled:.0f}{letter}"
    return f"{number:.0e}"


def _nice_step(span: float, about: int) -> float:
    """1, 2 or 5 times a power of ten, the smallest that goes into ``span`` so many times at most."""
    least = span / about
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(nice * power for nice in _NICE if nice * power >= least * (1 - _TOLERANCE))


def _tick(place: float, value: float, step: float) -> Tick:
    if not 1e-4 <= step < 1e6:
        return Tick(place, f"{value:g}")
    decimals = max(0, -math.floor(math.log10(step) + _TOLERANCE))
    return Tick(place, f"{value:,.{decimals}f}" if round(value, decimals) else "0")
