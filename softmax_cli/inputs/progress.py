"""How far a pass over the rows has come."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """So many rows are read: ``position`` bytes of the logits' file, out of ``size`` (0 where it is not known)."""

    rows: int
    position: int
    size: int


Watcher = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Watch nothing."""
