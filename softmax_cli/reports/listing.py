"""What `losses` lists: every loss there is, and what it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.grid import Column, Grid, Records
from softmax_cli.reports.signature import Signature

_NAMES = ("name", "formula", "parameters", "source")


@dataclass(frozen=True)
class ListedLoss:
    """A loss: its formula, its parameters as ``focal.gamma=2 focal.alpha=0.25``, and where it comes from."""

    name: str
    formula: str
    parameters: str
    source: str


@dataclass(frozen=True, eq=False)
class LossListing(Displayed):
    """All of them: the ways to the cross-entropy first."""

    losses: tuple[ListedLoss, ...]
    notes: tuple[str, ...] = ()

    def grids(self) -> Iterator[Grid]:
        """A loss a line, and the parameters of those that have any."""
        rows = [(loss.name, loss.formula) for loss in self.losses]
        title = "losses: x logits, p = softmax(x), y the label, q its distribution"
        yield Grid(title, (Column("name"), Column("formula")), rows)
        rows = [(loss.name, loss.parameters) for loss in self.losses if loss.parameters]
        yield Grid("parameters and their defaults", (Column("name"), Column("--param")), rows)

    def remarks(self) -> tuple[str, ...]:
        """The sources."""
        return tuple(f"{loss.name}: {loss.source}" for loss in self.losses)

    def warnings(self) -> tuple[str, ...]:
        """None."""
        return ()

    def records(self) -> Records:
        """A loss a line, with its source."""
        return Records(_NAMES, [tuple(vars(loss).values()) for loss in self.losses])

    def as_dict(self) -> dict[str, Any]:
        """A list of objects."""
        return {"losses": [vars(loss) for loss in self.losses]}

    def signature_line(self) -> str:
        """Of the version alone: nothing was computed."""
        return Signature((), ()).line()
