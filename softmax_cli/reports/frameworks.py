"""The same data under other frameworks' conventions."""

from dataclasses import dataclass


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
