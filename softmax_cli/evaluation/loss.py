"""`evaluate`: from files or arrays and a question to a report of losses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from softmax_cli.backends import load_backends
from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.edges import Edges
from softmax_cli.evaluation.fold import Fold
from softmax_cli.evaluation.inputs import computing_dtype
from softmax_cli.evaluation.pairs import Block, open_pair
from softmax_cli.evaluation.settings import Reading, Settings, split_options
from softmax_cli.evaluation.weights import read_weights
from softmax_cli.losses.causes import Row, explain
from softmax_cli.losses.criterion import Criterion
from softmax_cli.losses.distance import distances
from softmax_cli.losses.targets import Indices
from softmax_cli.losses.variants import HEADLINE, VARIANTS, Variant
from softmax_cli.reports.grid import Numbers
from softmax_cli.reports.loss import Ledger, LossLine, LossReport, RowLine
from softmax_cli.reports.signature import BackendSignature, Signature


def evaluate(logits: Any, labels: Any = None, **options: Any) -> LossReport:
    """Softmax cross-entropy by every variant, side by side, each held against float64.

    With l = log_softmax(x / T) and smoothing e, for class indices y (N,)
    L_i = -(1 - e) w_y l_y - (e / C) sum_c w_c l_c, and the mean is sum_i L_i / sum_i w_{y_i}; for probabilities
    q (N, C) L_i = -sum_c w_c ((1 - e) q_c + e / C) l_c, and the mean is sum_i L_i / N. In nats. Ignored rows
    count nowhere. Rows are computed in ``dtype`` and summed exactly.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes.
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
    settings, reading = split_options(options)
    fold, edges = run_fold(logits, labels, settings, reading)
    return report_of(fold, edges if settings.preview else [])


def run_fold(logits: Any, labels: Any, settings: Settings, reading: Reading) -> tuple[Fold, list[Block]]:
    """Read all rows; gives their sums, and the first and the last rows themselves."""
    pair = open_pair(logits, labels, reading, settings.ignore_index)
    if pair.by_probabilities and settings.ignore_index is not None:
        raise UsageError("--ignore-index is for class indices, and these labels are probabilities; leave it out")
    index_only = [variant.name for variant in settings.chosen_variants() if variant.index_only]
    if pair.by_probabilities and index_only:
        raise UsageError(f"{index_only[0]} is for class indices, and these labels are probabilities")
    backends = load_backends(settings.backend, settings.device, computing_dtype(settings.dtype, pair.logits))
    weights = None if settings.weight is None else read_weights(settings.weight, reading, pair.display_names)
    fold = Fold(pair, backends, settings, Criterion(settings.label_smoothing, weights, settings.zero_log_zero))
    edges = Edges()
    for block in pair.blocks(whole=fold.native):
        fold.add(block)
        edges.add(block)
    return fold, edges.blocks()


def report_of(fold: Fold, edges: list[Block]) -> LossReport:
    """Everything that a fold found; ``edges`` are the rows of the softmax table."""
    family = [variant for variant in fold.variants if variant.name in VARIANTS]
    return LossReport(
        signature=signature_of(fold),
        reduction=fold.settings.reduction,
        rows=fold.rows,
        class_names=fold.pair.display_names,
        losses=tuple(_line(fold, backend, variant) for backend in fold.backends for variant in fold.variants),
        reference=fold.reference(family[0]) if family else None,
        ledger=_ledger(fold),
        preview=tuple(line for block in edges for line in _preview(fold, block)),
        labels=fold.labels,
        notes=fold.pair.notes,
    )


def _line(fold: Fold, backend: Backend, variant: Variant) -> LossLine:
    reference = fold.reference(variant)
    key = (backend.name, variant.name)
    partial = fold.partials[key]
    mean_or_sum = fold.natively[key] if fold.native else partial.losses.over(fold.divisor)
    loss: float | Numbers = mean_or_sum
    delta = None if reference is None else float(distances(np.float64(mean_or_sum), np.float64(reference), np))
    if fold.settings.reduction == "none":
        loss = np.concatenate(fold.row_losses[key])
        delta = None if reference is None else partial.largest_delta
    fault = fold.faults.get(key)
    cause = "" if fault is None else explain(_row(fold, backend, fault), variant)
    nonfinite = partial.losses.nonfinite
    family = variant.name in VARIANTS
    return LossLine(variant.name, backend.name, backend.device, backend.dtype, loss, delta, nonfinite, cause, family)


def _ledger(fold: Fold) -> Ledger:
    """Of the first backend's cross_entropy, or of the variant that stands in for it."""
    names = [variant.name for variant in fold.variants]
    variant = HEADLINE if HEADLINE in names else names[0]
    partial = fold.partials[fold.backends[0].name, variant]
    return Ledger(
        variant=variant,
        backend=fold.backends[0].name,
        rows=fold.rows,
        counted=fold.counted,
        loss_sum=partial.losses.value(),
        square_sum=partial.squares.value(),
        weight_sum=fold.weights.value(),
        mean=partial.losses.over(fold.weights),
    )


def _preview(fold: Fold, block: Block) -> list[RowLine]:
    backend = fold.backends[0]
    with backend.arithmetic():
        batch = fold.batch(backend, block)
        probabilities = backend.to_numpy(batch.softmax)
        sums = backend.to_numpy(batch.xp.sum(batch.softmax, axis=-1))
        losses = backend.to_numpy(backend.cross_entropy(batch.logits, batch.target, batch.criterion)) + 0
    targets: list[int | None] = [None] * len(sums)
    if isinstance(block.target, Indices):
        counted = block.target.counted
        targets = [
            int(target) if counted is None or counted[place] else None
            for place, target in enumerate(block.target.classes)
        ]
    return [
        RowLine(block.start + place, label, target, probabilities[place].tolist(), float(sums[place]), float(loss))
        for place, (label, target, loss) in enumerate(
            zip(fold.pair.rule.text(block.target), targets, losses, strict=True)
        )
    ]


def _row(fold: Fold, backend: Backend, fault: Block) -> Row:
    with backend.arithmetic():
        batch = fold.batch(backend, fault)
        logits, softmax, labels = (
            backend.to_numpy(array)[0].tolist() for array in (batch.logits, batch.softmax, batch.one_hot)
        )
    by_index = isinstance(fault.target, Indices) and not fold.criterion.label_smoothing
    return Row(
        fault.start, backend.dtype, fault.logits[0].tolist(), logits, softmax, labels, fold.pair.display_names, by_index
    )


def signature_of(fold: Fold) -> Signature:
    """What it takes to get the same figures again."""
    settings, criterion = fold.settings, fold.criterion
    return Signature(
        backends=backend_signatures(fold.backends),
        settings=(
            ("dtype", fold.backends[0].dtype),
            ("accumulate", settings.accumulate),
            ("reduction", settings.reduction),
            ("label_smoothing", criterion.label_smoothing),
            ("ignore_index", settings.ignore_index),
            ("weight", None if criterion.weight is None else ",".join(map(str, criterion.weight.tolist()))),
            ("temperature", settings.temperature),
            ("zero_log_zero", criterion.zero_log_zero),
            ("class_axis", fold.pair.class_axis),
        ),
    )


def backend_signatures(backends: Sequence[Backend]) -> tuple[BackendSignature, ...]:
    """What the signature says of the backends."""
    return tuple(BackendSignature(backend.name, backend.version, backend.device) for backend in backends)
