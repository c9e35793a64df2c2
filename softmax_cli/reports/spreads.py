"""How far apart two versions are: means, quantiles and largest values of many distances."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from softmax_cli.reports.figures import Figure
from softmax_cli.reports.grid import Column, Grid

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
"""The quantiles that are given, by the names that their quantities begin with."""

OF_VALUES = ("abs_diff", "prob_diff")
OF_ROWS = ("shift_free_diff", "kl", "reverse_kl", "js")

_CALLED = {
    "abs_diff": "logits",
    "prob_diff": "probabilities",
    "shift_free_diff": "shift-free",
    "kl": "KL(A||B)",
    "reverse_kl": "KL(B||A)",
    "js": "JS",
}


def spread_quantities(name: str) -> tuple[str, ...]:
    """What the figures of a spread are called: the mean of a divergence by its own name."""
    return (
        name if name in {"kl", "reverse_kl", "js"} else f"mean_{name}",
        *(f"{p}_{name}" for p in SHARES),
        f"max_{name}",
    )


@dataclass(frozen=True)
class Spread:
    """Distances that are never negative: one per value (abs_diff, prob_diff), or one per row.

    ``quantiles`` are at SHARES, and ``exact`` or within 0.2 % of themselves (metrics.quantiles).
    ``row`` and ``class_name`` say where the largest is; None and empty where it is 0, or of no
    row. The standard error is that of a mean over rows; None for one over values, which within a row depend on each
    other.
    """

    name: str
    mean: float
    quantiles: tuple[float, ...]
    exact: bool
    largest: float
    row: int | None
    class_name: str = ""
    standard_error: float | None = None

    def figures(self) -> Iterator[Figure]:
        """Each of its numbers."""
        mean, *quantiles, largest = spread_quantities(self.name)
        yield Figure(mean, self.mean, "" if self.standard_error is None else self.standard_error)
        for name, value in zip(quantiles, self.quantiles, strict=True):
            yield Figure(name, value)
        yield Figure(largest, self.largest, row="" if self.row is None else self.row, class_name=self.class_name)


def values_grid(spreads: Sequence[Spread], title: str) -> Grid:
    """The distances of values."""
    columns = (
        Column("|A - B|"),
        *(Column(name, "measure") for name in ("mean", "median", "99%", "99.9%", "max")),
        Column("row", "integer"),
        Column("class"),
    )
    rows = [
        (_CALLED[each.name], each.mean, *_in_table(each), each.largest, _shown(each.row), each.class_name)
        for each in spreads
    ]
    return Grid(title, columns, rows, legend=_resolution(spreads))


def rows_grid(spreads: Sequence[Spread]) -> Grid:
    """The distances of rows."""
    columns = (
        Column("distance"),
        *(Column(name, "measure") for name in ("mean", "±se", "median", "99%", "99.9%", "max")),
        Column("row", "integer"),
    )
    rows = [
        (_CALLED[each.name], each.mean, each.standard_error, *_in_table(each), each.largest, _shown(each.row))
        for each in spreads
    ]
    legend = "shift-free: after removing a constant per row, which softmax ignores"
    return Grid(
        "distances per row, KL and Jensen-Shannon in nats",
        columns,
        rows,
        legend="; ".join(filter(None, (legend, _resolution(spreads)))),
    )


def _in_table(spread: Spread) -> list[float]:
    """The quantiles that a table has room for."""
    return [value for share, value in zip(SHARES, spread.quantiles, strict=True) if share != "p90"]


def _shown(row: int | None) -> int | str:
    return "" if row is None else row


def _resolution(spreads: Sequence[Spread]) -> str:
    return "" if all(each.exact for each in spreads) else "quantiles within 0.2 % of themselves"
