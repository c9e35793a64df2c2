"""`evaluate`: from files or arrays and a question to a report of losses.

Weights, and what is said of single rows, are loaded where there are some: most runs have none.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from softmax_cli.backends import load_backends
from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.blocks import computing_dtype
from softmax_cli.evaluation.fold import Fold
from softmax_cli.evaluation.kernels import choose_kernel
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.settings import Settings, split_options
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.opening import as_sources, with_arrays
from softmax_cli.inputs.pairs import open_pair
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, Reading
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.distance import distances
from softmax_cli.losses.families import SOFTMAX
from softmax_cli.losses.precision import in_ulps
from softmax_cli.losses.variants import Variant
from softmax_cli.reports.ledger import Ledger
from softmax_cli.reports.lines import LossLine
from softmax_cli.reports.loss import OF_GROUPS, LossReport
from softmax_cli.reports.signature import Signature

if TYPE_CHECKING:
    from softmax_cli.reports.likelihood import LikelihoodReport
    from softmax_cli.reports.rows import RowLine


@np.errstate(all="ignore")  # what is not finite is counted and explained
def evaluate(logits: Any, labels: Any = None, **options: Any) -> "LossReport | LikelihoodReport":
    """Return the cross-entropy by every variant, side by side, each compared with float64 arithmetic.

    With l = log_softmax(x / T) and smoothing e, for class indices y (N,)
    L_i = -(1 - e) w_y l_y - (e / C) sum_c w_c l_c, and the mean is sum_i L_i / sum_i w_{y_i}; for probabilities
    q (N, C) L_i = -sum_c w_c ((1 - e) q_c + e / C) l_c, and the mean is sum_i L_i / N. In nats. Ignored rows
    count nowhere. Rows are computed in ``dtype`` and summed exactly.

    With ``multilabel`` each class has a sigmoid of its own: with labels t (N, C) in [0, 1], class weights v and
    ``pos_weight`` w, an element's loss is v_c (w_c t softplus(-x) + (1 - t) softplus(x)), smoothing takes
    (1 - e) t + e / 2 for t, a row's loss is the sum over its classes, and the mean divides by N C.

    With ``values="label-log-probabilities"`` each row is the log-probability of what occurred, there are no labels, and
    the result is a :class:`softmax_cli.reports.likelihood.LikelihoodReport`.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes. A pattern
            (``"logits-*.npy"``) or a list of paths is read in order as one.
        labels: likewise: class indices, class names, or a row of probabilities each. May be left out where
            ``label_column`` names a column of the logits' file.
        **options: the attributes of :class:`softmax_cli.evaluation.settings.Settings` and ``Reading``.

    Raises:
        UsageError: what is asked for does not exist (a variant, a backend, a device) or is out of range.
        InputError: a file or an array does not hold what it should.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    >>> evaluate([[2.0, 1.0], [0.0, 3.0]], [0, 1]).loss("cross_entropy")
    0.18092451954598246
    """
    settings, reading = split_options(options, Settings)
    if reading.values == LABEL_LOG_PROBABILITIES:
        logits, labels = as_sources(logits, labels)
        logits, labels, reading = with_arrays(logits, labels, reading)
    else:
        logits, labels, settings, reading = with_sources(logits, labels, settings, reading)
    if reading.values == LABEL_LOG_PROBABILITIES:
        from softmax_cli.evaluation.log_probabilities import label_log_probabilities

        return label_log_probabilities(logits, labels, settings, reading)
    folds = [run_fold(logits, labels, each, reading) for each in settings.by_dtype()]
    reports = [report_of(fold) for fold in folds]
    report = reports[0] if len(reports) == 1 else _side_by_side(reports)
    if not settings.keep or report.details is None:
        return report
    from softmax_cli.evaluation.keeping import keep

    listed = [detail.row for detail in report.details]
    return replace(report, kept=keep(settings.keep, labels, logits, folds[0].pair, reading, listed))


def with_sources(logits: Any, labels: Any, settings: Settings, reading: Reading) -> tuple[Any, Any, Settings, Reading]:
    """Return the same with every path as Files or a Source, to be read more than once, and with its array chosen.

    Raises UsageError before anything is read where the settings are of another family of losses.
    """
    settings.refuse_other_family(multilabel=reading.multilabel)
    if settings.has_weights:
        from softmax_cli.evaluation.weighing import with_weights

        logits, labels, settings = with_weights(logits, labels, settings)
    else:
        logits, labels = as_sources(logits, labels)
    logits, labels, reading = with_arrays(logits, labels, reading)
    if reading.padded:  # the classes that a row does not have have no part in its loss
        settings = replace(settings, zero_log_zero=True)
    return logits, labels, settings, reading


def _side_by_side(reports: Sequence[LossReport]) -> LossReport:
    """The first report, with the losses of all: the same data in several precisions."""
    first = reports[0]
    dtypes = "+".join(report.losses[0].dtype for report in reports)
    return replace(
        first,
        losses=tuple(line for report in reports for line in report.losses),
        signature=first.signature.of(None, dtype=dtypes),
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
        hints=tuple(dict.fromkeys(hint for report in reports for hint in report.hints)),
    )


def run_fold(logits: Any, labels: Any, settings: Settings, reading: Reading) -> Fold:
    """Read all rows; gives their sums, and the first and the last rows themselves."""
    pair = open_pair(logits, labels, reading, settings.ignore_index, row_weight=settings.row_weight)
    settings.refuse_other_counts(pair.classes)
    index_only = [variant.name for variant in settings.chosen_variants(SOFTMAX) if variant.index_only]
    if pair.by_probabilities and index_only:
        raise UsageError(f"{index_only[0]} is for class indices, and these labels are probabilities")
    backends = load_backends(settings.backend, settings.device, computing_dtype(settings.dtype, pair.logits))
    choose_kernel(settings, backends, pair.progress().size, by_index=pair.by_index)
    groups = units = None
    if settings.by is not None:
        from softmax_cli.evaluation.grouping import group_fold

        groups = group_fold(settings.by, labels, logits, pair, reading, OF_GROUPS)
    if settings.units is not None:
        from softmax_cli.inputs.units import open_units

        units = open_units(settings.units, labels, logits, pair, reading)
    fold = Fold(pair, backends, settings, _criterion(settings, reading, pair.display_names), groups, units)
    with ExitStack() as stack:
        if not fold.native:
            for backend in backends:
                stack.enter_context(backend.on_one_thread())
        run(fold, fold.blocks(), settings.workers, lambda: settings.watcher(pair.progress()))
    for overflowing in fold.overflowing.values():
        overflowing.refuse()
    return fold


def _criterion(settings: Settings, reading: Reading, class_names: tuple[str, ...]) -> Criterion:
    weight = pos_weight = None
    if settings.has_weights:
        from softmax_cli.evaluation.weighing import class_weights

        weight, pos_weight = class_weights(settings, reading, class_names)
    return Criterion(settings.label_smoothing, weight, settings.zero_log_zero, pos_weight=pos_weight)


def report_of(fold: Fold) -> LossReport:
    """Everything that a fold found."""
    settings = fold.settings
    groups = None if fold.groups is None else fold.groups.found()
    units = None if fold.units is None else fold.units.total(None if groups is None else len(groups.every))
    return LossReport(
        signature=signature_of(fold),
        reduction=settings.reduction,
        rows=fold.rows,
        class_names=fold.pair.display_names,
        losses=tuple(_line(fold, backend, variant) for backend in fold.backends for variant in fold.variants),
        ledger=_ledger(fold, units),
        preview=_preview(fold),
        labels=fold.labels,
        notes=(*fold.pair.notes, *settings.left_out(fold.family), *_overflows(fold)),
        hints=fold.hints.found(),
        details=None if fold.details is None else fold.details.found(),
        details_title="rows, one by one" if settings.top is None else "rows with the largest losses",
        frameworks=() if fold.frameworks is None else fold.frameworks.lines(),
        explained=settings.explain,
        with_ledger=settings.ledger,
        family=fold.family.name,
        headline=fold.family.headline,
        multilabel=fold.pair.multilabel,
        groups=groups,
    )


def _overflows(fold: Fold) -> tuple[str, ...]:
    """What to say of rows that a small temperature spoils."""
    return tuple(dict.fromkeys(note for each in fold.overflowing.values() for note in each.notes()))


def _line(fold: Fold, backend: Backend, variant: Variant) -> LossLine:
    key = (backend.name, variant.name)
    partial, reference = fold.partial(key), fold.reference(variant)
    reduced = fold.natively[key] if fold.native else partial.losses.over(fold.divisor(variant))
    per_row = fold.settings.reduction == "none"
    delta = ulp = None
    if reference is not None:
        apart = float(distances(np.float64(reduced), np.float64(reference), np))
        delta = partial.largest_delta if per_row else apart
        ulp = None if per_row else in_ulps(apart, reference, backend.dtype)
    return LossLine(
        variant=variant.name,
        backend=backend.name,
        device=backend.device,
        dtype=backend.dtype,
        loss=np.concatenate(fold.row_losses[key]) if per_row else reduced,
        reference=reference,
        delta=delta,
        ulp=ulp,
        nonfinite=partial.losses.nonfinite,
        causes=_causes(fold, backend, variant),
        family=fold.of_family(variant),
        clamped=fold.clamped_rows.get(key, 0),
        clamps=_clamps(fold, backend, variant),
    )


def _ledger(fold: Fold, units: float | None) -> Ledger:
    backend, variant = fold.headline
    partial = fold.partial(fold.headline)
    of_rows = next(each.of_rows for each in fold.variants if each.name == variant)
    return Ledger(
        variant=variant,
        backend=backend,
        rows=fold.rows,
        counted=fold.counted,
        loss_sum=partial.losses.value(),
        square_sum=partial.squares.value(),
        weight_sum=fold.mean_divisor.value(),
        mean=partial.losses.over(fold.weights if of_rows else fold.mean_divisor),
        multilabel=fold.pair.multilabel,
        weighing=_weighing(fold),
        units=units,
    )


def _weighing(fold: Fold) -> str:
    """What the ledger's weight_sum adds up, in words."""
    of_rows = fold.pair.row_weights is not None
    if fold.pair.multilabel:
        return "their row weights times the classes, summed" if of_rows else "their classes: what the mean divides by"
    if fold.criterion.weight is None or not fold.pair.by_index:
        return "their row weights, summed" if of_rows else Ledger.weighing
    return "their labels' class weights times row weights, summed" if of_rows else Ledger.weighing


def _preview(fold: Fold) -> "tuple[RowLine, ...]":
    if not (blocks := fold.edges.blocks()):
        return ()
    from softmax_cli.evaluation.single_rows import preview

    return tuple(line for block in blocks for line in preview(fold, block))


def _causes(fold: Fold, backend: Backend, variant: Variant) -> tuple[str, ...]:
    """Why losses are nan or infinite, for each row that was kept."""
    if not (faults := fold.faults[backend.name, variant.name]):
        return ()
    from softmax_cli.evaluation.single_rows import cause

    return tuple(cause(fold, backend, fault, variant) for fault in faults)


def _clamps(fold: Fold, backend: Backend, variant: Variant) -> tuple[str, ...]:
    """Where logarithms are clamped, for each row that was kept."""
    if not (faults := fold.clamped.get((backend.name, variant.name))):
        return ()
    from softmax_cli.evaluation.single_rows import clamp

    return tuple(clamp(fold, backend, fault) for fault in faults)


def signature_of(fold: Fold) -> Signature:
    """What it takes to get the same figures again."""
    settings, criterion = fold.settings, fold.criterion
    return Signature(
        backends=backend_signatures(fold.backends),
        settings=(
            ("dtype", fold.backends[0].dtype),
            ("kernel", fold.backends[0].kernel),
            ("accumulate", settings.accumulate),
            ("reduction", settings.reduction),
            ("label_smoothing", criterion.label_smoothing),
            ("ignore_index", settings.ignore_index),
            ("weight", _weights_text(criterion.weight)),
            *((("row_weight", fold.pair.row_weights.name),) if fold.pair.row_weights else ()),
            *((("by", fold.groups.name),) if fold.groups else ()),
            *((("units", fold.units.name),) if fold.units else ()),
            *((("pos_weight", _weights_text(criterion.pos_weight)),) if fold.pair.multilabel else ()),
            ("temperature", settings.temperature),
            ("zero_log_zero", criterion.zero_log_zero),
            ("class_axis", fold.pair.class_axis),
            *fold.pair.reading.signature,
        ),
    )


def _weights_text(weights: Any) -> str | None:
    return None if weights is None else ",".join(map(str, weights.tolist()))
