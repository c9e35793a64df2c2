"""Every class's probability over all rows, in bins: class-wise calibration, and the parts of the Brier score.

Most of the N C probabilities lie in the first bin. Only those above it are looked at one by one, at most M - 1 a row;
what is left of a class's sums is the first bin's.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.calibration import bin_of


@dataclass(frozen=True, eq=False)
class Cells:
    """What some rows add: each probability above the first bin by its cell (class and bin), and the rest, (C,).

    ``right`` says whether the cell's class is the row's label.
    """

    cells: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    right: NDArray[np.bool_]
    below: NDArray[np.float64]


def cells_of(probabilities: NDArray[Any], labels: NDArray[np.int64], edges: NDArray[np.float64]) -> Cells:
    """The cells of rows of probabilities (n, C), which are overwritten, and their labels (n,)."""
    classes, bins = probabilities.shape[1], len(edges) - 1
    flat = probabilities.reshape(-1)
    # The edge in the array's own precision, less a step: one too many does no harm, one too few would.
    edge = np.nextafter(flat.dtype.type(edges[1]), flat.dtype.type(0))
    places = np.flatnonzero(flat > edge)
    places = places[flat[places].astype(np.float64) > edges[1]]
    values = flat[places].astype(np.float64)
    flat[places] = 0
    rows, columns = np.divmod(places, classes)
    below: NDArray[np.float64] = np.add.reduce(probabilities, axis=0, dtype=np.float64)
    return Cells(columns * bins + bin_of(values, edges), values, labels[rows] == columns, below)


class Classwise:
    """The sums over all rows for C classes and M bins."""

    def __init__(self, classes: int, edges: NDArray[np.float64]) -> None:
        self._bins = len(edges) - 1
        self._rows = np.zeros(classes * self._bins, np.int64)
        self._probabilities = np.zeros(classes * self._bins)
        self._right = np.zeros(classes * self._bins, np.int64)
        self._below = np.zeros(classes)

    def add(self, found: Cells) -> None:
        """Take what some rows add; in the order of the rows, so that it adds up alike however they are split."""
        np.add.at(self._rows, found.cells, 1)
        np.add.at(self._probabilities, found.cells, found.probabilities)
        np.add.at(self._right, found.cells[found.right], 1)
        self._below += found.below

    def sums(self, supports: NDArray[np.int64]) -> "ClassBins":
        """Those of every cell, the first bins filled in; ``supports`` (C,) are the rows of each class."""
        rows, right = (counts.reshape(-1, self._bins) for counts in (self._rows, self._right))
        probabilities = self._probabilities.reshape(-1, self._bins)
        probabilities[:, 0] = self._below
        rows[:, 0] = supports.sum() - rows[:, 1:].sum(axis=1)
        right[:, 0] = supports - right[:, 1:].sum(axis=1)
        return ClassBins(rows, probabilities, right, supports)


@dataclass(frozen=True, eq=False)
class ClassBins:
    """For each class and each bin of its probability, (C, M): rows, their probabilities summed, those of the class.

    ``supports`` (C,) are the rows of each class, wherever they lie.
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    right: NDArray[np.int64]
    supports: NDArray[np.int64]

    @property
    def errors(self) -> NDArray[np.float64]:
        """Each class's calibration error, sum_b n_b / N |share of the class - mean probability|, shape (C,).

        Their mean is the class-wise ECE of Kull et al., "Beyond temperature scaling: obtaining well-calibrated
        multiclass probabilities with Dirichlet calibration", NeurIPS 2019 (static calibration error in Nixon 2019).
        """
        with np.errstate(invalid="ignore"):
            errors: NDArray[np.float64] = np.abs(self.right - self.probabilities).sum(axis=1) / self.supports.sum()
        return errors

    def brier_parts(self, brier: float) -> "BrierParts":
        """What the mean Brier score of the same rows is made of; nan where that is."""
        if math.isnan(brier):
            return BrierParts(math.nan, math.nan, math.nan, math.nan)
        total, held = self.supports.sum(), np.maximum(self.rows, 1)
        shares = (self.supports / total)[:, np.newaxis]
        reliability = float(((self.right - self.probabilities) ** 2 / held).sum() / total)
        resolution = float((self.rows * (self.right / held - shares) ** 2).sum() / total)
        uncertainty = float((shares * (1 - shares)).sum())
        return BrierParts(reliability, resolution, uncertainty, brier - (reliability - resolution + uncertainty))


@dataclass(frozen=True)
class BrierParts:
    """Brier = reliability - resolution + uncertainty + within bins, each a sum over the classes.

    For each class c and bin b of its probability p_c, over the n_cb rows there, with the mean probability p_cb, the
    share o_cb of rows of class c, and its share o_c of all rows:
    reliability = 1/N sum n_cb (p_cb - o_cb)^2 (0 is best), resolution = 1/N sum n_cb (o_cb - o_c)^2 (large is good),
    uncertainty = sum_c o_c (1 - o_c) (the labels' own: the score of one who always says o_c). What the bins hide is
    ``within_bins``: the variance of the probabilities within them less twice their covariance with the labels.

    Sources: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950;
    Murphy, "A new vector partition of the probability score", Journal of Applied Meteorology 12, 1973, here class by
    class and summed; Stephenson, Coelho and Jolliffe, "Two extra components in the Brier score decomposition",
    Weather and Forecasting 23, 2008 (the last part).
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
