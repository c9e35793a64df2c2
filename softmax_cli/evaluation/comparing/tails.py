"""The figures of llama.cpp's `llama-perplexity --kl-divergence` that no table shows: see reports/tails.py."""

import math
from collections.abc import Iterator

from softmax_cli.evaluation.comparing.predictions import SQUARED, PredictionsApart
from softmax_cli.reports.figures import Figure
from softmax_cli.reports.tails import CHANGE_SHARES, KL_SHARES, LOSS_CORRELATION, OF_CHANGE, OF_KL, RMS_CHANGE


def tails(found: PredictionsApart, *, labelled: bool) -> Iterator[Figure]:
    """Quantiles of KL(A || B); with labels also how alike the losses are, and what becomes of the label's probability.

    The correlation is of the two losses of a row. RMS is the root of the mean square, its standard error by the delta
    method: half of that of the mean square, divided by the root.
    """
    for name, value in zip(OF_KL, found.divergences["kl"].quantiles.at(tuple(KL_SHARES.values())), strict=True):
        yield Figure(name, value)
    if not labelled:
        return
    yield Figure(LOSS_CORRELATION, _correlation(found))
    square = found.moments[SQUARED]
    root = math.sqrt(square.mean)
    yield Figure(RMS_CHANGE, root, square.standard_error / (2 * root) if root else 0.0)
    for name, value in zip(OF_CHANGE[2:], found.p_changes.at(tuple(CHANGE_SHARES.values())), strict=True):
        yield Figure(name, value)


def _correlation(found: PredictionsApart) -> float:
    """Of A's and B's losses, from V(b - a) = V(a) + V(b) - 2 Cov(a, b); nan where one of them does not vary."""
    a, b, change = (found.moments[name].standard_error for name in ("loss_a", "loss_b", "loss_change"))
    if not (a and b and math.isfinite(a * b * change)):
        return math.nan
    return (a / b + b / a - change * change / (a * b)) / 2
