"""What a check found, as plain numbers and words; the writers draw it as a compiler draws what it complains about."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
FAILING: tuple[Severity, ...] = ("error", "warning")


@dataclass(frozen=True)
class Effect:
    """What a finding does, in figures: a loss in nats, an accuracy, both, or another number, and what they are of."""

    name: str
    loss: float | None = None
    accuracy: float | None = None
    number: float | None = None

    def text(self) -> str:
        """All digits, in words: ``as given: loss 2.5, accuracy 0.125``."""
        figures = {"loss": self.loss, "accuracy": self.accuracy, "": self.number}
        return f"{self.name}: " + ", ".join(
            f"{what} {value}".strip() for what, value in figures.items() if value is not None
        )


@dataclass(frozen=True)
class Finding:
    """What a check found.

    ``where`` is the file, with the line or the index of the first row; ``rows`` are the numbers of the first rows, from
    0, and ``row_count`` how many there are. ``command`` mends it: a shell's where a command line can, else Python's.
    """

    code: str
    name: str
    severity: Severity
    message: str
    where: str
    rows: tuple[int, ...]
    row_count: int
    evidence: tuple[str, ...]
    effects: tuple[Effect, ...]
    remedy: str
    command: str
