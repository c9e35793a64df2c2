"""What a check is, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from softmax_cli.checks.remedies import Options, name_of
from softmax_cli.checks.statistics import Statistics
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect, Severity


@dataclass(frozen=True, eq=False)
class Trial:
    """The loss and the accuracy if the files were read otherwise: computed in a second pass, where a symptom asks.

    ``options`` are other options of reading. What no option can do is a change of the class numbers (n,) by
    ``labels``, other labels ``instead``, or rows and labels that are skipped at the beginning.
    """

    name: str
    options: Options = field(default_factory=dict)
    labels: Callable[[Any], Any] | None = None
    instead: Any = None
    skip_rows: int = 0
    skip_labels: int = 0

    @classmethod
    def of(cls, options: Options) -> "Trial":
        """The trial of a remedy, named after its options."""
        return cls(name_of(options), options)


@dataclass(frozen=True, eq=False)
class Symptom:
    """What a check saw.

    ``of`` is the file, ``rows`` where in it. ``effects`` is what it does to the loss. ``remedy`` says what mends it,
    and ``options`` are those that do, where there are some; None takes back an option that was given.
    """

    message: str
    evidence: tuple[str, ...]
    rows: Places
    of: Literal["logits", "labels"] = "logits"
    effects: tuple[Effect | Trial, ...] = ()
    remedy: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A row of the table of checks.

    ``look`` returns None where nothing is wrong, and always where it ``needs_labels`` and there are none. ``hides``
    are the codes (or what they begin with) of the findings that this one causes, which are then no findings of their
    own.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    look: Callable[[Statistics], Symptom | None]
    needs_labels: bool = False
    hides: tuple[str, ...] = ()
