"""The best temperature, and what the loss and the calibration come to at it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from softmax_cli.reports.grid import Column, Grid


@dataclass(frozen=True)
class Tempered:
    """The best temperature: 0 or inf where the loss falls for ever that way, nan where there is none.

    ``why`` says so, else it is empty. ``slope`` is what is left of d loss / d ln T there, in nats. ``perplexity`` is
    nan where there is none of the loss.
    """

    temperature: float
    loss: float = math.nan
    perplexity: float = math.nan
    ece: float = math.nan
    slope: float = math.nan
    why: str = ""

    def remark(self) -> str:
        """Why there is no best temperature, in a sentence."""
        return f"No best temperature: {self.why}."


def temperature_grid(scaled: str, found: Tempered, base: float, now: Mapping[str, float]) -> Grid:
    """The figures ``now``, at the temperature ``base``, and those at the best one; ``scaled`` heads the names."""
    names = [name for name in ("loss", "perplexity", "ece") if name in now]
    columns = (Column(scaled), Column("T", "decimal"), *(Column(name, "decimal") for name in names))
    rows = [
        ("as reported", base, *(now[name] for name in names)),
        ("least loss", found.temperature, *(getattr(found, name) for name in names)),
    ]
    return Grid("the best temperature", columns, rows)
