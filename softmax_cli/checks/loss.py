"""What the loss itself tells, held against what a model that knows nothing, or only the labels' shares, would have."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.statistics import LossStatistics, Statistics
from softmax_cli.checks.words import all_rows, as_given, loss_as_given, percent, rows_text
from softmax_cli.losses.sums import Sum
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.rearranged import in_runs
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_SURE = 5.0  # standard errors: 6e-7 two-sided, for the mean of many rows
_ENOUGH = 30  # rows, for a mean to be about normal
_MANY = 100
_LITTLE = 0.1  # of ln C
_NEXT_TO_NOTHING = 0.05  # of ln C, or of the labels' entropy
_FAR = 0.5
_HUGE = 1e6
_ROUNDING = 1e-6  # relative, of float32
_SAME = 0.95
_ZERO = {"zero_log_zero": True}
_COOLER, _WARMER = {"temperature": 2.0}, {"temperature": 0.1}
_HINT, _SIGN = 2.0, 3.0  # standard deviations: a hint speaks against a finding, a sign decides between two


def untrained(statistics: Statistics) -> Symptom | None:
    """The loss is ln C within a tenth, and the logits know nothing of the labels.

    Neither is the accuracy above chance nor the loss below ln C (by 2 standard deviations), nor can it be by a
    twentieth (for certain, by 5). Of few rows that cannot be said, and a model that has learned a little shows it.
    """
    loss = _measured(statistics)
    if loss is None or statistics.knows(_HINT):
        return None
    uniform = math.log(statistics.classes)
    gain = uniform - loss.finite_mean
    if gain < -_LITTLE * uniform or not _is_nothing(gain, loss.standard_error, uniform):
        return None
    return Symptom(
        "the loss is ln C, that of a model that knows nothing: untrained?",
        (
            _beside_uniform(statistics, loss),
            _by_chance(statistics, loss),
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), Effect("knowing nothing: ln C, by chance", uniform, statistics.chance)),
        remedy="were the trained weights loaded? are these the labels of these rows?",
    )


def prior_only(statistics: Statistics) -> Symptom | None:
    """The loss is the entropy of the labels within a twentieth, and no better: only their shares were learned.

    The loss of the shares alone is H = -sum_c s_c ln s_c, and its prediction is the same class in every row: here in 95
    of 100. Neither is the accuracy above chance nor the loss below H (by 2 standard deviations), nor can it be by a
    twentieth (for certain, by 5; of the difference). Where H is nearly ln C the check of ln C has its say.
    """
    loss, labels = _measured(statistics), statistics.labels
    if loss is None or labels is None or loss.finite < loss.counted:
        return None
    entropy = labels.entropy
    same = float(loss.predictions.max()) / loss.counted
    if not 0 < entropy < (1 - _LITTLE) * math.log(statistics.classes) or same < _SAME or statistics.knows(_HINT):
        return None
    gain = entropy - loss.mean
    if gain < -_NEXT_TO_NOTHING * entropy or not _is_nothing(gain, _error_of_gain(statistics, loss), entropy):
        return None
    return Symptom(
        "the loss is the entropy of the labels: only their shares were learned",
        (
            f"the loss is {loss.mean:.4f}, the labels' entropy {entropy:.4f} nats",
            f"the maximum is the same class in {percent(same)} of the rows",
        ),
        all_rows(statistics),
        effects=(
            *as_given(statistics),
            Effect("knowing the labels' shares alone", entropy, float(labels.shares.max())),
        ),
        remedy="the inputs do not reach the model, or say nothing; or the labels belong to other rows",
    )


def worse_than_uniform(statistics: Statistics) -> Symptom | None:
    """The loss is above ln C (by 5 standard errors), and the accuracy not above chance (by 3 standard deviations).

    Logits that are all equal would do better: they are sure of something else than the labels.
    """
    loss = _measured(statistics)
    if loss is None or not _above_uniform(statistics, loss) or statistics.knows(_SIGN):
        return None
    uniform = math.log(statistics.classes)
    return Symptom(
        "the loss is worse than that of knowing nothing, and the accuracy no better: other rows' labels?",
        (
            _beside_uniform(statistics, loss),
            _by_chance(statistics, loss),
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), Effect("knowing nothing: ln C, by chance", uniform, statistics.chance)),
        remedy=_order_of(loss) or "one of the files is sorted or shuffled otherwise, or belongs to another run",
    )


def _order_of(loss: LossStatistics) -> str:
    """What to say where one of the files is in the order of its classes, and the other is not."""
    predictions, labels = loss.kept.predictions, loss.kept.labels
    sorted_labels, sorted_rows = in_runs(labels), in_runs(predictions)
    if sorted_labels and not sorted_rows:
        return "the labels are sorted by class and the predictions are not: sort neither, or both alike"
    if sorted_rows and not sorted_labels:
        return "the predictions are sorted by class and the labels are not: sort neither, or both alike"
    return ""


def overconfident(statistics: Statistics) -> Symptom | None:
    """The loss is above ln C (by 5 standard errors), though the accuracy is above chance."""
    loss = _measured(statistics)
    if loss is None or not _above_uniform(statistics, loss) or not statistics.knows(_SIGN):
        return None
    uniform = math.log(statistics.classes)
    return Symptom(
        "the loss is worse than that of knowing nothing, though the accuracy is not: far too sure of itself",
        (_beside_uniform(statistics, loss),),
        all_rows(statistics),
        effects=(
            *as_given(statistics),
            Trial.of(_COOLER),
            Effect("knowing nothing: ln C", uniform),
            Effect("mean confidence", number=_confidence(loss)),
        ),
        remedy="a temperature above 1 brings it down",
        options=_COOLER,
    )


def underconfident(statistics: Statistics) -> Symptom | None:
    """The accuracy is above the mean confidence by 0.5 or more, and by 5 standard errors.

    Were the confidences right, the hits would have the variance sum_i c_i (1 - c_i).
    """
    loss = _measured(statistics)
    if loss is None or loss.finite < loss.counted:
        return None
    confidence = _confidence(loss)
    variance = confidence - loss.confidences.squares.over(Sum.count(loss.counted))
    ahead = loss.accuracy - confidence
    if ahead < _FAR or ahead < _SURE * math.sqrt(max(variance, 0.0) / loss.counted):
        return None
    return Symptom(
        "far less sure of itself than right: logits without their temperature?",
        (f"{percent(loss.accuracy)} of the rows are right, and the mean confidence is {confidence:.3g}",),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial.of(_WARMER), Effect("mean confidence", number=confidence)),
        remedy="cosines and margins are not logits yet: multiply by the scale, or divide by a temperature below 1",
        options=_WARMER,
    )


def too_good(statistics: Statistics) -> Symptom | None:
    """Every one of 100 rows or more is right, which a model that is right in 9 of 10 is with a chance of 3e-5.

    Some models are that good; hence a note.
    """
    loss = statistics.loss
    if loss is None or statistics.classes < 2 or loss.counted < _MANY or loss.hits < loss.counted:
        return None
    return Symptom(
        "suspiciously good: every row is right",
        (f"all of {count(loss.counted, 'row')}",),
        all_rows(statistics),
        effects=as_given(statistics),
        remedy="the rows that it was trained on, or labels that were made from these logits?",
    )


def masked_labels(statistics: Statistics) -> Symptom | None:
    """A row whose label's logit is -inf: its loss is inf, and so is the mean."""
    loss = statistics.loss
    if loss is None or not loss.masked:
        return None
    return Symptom(
        f"{count(loss.masked.count, 'label is', 'labels are')} of a class whose logit is -inf: the loss is inf",
        (f"the label's logit is -inf in {rows_text(loss.masked)}",),
        loss.masked,
        effects=(*loss_as_given(statistics), Effect("of the other rows", loss.finite_mean)),
        remedy="a mask that is off by one, a probability of 0, or the labels of other rows?",
    )


def zero_times_inf(statistics: Statistics) -> Symptom | None:
    """A class of probability 0 whose logit is -inf: its part of the loss is 0 * inf, which is nan in torch and here."""
    loss = statistics.loss
    if loss is None or not loss.vanished:
        return None
    return Symptom(
        f"{count(loss.vanished.count, 'row has', 'rows have')} a class of probability 0 whose logit is -inf: "
        "0 * inf is nan",
        (f"so it is in {rows_text(loss.vanished)}",),
        loss.vanished,
        effects=(*loss_as_given(statistics), Trial.of(_ZERO), Effect("of the other rows", loss.finite_mean)),
        remedy="a masked class that is never right costs nothing: take 0 * log 0 for 0",
        options=_ZERO,
    )


def infinite_multilabel(statistics: Statistics) -> Symptom | None:
    """The loss of multi-label files is infinite or nan, as `loss` computes it: a logit is, where each row has one."""
    loss = statistics.multilabel_loss
    if loss is None or math.isfinite(loss):
        return None
    return Symptom(
        f"the loss is {loss}: a logit is infinite where the label says otherwise, or beside a label that is neither",
        (f"every logit is looked at by itself, and the sum over all is {loss}",),
        Places(),
        effects=as_given(statistics),
        remedy="a sigmoid of 0 or 1 has no logarithm: export the logits before they overflow, or without a mask",
    )


def _measured(statistics: Statistics) -> LossStatistics | None:
    """The loss, if it is of rows enough and of several classes, and each label is one: ln C bounds no soft ones'."""
    loss, labels = statistics.loss, statistics.labels
    if loss is None or labels is None or not labels.certain or statistics.classes < 2 or loss.finite < _ENOUGH:
        return None
    return loss


def _is_nothing(gain: float, error: float, whole: float) -> bool:
    """Whether a gain, with its standard error, is none by its looks, and next to nothing of the whole for certain."""
    return gain <= _HINT * error and gain + _SURE * error <= _NEXT_TO_NOTHING * whole


def _above_uniform(statistics: Statistics, loss: LossStatistics) -> bool:
    return loss.finite_mean - _SURE * loss.standard_error > math.log(statistics.classes) * (1 + _ROUNDING)


def _error_of_gain(statistics: Statistics, loss: LossStatistics) -> float:
    """The standard error of the mean of -ln s_y - L: from each label's losses, their squares and its share."""
    labels = statistics.labels
    if labels is None:
        return math.inf
    present = labels.counts > 0
    counts, logs = labels.counts[present], np.log(labels.shares[present])
    squares = loss.class_squares[present] + 2 * logs * loss.class_losses[present] + counts * logs**2
    mean = labels.entropy - loss.mean
    variance = float(squares.sum()) / loss.counted - mean**2
    return math.sqrt(max(variance, 0.0) / (loss.counted - 1))


def _by_chance(statistics: Statistics, loss: LossStatistics) -> str:
    lucky = statistics.chance * loss.counted
    return f"{loss.hits:,} of {count(loss.counted, 'row')} are right, and {lucky:.0f} would be by chance"


def _beside_uniform(statistics: Statistics, loss: LossStatistics) -> str:
    uniform = math.log(statistics.classes)
    mean = f"{loss.finite_mean:.4f}" if loss.finite_mean < _HUGE else f"{loss.finite_mean:.4g}"
    error = f"{loss.standard_error:.1g}"
    return f"the loss is {mean} (standard error {error}), ln {statistics.classes} is {uniform:.4f}"


def _confidence(loss: LossStatistics) -> float:
    """The mean of the rows' largest probabilities."""
    return loss.confidences.losses.over(Sum.count(loss.counted))


CHECKS = (
    Check(
        "L401",
        "untrained",
        "warning",
        "a loss of ln C: untrained",
        untrained,
        needs_labels=True,
        hides=("L403", "L405", "X132"),
    ),
    Check(
        "L402",
        "prior-only",
        "warning",
        "a loss of the labels' entropy",
        prior_only,
        needs_labels=True,
        hides=("L405", "X131", "X132", "Y212"),
    ),
    Check(
        "L403",
        "worse-than-uniform",
        "warning",
        "a loss above ln C, and no accuracy",
        worse_than_uniform,
        needs_labels=True,
        hides=(
            "X131",
            "X132",
        ),
    ),
    Check("L404", "overconfident", "note", "a loss above ln C in spite of accuracy", overconfident, needs_labels=True),
    Check("L405", "underconfident", "note", "an accuracy far above the confidence", underconfident, needs_labels=True),
    Check("L406", "too-good", "note", "every row right", too_good, needs_labels=True),
    Check("L407", "masked-label", "error", "a label whose logit is -inf", masked_labels, needs_labels=True),
    Check("L408", "zero-times-inf", "error", "probability 0 at a logit of -inf", zero_times_inf, needs_labels=True),
    Check("L409", "infinite-multilabel", "error", "a multi-label loss that is not finite", infinite_multilabel),
)
