"""What `loss --steps` found: each stage of the calculation, for the first and the last rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.grid import Column, Grid, Numbers, Records, class_columns
from softmax_cli.reports.loss import LossReport


@dataclass(frozen=True, eq=False)
class Step:
    """One stage on one backend: ``values`` (n, C), and ``totals`` (n,), the sum along each row, where it matters."""

    name: str
    title: str
    backend: str
    values: Numbers
    totals: Numbers | None = None


@dataclass(frozen=True, eq=False)
class StepsReport(Displayed):
    """The stages of the rows ``rows``, with the losses of all rows; ``findings`` compares stages."""

    rows: tuple[int, ...]
    labels: tuple[str, ...]
    steps: tuple[Step, ...]
    loss: LossReport
    findings: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """See LossReport."""
        return self.loss.notes

    @property
    def hints(self) -> tuple[str, ...]:
        """See LossReport."""
        return self.loss.hints

    def grids(self) -> Iterator[Grid]:
        """The stages in order, backend by backend, the losses, and the gradient last."""
        by_name = _by_name(self.steps)
        losses = iter([self.loss])
        for number, (name, steps) in enumerate(by_name.items(), 1):
            if name.startswith("gradient"):
                # The losses stand before what is derived from them.
                yield from (grid for loss in losses for grid in loss.grids())
            yield from (self._grid(step, number) for step in steps)

    def _grid(self, step: Step, number: int) -> Grid:
        columns = (Column("row", "integer"), Column("label"), *class_columns(self.loss.class_names))
        rows: list[tuple[Any, ...]] = [
            (row, label, *values) for row, label, values in zip(self.rows, self.labels, step.values, strict=True)
        ]
        if step.totals is not None:
            columns = (*columns, Column("sum", "decimal"))
            rows = [(*row, total) for row, total in zip(rows, step.totals, strict=True)]
        title = f"{number}. {step.title}, on {step.backend}"
        return Grid(title, columns, rows, hidden=self.loss.rows - len(self.rows))

    def remarks(self) -> tuple[str, ...]:
        """How far the stages agree, and the variants."""
        return (*self.findings, *self.loss.remarks())

    def warnings(self) -> tuple[str, ...]:
        """See LossReport."""
        return self.loss.warnings()

    def records(self) -> Records:
        """One line a value: its backend, step, row and class (none for a sum along the row)."""
        return Records(("backend", "step", "row", "class", "value"), self._values())

    def _values(self) -> Iterator[tuple[Any, ...]]:
        for step in self.steps:
            for row, values in zip(self.rows, step.values, strict=True):
                for name, value in zip(self.loss.class_names, values, strict=True):
                    yield step.backend, step.name, row, name, value
            for row, total in zip(self.rows, () if step.totals is None else step.totals, strict=False):
                yield step.backend, f"{step.name}_sum", row, "", total
        for line in self.loss.losses:
            yield line.backend, line.variant, "", "", line.loss

    def as_dict(self) -> dict[str, Any]:
        """The losses as `loss` gives them, with the steps."""
        steps = [
            {"name": step.name, "backend": step.backend, "values": step.values, "sums": step.totals}
            for step in self.steps
        ]
        return {**self.loss.as_dict(), "step_rows": self.rows, "steps": steps, "findings": self.findings}

    def signature_line(self) -> str:
        """See Signature."""
        return self.loss.signature_line()


def _by_name(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """The steps of one name together, in the order of their first."""
    names: dict[str, list[Step]] = {}
    for step in steps:
        names.setdefault(step.name, []).append(step)
    return names
