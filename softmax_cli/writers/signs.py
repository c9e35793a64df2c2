"""The characters that draw: those of Unicode, and for a console whose encoding lacks them those of ASCII."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Signs:
    """What stands for columns and rows that are left out, what draws a rule, and what bars are made of.

    ``solid`` are a cell's fillings from the smallest to the whole cell; ``faint`` fills one of a bar that is less
    sure than others; ``target`` marks where a bar should end.
    """

    columns: str
    rows: str
    rule: str
    solid: str
    faint: str
    target: str


UNICODE = Signs("…", "⋮", "─", "▏▎▍▌▋▊▉█", "░", "│")
ASCII = Signs("...", ":", "-", "#", ".", "|")


def bar(share: float, cells: int, signs: Signs) -> str:
    """A bar that fills ``share`` of so many cells; only a share of 0 (or none: nan) has no bar at all.

    >>> bar(0.5, 5, UNICODE), bar(0.5, 5, ASCII), bar(1e-9, 5, ASCII), bar(0.0, 5, ASCII)
    ('██▌', '##', '#', '')
    """
    if not share > 0:
        return ""
    filled = max(1, round(min(share, 1.0) * cells * len(signs.solid)))
    whole, part = divmod(filled, len(signs.solid))
    return signs.solid[-1] * whole + signs.solid[part - 1 : part]
