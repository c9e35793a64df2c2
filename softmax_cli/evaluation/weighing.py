"""Weights as they are given: of classes, of positives and of rows."""

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from softmax_cli.evaluation.settings import Settings
from softmax_cli.inputs.beside import is_column, is_pattern
from softmax_cli.inputs.opening import as_files, as_sources
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.weights import inline_weights, read_weights


def with_weights(logits: Any, labels: Any, settings: Settings) -> tuple[Any, Any, Settings]:
    """Return the same with every path as Files or a Source, those of the weights too."""
    weights = (inline_weights("--weight", settings.weight), inline_weights("--pos-weight", settings.pos_weight))
    of_rows = settings.row_weight
    if is_column(of_rows) or is_pattern(of_rows):
        logits, labels, weight, pos_weight = as_sources(logits, labels, *weights)
        of_rows = of_rows if is_column(of_rows) else as_files(of_rows)
    else:
        logits, labels, weight, pos_weight, of_rows = as_sources(logits, labels, *weights, of_rows)
    return logits, labels, replace(settings, weight=weight, pos_weight=pos_weight, row_weight=of_rows)


def class_weights(
    settings: Settings, reading: Reading, class_names: tuple[str, ...]
) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """Return the weights of the classes and of their positives, None for those that are not given."""
    given = {"--weight": settings.weight, "--pos-weight": settings.pos_weight}
    weight, pos_weight = (
        None if weights is None else read_weights(weights, reading, class_names, option)
        for option, weights in given.items()
    )
    return weight, pos_weight
