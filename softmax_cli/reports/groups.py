"""The figures of each group of rows, and the means over groups beside those over rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.figures import Figure
from softmax_cli.reports.grid import Column, Grid, count
from softmax_cli.reports.ledger import perplexity

SHOWN_GROUPS = 10
_ALL_IN_TSV = "--format tsv has them all"


@dataclass(frozen=True)
class GroupLine:
    """A group: its rows that count, and of each quantity its mean over them with the standard error."""

    name: str
    rows: int
    means: tuple[float, ...]
    standard_errors: tuple[float, ...]


@dataclass(frozen=True)
class GroupedFigures:
    """The groups, the worst first, by the first of ``quantities``; a loss is the worse the larger.

    ``by`` says what the groups are of. ``rest`` is the remainder of rows whose groups are not told apart.
    """

    by: str
    quantities: tuple[str, ...]
    lines: Sequence[GroupLine]
    rest: GroupLine | None = None

    @property
    def every(self) -> Sequence[GroupLine]:
        """The groups, and the remainder."""
        return (*self.lines, *([self.rest] if self.rest else []))

    def over_groups(self, place: int) -> tuple[float, float]:
        """The mean of the groups' means, each group counting once, and its standard error."""
        means = [line.means[place] for line in self.lines]
        if not means or not all(map(math.isfinite, means)):
            return (sum(means) / len(means) if means else math.nan), math.nan
        mean = math.fsum(means) / len(means)
        if len(means) < 2:
            return mean, math.nan
        spread = math.fsum((each - mean) ** 2 for each in means)
        return mean, math.sqrt(spread / (len(means) - 1) / len(means))

    def records(self) -> Iterator[Figure]:
        """The figures over groups, and those of each group."""
        yield from self.figures()
        yield from self.of_each()

    def figures(self) -> Iterator[Figure]:
        """How many groups there are, the means over them, and the worst."""
        yield Figure("groups", len(self.lines))
        for place, quantity in enumerate(self.quantities):
            mean, error = self.over_groups(place)
            yield Figure(f"{quantity}_over_groups", mean, error)
            if quantity == "loss":
                yield Figure("perplexity_over_groups", perplexity(mean))
        if self.lines:
            yield Figure(f"worst_group_{self.quantities[0]}", self.lines[0].means[0], group=self.lines[0].name)

    def of_each(self) -> Iterator[Figure]:
        """Every quantity of every group, and how many rows it has."""
        for line in self.every:
            yield Figure("rows", line.rows, group=line.name)
            for quantity, mean, error in zip(self.quantities, line.means, line.standard_errors, strict=True):
                yield Figure(quantity, mean, error, group=line.name)

    def grid(self) -> Grid:
        """The worst groups, a line each, and the remainder."""
        shown = self.lines[:SHOWN_GROUPS]
        whole = count(len(self.lines), "group")
        worst = f"the largest {self.quantities[0]} first"
        title = f"{whole} by {self.by}, {worst}"
        if len(shown) < len(self.lines):
            title = f"the {len(shown)} of {whole} by {self.by} with the largest {self.quantities[0]} ({_ALL_IN_TSV})"
        columns = [Column("group"), Column("rows", "integer")]
        for quantity in self.quantities:
            columns += [Column(quantity, "decimal"), Column("s.e.", "decimal")]
        rows = [_cells(line) for line in (*shown, *([self.rest] if self.rest else []))]
        return Grid(title, tuple(columns), rows)

    def remark(self, quantities: Mapping[str, float]) -> str:
        """The means over rows beside those over groups, of which nobody can tell by its name alone."""
        said = []
        for place, quantity in enumerate(self.quantities):
            mean, error = self.over_groups(place)
            uncertain = "" if math.isnan(error) else f" (standard error {error:.2g})"
            said.append(f"{quantity} {quantities[quantity]:.4f} over rows, {mean:.4f} over groups{uncertain}")
        return f"Means over rows count each row once, over groups each group once: {'; '.join(said)}."

    def as_dict(self) -> dict[str, Any]:
        """The groups by their names, and the means over them."""
        return {
            "by": self.by,
            "figures": {figure.quantity: figure.as_dict() for figure in self.figures()},
            "groups": [self._line(line) for line in self.lines],
            "rest": None if self.rest is None else self._line(self.rest),
        }

    def _line(self, line: GroupLine) -> dict[str, Any]:
        found: dict[str, Any] = {"name": line.name, "rows": line.rows}
        for quantity, mean, error in zip(self.quantities, line.means, line.standard_errors, strict=True):
            found[quantity] = {"value": mean, "standard_error": error}
        return found


def figure_names(quantities: Sequence[str]) -> tuple[str, ...]:
    """The names of the figures of groups by these quantities."""
    none = GroupedFigures("", tuple(quantities), [GroupLine("", 0, (0.0,) * len(quantities), ())])
    return tuple(figure.quantity for figure in none.figures())


def _cells(line: GroupLine) -> tuple[Any, ...]:
    pairs = zip(line.means, line.standard_errors, strict=True)
    return line.name, line.rows, *("" if math.isnan(each) else each for pair in pairs for each in pair)
