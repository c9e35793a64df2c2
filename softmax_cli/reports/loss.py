"""What `loss` found."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.frameworks import FrameworkLine, frameworks_grid
from softmax_cli.reports.grid import (
    ALL_IN_TSV,
    Column,
    Grid,
    Numbers,
    Records,
    all_ignored,
    count,
    distance_text,
    edges,
)
from softmax_cli.reports.ledger import Ledger
from softmax_cli.reports.lines import LossLine, by_column, losses_grids
from softmax_cli.reports.rows import Detail, RowLine, detail_names, details_grid, sigmoid_grid, softmax_grid
from softmax_cli.reports.signature import Signature

if TYPE_CHECKING:
    from softmax_cli.reports.groups import GroupedFigures
    from softmax_cli.reports.kept import Kept

REDUCTIONS = ("mean", "sum", "none")

OF_GROUPS = ("loss",)
"""The quantity of each group of rows."""

_OF_GROUP = ("group", "rows", "standard_error")
_NAMES = ("variant", "backend", "device", "dtype", "loss", "delta", "nonfinite", "ulp")


@dataclass(frozen=True, eq=False)
class LossReport(Displayed):
    """The losses, and what there is to say about them.

    ``preview`` are the first and the last rows; ``details`` the rows that were asked for one by one, under
    ``details_title``. ``explained`` and ``with_ledger`` say what a table shows beside the losses. ``family`` names
    the loss that the variants are ways to, and ``headline`` the variant that stands for it.
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
    hints: tuple[str, ...] = ()
    details: Sequence[Detail] | None = None
    details_title: str = ""
    frameworks: tuple[FrameworkLine, ...] = ()
    explained: bool = False
    with_ledger: bool = False
    family: str = "cross-entropy"
    headline: str = "cross_entropy"
    multilabel: bool = False
    groups: "GroupedFigures | None" = None
    kept: "Kept | None" = None

    def loss(self, variant: str = "", backend: str | None = None) -> float | Numbers:
        """Return the loss of one variant (the headline, if none is named; on the first backend), in nats."""
        variant = variant or self.headline
        for line in self.losses:
            if line.variant == variant and backend in (None, line.backend):
                return line.loss
        raise KeyError(f"{variant} on {backend}" if backend else variant)

    @property
    def reference(self) -> float | None:
        """float64 arithmetic on the values of the first line."""
        return self.losses[0].reference

    @property
    def nothing(self) -> str:
        """Why the loss is of nothing, in words; empty where it is of something."""
        if not self.ledger.counted:
            return all_ignored(self.rows)
        if self.reduction == "mean" and not self.ledger.weight_sum:
            by_class = self.ledger.weighing == Ledger.weighing
            weights = "weights of the counted labels' classes" if by_class else "weights of the counted rows"
            return f"there is nothing to divide by: the {weights} sum to 0"
        return ""

    @property
    def spread(self) -> float:
        """The largest difference of two ways to the loss in one precision; nan where one is not finite."""
        spreads = [0.0]
        for dtype in {line.dtype for line in self.losses}:
            values = [line.loss for line in self._ways if line.dtype == dtype and isinstance(line.loss, float)]
            if not all(map(math.isfinite, values)):
                return math.nan
            spreads.append(max(values, default=0.0) - min(values, default=0.0))
        return max(spreads)

    @property
    def _ways(self) -> list[LossLine]:
        """The ways to the loss, with one value each."""
        return [line for line in self.losses if line.family and isinstance(line.loss, float)]

    def grids(self) -> Iterator[Grid]:
        """The softmax or sigmoid table, the variants side by side under it, and what else was asked for."""
        if self.preview and self.details is None:
            table = sigmoid_grid if self.multilabel else softmax_grid
            yield table(self.preview, self.rows, self.class_names)
        if self.details is not None:
            yield from self._details_grids(self.details)
        if self.reduction == "none":
            yield from self._rows_grids()
        of_rows = f"{self.reduction} of {count(self.ledger.counted, 'row')}"
        if self.multilabel:
            of_rows += f" of {count(len(self.class_names), 'class', 'classes')}"
        if self.reduction == "none":
            of_rows = "the largest distance of a row's from its reference"
        for family, what in ((True, f"{self.family} in nats"), (False, "other losses")):
            lines = [line for line in self.losses if line.family is family]
            yield from losses_grids(lines, self._column_names, f"{what}, {of_rows}")
        if self.groups is not None:
            yield self.groups.grid()
        if self.frameworks:
            yield frameworks_grid(self.frameworks)
        if self.with_ledger:
            yield self.ledger.grid()

    def _details_grids(self, details: Sequence[Detail]) -> Iterator[Grid]:
        shown, hidden = edges(details)
        yield details_grid(shown, self.details_title, hidden, multilabel=self.multilabel)
        if self.kept is not None:
            yield self.kept.grid([detail.row for detail in shown])

    def _rows_grids(self) -> Iterator[Grid]:
        for (backend, dtype), lines in by_column(self.losses).items():
            columns = (Column("row", "integer"), Column("label"), *(Column(line.variant, "loss") for line in lines))
            rows, hidden = edges(self._by_row(lines))
            yield Grid(f"loss of each row on {backend}, {dtype}, in nats", columns, rows, hidden, whole=ALL_IN_TSV)

    @property
    def _column_names(self) -> dict[tuple[str, str], str]:
        """What tells the backends and dtypes apart, in as few words as these losses need."""
        columns = list(by_column(self.losses))
        several_backends, several_dtypes = (len(set(part)) > 1 for part in zip(*columns, strict=True))
        return {
            (backend, dtype): (f"{backend} {dtype}" if several_backends else dtype) if several_dtypes else backend
            for backend, dtype in columns
        }

    def _by_row(self, lines: Sequence[LossLine]) -> Iterator[tuple[Any, ...]]:
        columns = [line.loss for line in lines if not isinstance(line.loss, float)]
        return zip(range(self.rows), self.labels, *columns, strict=True)

    def warnings(self) -> tuple[str, ...]:
        """Why a loss is not finite: the first row, and the cause (all of those that were kept, if explained)."""
        found = (f"{self.nothing.capitalize()}.",) if self.nothing else ()
        causes: dict[tuple[Any, ...], list[str]] = {}
        for line in self.losses:
            if line.causes:
                kept = line.causes if self.explained else line.causes[:1]
                column = self._column_names[line.backend, line.dtype]
                causes.setdefault((line.variant, line.nonfinite, kept), []).append(column)
        for (variant, nonfinite, kept), columns in causes.items():
            start = f"{variant} ({', '.join(columns)}): {count(nonfinite, 'row')} not finite"
            if not self.explained:
                found = (*found, f"{start}, first {kept[0]}.")
                continue
            rest = nonfinite - len(kept)
            found = (*found, f"{start}:", *(f"  {cause}." for cause in kept), *([f"  and {rest:,} more."] * bool(rest)))
        return (*found, *self._clamps())

    def _clamps(self) -> Iterator[str]:
        """Where a logarithm was clamped: the loss is finite there, and not what the formula gives."""
        for line in self.losses:
            if line.clamps:
                kept = line.clamps if self.explained else line.clamps[:1]
                column = self._column_names[line.backend, line.dtype]
                start = f"{line.variant} ({column}): a logarithm is clamped in {count(line.clamped, 'row')}"
                yield f"{start}, first {kept[0]}."
                yield from (f"  {cause}." for cause in kept[1:])

    def remarks(self) -> tuple[str, ...]:
        """How far the losses agree, and how the frameworks differ."""
        of_groups = () if self.groups is None else (self.groups.remark({"loss": self.ledger.mean}),)
        differing = (f"{line.framework}: {line.why}." for line in self.frameworks if line.why)
        return (*self._agreement(), *of_groups, *differing)

    def _agreement(self) -> tuple[str, ...]:
        values = [line.loss for line in self._ways if isinstance(line.loss, float)]
        if len(values) < 2:
            return ()
        odd = sum(not math.isfinite(value) for value in values)
        if odd:
            return (f"{odd} of {len(values)} losses {'is' if odd == 1 else 'are'} not finite.",)
        relative = self.spread / max(map(abs, values)) if self.spread else 0.0
        apart = f"{distance_text(self.spread)} (relative {distance_text(relative)})"
        precisely = "" if len({line.dtype for line in self._ways}) == 1 else " in each precision"
        return (f"The {len(values)} losses agree within {apart}{precisely}.",)

    def records(self) -> Records:
        """One line a variant, backend and dtype; for the reduction none, or with details, one line a row."""
        if self.details is not None:
            records = Records(
                detail_names(multilabel=self.multilabel), (tuple(vars(detail).values()) for detail in self.details)
            )
            return records if self.kept is None else self.kept.beside(records)
        if self.reduction == "none":
            several = len(by_column(self.losses)) > 1
            names = [
                f"{self._column_names[line.backend, line.dtype].replace(' ', ':')}:{line.variant}"
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
        if self.groups is None:
            return Records((*_NAMES, "signature"), rows)
        rows = [(*values[:-1], *("",) * len(_OF_GROUP), values[-1]) for values in rows]
        return Records((*_NAMES, *_OF_GROUP, "signature"), [*rows, *self._of_groups(self.groups)])

    def _of_groups(self, groups: "GroupedFigures") -> Iterator[tuple[Any, ...]]:
        """A line a group, of the headline on the first backend."""
        line = self.losses[0]
        signature = self.signature.of(line.backend, dtype=line.dtype, variant=self.ledger.variant).line()
        for group in groups.every:
            of = (self.ledger.variant, line.backend, line.device, line.dtype, group.means[0], "", "", "")
            yield (*of, group.name, group.rows, group.standard_errors[0], signature)

    @property
    def _more(self) -> tuple[str, ...]:
        return ("clamped", "clamps") if self.multilabel else ()

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
                {name: getattr(line, name) for name in (*_NAMES, "reference", "causes", *self._more)}
                for line in self.losses
            ],
            "ledger": self.ledger.entries(),
            **({} if self.groups is None else {"groups": self.groups.as_dict()}),
            **({"frameworks": [vars(line) for line in self.frameworks]} if self.frameworks else {}),
            **({"labels": self.labels} if self.reduction == "none" else {}),
            **({} if self.details is None else {"details": self._details(self.details)}),
            "notes": self.notes,
            "hints": self.hints,
        }

    def _details(self, details: Iterable[Detail]) -> list[dict[str, Any]]:
        from softmax_cli.reports.kept import row_entries  # few runs list rows

        return row_entries(details, self.kept)

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()
