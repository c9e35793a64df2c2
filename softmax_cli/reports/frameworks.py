"""The same data under other frameworks' conventions."""

from collections.abc import Sequence
from dataclasses import dataclass

from softmax_cli.reports.grid import Column, Grid


@dataclass(frozen=True)
class FrameworkLine:
    """One framework: its loss, how far that lies above torch's, and why, in one line.

    ``difference`` is loss - torch's: 0 where both are the same infinity or both nan, nan where only one is nan.
    ``why`` names every difference in convention that applies to these data. ``function`` is the framework's own
    function that gives this loss.
    """

    framework: str
    loss: float
    difference: float
    why: str
    function: str


def frameworks_grid(lines: Sequence[FrameworkLine]) -> Grid:
    """A framework a line."""
    columns = (Column("framework"), Column("loss", "loss"), Column("minus torch's", "distance"))
    rows = [(line.framework, line.loss, line.difference) for line in lines]
    return Grid("by each framework's convention", columns, rows)
