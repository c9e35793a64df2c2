"""How far apart the predictions of two versions are, also by the labels: a part of `compare`'s fold."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.evaluation.comparing.parts import Columns, Floats, Gathered, Largest, Part, RowFigure
from softmax_cli.evaluation.comparing.settings import Comparing
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.softmax import log_softmax, nll_loss
from softmax_cli.losses.sums import Sum
from softmax_cli.losses.targets import Indices, Target
from softmax_cli.metrics.agreement import shared, top_classes
from softmax_cli.metrics.bootstrap import Units
from softmax_cli.metrics.divergence import divergences
from softmax_cli.metrics.moments import Moments
from softmax_cli.metrics.quantiles import Quantiles, SignedQuantiles, Tally, tally
from softmax_cli.reports.changed_rows import ChangedRow

if TYPE_CHECKING:
    from softmax_cli.evaluation.grouping import GroupFold

DIVERGENCES = ("kl", "reverse_kl", "js")
AGREEMENTS = ("same_first", "same_k", "overlap")
LABELLED = ("loss_a", "loss_b", "loss_change", "right_a", "right_b", "right_change", "p_a", "p_b", "p_change")
_GROUPED = {"mean_kl": "kl", "top1_agreement": "same_first", "loss_change": "loss_change"}
_GROUPED |= {"accuracy_change": "right_change"}
"""The columns whose means the figures of groups are."""

SQUARED = "p_change_squared"
DRAWN = ("loss_a", "loss_change", "right_change", "p_change")
"""The columns that the bootstrap draws the rows of, behind one that counts them."""


@dataclass(frozen=True, eq=False)
class FoundPredictions:
    """What a block's predictions came to; of no row, but for the undefined ones, the rest is None."""

    undefined_in_both: int
    undefined_in_one: int = 0
    first_undefined: int | None = None
    tally: Tally | None = None
    largest: Largest = field(default=Largest())
    columns: Columns | None = None
    ties: int = 0
    changed_rows: tuple[ChangedRow, ...] = ()


@dataclass(frozen=True, eq=False)
class _Predicted:
    """The rows of a part by their log-probabilities, (n, C), and where the softmax is undefined in one of the two."""

    part: Part
    log_p: Floats
    log_q: Floats
    max_abs_diff: Floats
    one_alone: NDArray[np.bool_]

    def at(self, places: NDArray[np.intp]) -> "_Predicted":
        """Some of the rows."""
        log_p, log_q, max_abs_diff = (values[places] for values in (self.log_p, self.log_q, self.max_abs_diff))
        return _Predicted(self.part.at(places), log_p, log_q, max_abs_diff, self.one_alone[places])


class PredictionsApart:
    """|p - q| of every probability, the divergences of every row, their likeliest classes and, by labels, the loss.

    Everything is of the rows that have a softmax (no nan, no +inf, not nothing but -inf) in one of the two at least;
    where it is one alone, the distances are nan and nothing agrees. The softmax is that at the temperature asked for.
    """

    def __init__(
        self,
        comparing: Comparing,
        class_names: tuple[str, ...],
        label_texts: Callable[[Target | None, int], list[str]],
    ) -> None:
        self._comparing = comparing
        self._class_names = class_names
        self._label_texts = label_texts
        self._gathered = Gathered(self._add_rows)
        self.k = max(1, min(comparing.top_k, len(class_names) - 1))  # all of them are the same in any case
        self.quantiles = Quantiles()
        self.total = Sum()
        self.largest = Largest()
        self.divergences = {name: RowFigure() for name in DIVERGENCES}
        self.moments = {name: Moments() for name in (*AGREEMENTS, *LABELLED, SQUARED)}
        self.p_changes = SignedQuantiles()
        self.units = Units(1 + len(DRAWN))
        self.rows = self.ties = self.undefined_in_both = self.undefined_in_one = 0
        self.only_a = self.only_b = 0
        self.first_undefined: int | None = None
        self.changed_rows: list[ChangedRow] = []
        self.groups: GroupFold | None = None

    def measure(self, part: Part, max_abs_diff: Floats, *, keep: bool) -> FoundPredictions:
        """Of rows that count; ``max_abs_diff`` is how far apart the logits of each are at most."""
        log_p, log_q = (log_softmax(logits, np, self._comparing.temperature) for logits in (part.a, part.b))
        in_a, in_b = np.isnan(log_p[:, 0]), np.isnan(log_q[:, 0])
        defined = np.flatnonzero(~(in_a & in_b))
        rows = _Predicted(part, log_p, log_q, max_abs_diff, in_a ^ in_b)
        left_out = len(part.rows) - len(defined)
        if left_out:
            rows = rows.at(defined)
        return self._measure(rows, left_out, keep=keep) if len(defined) else FoundPredictions(left_out)

    def _measure(self, rows: _Predicted, left_out: int, *, keep: bool) -> FoundPredictions:
        part, one_alone = rows.part, rows.one_alone
        apart = divergences(rows.log_p, rows.log_q)
        max_prob_diff = apart.apart.max(axis=1)
        likeliest_a, likeliest_b = (top_classes(logits, self.k) for logits in (part.a, part.b))
        first_a, first_b = likeliest_a[:, 0], likeliest_b[:, 0]
        common = np.where(one_alone, 0, shared(likeliest_a, likeliest_b))
        columns: dict[str, NDArray[Any]] = {
            "row": part.rows,
            "sum": apart.apart.sum(axis=1),
            **{name: getattr(apart, name) for name in DIVERGENCES},
            "same_first": (first_a == first_b) & ~one_alone,
            "same_k": common == self.k,
            "overlap": common / self.k,
        }
        if part.target is not None:
            columns |= _by_label(rows, part.target, first_a, first_b)
        return FoundPredictions(
            undefined_in_both=left_out,
            undefined_in_one=int(np.count_nonzero(one_alone)),
            first_undefined=int(part.rows[one_alone.argmax()]) if one_alone.any() else None,
            tally=tally(apart.apart, keep=keep),
            largest=Largest.of_values(apart.apart, max_prob_diff, part.rows),
            columns=columns,
            ties=_ties(part, first_a, first_b),
            changed_rows=self._most_changed(rows, columns, max_prob_diff, first_a, first_b),
        )

    def add(self, found: FoundPredictions) -> None:
        """Add a block's; the blocks in their order."""
        self.undefined_in_both += found.undefined_in_both
        self.undefined_in_one += found.undefined_in_one
        if self.first_undefined is None:
            self.first_undefined = found.first_undefined
        if found.tally is None or found.columns is None:
            return
        self.quantiles.add(found.tally)
        self.largest = self.largest.or_larger(found.largest)
        self.ties += found.ties
        self.changed_rows = _first_of([*self.changed_rows, *found.changed_rows], self._comparing.kept_rows)
        self._gathered.add(found.columns)

    def finish(self) -> None:
        """Add the rows that wait."""
        self._gathered.finish()

    def _add_rows(self, columns: Columns) -> None:
        rows = columns["row"]
        self.rows += len(rows)
        self.total += Sum.of(columns["sum"], np)
        for name, figure in self.divergences.items():
            figure.add(columns[name], rows)
        for name, moments in self.moments.items():
            if name in columns:
                moments.add(columns[name].astype(np.float64))
        if "right_a" in columns:
            self.p_changes.add(columns["p_change"])
            right_a, right_b = columns["right_a"], columns["right_b"]
            self.only_a += int(np.count_nonzero(right_a & ~right_b))
            self.only_b += int(np.count_nonzero(right_b & ~right_a))
            self.units.add(np.stack([np.ones(len(rows)), *(columns[name] for name in DRAWN)]))
        if self.groups is not None:
            of_groups = [columns[_GROUPED[quantity]].astype(np.float64) for quantity in self.groups.quantities]
            self.groups.add_numbered(rows, np.stack(of_groups))

    def _most_changed(
        self,
        rows: _Predicted,
        columns: Columns,
        max_prob_diff: Floats,
        first_a: NDArray[np.intp],
        first_b: NDArray[np.intp],
    ) -> tuple[ChangedRow, ...]:
        """The rows with the largest divergence, as far as any has one."""
        kl = columns["kl"]
        order = np.argsort(-np.where(np.isnan(kl), math.inf, kl), kind="stable")[: self._comparing.kept_rows]
        chosen = order[kl[order] != 0]
        part = rows.part.at(chosen)
        labels = self._label_texts(part.target, len(chosen))
        return tuple(
            ChangedRow(
                row=int(rows.part.rows[place]),
                label=label,
                prediction_a=self._prediction(rows.log_p[place], first_a[place]),
                p_a=math.exp(rows.log_p[place, first_a[place]]),
                prediction_b=self._prediction(rows.log_q[place], first_b[place]),
                p_b=math.exp(rows.log_q[place, first_b[place]]),
                kl=float(kl[place]),
                js=float(columns["js"][place]),
                max_abs_diff=float(rows.max_abs_diff[place]),
                max_prob_diff=float(max_prob_diff[place]),
                loss_a=float(columns["loss_a"][place]) if "loss_a" in columns else "",
                loss_b=float(columns["loss_b"][place]) if "loss_b" in columns else "",
            )
            for place, label in zip(chosen.tolist(), labels, strict=True)
        )

    def _prediction(self, log_probabilities: Floats, first: np.intp) -> str:
        """The likeliest class of a row; none where its softmax is undefined."""
        return "" if np.isnan(log_probabilities[first]) else self._class_names[first]


def _by_label(
    rows: _Predicted, target: Target, first_a: NDArray[np.intp], first_b: NDArray[np.intp]
) -> dict[str, NDArray[Any]]:
    """The losses in nats, whether the likeliest class is the label's, and the label's probability."""
    label = target.classes if isinstance(target, Indices) else target.rows.argmax(axis=1)
    loss_a, loss_b = (nll_loss(logs, target, Criterion(), np) + 0 for logs in (rows.log_p, rows.log_q))
    p_a, p_b = (np.exp(np.take_along_axis(logs, label[:, None], axis=1)[:, 0]) for logs in (rows.log_p, rows.log_q))
    right_a, right_b = (
        (first == label) & ~np.isnan(p_label) for first, p_label in ((first_a, p_a), (first_b, p_b))
    )  # without a softmax there is no likeliest class
    return {
        "loss_a": loss_a,
        "loss_b": loss_b,
        "loss_change": np.where(loss_a == loss_b, 0.0, loss_b - loss_a),  # inf in both is no change
        "right_a": right_a,
        "right_b": right_b,
        "right_change": right_b.astype(np.float64) - right_a,
        "p_a": p_a,
        "p_b": p_b,
        "p_change": p_b - p_a,
        SQUARED: np.square(p_b - p_a),
    }


def _ties(part: Part, first_a: NDArray[np.intp], first_b: NDArray[np.intp]) -> int:
    """How many rows have another likeliest class that is as likely as the other's in one of the two."""
    places = np.flatnonzero(first_a != first_b)
    one, other = first_a[places], first_b[places]
    tied = [logits[places, one] == logits[places, other] for logits in (part.a, part.b)]
    return int(np.count_nonzero(tied[0] | tied[1]))


def _first_of(rows: list[ChangedRow], top: int) -> list[ChangedRow]:
    return sorted(rows, key=lambda row: -math.inf if math.isnan(row.kl) else -row.kl)[:top]
