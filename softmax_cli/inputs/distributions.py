"""Rows of labels, a distribution over the classes each: as they stand, or from a teacher's logits, or from counts."""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.inputs.reading import COUNTS, LOGITS, PROBABILITIES
from softmax_cli.losses.softmax import softmax
from softmax_cli.losses.targets import Probabilities

TOLERANCE = 1e-3  # probabilities written with four decimals still sum to 1 within it


def distributions(values: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return rows (n, C) of that kind as probabilities; what cannot be one stays to be found.

    >>> distributions(np.array([[3, 1]]), "counts").tolist()
    [[0.75, 0.25]]
    """
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    if kind == PROBABILITIES:
        return values
    values = values.astype(np.float64, copy=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: NDArray[Any] = softmax(values, np) if kind == LOGITS else values / values.sum(axis=1, keepdims=True)
    return shares


def of_class_1(values: NDArray[Any], kind: str) -> NDArray[np.float64]:
    """Return one value per row as probabilities (n, 2): that of class 1, or with LOGITS its logit.

    >>> of_class_1(np.array([0.25]), "probabilities").tolist()
    [[0.75, 0.25]]
    """
    values = values.astype(np.float64)
    if kind == LOGITS:
        return distributions(np.stack([np.zeros_like(values), values], axis=1), kind)
    return np.stack([1 - values, values], axis=1)


class DistributionRule:
    """What a row of labels may be; ``spell`` gives a class's name, ``place`` a row's place in the file."""

    def __init__(self, kind: str, spell: Callable[[int], str], place: Callable[[int], str]) -> None:
        self._kind = kind
        self._spell = spell
        self._place = place
        self._only_zeros_and_ones = True
        self.notes: tuple[str, ...] = ()

    def target(self, values: NDArray[Any], start: int) -> Probabilities:
        """The target of rows ``start`` on; raises InputError at the first value that cannot be."""
        if self._kind == PROBABILITIES:
            self._refuse_impossible(values, start, (values >= 0) & (values <= 1 + TOLERANCE), "a probability")
            self._check_sums(values, start)
        elif self._kind == COUNTS:
            self._refuse_impossible(values, start, (values >= 0) & np.isfinite(values), "a count")
            if not (counted := values.any(axis=1)).all():
                raise InputError(self._place(start + int(np.argmin(counted))), "the counts sum to 0")
        else:
            hollow = (values == -np.inf).all(axis=1, keepdims=True)
            self._refuse_impossible(values, start, ~(np.isnan(values) | (values == np.inf) | hollow), "a logit")
        return Probabilities(distributions(values, self._kind))

    def of_class_1(self, values: NDArray[Any], start: int) -> Probabilities:
        """The target of single logits, whose labels (n,) are those of class 1."""
        possible = (values >= 0) & (values <= 1) if self._kind == PROBABILITIES else np.isfinite(values)
        if not possible.all():
            row = int(np.argmin(possible))
            what = "a probability" if self._kind == PROBABILITIES else "a logit"
            raise InputError(self._place(start + row), f"label {values[row]} is not {what}")
        self.notes = ("labels with decimals are read as the probability of class 1",) * (self._kind == PROBABILITIES)
        return Probabilities(of_class_1(values, self._kind))

    def _refuse_impossible(self, values: NDArray[Any], start: int, possible: NDArray[np.bool_], what: str) -> None:
        if not possible.all():
            self._refuse(values, start, possible, what)

    def _refuse(self, values: NDArray[Any], start: int, possible: NDArray[np.bool_], what: str) -> NoReturn:
        row, column = np.argwhere(~possible)[0].tolist()
        value = str(values[row, column]).removesuffix(".0")
        place = f"{self._place(start + row)}, class {self._spell(column)}"
        raise InputError(place, f"{value} is not {what}", self._remedy(values[row]))

    def _remedy(self, row: NDArray[Any]) -> str:
        """Another kind that the row may be of: logits have negative values, counts are whole numbers."""
        if not np.isfinite(row).all():
            return ""
        if (row < 0).any():
            return "" if self._kind == LOGITS else f"if these are a teacher's logits, use --label-values {LOGITS}"
        whole = self._kind == PROBABILITIES and (row % 1 == 0).all()
        return f"if these are counts, use --label-values {COUNTS}" if whole else ""

    def _check_sums(self, values: NDArray[Any], start: int) -> None:
        sums = values.sum(axis=1, dtype=np.float64)
        faults = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
        if faults.size or self._only_zeros_and_ones:
            self._refuse_multi_hot(values, start)
        if not self.notes and faults.size:
            place, total = self._place(start + int(faults[0])), sums[faults[0]]
            self.notes = (
                f"{place}: the label's probabilities sum to {total:.6g}, not 1; used as they are "
                f"(--label-values {COUNTS} divides each row by its sum)",
            )

    def _refuse_multi_hot(self, values: NDArray[Any], start: int) -> None:
        """Raise InputError at the first row of 0s and 1s that has several 1s, or among such rows none."""
        hard = ((values == 0) | (values == 1)).all(axis=1)
        among_hard = np.logical_and.accumulate(hard) & self._only_zeros_and_ones
        ones = np.count_nonzero(values, axis=1)
        faults = np.flatnonzero((hard & (ones > 1)) | (among_hard & (ones == 0)))
        self._only_zeros_and_ones = bool(among_hard[-1])
        if faults.size:
            first = int(faults[0])
            found = f"{ones[first]} ones" if ones[first] else "no 1"
            what = f"a row of 0 and 1 with {found}, where a label of one class has a single 1"
            raise InputError(self._place(start + first), what, "if several classes may be right, use --multilabel")
