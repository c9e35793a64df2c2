"""Calibration: how often a model is right, held against how sure of it it is, in bins of its confidence.

A bin is (lower, upper], as Guo et al. have it and scikit-learn's calibration_curve: a confidence of exactly 1 is in
the last bin, one of exactly 0 in the first.

Sources: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015
(ECE, MCE); Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017 (of the likeliest
class, 15 bins); Nixon et al., "Measuring calibration in deep learning", CVPR workshops 2019 (bins of equal mass).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.order import Order


def equal_widths(bins: int) -> NDArray[np.float64]:
    """The bins + 1 edges of bins of equal width over [0, 1]."""
    return np.linspace(0.0, 1.0, bins + 1)


def bin_of(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin (lower, upper] that each value is in.

    >>> bin_of(np.array([0.0, 0.5, 0.75, 1.0]), equal_widths(4)).tolist()
    [0, 1, 2, 3]
    """
    return np.searchsorted(edges[1:-1], values)


@dataclass(frozen=True, eq=False)
class Bins:
    """Sums over the rows of each bin: how many they are, their confidences, and how many are right; each (M,)."""

    edges: NDArray[np.float64]
    rows: NDArray[np.int64]
    confidences: NDArray[np.float64]
    right: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        edges: NDArray[np.float64],
        values: NDArray[Any],
        rows: NDArray[Any] | None,
        confidences: NDArray[Any],
        right: NDArray[Any],
    ) -> "Bins":
        """Of groups of rows (of single ones for ``rows`` None), each at one value."""
        place, size = bin_of(values, edges), len(edges) - 1
        counts = np.bincount(place, rows, size)
        sums = np.bincount(place, confidences, size).astype(np.float64)
        return cls(edges, counts.astype(np.int64), sums, np.bincount(place, right, size).astype(np.int64))

    def __add__(self, other: "Bins") -> "Bins":
        return Bins(self.edges, self.rows + other.rows, self.confidences + other.confidences, self.right + other.right)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """The share that is right in each bin; nan in an empty one."""
        return _shares(self.right, self.rows)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The mean confidence in each bin; nan in an empty one."""
        return _shares(self.confidences, self.rows)

    @property
    def expected_error(self) -> float:
        """ECE = sum_b n_b / N |accuracy_b - confidence_b|, from 0 to 1; nan where there is no row.

        >>> p, right = np.array([0.95, 1.0]), np.array([True, False])
        >>> round(Bins.of(equal_widths(10), p, None, p, right).expected_error, 3)
        0.475
        """
        rows = int(self.rows.sum())
        return math.fsum(np.abs(self.right - self.confidences)) / rows if rows else math.nan

    @property
    def maximum_error(self) -> float:
        """MCE = max_b |accuracy_b - confidence_b| over the bins that are not empty; nan where there is no row."""
        filled = self.rows > 0
        return float(np.max(np.abs(self.accuracy - self.confidence)[filled])) if filled.any() else math.nan


def equal_masses(order: Order, bins: int) -> Bins:
    """Bins that hold as many rows each, as far as equal confidences allow: those are never parted.

    The edges are the quantiles 0, 1/M, ..., 1 of the confidences, as in scikit-learn's
    calibration_curve(strategy="quantile").
    """
    groups = order.groups()
    edges = groups.quantiles(equal_widths(bins)) if len(groups.values) else equal_widths(bins)
    return Bins.of(edges, groups.values, groups.counts, groups.sums, groups.marked)


def _shares(parts: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        shares: NDArray[np.float64] = parts / rows
    return shares
