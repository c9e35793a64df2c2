"""Why a multi-label loss is nan, infinite or clamped, in words: read off the row itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from softmax_cli.losses.causes import class_text
from softmax_cli.losses.precision import PRECISIONS
from softmax_cli.losses.sigmoid import CLAMP


@dataclass(frozen=True)
class Elements:
    """One row, class by class: ``given`` as the file has it, the others in the dtype computed in."""

    number: int
    dtype: str
    given: Sequence[float]
    logits: Sequence[float]
    sigmoid: Sequence[float]
    labels: Sequence[float]
    names: tuple[str, ...]

    def class_text(self, place: int) -> str:
        """Return a class in words, with its name."""
        return class_text(self.names, place)


def explain_elements(row: Elements, variant: str) -> str:
    """Return the cause of a loss that is not finite, as ``row 17: class 4 ...``."""
    cause = _of_logit(row)
    if not cause and variant == "log_of_sigmoid":
        cause = _rounded(row)
    return f"row {row.number}: {cause or f'a step of {variant} leaves the range of {row.dtype}'}"


def explain_clamp(row: Elements) -> str:
    """Return where a logarithm is clamped, and what the loss is there and should be."""
    for place, (p, label) in enumerate(zip(row.sigmoid, row.labels, strict=True)):
        found = _clamped(row, place, p, label)
        if found:
            return f"row {row.number}: {found}"
    return f"row {row.number}"


def _clamped(row: Elements, place: int, p: float, label: float) -> str:
    x = row.logits[place]
    name = f"{row.class_text(place)} has x = {x:g} and label {label:g}"
    if label > 0 and (p == 0 or math.log(p) < CLAMP):
        rounded = "is 0" if p == 0 else f"is {p:.3g}"
        return f"{name}: sigmoid(x) {rounded} in {row.dtype}, and {CLAMP:g} is taken for log(sigmoid(x)) = {_log_of(x)}"
    if label < 1 and p == 1:
        one = f"sigmoid(x) is 1 in {row.dtype}"
        return f"{name}: {one}, and {CLAMP:g} is taken for log(1 - sigmoid(x)) = {_log_of(-x)}"
    return ""


def _log_of(x: float) -> str:
    """log(sigmoid(x)) in words."""
    return f"{min(x, 0) - math.log1p(math.exp(-abs(x))):.6g}"


def _of_logit(row: Elements) -> str:
    """A logit that is not finite itself."""
    for place, x in enumerate(row.logits):
        name = row.class_text(place)
        if math.isnan(x):
            return f"{name} is nan"
        if math.isinf(x):
            held = "" if math.isinf(row.given[place]) else f"{row.given[place]:g}, which {row.dtype} holds as "
            wrong = row.labels[place] != (x > 0)
            then = (
                "a loss there is infinite"
                if wrong
                else "multiplied by its label of 0 it gives nan; see --zero-log-zero"
            )
            if wrong and 0 < row.labels[place] < 1:
                then = "its label allows both, so that the loss is infinite"
            return f"{name} is {held}{x:g}, and {then}"
    return ""


def _rounded(row: Elements) -> str:
    """A sigmoid that rounds to 0 or to 1."""
    for place, (p, label) in enumerate(zip(row.sigmoid, row.labels, strict=True)):
        if p not in {0, 1}:
            continue
        x, name = row.logits[place], row.class_text(place)
        zero = "log(sigmoid(x))" if p == 0 else "log(1 - sigmoid(x))"
        harmless = label == p
        end = f"{zero} is -inf" + (", times a label of 0 it is nan" if harmless else "")
        if p == 0 and -x > (1 - PRECISIONS[row.dtype].smallest) * math.log(2):
            return f"{name} has x = {x:g}: {row.dtype} sigmoid underflows to 0, and {end}"
        return f"{name} has x = {x:g}: sigmoid(x) rounds to {p:g} in {row.dtype}, and {end}"
    return ""
