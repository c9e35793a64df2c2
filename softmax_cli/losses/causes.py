"""Why a row's loss is nan or infinite, in words: read off the row itself, not guessed from the result."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from softmax_cli.losses.precision import PRECISIONS
from softmax_cli.losses.variants import Variant


@dataclass(frozen=True)
class Row:
    """One row, class by class: ``given`` as the file has it, ``logits`` and ``softmax`` in the dtype computed in.

    ``labels`` are what each class counts for; ``by_index`` says that the label is one class, without smoothing.
    """

    number: int
    dtype: str
    given: Sequence[float]
    logits: Sequence[float]
    softmax: Sequence[float]
    labels: Sequence[float]
    names: tuple[str, ...]
    by_index: bool


def explain(row: Row, variant: Variant) -> str:
    """The cause, as ``row 17: class 4 ...``."""
    return f"row {row.number}: {_undefined(row) or _masked(row, variant) or _underflow(row, variant)}"


def _undefined(row: Row) -> str:
    """A row whose softmax does not exist."""
    for place, value in enumerate(row.logits):
        if math.isnan(value):
            return f"{_name(row, place)} is nan"
        if value == math.inf:
            inf_minus_inf = "and inf - inf is nan"
            if row.given[place] != math.inf:
                return f"{_name(row, place)} is {row.given[place]:g}, which {row.dtype} holds as inf, {inf_minus_inf}"
            return f"{_name(row, place)} is inf, {inf_minus_inf}"
    if all(value == -math.inf for value in row.logits):
        return "every class is -inf, and no softmax exists"
    return ""


def _masked(row: Row, variant: Variant) -> str:
    """A class of probability 0 by right: its logit is -inf."""
    masked = [place for place, value in enumerate(row.logits) if value == -math.inf]
    labelled = next((place for place in masked if row.labels[place] != 0), None)
    if labelled is not None:
        return f"{_name(row, labelled)}, the label's, is -inf: its probability is 0, and -log(0) is inf"
    # Every recipe multiplies by probabilities and smoothed labels, only the one-hot ones by class indices.
    if masked and (variant.one_hot or not row.by_index):
        what = f"{_name(row, masked[0])} is -inf (masked); multiplied by its label of 0 it gives nan"
        # By class indices cross_entropy itself is right: the option is for labels that are distributions.
        return what if row.by_index else f"{what}; --zero-log-zero takes 0"
    return ""


def _underflow(row: Row, variant: Variant) -> str:
    """A class whose softmax is too small for the dtype."""
    zeros = [place for place, value in enumerate(row.softmax) if value == 0]
    if not zeros or not variant.one_hot:
        return f"a step of {variant.recipe} leaves the range of {row.dtype}"
    labelled = [place for place in zeros if row.labels[place] != 0]
    others = [place for place in zeros if row.labels[place] == 0]
    place = (others or labelled)[0]
    gap = max(row.logits) - row.logits[place]
    end = "0 * inf is nan" if others else "-log(0) is inf"
    return (
        f"{_name(row, place)} lies {gap:.1f} below the maximum; "
        f"{row.dtype} softmax underflows past {PRECISIONS[row.dtype].underflow_gap:.1f}, and {end}"
    )


def _name(row: Row, place: int) -> str:
    return class_text(row.names, place)


def class_text(names: tuple[str, ...], place: int) -> str:
    """Return a class in words: its number, and its name where it has one."""
    name = names[place]
    return f"class {place}" if name == str(place) else f"class {place} ({name})"
