"""What `loss` found."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.frameworks import FrameworkLine, frameworks_grid
from softmax_cli.reports.grid import ALL_IN_TSV, Column, Grid, Numbers, Records, count, distance_text, edges
from softmax_cli.reports.ledger import Ledger
from softmax_cli.reports.rows import DETAIL_NAMES, RowDetail, RowLine, details_grid, softmax_grid
from softmax_cli.reports.signature import Signature

# A terminal's usual width, and what its columns take up with the blanks between them.
_GRID_WIDTH, _NAMES_WIDTH, _LOSS_WIDTH, _DELTA_WIDTH, _COUNT_WIDTH = 80, 14, 11, 16, 11

REDUCTIONS = ("mean", "sum", "none")

_NAMES = ("variant", "backend", "device", "dtype", "loss", "delta", "nonfinite", "ulp")


@dataclass(frozen=True, eq=False)
class LossLine:
    """One variant on one backend.

    ``loss`` is the mean or the sum in nats, or one loss a row for the reduction none. ``delta`` is its
    distance from the float64 reference on the same values (for none: the largest of the rows'), 0 where both
    are the same infinity or both nan; None where no reference was asked for. ``ulp`` is the same in units in the
    last place of ``dtype``. ``nonfinite`` counts the rows whose loss is nan or infinite, and ``causes`` say why the
    first of them are. ``family`` is False for losses other than the cross-entropy, whose reference is their own.
    """

    variant: str
    backend: str
    device: str
    dtype: str
    loss: float | Numbers
    reference: float | None
    delta: float | None
    ulp: float | None
    nonfinite: int
    causes: tuple[str, ...] = ()
    family: bool = True


@dataclass(frozen=True, eq=False)
class LossReport(Displayed):
    """The losses, and what there is to say about them.

    ``preview`` are the first and the last rows; ``details`` the rows that were asked for one by one, under
    ``details_title``. ``explained`` and ``with_ledger`` say what a table shows beside the losses.
    """

    signature: Signature
    reduction: str
    rows: int
    class_names: tuple[str, ...]
    losses: tuple[LossLine, ...]
    ledger: Ledger
    preview: tuple[RowLine, ...]
    labels: Sequence[str]
    notes: tuple[str, ...]
    details: Sequence[RowDetail] = ()
    details_title: str = ""
    frameworks: tuple[FrameworkLine, ...] = ()
    explained: bool = False
    with_ledger: bool = False

    def loss(self, variant: str = "cross_entropy", backend: str | None = None) -> float | Numbers:
        """The loss of one variant (on the first backend, if none is named), in nats."""
        for line in self.losses:
            if line.variant == variant and backend in (None, line.backend):
                return line.loss
        raise KeyError(f"{variant} on {backend}" if backend else variant)

    @property
    def reference(self) -> float | None:
        """float64 arithmetic on the values of the first line."""
        return self.losses[0].reference

    @property
    def spread(self) -> float:
        """The largest difference of two ways to the cross-entropy in one precision; nan where one is not finite."""
        return max((max(values) - min(values) for values in self._by_dtype()), key=_nan_last, default=0.0)

    def _by_dtype(self) -> list[list[float]]:
        """The ways to the cross-entropy in each precision."""
        values: dict[str, list[float]] = {}
        for line in self.losses:
            if line.family and isinstance(line.loss, float):
                values.setdefault(line.dtype, []).append(line.loss if math.isfinite(line.loss) else math.nan)
        return list(values.values())

    def grids(self) -> Iterator[Grid]:
        """The softmax table, the variants side by side under it, and what else was asked for."""
        if self.preview and not self.details:
            yield softmax_grid(self.preview, self.rows, self.class_names)
        if self.details:
            shown, hidden = edges(self.details)
            yield details_grid(shown, self.details_title, hidden)
        if self.reduction == "none":
            yield from self._rows_grids()
        for family in (True, False):
            lines = [line for line in self.losses if line.family is family]
            if lines:
                yield from self._losses_grids(lines, "cross-entropy in nats" if family else "other losses")
        if self.frameworks:
            yield frameworks_grid(self.frameworks)
        if self.with_ledger:
            yield self.ledger.grid()

    def _rows_grids(self) -> Iterator[Grid]:
        for (backend, dtype), lines in self._columns(self.losses).items():
            columns = (Column("row", "integer"), Column("label"), *(Column(line.variant, "loss") for line in lines))
            rows, hidden = edges(self._by_row(lines))
            yield Grid(f"loss of each row on {backend}, {dtype}, in nats", columns, rows, hidden, whole=ALL_IN_TSV)

    def _losses_grids(self, lines: Sequence[LossLine], what: str) -> Iterator[Grid]:
        """A row a variant; as many backends and dtypes side by side as a terminal's usual width holds."""
        columns = self._columns(lines)
        counts = {tuple(line.nonfinite for line in of_column) for of_column in columns.values()}
        apart = len(counts) > 1  # else one column serves them all
        part: dict[tuple[str, str], list[LossLine]] = {}
        width = _NAMES_WIDTH
        for (backend, dtype), of_column in columns.items():
            width += max(len(self._column_name(backend, dtype)), _LOSS_WIDTH) + _DELTA_WIDTH + apart * _COUNT_WIDTH
            if part and width > _GRID_WIDTH:
                yield self._losses_grid(part, what, apart=apart)
                part, width = {}, _NAMES_WIDTH
            part[backend, dtype] = of_column
        yield self._losses_grid(part, what, apart=apart)

    def _losses_grid(self, by_column: dict[tuple[str, str], list[LossLine]], what: str, *, apart: bool) -> Grid:
        per_row = self.reduction == "none"
        columns = [Column("variant")]
        lines = next(iter(by_column.values()))
        rows: list[list[Any]] = [[line.variant] for line in lines]
        references: list[Any] = ["reference"]
        for (backend, dtype), of_column in by_column.items():
            name = self._column_name(backend, dtype)
            columns += (
                [Column(f"{name} delta", "distance")]
                if per_row
                else [Column(name, "loss"), Column("delta", "distance"), Column("ulp", "units")]
            )
            columns += [Column("nonfinite", "integer")] * apart
            for row, line in zip(rows, of_column, strict=True):
                figures = [line.delta] if per_row else [line.loss, line.delta, line.ulp]
                row.extend("" if figure is None else figure for figure in figures)
                row.extend([line.nonfinite] * apart)
            references += [of_column[0].reference, "", *[""] * apart, ""]
        if not apart and any(line.nonfinite for line in lines):
            columns.append(Column("nonfinite", "integer"))
            for row, line in zip(rows, lines, strict=True):
                row.append(line.nonfinite)
            references.append("")
        if lines[0].family and lines[0].reference is not None and not per_row:
            rows.append(references)
        title = {
            "mean": f"{what}, mean of {count(self.ledger.counted, 'row')}",
            "sum": f"{what}, sum of {count(self.ledger.counted, 'row')}",
            "none": f"{what}, the largest distance of a row's from its reference",
        }[self.reduction]
        return Grid(title, tuple(columns), rows)

    def _columns(self, lines: Sequence[LossLine]) -> dict[tuple[str, str], list[LossLine]]:
        """The lines of each backend and dtype."""
        columns: dict[tuple[str, str], list[LossLine]] = {}
        for line in lines:
            columns.setdefault((line.backend, line.dtype), []).append(line)
        return columns

    def _column_name(self, backend: str, dtype: str) -> str:
        backends, dtypes = ({getattr(line, name) for line in self.losses} for name in ("backend", "dtype"))
        if len(dtypes) == 1:
            return backend
        return dtype if len(backends) == 1 else f"{backend} {dtype}"

    def _by_row(self, lines: Sequence[LossLine]) -> Iterator[tuple[Any, ...]]:
        columns = [line.loss for line in lines if not isinstance(line.loss, float)]
        return zip(range(self.rows), self.labels, *columns, strict=True)

    def warnings(self) -> tuple[str, ...]:
        """Why a loss is not finite: the first row, and the cause (all of those that were kept, if explained)."""
        found = () if self.ledger.counted else (f"No row counts: all {self.rows:,} labels are ignored.",)
        causes: dict[tuple[Any, ...], list[str]] = {}
        for line in self.losses:
            if line.causes:
                kept = line.causes if self.explained else line.causes[:1]
                column = self._column_name(line.backend, line.dtype)
                causes.setdefault((line.variant, line.nonfinite, kept), []).append(column)
        for (variant, nonfinite, kept), columns in causes.items():
            start = f"{variant} ({', '.join(columns)}): {count(nonfinite, 'row')} not finite"
            if not self.explained:
                found = (*found, f"{start}, first {kept[0]}.")
                continue
            rest = nonfinite - len(kept)
            found = (*found, f"{start}:", *(f"  {cause}." for cause in kept), *([f"  and {rest:,} more."] * bool(rest)))
        return found

    def remarks(self) -> tuple[str, ...]:
        """How far the losses agree, and how the frameworks differ."""
        return (*self._agreement(), *(f"{line.framework}: {line.why}." for line in self.frameworks if line.why))

    def _agreement(self) -> tuple[str, ...]:
        values = [value for each in self._by_dtype() for value in each]
        if len(values) < 2:
            return ()
        odd = sum(map(math.isnan, values))
        if odd:
            return (f"{odd} of {len(values)} losses {'is' if odd == 1 else 'are'} not finite.",)
        relative = self.spread / max(map(abs, values)) if self.spread else 0.0
        apart = f"{distance_text(self.spread)} (relative {distance_text(relative)})"
        precisely = "" if len(self._by_dtype()) == 1 else " in each precision"
        return (f"The {len(values)} losses agree within {apart}{precisely}.",)

    def records(self) -> Records:
        """One line a variant, backend and dtype; for the reduction none, or with details, one line a row."""
        if self.details:
            return Records(DETAIL_NAMES, (tuple(vars(detail).values()) for detail in self.details))
        if self.reduction == "none":
            several = len(self._columns(self.losses)) > 1
            names = [
                f"{self._column_name(line.backend, line.dtype).replace(' ', ':')}:{line.variant}"
                if several
                else line.variant
                for line in self.losses
            ]
            return Records(("row", "label", *names), self._by_row(self.losses))
        rows = [
            (*self._values(line), self.signature.of(line.backend, dtype=line.dtype, variant=line.variant).line())
            for line in self.losses
        ]
        rows += [
            (
                f"as:{line.framework}",
                "numpy",
                "cpu",
                "float64",
                line.loss,
                line.difference,
                "",
                "",
                self.signature.line(),
            )
            for line in self.frameworks
        ]
        return Records((*_NAMES, "signature"), rows)

    @staticmethod
    def _values(line: LossLine) -> tuple[Any, ...]:
        values = (getattr(line, name) for name in _NAMES)
        return tuple("" if value is None else value for value in values)

    def as_dict(self) -> dict[str, Any]:
        """The signature, the sizes, a list of the losses, and the ledger."""
        return {
            "signature": self.signature.as_dict(),
            "rows": self.rows,
            "classes": len(self.class_names),
            "class_names": self.class_names,
            "reference": self.reference,
            "losses": [
                {name: getattr(line, name) for name in (*_NAMES, "reference", "causes")} for line in self.losses
            ],
            "ledger": self.ledger.entries(),
            **({"frameworks": [vars(line) for line in self.frameworks]} if self.frameworks else {}),
            **({"labels": self.labels} if self.reduction == "none" else {}),
            **({"details": [vars(detail) for detail in self.details]} if self.details else {}),
            "notes": self.notes,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()


def _nan_last(value: float) -> float:
    return math.inf if math.isnan(value) else value
