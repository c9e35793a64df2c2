"""What a check is, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from softmax_cli.checks.statistics import Statistics
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect, Severity


@dataclass(frozen=True, eq=False)
class Trial:
    """The loss and the accuracy if the files were otherwise: computed, in a second pass, where a symptom asks for it.

    ``logits`` and ``labels`` change a block of logits (n, C) and of class numbers (n,); rows or labels may be skipped
    at the beginning, or labels taken from ``shift`` positions further on in their sequences. ``instead`` are other
    labels, ``axis`` another axis of the classes.
    """

    name: str
    logits: Callable[[Any], Any] | None = None
    labels: Callable[[Any], Any] | None = None
    skip_rows: int = 0
    skip_labels: int = 0
    shift: int = 0
    instead: Any = None
    axis: int | None = None


@dataclass(frozen=True, eq=False)
class Symptom:
    """What a check saw.

    ``of`` is the file, ``rows`` where in it. ``effects`` is what it does to the loss, ``command`` what mends it.
    """

    message: str
    evidence: tuple[str, ...]
    rows: Places
    of: Literal["logits", "labels"] = "logits"
    effects: tuple[Effect | Trial, ...] = ()
    remedy: str = ""
    command: str = ""


@dataclass(frozen=True)
class Check:
    """A row of the table of checks.

    ``look`` gives None where nothing is wrong, and always where it ``needs_labels`` and there are none. ``hides`` are
    the codes (or what they begin with) of the findings that this one causes, which are then no findings of their own.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    look: Callable[[Statistics], Symptom | None]
    needs_labels: bool = False
    hides: tuple[str, ...] = ()
