"""Where a mean comes from: what was counted, and what was divided by what."""

import math
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.grid import Column, Grid

_LARGEST_EXPONENT = math.log(1.7976931348623157e308)


def perplexity(mean: float) -> float:
    """exp(mean) of a mean loss in nats, as far as float64 holds it."""
    return math.inf if mean > _LARGEST_EXPONENT else math.exp(mean)


def per_unit(loss_sum: float, units: float) -> tuple[float, float]:
    """The bits per unit and the perplexity per unit of losses in nats that sum to ``loss_sum``; nan for no units."""
    mean = loss_sum / units if units else math.nan
    return mean / math.log(2), perplexity(mean)


@dataclass(frozen=True)
class Ledger:
    """The account of one variant on one backend, in nats.

    ``mean`` divides the sum of the losses by that of the counted rows' weights, as torch does. ``standard_error``
    is that of the mean per counted row: sqrt((E[L^2] - E[L]^2) / (n - 1)), as llama.cpp's perplexity has it.
    ``weighing`` says what ``weight_sum`` adds up. Of multi-label losses a row's loss is the sum over its classes, and
    there is no perplexity. ``units`` is how many bytes, words or characters the counted rows stand for, if it was
    given.
    """

    variant: str
    backend: str
    rows: int
    counted: int
    loss_sum: float
    square_sum: float
    weight_sum: float
    mean: float
    weighing: str = "the weights of their labels' classes, summed"
    multilabel: bool = False
    units: float | None = None

    def entries(self) -> dict[str, float]:
        """Each entry by its name, in the order of LEDGER_ENTRIES."""
        return {name: getattr(self, name) for name in self._meanings}

    @property
    def _meanings(self) -> dict[str, str]:
        meanings = {**LEDGER_ENTRIES, "weight_sum": self.weighing}
        if self.multilabel:
            del meanings["perplexity"]
        if self.units is None:
            for name in OF_UNITS:
                del meanings[name]
        return meanings

    @property
    def ignored(self) -> int:
        """How many rows count nowhere."""
        return self.rows - self.counted

    @property
    def mean_per_counted_row(self) -> float:
        """The sum over the number of counted rows."""
        return self.loss_sum / self.counted if self.counted else math.nan

    @property
    def mean_per_row(self) -> float:
        """The sum over the number of all rows."""
        return self.loss_sum / self.rows

    @property
    def perplexity(self) -> float:
        """exp(mean)."""
        return perplexity(self.mean)

    @property
    def bits(self) -> float:
        """Mean / ln 2."""
        return self.mean / math.log(2)

    @property
    def bits_per_unit(self) -> float:
        """loss_sum / ln 2 / units."""
        return math.nan if self.units is None else per_unit(self.loss_sum, self.units)[0]

    @property
    def perplexity_per_unit(self) -> float:
        """exp(loss_sum / units)."""
        return math.nan if self.units is None else per_unit(self.loss_sum, self.units)[1]

    @property
    def standard_error(self) -> float:
        """Of the mean per counted row; nan for fewer rows than two."""
        if self.counted < 2 or not math.isfinite(self.square_sum):
            return math.nan
        variance = self.square_sum / self.counted - self.mean_per_counted_row**2
        return math.sqrt(max(variance, 0.0) / (self.counted - 1))

    def grid(self) -> Grid:
        """An entry a line, with what it is."""
        rows: list[tuple[Any, ...]] = [(name, getattr(self, name), meaning) for name, meaning in self._meanings.items()]
        return Grid(
            f"ledger of {self.variant} on {self.backend}",
            (Column("entry"), Column("value", "loss"), Column("which is")),
            rows,
        )


OF_UNITS = ("units", "bits_per_unit", "perplexity_per_unit")
"""The entries that --units gives."""

LEDGER_ENTRIES = {
    "rows": "all rows",
    "counted": "rows that count",
    "ignored": "rows whose label is ignore_index",
    "loss_sum": "the losses of the counted rows, summed",
    "weight_sum": "the weights of their labels' classes, summed",
    "mean": "loss_sum / weight_sum, as torch",
    "mean_per_counted_row": "loss_sum / counted",
    "mean_per_row": "loss_sum / rows",
    "perplexity": "exp(mean)",
    "bits": "mean / ln 2",
    "standard_error": "of the mean per counted row",
    "units": "what the counted rows stand for, as bytes",
    "bits_per_unit": "loss_sum / ln 2 / units",
    "perplexity_per_unit": "exp(loss_sum / units)",
}
