"""What `compare` found: how far apart two versions of the same logits are, and what that does to the predictions."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from softmax_cli.reports.changed_rows import CHANGED_ROW_NAMES, ChangedRow, changed_rows_grid
from softmax_cli.reports.changes import (
    DISCORDANCE,
    OF_LABELS,
    Change,
    Discordance,
    change_quantities,
    changes_grid,
)
from softmax_cli.reports.display import Displayed
from softmax_cli.reports.figures import Figure, figure_records
from softmax_cli.reports.grid import Column, Grid, Records, count, distance_text, edges
from softmax_cli.reports.groups import GroupedFigures, figure_names
from softmax_cli.reports.kept import Kept, row_entries
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.spreads import OF_ROWS, OF_VALUES, Spread, rows_grid, spread_quantities, values_grid
from softmax_cli.reports.tails import OF_CHANGE, OF_KL

CONFIDENCE = 0.95
GROUPED = ("mean_kl", "top1_agreement")
GROUPED_BY_LABEL = ("loss_change", "accuracy_change")
"""The quantities of each group of rows, without labels and with them."""

AGREEMENTS = ("top1_agreement", "topk_agreement", "topk_overlap")

QUANTITIES = (
    *(name for spread in (*OF_VALUES, *OF_ROWS) for name in spread_quantities(spread)),
    *AGREEMENTS,
    *(name for change in OF_LABELS for name in change_quantities(change)),
    *DISCORDANCE,
    *OF_KL,
    *OF_CHANGE,
    "nonfinite",
    "undefined",
    "outside",
)
OF_GROUPS = tuple(dict.fromkeys((*figure_names(GROUPED), *figure_names(GROUPED_BY_LABEL))))
"""What a condition can be on, and where there are groups."""


@dataclass(frozen=True)
class Agreement:
    """In how many rows A and B agree (None for a share that is a mean over rows), and the share's standard error."""

    name: str
    meaning: str
    rows: int | None
    share: float
    standard_error: float


@dataclass(frozen=True)
class Place:
    """A logit, and what it is in A and in B: numbers of the files' own precisions, whose text is the shortest."""

    row: int
    class_name: str
    a: Any
    b: Any

    def __str__(self) -> str:
        return f"row {self.row}, class {self.class_name}: {self.a} in A, {self.b} in B"


@dataclass(frozen=True)
class Oddities:
    """What is nan or infinite.

    Logits that are so in both files alike, and in one alone (``first`` of them); rows without a softmax (nan or +inf
    among their logits, or nothing but -inf) in both, which count only in |A - B| of the logits, and in one alone.
    """

    alike: int
    unlike: int
    first: Place | None
    undefined_in_both: int
    undefined_in_one: int
    first_undefined: int | None

    def warnings(self) -> Iterator[str]:
        """What is wrong with the figures."""
        if self.first is not None:
            logits = count(self.unlike, "logit is", "logits are")
            yield f"{logits} nan or infinite in only one file, first in {self.first}."
        if self.first_undefined is not None:
            rows = count(self.undefined_in_one, "row has", "rows have")
            yield f"{rows} no softmax in only one file, first row {self.first_undefined}."

    def remarks(self) -> Iterator[str]:
        """What is the same in both, and counts nowhere."""
        if self.alike:
            logits = count(self.alike, "logit is", "logits are")
            yield f"{logits} nan or the same infinity in both files, which counts as no difference."
        if self.undefined_in_both:
            rows = count(self.undefined_in_both, "row has", "rows have")
            yield f"{rows} no softmax in either file; only their logits are compared."


@dataclass(frozen=True)
class Tolerance:
    """How many logits are not within |a - b| <= atol + rtol |b|, the first of them, and the atol that allows all."""

    atol: float
    rtol: float
    values: int
    outside: int
    first: Place | None
    sufficient: float

    @property
    def failure(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        if self.first is None:
            return ""
        terms = [f"{self.atol:g}"] * bool(self.atol or not self.rtol) + [f"{self.rtol:g} |b|"] * bool(self.rtol)
        allowed = " + ".join(terms)
        number = f"{self.outside:,} of {count(self.values, 'logit')}"
        found = f"{number} differ by more than {allowed}, first in {self.first}"
        return (
            f"{found}; --atol {_rounded_up(self.sufficient)} allows them all"
            if math.isfinite(self.sufficient)
            else found
        )


@dataclass(frozen=True, eq=False)
class CompareReport(Displayed):
    """How far B is from A, the files of these ``names``; ``counted`` are the rows whose label is not ignored.

    ``cause`` is what explains the difference in all rows, in a sentence; empty where nothing does.
    ``agreements`` are those of the likeliest class, and of the ``k`` likeliest. ``changed_rows`` are the rows that
    changed most, and the records where they were asked for. ``changes`` and ``discordance`` need labels, ``tolerance``
    a limit. ``tails`` are figures that no table shows. ``ties`` counts the rows where A and B predict different
    classes that are equally likely in one of them.
    """

    signature: Signature
    names: tuple[str, str]
    cause: str
    rows: int
    counted: int
    class_names: tuple[str, ...]
    spreads: tuple[Spread, ...]
    agreements: tuple[Agreement, ...]
    k: int
    ties: int
    changes: tuple[Change, ...]
    tails: tuple[Figure, ...]
    rows_drawn_at_once: int
    discordance: Discordance | None
    tolerance: Tolerance | None
    oddities: Oddities
    changed_rows: Sequence[ChangedRow]
    rows_asked_for: bool
    notes: tuple[str, ...]
    hints: tuple[str, ...] = ()
    groups: GroupedFigures | None = None
    kept: Kept | None = None

    def spread(self, name: str) -> Spread:
        """The distances of that name, as ``kl``."""
        return next(spread for spread in self.spreads if spread.name == name)

    def quantities(self) -> dict[str, float]:
        """Each figure that was computed, by its name out of QUANTITIES."""
        of_groups = () if self.groups is None else self.groups.figures()
        return {figure.quantity: figure.value for figure in chain(self._figures(), of_groups)}

    @property
    def failure(self) -> str:
        """What is beyond the tolerance, in words; empty where nothing is, or none was given."""
        return "" if self.tolerance is None else self.tolerance.failure

    @property
    def same(self) -> bool:
        """Whether no logit differs."""
        return self.spread("abs_diff").largest == 0

    @property
    def _predicted(self) -> int:
        """The rows that have a softmax in one file at least: those of the probabilities, classes and labels."""
        return self.counted - self.oddities.undefined_in_both

    def _figures(self) -> Iterator[Figure]:
        for spread in self.spreads:
            yield from spread.figures()
        for agreement in self.agreements:
            yield Figure(agreement.name, agreement.share, agreement.standard_error)
        for change in self.changes:
            yield from change.figures()
        if self.discordance is not None:
            yield from self.discordance.figures()
        yield from self.tails
        yield Figure("nonfinite", self.oddities.unlike)
        yield Figure("undefined", self.oddities.undefined_in_one)
        if self.tolerance is not None:
            yield Figure("outside", self.tolerance.outside)

    def grids(self) -> Iterator[Grid]:
        """The distances of values and of rows, the agreement, what the labels say, and the rows that changed most."""
        size = f"{count(self.rows, 'row')} of {count(len(self.class_names), 'class', 'classes')}"
        of_values = [spread for spread in self.spreads if spread.name in OF_VALUES]
        yield values_grid(of_values, f"{size}: A {self.names[0]}, B {self.names[1]}")
        yield rows_grid([spread for spread in self.spreads if spread.name in OF_ROWS])
        yield self._agreement_grid()
        if self.changes:
            yield changes_grid(self.changes, self._predicted, CONFIDENCE, self.rows_drawn_at_once)
        if self.groups is not None:
            yield self.groups.grid()
        if self.changed_rows:
            shown, hidden = edges(self.changed_rows)
            yield changed_rows_grid(shown, hidden, labelled=bool(self.changes))
            if self.kept is not None:
                yield self.kept.grid([changed.row for changed in shown])

    def _agreement_grid(self) -> Grid:
        columns = (
            Column("agreement"),
            Column("rows", "integer"),
            Column("share", "decimal"),
            Column("±se", "measure"),
        )
        rows = [
            (each.meaning, "" if each.rows is None else f"{each.rows:,}", each.share, each.standard_error)
            for each in self.agreements[: 1 if self.k == 1 else None]  # a set of one class says nothing more
        ]
        return Grid("predicted classes", columns, rows)

    def lead(self) -> str:
        """The cause of the difference."""
        return self.cause

    def remarks(self) -> tuple[str, ...]:
        """What the figures mean."""
        return tuple(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if self.same:
            yield "No logit differs."
        largest, shift_free = self.spread("abs_diff").largest, self.spread("shift_free_diff").largest
        if math.isfinite(largest) and 2 * shift_free < largest:
            left = f"differ by at most {distance_text(shift_free)}" if shift_free else "are the same"
            yield f"After removing a constant per row, which softmax ignores, the logits {left}."
        first = self.agreements[0]
        if first.rows is not None and (others := self._predicted - first.rows):
            ties = f", {self.ties:,} of them because of a tie" if self.ties else ""
            yield f"A and B predict different classes in {others:,} of {count(self._predicted, 'row')}{ties}."
        if self.discordance is not None and self.discordance.pairs:
            yield str(self.discordance)
        yield from self.oddities.remarks()
        if self.groups is not None:
            yield self.groups.remark(self.quantities())

    def warnings(self) -> tuple[str, ...]:
        """What is nan or infinite in one file alone."""
        return tuple(self.oddities.warnings())

    def records(self) -> Records:
        """A figure a line; or, where they were asked for, one line for each row that changed most."""
        if self.rows_asked_for:
            records = Records(CHANGED_ROW_NAMES, (tuple(vars(row).values()) for row in self.changed_rows))
            return records if self.kept is None else self.kept.beside(records)
        of_groups = None if self.groups is None else self.groups.records()
        return figure_records(self._figures(), self.signature.line(), of_groups)

    def as_dict(self) -> dict[str, Any]:
        """The signature, the sizes, an object for each figure by its name, and the rows that changed most."""
        return {
            "signature": self.signature.as_dict(),
            "a": self.names[0],
            "b": self.names[1],
            "cause": self.cause,
            "rows": self.rows,
            "counted": self.counted,
            "classes": len(self.class_names),
            "class_names": self.class_names,
            "figures": {figure.quantity: figure.as_dict() for figure in self._figures()},
            "mcnemar": None if self.discordance is None else vars(self.discordance),
            "oddities": {
                **vars(self.oddities),
                "first": None if self.oddities.first is None else vars(self.oddities.first),
            },
            "changed_rows": row_entries(self.changed_rows, self.kept),
            **({} if self.groups is None else {"groups": self.groups.as_dict()}),
            "notes": self.notes,
            "hints": self.hints,
        }

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()


def _rounded_up(value: float, digits: int = 3) -> str:
    """The shortest number of so many digits that is not below a positive one."""
    text = f"{value:.{digits - 1}e}"
    if float(text) < value:
        exponent = int(text.partition("e")[2])
        text = f"{float(text) + 10.0 ** (exponent - digits + 1):.{digits - 1}e}"
    return f"{float(text):g}"
