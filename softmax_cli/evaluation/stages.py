"""The stages that `loss --steps` shows, for each family of losses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from softmax_cli.losses import sigmoid
from softmax_cli.losses.batch import Batch


@dataclass(frozen=True)
class Stage:
    """One stage of the calculation: its values (n, C); ``totals`` asks for the sum of each row beside them."""

    name: str
    title: str
    compute: Callable[[Batch], Any]
    totals: bool = False


@dataclass(frozen=True)
class Stages:
    """All stages in order; ``alike`` are two that should be the same, and ``slope`` is the gradient's formula."""

    in_order: tuple[Stage, ...]
    alike: tuple[Stage, Stage]
    slope: str


def _elements(batch: Batch) -> Any:
    return -sigmoid.expected(
        batch.backend.log_sigmoid(batch.logits),
        batch.backend.log_sigmoid(-batch.logits),
        batch.yes_or_no,
        batch.criterion,
        batch.xp,
    )


_LOG_OF_SOFTMAX = Stage("log_of_softmax", "log(softmax(x))", lambda batch: batch.xp.log(batch.softmax))
_LOG_SOFTMAX = Stage("log_softmax", "log_softmax(x)", lambda batch: batch.log_softmax)
_LOG_OF_SIGMOID = Stage("log_of_sigmoid", "log(sigmoid(x))", lambda batch: batch.xp.log(batch.sigmoid))
_LOGSIGMOID = Stage("logsigmoid", "logsigmoid(x)", lambda batch: batch.backend.log_sigmoid(batch.logits))

SOFTMAX_STAGES = Stages(
    (
        Stage("logits", "logits x", lambda batch: batch.logits),
        Stage("softmax", "softmax(x)", lambda batch: batch.softmax, totals=True),
        Stage("one_hot", "one-hot labels", lambda batch: batch.one_hot),
        _LOG_OF_SOFTMAX,
        _LOG_SOFTMAX,
        Stage(
            "product",
            "one_hot * -log(softmax(x)), the sum is the row's loss",
            lambda batch: batch.one_hot * -batch.xp.log(batch.softmax),
            totals=True,
        ),
    ),
    alike=(_LOG_OF_SOFTMAX, _LOG_SOFTMAX),
    slope="(softmax(x) - one_hot)",
)

SIGMOID_STAGES = Stages(
    (
        Stage("logits", "logits x", lambda batch: batch.logits),
        Stage("sigmoid", "sigmoid(x)", lambda batch: batch.sigmoid),
        Stage("labels", "labels t", lambda batch: batch.yes_or_no),
        _LOG_OF_SIGMOID,
        _LOGSIGMOID,
        Stage(
            "logsigmoid_of_minus_x",
            "logsigmoid(-x) = log(1 - sigmoid(x))",
            lambda batch: batch.backend.log_sigmoid(-batch.logits),
        ),
        Stage(
            "elements",
            "-(t * logsigmoid(x) + (1 - t) * logsigmoid(-x)), weighted; the sum is the row's loss",
            _elements,
            totals=True,
        ),
    ),
    alike=(_LOG_OF_SIGMOID, _LOGSIGMOID),
    slope="(sigmoid(x) - t)",
)


def stages_of(*, multilabel: bool) -> Stages:
    """Return the stages of multi-label losses, or of those of one label per row."""
    return SIGMOID_STAGES if multilabel else SOFTMAX_STAGES
