"""`compare`: two versions of the same logits, to a report of how far apart they are and what that changes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.errors import InputError
from softmax_cli.evaluation.blocks import rows_per_block
from softmax_cli.evaluation.comparing.causes.search import Causes
from softmax_cli.evaluation.comparing.label_changes import label_changes
from softmax_cli.evaluation.comparing.logits import FoundLogits, LogitsApart
from softmax_cli.evaluation.comparing.parts import Largest, Part
from softmax_cli.evaluation.comparing.predictions import FoundPredictions, PredictionsApart
from softmax_cli.evaluation.comparing.settings import Comparing
from softmax_cli.evaluation.comparing.tails import tails
from softmax_cli.evaluation.hints.watch import Hints
from softmax_cli.evaluation.passes import run
from softmax_cli.evaluation.settings import split_options
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.opening import as_files, as_sources
from softmax_cli.inputs.versions import Versions, VersionsBlock, open_versions
from softmax_cli.losses.sums import Sum
from softmax_cli.losses.targets import Target
from softmax_cli.metrics.mcnemar import mcnemar
from softmax_cli.metrics.quantiles import Quantiles
from softmax_cli.reports.changes import Discordance
from softmax_cli.reports.compare import (
    AGREEMENTS,
    GROUPED,
    GROUPED_BY_LABEL,
    Agreement,
    CompareReport,
    Oddities,
    Tolerance,
)
from softmax_cli.reports.grid import all_ignored
from softmax_cli.reports.groups import GroupedFigures
from softmax_cli.reports.signature import Signature
from softmax_cli.reports.spreads import SHARES, Spread

_EXACT = NumpyBackend("cpu", "float64")


@np.errstate(all="ignore")  # what is not finite is counted and explained
def compare(a: Any, b: Any, labels: Any = None, **options: Any) -> CompareReport:
    """How far apart two versions of the same logits are: torch and ONNX, float32 and int8, before and after.

    With p and q the softmax of A / T and of B / T, for a temperature T: |a - b| of the logits and |p - q| of the
    probabilities; for each row min_s max_c |a_c - b_c - s|, KL(p || q), KL(q || p) and Jensen-Shannon (in nats);
    whether the likeliest classes are the same. Where one cause explains the difference in all rows (B is A's softmax,
    0.5 A, A cast to float16, A's rows in another order, ...), ``cause`` names it. With labels the change of the loss
    (the mean cross-entropy, in nats), of the perplexity, of the accuracy and of the label's probability, B less A, each
    with its paired standard error and a bootstrap interval, and McNemar's test. All in float64 of the files' values;
    what is nan or the same infinity in both is no difference.

    Args:
        a: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes.
        b: likewise, of the same shape. Where both have class names, its classes are matched by these.
        labels: likewise: class indices, class names, or a row of probabilities each (whose likeliest class is then
            the right one). May be left out, or be a column of A's file (``label_column``).
        **options: the attributes of :class:`softmax_cli.evaluation.comparing.settings.Comparing`, and of
            :class:`softmax_cli.inputs.reading.Reading`.

    Raises:
        UsageError: what is asked for does not exist or is out of range.
        InputError: the files do not hold what they should, or do not belong together.

    >>> report = compare([[2.0, 1.0], [0.0, 3.0]], [[2.0, 1.5], [0.0, 3.0]])
    >>> report.spread("abs_diff").largest, report.spread("abs_diff").row
    (0.5, 0)
    """
    comparing, reading = split_options(options, Comparing)
    a, b, labels = as_sources(a, b, as_files(labels, names=True))
    versions = open_versions(a, b, labels, reading, comparing.ignore_index)
    fold = Comparison(versions, comparing)
    if comparing.by is not None:
        from softmax_cli.evaluation.grouping import group_fold

        quantities = GROUPED if versions.pair is None else GROUPED_BY_LABEL
        fold.predictions.groups = group_fold(comparing.by, labels, a, versions, versions.reading, quantities)
    blocks = fold.causes.begin(fold.watched(versions.blocks(rows_per_block(versions.classes, [_EXACT]))))
    run(fold, blocks, comparing.workers, lambda: comparing.watcher(versions.progress()))
    fold.finish()
    report = _report(fold)
    if not comparing.keep:
        return report
    from softmax_cli.evaluation.keeping import keep

    listed = [changed.row for changed in report.changed_rows]
    return replace(report, kept=keep(comparing.keep, labels, a, versions, versions.reading, listed))


@dataclass(frozen=True, eq=False)
class Measured:
    """What a block of so many rows came to; ``found`` is None where no row of it counts."""

    rows: int
    counted: int
    causes: Any
    found: tuple[FoundLogits, FoundPredictions] | None


class Comparison:
    """The fold of both parts. `measure` computes, and changes nothing: it may run on several blocks at once."""

    def __init__(self, versions: Versions, comparing: Comparing) -> None:
        self.versions = versions
        self.comparing = comparing
        self.rows = self.counted = 0
        self.causes = Causes(versions.classes, versions.rows)
        self.hints = tuple(
            Hints(table, versions.reading, base=versions.reading.label_base) for table in (versions.a, versions.b)
        )
        self.logits = LogitsApart(comparing, versions.display_names, (versions.a.dtype, versions.b.dtype))
        self.predictions = PredictionsApart(comparing, versions.display_names, versions.labels)

    def watched(self, blocks: Iterator[VersionsBlock]) -> Iterator[VersionsBlock]:
        """The same blocks, both files being looked at for hints on their way."""
        of_a, of_b = self.hints
        return of_b.watching(of_a.watching(blocks, lambda block: (block.a, block.target)), _of_b)

    def measure(self, block: VersionsBlock) -> Measured:
        """Everything about a block's rows."""
        causes = self.causes.look(block)
        part = Part.of(block)
        if not len(part.rows):
            return Measured(len(block.a), 0, causes, None)
        keep = Quantiles.keeps((block.start + len(block.a)) * self.versions.classes)
        with np.errstate(all="ignore"):
            logits = self.logits.measure(part, keep=keep)
            predictions = self.predictions.measure(part, logits.columns["largest"], keep=keep)
        return Measured(len(block.a), len(part.rows), causes, (logits, predictions))

    def add(self, found: Measured) -> None:
        """Add what a block came to; the blocks in their order."""
        self.rows += found.rows
        self.counted += found.counted
        self.causes.add(found.rows, found.causes)
        if found.found is not None:
            logits, predictions = found.found
            self.logits.add(logits)
            self.predictions.add(predictions)

    def finish(self) -> None:
        """Add the rows that wait."""
        self.logits.finish()
        self.predictions.finish()


def _of_b(block: VersionsBlock) -> tuple[Any, Target | None]:
    return block.b, block.target


def _report(fold: Comparison) -> CompareReport:
    versions, comparing, predictions = fold.versions, fold.comparing, fold.predictions
    labelled = versions.pair is not None
    if versions.pair is not None and not fold.counted:
        raise InputError(versions.pair.labels_name, all_ignored(fold.rows))
    return CompareReport(
        signature=_signature(fold),
        names=(versions.a.name, versions.b.name),
        cause=fold.causes.cause(),
        rows=fold.rows,
        counted=fold.counted,
        class_names=versions.display_names,
        spreads=_spreads(fold),
        agreements=_agreements(predictions),
        k=predictions.k,
        ties=predictions.ties,
        changes=label_changes(predictions, comparing) if labelled else (),
        tails=tuple(tails(predictions, labelled=labelled)),
        rows_drawn_at_once=predictions.units.rows_each,
        discordance=Discordance(**vars(mcnemar(predictions.only_a, predictions.only_b))) if labelled else None,
        tolerance=_tolerance(fold) if comparing.limited else None,
        oddities=Oddities(
            fold.logits.alike,
            fold.logits.unlike,
            fold.logits.first_unlike,
            predictions.undefined_in_both,
            predictions.undefined_in_one,
            predictions.first_undefined,
        ),
        changed_rows=predictions.changed_rows,
        groups=_groups(fold),
        rows_asked_for=bool(comparing.top),
        notes=versions.notes,
        hints=tuple(dict.fromkeys(hint for hints in fold.hints for hint in hints.found())),
    )


def _groups(fold: Comparison) -> GroupedFigures | None:
    groups = fold.predictions.groups
    if groups is None:
        return None
    groups.end(fold.rows)
    return groups.found()


def _spreads(fold: Comparison) -> tuple[Spread, ...]:
    names = fold.versions.display_names
    of_values: dict[str, LogitsApart | PredictionsApart] = {"abs_diff": fold.logits, "prob_diff": fold.predictions}
    of_rows = {"shift_free_diff": fold.logits.shift_free, **fold.predictions.divergences}
    return (
        *(
            Spread(
                name=name,
                mean=part.total.over(Sum.count(part.rows * len(names))),
                quantiles=_quantiles(part.quantiles, part.largest),
                exact=part.quantiles.exact,
                largest=part.largest.value,
                row=part.largest.place,
                class_name=_name(part.largest, names),
            )
            for name, part in of_values.items()
        ),
        *(
            Spread(
                name=name,
                mean=figure.moments.mean,
                quantiles=_quantiles(figure.quantiles, figure.largest),
                exact=figure.quantiles.exact,
                largest=figure.largest.value,
                row=figure.largest.place,
                standard_error=figure.moments.standard_error,
            )
            for name, figure in of_rows.items()
        ),
    )


def _name(largest: Largest, names: tuple[str, ...]) -> str:
    return "" if largest.place is None or largest.class_index is None else names[largest.class_index]


def _quantiles(quantiles: Quantiles, largest: Largest) -> tuple[float, ...]:
    """None above the largest, which is exact."""
    return tuple(min(value, largest.value) for value in quantiles.at(tuple(SHARES.values())))


def _agreements(predictions: PredictionsApart) -> tuple[Agreement, ...]:
    k = predictions.k
    meanings = {
        "same_first": "same predicted class",
        "same_k": f"same top {k}",
        "overlap": f"share of A's top {k} in B's",
    }
    return tuple(
        Agreement(
            name=name,
            meaning=meanings[column],
            rows=None if column == "overlap" else round(predictions.moments[column].total.value()),
            share=predictions.moments[column].mean,
            standard_error=predictions.moments[column].standard_error,
        )
        for name, column in zip(AGREEMENTS, meanings, strict=True)
    )


def _tolerance(fold: Comparison) -> Tolerance:
    comparing, logits = fold.comparing, fold.logits
    return Tolerance(
        comparing.atol or 0.0,
        comparing.rtol or 0.0,
        fold.counted * fold.versions.classes,
        logits.outside,
        logits.first_outside,
        logits.sufficient,
    )


def _signature(fold: Comparison) -> Signature:
    comparing, versions = fold.comparing, fold.versions
    labelled = versions.pair is not None
    return Signature(
        backends=backend_signatures([_EXACT]),
        settings=(
            ("dtype", _EXACT.dtype),
            ("a", str(versions.a.dtype)),
            ("b", str(versions.b.dtype)),
            ("class_axis", versions.class_axis),
            *versions.reading.signature,
            *((("by", fold.predictions.groups.name),) if fold.predictions.groups else ()),
            ("temperature", comparing.temperature),
            ("top_k", fold.predictions.k),
            *((("ignore_index", comparing.ignore_index),) if labelled else ()),
            *((("resamples", comparing.resamples), ("seed", comparing.seed)) if labelled else ()),
            *((("atol", comparing.atol or 0.0), ("rtol", comparing.rtol or 0.0)) if comparing.limited else ()),
        ),
    )
