"""The figures of `report`, from a fold's sums."""

import math
from collections.abc import Iterator

import numpy as np

from softmax_cli.evaluation.reporting.fold import ReportFold
from softmax_cli.metrics.calibration import Bins, bin_of
from softmax_cli.metrics.classwise import ClassBins
from softmax_cli.metrics.intervals import wilson
from softmax_cli.metrics.order import Groups
from softmax_cli.reports.charts import Bin, Histogram
from softmax_cli.reports.figures import Figure
from softmax_cli.reports.ledger import OF_UNITS, per_unit, perplexity
from softmax_cli.reports.model import CALIBRATION, top_name
from softmax_cli.reports.tempered import Tempered

_HISTOGRAM_BINS = 20
_QUANTILES = (0.5, 0.9, 0.99)


def prediction_figures(fold: ReportFold) -> Iterator[Figure]:
    """How often the label is the likeliest class or near it, and how evenly over the classes."""
    classes, rows = fold.pair.classes, fold.losses.count
    for k in fold.settings.depths(classes):
        right = int(fold.ranks[: min(k, classes)].sum())
        low, high = wilson(right, rows)
        yield Figure(top_name(k), right / rows if rows else math.nan, low=low, high=high)
    yield Figure("balanced_accuracy", fold.per_class.balanced_accuracy)
    recalls = fold.per_class.recall
    yield Figure("lowest_recall", float(np.fmin.reduce(recalls)))
    yield Figure("macro_f1", fold.per_class.macro_f1)


def probability_figures(fold: ReportFold, by_class: ClassBins, units: float | None) -> Iterator[Figure]:
    """The cross-entropy and the Brier score, with their standard errors, and what the latter is made of.

    That of the perplexity is the loss's times the perplexity (the delta method), as llama.cpp's tool has it.
    """
    loss, error = fold.losses.mean, fold.losses.standard_error
    yield Figure("loss", loss, error)
    yield Figure("perplexity", perplexity(loss), perplexity(loss) * error)
    yield Figure("bits", loss / math.log(2), error / math.log(2))
    if units is not None:
        yield from map(Figure, OF_UNITS, (units, *per_unit(fold.losses.total.value(), units)))
    brier = fold.briers.mean
    yield Figure("brier", brier, fold.briers.standard_error)
    yield from (Figure(f"brier_{name}", value) for name, value in vars(by_class.brier_parts(brier)).items())


def calibration_figures(fold: ReportFold, by_mass: Bins, by_class: ClassBins) -> Iterator[Figure]:
    """How far confidence and accuracy are apart: nan where a row has no softmax."""
    bins, rows = fold.bins, fold.losses.count
    if bins is None or fold.undefined:
        yield from (Figure(name, math.nan) for name in CALIBRATION)
        return
    yield Figure("confidence", math.fsum(bins.confidences) / rows if rows else math.nan)
    yield Figure("ece", bins.expected_error)
    yield Figure("ece_equal_mass", by_mass.expected_error)
    yield Figure("mce", bins.maximum_error)
    yield Figure("mce_equal_mass", by_mass.maximum_error)
    yield Figure("classwise_ece", float(np.mean(by_class.errors)))


def temperature_figures(found: Tempered) -> Iterator[Figure]:
    """The best temperature, and what the logits come to at it."""
    yield Figure("temperature", found.temperature)
    yield Figure("loss_at_temperature", found.loss)
    yield Figure("perplexity_at_temperature", found.perplexity)
    yield Figure("ece_at_temperature", found.ece)


def chart_bins(bins: Bins | None) -> list[Bin]:
    """Bins as a chart draws them."""
    if bins is None:
        return []
    columns = (bins.edges[:-1], bins.edges[1:], bins.rows, bins.confidence, bins.accuracy)
    return [Bin(*line) for line in zip(*(column.tolist() for column in columns), strict=True)]


def histogram(losses: Groups) -> Histogram:
    """The losses in bins of a round width that leave at most one in a hundred to the last, open bin."""
    title = "losses of the rows"
    if not len(losses.values):
        return Histogram(title, "nats", [0.0, math.inf], [0])
    shares = losses.quantiles(np.array([*_QUANTILES, 1.0])).tolist()
    largest_finite = losses.values[np.isfinite(losses.values)].max(initial=0.0)
    width = _round_up(min(shares[-2], largest_finite) / _HISTOGRAM_BINS)
    edges = width * np.arange(_HISTOGRAM_BINS + 1)
    counts = np.bincount(bin_of(losses.values, np.append(edges, math.inf)), losses.counts, _HISTOGRAM_BINS + 1)
    half, most, nearly_all, largest = (f"{share:.4g}" for share in shares)
    legend = f"half are below {half}, 90 % below {most}, 99 % below {nearly_all}; the largest is {largest}"
    return Histogram(title, "nats", [*edges.tolist(), math.inf], counts.astype(np.int64).tolist(), legend)


def _round_up(number: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten."""
    if not (math.isfinite(number) and number > 0):
        return 1.0
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number)
