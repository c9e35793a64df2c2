"""The stages of the calculation, one by one, as a person would do it by hand."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.fold import Fold
from softmax_cli.evaluation.loss import report_of, run_fold
from softmax_cli.evaluation.pairs import Block
from softmax_cli.evaluation.probabilities import largest_distance
from softmax_cli.evaluation.settings import split_options
from softmax_cli.losses.batch import Batch
from softmax_cli.reports.grid import distance_text
from softmax_cli.reports.steps import Step, StepsReport


def steps(logits: Any, labels: Any = None, **options: Any) -> StepsReport:
    """Logits, softmax and its row sums, one-hot labels, logarithms, their product, losses, and the gradient.

    The losses are those of all rows, the stages shown are those of the first and the last. The gradient is
    d loss / d x = (softmax(x) - one_hot) / N for the mean (without the division for the sum): by this formula
    on NumPy, by autograd on torch.

    Takes and raises what :func:`softmax_cli.evaluate` does, but for the reduction none and a choice of variants.

    >>> [step.name for step in steps([[1.0, 2.0, 3.0]], [2]).steps]
    ['logits', 'softmax', 'one_hot', 'log_of_softmax', 'log_softmax', 'product', 'gradient']
    """
    settings, reading = split_options(options)
    if settings.reduction == "none":
        raise UsageError("--steps ends in one loss and its gradient: --reduction mean or sum")
    if settings.variants:
        raise UsageError("--steps shows every variant; leave --variant out")
    fold, edges = run_fold(logits, labels, settings, reading)
    found = tuple(step for each in fold.backends for step in _steps_on(each, fold, edges))
    return StepsReport(
        rows=tuple(block.start + place for block in edges for place in range(len(block.logits))),
        labels=tuple(label for block in edges for label in fold.pair.rule.text(block.target)),
        steps=found,
        loss=report_of(fold, []),
        findings=tuple(_findings(found)),
    )


def _steps_on(backend: Backend, fold: Fold, edges: list[Block]) -> list[Step]:
    with backend.arithmetic():
        batches = [fold.batch(backend, block) for block in edges]

        def step(name: str, title: str, compute: Callable[[Batch], Any], *, totals: bool = False) -> Step:
            arrays = [compute(batch) for batch in batches]
            values = np.concatenate([backend.to_numpy(array) for array in arrays])
            sums = [backend.to_numpy(backend.xp.sum(array, axis=-1)) for array in arrays] if totals else None
            return Step(name, title, backend.name, values, None if sums is None else np.concatenate(sums))

        by = "autograd" if backend.name == "torch" else "the closed form"
        divisor = fold.divisor.value()
        over = "" if divisor == 1 else f" / {divisor:g}"
        return [
            step("logits", "logits x", lambda batch: batch.logits),
            step("softmax", "softmax(x)", lambda batch: batch.softmax, totals=True),
            step("one_hot", "one-hot labels", lambda batch: batch.one_hot),
            step("log_of_softmax", "log(softmax(x))", lambda batch: batch.xp.log(batch.softmax)),
            step("log_softmax", "log_softmax(x)", lambda batch: batch.log_softmax),
            step(
                "product",
                "one_hot * -log(softmax(x)), the sum is the row's loss",
                lambda batch: batch.one_hot * -batch.xp.log(batch.softmax),
                totals=True,
            ),
            step(
                "gradient",
                f"gradient (softmax(x) - one_hot){over}, by {by}",
                lambda batch: backend.gradient(batch.logits, batch.target, batch.criterion) / divisor,
            ),
        ]


def _findings(steps: tuple[Step, ...]) -> list[str]:
    """Where two stages should be the same, how far apart they are."""
    found = []
    values: dict[tuple[str, str], NDArray[Any]] = {(step.backend, step.name): np.asarray(step.values) for step in steps}
    backends = tuple(dict.fromkeys(step.backend for step in steps))
    for backend in backends:
        distance = largest_distance(values[backend, "log_of_softmax"], values[backend, "log_softmax"])
        found.append(f"log(softmax(x)) and log_softmax(x) on {backend}: at most {distance_text(distance)} apart.")
    for one, other in combinations(backends, 2):
        distance = largest_distance(values[one, "gradient"], values[other, "gradient"])
        found.append(f"The gradient on {one} and on {other}: at most {distance_text(distance)} apart.")
    return found
