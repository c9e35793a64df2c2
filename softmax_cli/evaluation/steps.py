"""The stages of the calculation, one by one, as a person would do it by hand."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.fold import Fold
from softmax_cli.evaluation.loss import report_of, run_fold, with_sources
from softmax_cli.evaluation.probabilities import largest_distance
from softmax_cli.evaluation.saving import check_output, harmless_names, save
from softmax_cli.evaluation.settings import Settings, split_options
from softmax_cli.evaluation.stages import Stage, Stages, stages_of
from softmax_cli.inputs.pairs import Block
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.variants import Variant
from softmax_cli.parallel import in_order
from softmax_cli.reports.grid import distance_text, header_names
from softmax_cli.reports.steps import Step, StepsReport


@np.errstate(all="ignore")  # what is not finite is counted and explained
def steps(logits: Any, labels: Any = None, **options: Any) -> StepsReport:
    """Logits, softmax and its row sums, one-hot labels, logarithms, their product, losses, and the gradient.

    The losses are those of all rows, the stages shown are those of the first and the last. The gradient is
    d loss / d x = (softmax(x) - one_hot) / N for the mean (without the division for the sum): by this formula
    on NumPy, by autograd on torch.

    Takes and raises what :func:`softmax_cli.evaluate` does, but for the reduction none and a choice of variants.

    >>> [step.name for step in steps([[1.0, 2.0, 3.0]], [2]).steps]
    ['logits', 'softmax', 'one_hot', 'log_of_softmax', 'log_softmax', 'product', 'gradient']
    """
    settings, reading = split_options(options, Settings)
    if settings.variants:
        raise UsageError("--steps shows every variant; leave --variant out")
    return _walk(logits, labels, settings, reading, _all_steps)


@np.errstate(all="ignore")  # what is not finite is counted and explained
def gradient(logits: Any, labels: Any = None, **options: Any) -> StepsReport:
    """D loss / d logits of the cross-entropy, and of the losses beside it that were asked for.

    For the mean divided by what the mean divides by. Takes and raises what :func:`softmax_cli.steps` does.

    >>> gradient([[0.0, 0.0]], [0]).steps[0].values.tolist()
    [[-0.5, 0.5]]
    """
    settings, reading = split_options(options, Settings)
    return _walk(logits, labels, settings, reading, _gradients)


class Said(NamedTuple):
    """What there is to say beside a result; see the reports."""

    notes: tuple[str, ...]
    hints: tuple[str, ...]


@np.errstate(all="ignore")  # what is not finite is counted and explained
def save_gradient(logits: Any, labels: Any, path: Path, *, safe_csv: bool = False, **options: Any) -> Said:
    """Write the gradient of all rows to a .npy (in the shape of the logits), .csv or .tsv file.

    Return what there is to say beside it. ``safe_csv``: no name of a class is a formula to a spreadsheet.

    It is that of the one loss that was asked for, else of the cross-entropy; on one backend.
    """
    check_output(path)
    settings, reading = split_options(options, Settings)
    logits, labels, settings, reading = with_sources(logits, labels, settings, reading)
    fold = _counted_fold(logits, labels, settings, reading)
    variants = _differentiated(fold)
    if len(fold.backends) > 1 or len(variants) > 2:  # the family's and one more
        raise UsageError("--grad-output writes one gradient: one backend, and one --loss at most")

    def computed(block: Block) -> NDArray[Any]:
        return _gradient_of(fold, fold.backends[0], variants[-1], block)

    blocks = in_order(computed, fold.blocks(), settings.workers)
    names = header_names(fold.pair.display_names)
    save(path, blocks, harmless_names(names) if safe_csv else names, fold.pair.logits.shape, fold.pair.class_axis)
    return Said(fold.pair.notes, fold.hints.found())


StepsOf = Callable[[Backend, Fold, list[Block]], list[Step]]


def _walk(logits: Any, labels: Any, settings: Settings, reading: Reading, steps_of: StepsOf) -> StepsReport:
    if settings.reduction == "none":
        raise UsageError("a gradient is that of one loss: use --reduction mean or sum")
    logits, labels, settings, reading = with_sources(logits, labels, settings, reading)
    fold = _counted_fold(logits, labels, settings, reading)
    edges = fold.edges.blocks()
    found = tuple(step for backend in fold.backends for step in steps_of(backend, fold, edges))
    return StepsReport(
        rows=tuple(block.start + place for block in edges for place in range(len(block.logits))),
        labels=tuple(label for block in edges for label in fold.pair.rule.text(block.target)),
        steps=found,
        loss=replace(report_of(fold), preview=()),
        findings=tuple(_findings(found, stages_of(multilabel=fold.pair.multilabel))),
    )


def _counted_fold(logits: Any, labels: Any, settings: Settings, reading: Reading) -> Fold:
    fold = run_fold(logits, labels, settings.of_one_dtype(), reading)
    if reason := report_of(fold).nothing:
        raise InputError(fold.pair.labels_name, reason)
    return fold


def _all_steps(backend: Backend, fold: Fold, edges: list[Block]) -> list[Step]:
    with backend.arithmetic():
        batches = [fold.batch(backend, block) for block in edges]

        def step(stage: Stage) -> Step:
            arrays = [stage.compute(batch)[: batch.rows] for batch in batches]
            values = np.concatenate([backend.to_numpy(array) for array in arrays])
            sums = [backend.to_numpy(backend.xp.sum(array, axis=-1)) for array in arrays] if stage.totals else None
            return Step(stage.name, stage.title, backend.name, values, None if sums is None else np.concatenate(sums))

        stages = stages_of(multilabel=fold.pair.multilabel)
        return [*map(step, stages.in_order), *_gradients(backend, fold, edges)]


def _gradients(backend: Backend, fold: Fold, edges: list[Block]) -> list[Step]:
    by = "autograd" if backend.name == "torch" else "the closed form"
    found = []
    for variant in _differentiated(fold):
        divisor = fold.divisor(variant).value()
        over = "" if divisor == 1 else f" / {divisor:g}"
        values = np.concatenate([_gradient_of(fold, backend, variant, block) for block in edges])
        in_family = variant.name == fold.family.headline
        slope = stages_of(multilabel=fold.pair.multilabel).slope
        formula = f"{slope}{over}" if in_family else f"of {variant.name}{over}"
        name = "gradient" if in_family else f"gradient_of_{variant.name}"
        found.append(Step(name, f"gradient {formula}, by {by}", backend.name, values))
    return found


def _differentiated(fold: Fold) -> list[Variant]:
    """Return the family's headline, whose variants share one gradient, and the other losses."""
    return [_headline(fold), *(variant for variant in fold.variants if variant.name not in fold.family.variants)]


def _headline(fold: Fold) -> Variant:
    return fold.family.variants[fold.family.headline]


def _gradient_of(fold: Fold, backend: Backend, variant: Variant, block: Block) -> NDArray[Any]:
    with np.errstate(all="ignore"), backend.arithmetic():
        batch = fold.batch(backend, block)
        slopes = backend.gradient(variant, batch)[: batch.rows]
        # The batch holds x / T; the gradient is that with respect to x.
        slopes = backend.to_numpy(slopes / fold.settings.temperature / fold.divisor(variant).value())
        return block.weighted(slopes).astype(slopes.dtype, copy=False)


def _findings(steps: tuple[Step, ...], stages: Stages) -> list[str]:
    """Where two stages should be the same, how far apart they are."""
    found = []
    values: dict[tuple[str, str], NDArray[Any]] = {(step.backend, step.name): np.asarray(step.values) for step in steps}
    backends = tuple(dict.fromkeys(step.backend for step in steps))
    for backend in backends:
        one, other = stages.alike
        if (backend, one.name) in values:
            distance = largest_distance(values[backend, one.name], values[backend, other.name])
            found.append(f"{one.title} and {other.title} on {backend}: at most {distance_text(distance)} apart.")
    for first, second in combinations(backends, 2):
        for name in dict.fromkeys(step.name for step in steps if step.name.startswith("gradient")):
            distance = largest_distance(values[first, name], values[second, name])
            found.append(f"The {name} on {first} and on {second}: at most {distance_text(distance)} apart.")
    return found
