"""What the log-probabilities of what occurred come to, without labels: a loss, a perplexity, and the worst rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.figures import Figure, figure_records
from softmax_cli.reports.grid import Column, Grid, Records, count
from softmax_cli.reports.ledger import perplexity
from softmax_cli.reports.signature import Signature

FIGURES = {
    "loss": "mean of -log p, in nats",
    "loss_sum": "their sum",
    "perplexity": "exp(loss)",
    "bits": "loss / ln 2",
}
LIKELIHOOD_QUANTITIES = (*FIGURES, "standard_error", "rows", "nonfinite")
"""The figures that conditions can be put on."""


@dataclass(frozen=True)
class WorstRow:
    """A row with its log-probability and its loss, in nats."""

    row: int
    log_probability: float
    loss: float


@dataclass(frozen=True, eq=False)
class LikelihoodReport(Displayed):
    """The mean loss -log p of ``rows`` rows and its standard error, in nats; ``worst`` has the largest loss first.

    ``reduction`` says which of the mean and the sum is *the* loss. ``first_nonfinite`` is the place of the first row
    whose loss is nan or infinite, of ``nonfinite`` such rows.
    """

    signature: Signature
    rows: int
    reduction: str
    mean: float
    loss_sum: float
    standard_error: float
    worst: Sequence[WorstRow]
    nonfinite: int = 0
    first_nonfinite: str = ""
    notes: tuple[str, ...] = ()
    nothing = ""

    def loss(self, variant: str = "") -> float:  # noqa: ARG002  (a LossReport has several)
        """Return the loss, in nats."""
        return self.loss_sum if self.reduction == "sum" else self.mean

    def quantities(self) -> Mapping[str, float]:
        """Each figure by its name."""
        figures = {figure.quantity: figure.value for figure in self._figures()}
        more = {"standard_error": self.standard_error, "rows": self.rows, "nonfinite": self.nonfinite}
        return {**figures, **more}

    def _figures(self) -> Iterator[Figure]:
        """The figures with their standard errors; that of the perplexity by the delta method."""
        ppl, error = perplexity(self.mean), self.standard_error
        values = {
            "loss": (self.mean, error),
            "loss_sum": (self.loss_sum, error * self.rows),
            "perplexity": (ppl, ppl * error),
            "bits": (self.mean / math.log(2), error / math.log(2)),
        }
        order = sorted(values, key=lambda name: self.reduction == "sum" and name != "loss_sum")
        return (Figure(name, *values[name]) for name in order)

    def grids(self) -> Iterator[Grid]:
        """The figures, and the rows with the largest losses."""
        columns = (Column("figure"), Column("value", "decimal"), Column("s.e.", "decimal"), Column("which is"))
        rows = [
            (figure.quantity, figure.value, figure.standard_error, FIGURES[figure.quantity])
            for figure in self._figures()
        ]
        yield Grid(f"log-probabilities of what occurred, {count(self.rows, 'row')}", columns, rows)
        if self.worst:
            of_rows = (Column("row", "integer"), Column("log p", "loss"), Column("loss", "loss"))
            worst = [(each.row, each.log_probability, each.loss) for each in self.worst]
            yield Grid("rows with the largest losses", of_rows, worst)

    def remarks(self) -> tuple[str, ...]:
        """Nothing: the figures speak for themselves."""
        return ()

    def warnings(self) -> tuple[str, ...]:
        """Where a loss is not finite, the first row and why."""
        if not self.nonfinite:
            return ()
        rows = count(self.nonfinite, "row has", "rows have")
        what = "a loss that is nan or infinite: log p is nan, or -inf where p is 0"
        return (f"{rows} {what}; the first is {self.first_nonfinite}.",)

    def records(self) -> Records:
        """One line per figure, and one per worst row."""
        counts = (Figure("rows", self.rows), Figure("nonfinite", self.nonfinite))
        worst = (Figure("row_loss", each.loss, row=each.row) for each in self.worst)
        lines = chain(self._figures(), counts, worst)
        return figure_records(lines, self.signature_line())

    def as_dict(self) -> dict[str, Any]:
        """Everything, under the names of the records."""
        return {
            "signature": self.signature.as_dict(),
            "rows": self.rows,
            "nonfinite": self.nonfinite,
            "figures": {figure.quantity: figure.as_dict() for figure in self._figures()},
            "worst": [vars(each) for each in self.worst],
            "warnings": self.warnings(),
            "notes": self.notes,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()
