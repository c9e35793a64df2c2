"""What the labels say of two versions: the change of each mean, how sure it is, and what became right or wrong."""

import math

import numpy as np

from softmax_cli.evaluation.comparing.parts import Floats
from softmax_cli.evaluation.comparing.predictions import DRAWN, PredictionsApart
from softmax_cli.evaluation.comparing.settings import Comparing
from softmax_cli.metrics.bootstrap import RESAMPLES_AT_ONCE, bca_interval, resample
from softmax_cli.parallel import in_order
from softmax_cli.reports.changes import RATIO, Change
from softmax_cli.reports.compare import CONFIDENCE

_MEANS = (("loss", "loss", "loss_change"), ("accuracy", "right", "right_change"), ("p_label", "p", "p_change"))


def label_changes(found: PredictionsApart, comparing: Comparing) -> tuple[Change, ...]:
    """The mean loss, the perplexity exp(mean loss) and its ratio, the accuracy, the mean probability of the label.

    The standard error of a mean of differences is paired; that of the perplexity follows from it by the delta
    method, as llama.cpp's perplexity tool has it. The intervals are those of the same resamples.
    """
    units = found.units.sums()
    resampled = _resampled(units, comparing)
    with np.errstate(all="ignore"):
        means = dict(zip(DRAWN, resampled[1:] / resampled[0], strict=True))
        influence = {name: units[1 + place] - found.moments[name].mean * units[0] for place, name in enumerate(DRAWN)}
        loss, accuracy, p_label = (
            Change(
                name,
                found.moments[f"{column}_a"].mean,
                found.moments[f"{column}_b"].mean,
                found.moments[change].mean,
                found.moments[change].standard_error,
                *_interval(found.moments[change].mean, means[change], influence[change]),
                (found.moments[f"{column}_a"].standard_error, found.moments[f"{column}_b"].standard_error),
            )
            for name, column, change in _MEANS
        )
        return loss, *_perplexity(found, loss, means, influence), accuracy, p_label


def _perplexity(
    found: PredictionsApart, loss: Change, means: dict[str, Floats], influence: dict[str, Floats]
) -> tuple[Change, Change]:
    a, b, ratio = (
        float(np.exp(value)) for value in (found.moments["loss_a"].mean, found.moments["loss_b"].mean, loss.change)
    )
    error_a, error_b = (found.moments[name].standard_error for name in ("loss_a", "loss_b"))
    # b^2 V(b) + a^2 V(a) - 2 a b Cov(a, b), with the covariance from V(b - a): no difference of what is nearly equal.
    variance = (b - a) * (b * error_b**2 - a * error_a**2) + a * b * loss.standard_error**2
    of_a, of_b = np.exp(means["loss_a"]), np.exp(means["loss_a"] + means["loss_change"])
    moved = b * (influence["loss_a"] + influence["loss_change"]) - a * influence["loss_a"]
    return (
        Change(
            "perplexity",
            a,
            b,
            b - a,
            math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan,
            *_interval(b - a, of_b - of_a, moved),
            (a * error_a, b * error_b),
        ),
        Change(
            RATIO,
            None,
            None,
            ratio,
            ratio * loss.standard_error,
            *_interval(ratio, np.exp(means["loss_change"]), influence["loss_change"]),
        ),
    )


def _interval(estimate: float, resampled: Floats, influence: Floats) -> tuple[float, float]:
    return bca_interval(estimate, resampled, influence, CONFIDENCE) if resampled.size else (math.nan, math.nan)


def _resampled(units: Floats, comparing: Comparing) -> Floats:
    """The sums of each column over each resample, (columns, resamples)."""
    chunks = range(-(-comparing.resamples // RESAMPLES_AT_ONCE))
    parts = in_order(lambda chunk: resample(units, comparing.seed, chunk), chunks, comparing.workers)
    return np.concatenate([np.empty((len(units), 0)), *parts], axis=1)[:, : comparing.resamples]
