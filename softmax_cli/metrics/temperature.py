"""The temperature T that minimises the mean cross-entropy of softmax(x / T).

With b = 1 / T the loss of a row is L(b) = log sum_c exp(b x_c) - b x_y, and
L'(b) = E_p[x] - x_y, L''(b) = Var_p[x], p = softmax(b x): it is convex, so the mean has one minimum over b > 0, unless
it falls for ever as b grows (each row's label has the largest logit) or as b goes to 0 (guessing does no worse).

Source: Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.losses.softmax import pick, shift
from softmax_cli.losses.targets import Indices

MOST_STEPS = 60


@dataclass(frozen=True, eq=False)
class Scaled:
    """Rows at an inverse temperature b: L(b), L'(b) and L''(b), the confidences, and whether they are right; (n,)."""

    losses: NDArray[np.float64]
    slopes: NDArray[np.float64]
    curvatures: NDArray[np.float64]
    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]


def scaled(logits: NDArray[Any], labels: NDArray[np.int64], inverse: float) -> Scaled:
    """The rows of logits (n, C), none of nan or +inf, with their labels (n,), at b = ``inverse`` from 0 on."""
    with np.errstate(all="ignore"):
        shifted, top = shift(logits, np)
        of_label = pick(shifted, Indices(labels), np)
        # 0 * -inf: a masked class stays masked at any temperature.
        weights = shifted * inverse if inverse else np.where(np.isneginf(shifted), shifted, 0)
        np.exp(weights, out=weights)
        weights[np.arange(len(labels)), top[:, 0]] = 0  # added as the 1 of log1p: see losses.softmax.log_normalizer
        others = np.sum(weights, axis=-1)
        first, second = _moments(weights, shifted)
        masked = np.isnan(first)
        if masked.any():
            finite = np.where(np.isneginf(shifted[masked]), 0, shifted[masked])
            first[masked], second[masked] = _moments(np.exp(finite * inverse) * (finite == shifted[masked]), finite)
        first, second = first / (1 + others), second / (1 + others)
        losses = np.log1p(others) - (of_label * inverse if inverse else 0)
    first = first.astype(np.float64)
    return Scaled(
        losses=losses.astype(np.float64),
        slopes=first - of_label,
        curvatures=second - first * first,
        confidences=(1 / (1 + others)).astype(np.float64),
        right=top[:, 0] == labels,
    )


def _moments(weights: NDArray[Any], shifted: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """sum_c w_c z_c and sum_c w_c z_c^2, shape (n,), over weights that are overwritten.

    The likeliest class, whose z is 0, adds nothing to either.
    """
    weights *= shifted
    first = np.sum(weights, axis=-1)
    weights *= shifted
    return first, np.sum(weights, axis=-1)


@dataclass(frozen=True)
class Slope:
    """The derivatives of the mean loss at b = ``inverse``: ``first`` and ``second``."""

    inverse: float
    first: float
    second: float

    @property
    def step(self) -> float:
        """Newton's, -L' / L''; an infinite one where the loss is straight."""
        if self.second > 0:
            return -self.first / self.second
        return math.copysign(math.inf, -self.first) if self.first else 0.0


def newton(here: Slope) -> float:
    """Where the loss is least, as far as the slope at one place says it."""
    return here.inverse + here.step


def minimise(
    slope_at: Callable[[float], Slope], start: float, tolerance: float, ahead: Callable[[Slope], float] = newton
) -> Slope:
    """Where the loss is least: the first point from which Newton's step is at most ``tolerance`` of b.

    ``ahead`` says where to look next. The result is b = 0 where L' is not negative even there: no T is too large. A
    step that leaves the interval in which the minimum is known to lie, by the signs of L', is replaced by one to its
    middle. The search ends, too, where the interval holds no other number, and past MOST_STEPS.
    """
    low, high = -math.inf, math.inf
    here = slope_at(start)
    for _ in range(MOST_STEPS):
        if here.first < 0:
            low = max(low, here.inverse)
        else:
            high = min(high, here.inverse)
        if abs(here.step) <= tolerance * here.inverse or (here.inverse == 0 and here.first >= 0):
            break
        inverse = max(ahead(here), 0.0)
        if not low < inverse < high:
            inverse = _between(low, high)
        if inverse in {low, high}:
            break
        here = slope_at(inverse)
    return here


def _between(low: float, high: float) -> float:
    """The middle by factors; twice, or half of the one end where the other is not known."""
    if math.isinf(high):
        return 2 * low
    return math.sqrt(low * high) if low > 0 else high / 2
