"""What `loss` found."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.grid import (
    ALL_IN_TSV,
    Column,
    Grid,
    Numbers,
    Records,
    class_columns,
    count,
    distance_text,
    edges,
)
from softmax_cli.reports.signature import Signature

REDUCTIONS = ("mean", "sum", "none")

_NAMES = ("variant", "backend", "device", "dtype", "loss", "delta", "nonfinite")


@dataclass(frozen=True, eq=False)
class LossLine:
    """One variant on one backend.

    ``loss`` is the mean or the sum in nats, or one loss a row for the reduction none. ``delta`` is its
    distance from the float64 reference on the same values (for none: the largest of the rows'), 0 where both
    are the same infinity or both nan; None where no reference was asked for. ``nonfinite`` counts the rows
    whose loss is nan or infinite, and ``cause`` says why the first of them is. ``family`` is False for losses
    other than the cross-entropy, whose reference is their own.
    """

    variant: str
    backend: str
    device: str
    dtype: str
    loss: float | Numbers
    delta: float | None
    nonfinite: int
    cause: str = ""
    family: bool = True


@dataclass(frozen=True)
class Ledger:
    """Where the mean comes from, for one variant on one backend: what was counted, and what was divided by what.

    ``mean`` divides by the counted rows' weights, as torch does. ``per_counted`` and ``per_row`` divide by their
    number, and by that of all rows; ``standard_error`` is that of ``per_counted``:
    sqrt((E[L^2] - E[L]^2) / (n - 1)), as llama.cpp's perplexity has it.
    """

    variant: str
    backend: str
    rows: int
    counted: int
    loss_sum: float
    square_sum: float
    weight_sum: float
    mean: float

    @property
    def ignored(self) -> int:
        """How many rows count nowhere."""
        return self.rows - self.counted

    @property
    def per_counted(self) -> float:
        """The sum over the number of counted rows."""
        return self.loss_sum / self.counted if self.counted else math.nan

    @property
    def per_row(self) -> float:
        """The sum over the number of all rows."""
        return self.loss_sum / self.rows

    @property
    def perplexity(self) -> float:
        """exp(mean)."""
        return math.exp(self.mean) if self.mean < _LARGEST_EXPONENT else math.nan if math.isnan(self.mean) else math.inf

    @property
    def bits(self) -> float:
        """Mean / ln 2."""
        return self.mean / math.log(2)

    @property
    def standard_error(self) -> float:
        """Of the mean per counted row; nan for fewer rows than two."""
        if self.counted < 2 or not math.isfinite(self.square_sum):
            return math.nan
        variance = self.square_sum / self.counted - self.per_counted**2
        return math.sqrt(max(variance, 0.0) / (self.counted - 1))

    def entries(self) -> dict[str, float | int]:
        """Each entry by its name."""
        return {
            "rows": self.rows,
            "counted": self.counted,
            "ignored": self.ignored,
            "loss_sum": self.loss_sum,
            "weight_sum": self.weight_sum,
            "mean": self.mean,
            "mean_per_counted_row": self.per_counted,
            "mean_per_row": self.per_row,
            "perplexity": self.perplexity,
            "bits": self.bits,
            "standard_error": self.standard_error,
        }


_LARGEST_EXPONENT = math.log(1.7976931348623157e308)


@dataclass(frozen=True, eq=False)
class RowLine:
    """One row of the softmax table; ``target`` is the label's class, None where it is not a single one."""

    row: int
    label: str
    target: int | None
    probabilities: Numbers
    row_sum: float
    loss: float


@dataclass(frozen=True, eq=False)
class LossReport(Displayed):
    """``reference`` is float64 arithmetic on the same values; ``preview`` the first and the last rows."""

    signature: Signature
    reduction: str
    rows: int
    class_names: tuple[str, ...]
    losses: tuple[LossLine, ...]
    reference: float | None
    ledger: Ledger
    preview: tuple[RowLine, ...]
    labels: Sequence[str]
    notes: tuple[str, ...]

    def loss(self, variant: str = "cross_entropy", backend: str | None = None) -> float | Numbers:
        """The loss of one variant (on the first backend, if none is named), in nats."""
        for line in self.losses:
            if line.variant == variant and backend in (None, line.backend):
                return line.loss
        raise KeyError(f"{variant} on {backend}" if backend else variant)

    def grids(self) -> Iterator[Grid]:
        """The softmax table and, under it, the variants side by side."""
        if self.preview:
            yield self._softmax_grid()
        if self.reduction == "none":
            yield from self._rows_grids()
        for family in (True, False):
            lines = [line for line in self.losses if line.family is family]
            if lines:
                yield self._losses_grid(lines, "cross-entropy in nats" if family else "other losses")

    def _softmax_grid(self) -> Grid:
        columns = (
            Column("row", "integer"),
            Column("label"),
            *class_columns(self.class_names),
            Column("p(label)", "decimal", stand_in=True),
            Column("sum", "decimal"),
            Column("loss", "decimal"),
        )
        rows = [
            (
                line.row,
                line.label,
                *line.probabilities,
                "" if line.target is None else line.probabilities[line.target],
                line.row_sum,
                line.loss,
            )
            for line in self.preview
        ]
        marked = [None if line.target is None else line.target + 2 for line in self.preview]
        title = f"softmax, {count(self.rows, 'row')} of {count(len(self.class_names), 'class', 'classes')}"
        hidden = self.rows - len(self.preview)
        legend = "* the label's class" if any(marked) else ""
        return Grid(title, columns, rows, hidden, marked, legend, whole="the softmax command writes them all")

    def _rows_grids(self) -> Iterator[Grid]:
        for backend in self._backends:
            lines = [line for line in self.losses if line.backend == backend]
            columns = (
                Column("row", "integer"),
                Column("label"),
                *(Column(line.variant, "loss") for line in lines),
            )
            rows, hidden = edges(self._by_row(lines))
            yield Grid(f"loss of each row on {backend}, in nats", columns, rows, hidden, whole=ALL_IN_TSV)

    def _losses_grid(self, lines: Sequence[LossLine], what: str) -> Grid:
        per_row = self.reduction == "none"
        faulty = any(line.nonfinite for line in lines)
        columns = [Column("variant")]
        for backend in self._backends:
            columns.append(Column(f"{backend} delta", "distance") if per_row else Column(backend, "loss"))
            columns += [] if per_row else [Column("delta", "distance")]
            columns += [Column("nonfinite", "integer")] if faulty else []
        table: dict[str, list[Any]] = {}
        for line in lines:
            cells = table.setdefault(line.variant, [line.variant])
            cells += [] if per_row else [line.loss]
            cells += ["" if line.delta is None else line.delta]
            cells += [line.nonfinite] if faulty else []
        rows: list[Sequence[Any]] = list(table.values())
        if lines[0].family and self.reference is not None and not per_row:
            rows.append(("reference", self.reference, *[""] * (len(columns) - 2)))
        title = {
            "mean": f"{what}, mean of {count(self.rows, 'row')}",
            "sum": f"{what}, sum of {count(self.rows, 'row')}",
            "none": f"{what}, the largest distance of a row's from its reference",
        }[self.reduction]
        return Grid(title, tuple(columns), rows)

    @property
    def _backends(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.backend for line in self.losses))

    def _by_row(self, lines: Sequence[LossLine]) -> Iterator[tuple[Any, ...]]:
        columns = [line.loss for line in lines if not isinstance(line.loss, float)]
        return zip(range(self.rows), self.labels, *columns, strict=True)

    def warnings(self) -> tuple[str, ...]:
        """Why a loss is not finite: the first row, and the cause."""
        causes: dict[tuple[str, int, str], list[str]] = {}
        for line in self.losses:
            if line.cause:
                causes.setdefault((line.variant, line.nonfinite, line.cause), []).append(line.backend)
        return tuple(
            f"{variant} ({', '.join(backends)}): {count(nonfinite, 'row')} not finite, first {cause}."
            for (variant, nonfinite, cause), backends in causes.items()
        )

    def remarks(self) -> tuple[str, ...]:
        """How far the losses agree."""
        values = [line.loss for line in self.losses if line.family and isinstance(line.loss, float)]
        if len(values) < 2:
            return ()
        odd = sum(not math.isfinite(value) for value in values)
        if odd:
            return (f"{odd} of {len(values)} losses {'is' if odd == 1 else 'are'} not finite.",)
        spread, scale = max(values) - min(values), max(map(abs, values))
        relative = spread / scale if spread else 0.0
        return (f"The {len(values)} losses agree within {distance_text(spread)} (relative {distance_text(relative)}).",)

    def records(self) -> Records:
        """One line a variant and backend; for the reduction none, one line a row."""
        if self.reduction == "none":
            several = len(self._backends) > 1
            names = [f"{line.backend}:{line.variant}" if several else line.variant for line in self.losses]
            return Records(("row", "label", *names), self._by_row(self.losses))
        rows = [
            (*self._values(line), self.signature.of(line.backend, variant=line.variant).line()) for line in self.losses
        ]
        return Records((*_NAMES, "signature"), rows)

    @staticmethod
    def _values(line: LossLine) -> tuple[Any, ...]:
        values = (getattr(line, name) for name in _NAMES)
        return tuple("" if value is None else value for value in values)

    def as_dict(self) -> dict[str, Any]:
        """The signature, the sizes, and a list of the losses."""
        losses = [{name: getattr(line, name) for name in (*_NAMES, "cause")} for line in self.losses]
        labels = {"labels": self.labels} if self.reduction == "none" else {}
        return {
            "signature": self.signature.as_dict(),
            "rows": self.rows,
            "classes": len(self.class_names),
            "class_names": self.class_names,
            "reference": self.reference,
            "losses": losses,
            "ledger": self.ledger.entries(),
            **labels,
            "notes": self.notes,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()
