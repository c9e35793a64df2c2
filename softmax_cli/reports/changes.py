"""What the labels say about two versions: figures of A and of B, and how certain their difference is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from softmax_cli.reports.figures import Figure
from softmax_cli.reports.grid import Column, Grid, count

RATIO = "perplexity_ratio"
OF_LABELS = ("loss", "perplexity", RATIO, "accuracy", "p_label")
DISCORDANCE = ("only_a_right", "only_b_right", "mcnemar_p")

_CALLED = {"p_label": "p(label)", RATIO: "ppl B / A"}


def change_quantities(name: str) -> tuple[str, ...]:
    """What the figures of a change are called."""
    return (name,) if name == RATIO else (f"{name}_a", f"{name}_b", f"{name}_change")


@dataclass(frozen=True)
class Change:
    """A figure of A and of B, and their difference B - A with its paired standard error and bootstrap interval.

    ``errors`` are the standard errors of A's and B's. For a ratio, ``a`` and ``b`` are None and ``change`` is B / A.
    """

    name: str
    a: float | None
    b: float | None
    change: float
    standard_error: float
    low: float
    high: float
    errors: tuple[float | str, float | str] = ("", "")

    def figures(self) -> Iterator[Figure]:
        """Each of its numbers."""
        *of_each, change = change_quantities(self.name)
        for name, value, error in zip(of_each, (self.a, self.b), self.errors, strict=False):
            if value is not None:
                yield Figure(name, value, error)
        yield Figure(change, self.change, self.standard_error, self.low, self.high)


def changes_grid(changes: Sequence[Change], rows: int, confidence: float, rows_at_once: int) -> Grid:
    """The figures side by side."""
    columns = (
        Column("figure"),
        Column("A", "loss"),
        Column("B", "loss"),
        Column("B - A", "measure"),
        Column("±se", "measure"),
        Column(f"{100 * confidence:.0f} % from", "measure"),
        Column("to", "measure"),
    )
    cells = [
        (
            _CALLED.get(each.name, each.name),
            *("" if value is None else value for value in (each.a, each.b)),
            _near_one(each, each.change),
            each.standard_error,
            _near_one(each, each.low),
            _near_one(each, each.high),
        )
        for each in changes
    ]
    legend = f"the bootstrap draws groups of {rows_at_once} neighbouring rows" if rows_at_once > 1 else ""
    return Grid(f"with the labels of {count(rows, 'row')}", columns, cells, legend=legend)


def _near_one(change: Change, value: float) -> float | str:
    """A ratio to six decimals: two digits would make it 1.0."""
    return f"{value:.6f}" if change.name == RATIO and value < 1e7 else value


@dataclass(frozen=True)
class Discordance:
    """The rows that only one has right, and McNemar's test of whether both are as often right; see metrics.mcnemar."""

    only_a: int
    only_b: int
    p: float
    exact: bool

    def figures(self) -> Iterator[Figure]:
        """Each of its numbers."""
        for name, value in zip(DISCORDANCE, (self.only_a, self.only_b, self.p), strict=True):
            yield Figure(name, value)

    @property
    def pairs(self) -> int:
        """The rows that only one has right."""
        return self.only_a + self.only_b

    def __str__(self) -> str:
        how = "exact" if self.exact else "chi-square with continuity correction"
        split = f"Only A is right in {count(self.only_a, 'row')}, only B in {self.only_b:,}"
        return f"{split}: McNemar's p is {self.p:.2g} ({how})."
