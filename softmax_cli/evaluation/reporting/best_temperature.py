"""The best temperature of the rows of a report, or why there is none."""

import math

from softmax_cli.evaluation.reporting.fold import ReportFold
from softmax_cli.evaluation.reporting.temperature import Search
from softmax_cli.reports.grid import count
from softmax_cli.reports.ledger import perplexity
from softmax_cli.reports.tempered import Tempered


def tempered(fold: ReportFold) -> Tempered:
    """The temperature with the least loss; why there is none, where there is none."""
    if not fold.losses.count:
        return Tempered(math.nan, why="no row counts")
    if fold.undefined:
        return Tempered(math.nan, why=f"{count(fold.undefined, 'row has', 'rows have')} no softmax")
    if fold.infinite:
        return Tempered(math.nan, why=f"{count(fold.infinite, 'loss is', 'losses are')} infinite at any T")
    if not fold.samples[1].seen:
        return Tempered(0.0, why="in every row the label has the largest logit, so that no T is too small")
    search = Search(
        fold.samples,
        fold.blocks,
        fold.chosen,
        rows=fold.rows_per_block,
        edges=fold.edges,
        dtype=fold.backend.dtype,
        threads=fold.settings.workers,
        after_each=fold.tell,
    )
    best = search.best(1 / fold.settings.temperature)
    loss = best.losses.mean
    return Tempered(
        1 / best.inverse if best.inverse else math.inf,
        loss,
        perplexity(loss),
        math.nan if best.bins is None else best.bins.expected_error,
        -best.slope.first * best.inverse,
        why="" if best.inverse else f"no T is too large, and the loss comes down to {loss:.4f}, that of guessing",
    )
