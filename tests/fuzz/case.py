"""What is drawn, what is right for it, what happened, and what was wrong with that."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class Case:
    """One command on some files.

    ``facts`` are what the oracle is told of the files (never what the answer is), as JSON can hold it. ``outputs`` are
    the names that the command may write.
    """

    kind: str
    files: Mapping[str, bytes]
    argv: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    stdin: str | None = None
    outputs: tuple[str, ...] = ()


class Refusal(Enum):
    """Whether an input is to be refused."""

    NEVER = "never"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True)
class Band:
    """A number, and how far from it rounding may lead."""

    value: float
    tolerance: float = 0.0

    def holds(self, other: float) -> bool:
        """Whether a number is this one; nan is nan."""
        if math.isnan(self.value) or math.isnan(other):
            return math.isnan(self.value) and math.isnan(other)
        return other == self.value or abs(other - self.value) <= self.tolerance


@dataclass(frozen=True)
class Expected:
    """What is right: the numbers by their names (empty where they are not known), and whether a refusal is."""

    numbers: Mapping[str, Band] = field(default_factory=dict)
    refusal: Refusal = Refusal.MAY
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a command ended. ``crash`` is a traceback, ``left`` are names that should not be there."""

    status: int
    out: str
    err: str
    warnings: tuple[str, ...] = ()
    crash: str = ""
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def errors(self) -> list[str]:
        """The lines of standard error that are neither notes nor warnings."""
        return [line for line in self.err.split("\n") if line and not line.startswith(("note: ", "warning: "))]


@dataclass(frozen=True)
class Finding:
    """What is wrong: a kind that many may share, and the details of this one."""

    kind: str
    detail: str
