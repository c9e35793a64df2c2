"""The kinds of input that a campaign draws: one file a kind, one row here."""

from random import Random
from typing import Protocol

from tests.fuzz import arrays, damage, options, tables
from tests.fuzz.case import Case, Expected


class Kind(Protocol):
    """What a file of a kind has."""

    KIND: str

    def draw(self, random: Random) -> Case:
        """Draw a case; the same random numbers give the same case."""

    def expected(self, case: Case) -> Expected:
        """Work out what is right for a case from its files and its facts alone, so that it holds for a smaller one."""


KINDS: dict[str, Kind] = {kind.KIND: kind for kind in (tables, arrays, damage, options)}  # type: ignore[misc]
SHARES = {tables.KIND: 4, arrays.KIND: 3, damage.KIND: 4, options.KIND: 1}
"""How many of a dozen inputs are of each kind."""

_TURN = [name for name, share in SHARES.items() for _ in range(share)]


def drawn(seed: int, index: int) -> Case:
    """The case of that number: of one kind or another in turn, and the same in every run with that seed."""
    name = _TURN[index % len(_TURN)]
    return KINDS[name].draw(Random(f"{seed}:{name}:{index}"))  # noqa: S311  (a reproducible draw is what is wanted)
