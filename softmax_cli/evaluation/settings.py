"""What can be asked of logits and labels: each option's name, default and check, for Python and the command line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from softmax_cli.errors import UsageError
from softmax_cli.losses.variants import VARIANTS
from softmax_cli.reports.loss import REDUCTIONS

ACCUMULATIONS = ("float64", "native")


@dataclass(frozen=True, eq=False)
class Settings:
    """How the losses are computed.

    Attributes:
        backend: ``numpy``, ``torch`` or ``all``.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; torch's.
        dtype: ``float16``, ``bfloat16``, ``float32`` or ``float64``; None for the file's own.
        variants: names out of VARIANTS; all of them if empty.
        reduction: ``mean``, ``sum`` or ``none``.
        weight: one weight a class: a path or an array (C,); None for ones.
        ignore_index: rows with this label count nowhere; for class indices only.
        label_smoothing: e, from 0 to 1.
        temperature: T, a positive number that divides the logits.
        zero_log_zero: take 0 * log 0 for 0; torch has nan.
        accumulate: ``float64``, or ``native`` for the framework's own reduction, in its own precision, of the whole
            file at once.
        reference: whether to compute the float64 reference.
        preview: whether to keep the first and last rows for the softmax table.
    """

    backend: str = "numpy"
    device: str = "cpu"
    dtype: str | None = None
    variants: Sequence[str] = ()
    reduction: str = "mean"
    weight: Any = None
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    temperature: float = 1.0
    zero_log_zero: bool = False
    accumulate: str = "float64"
    reference: bool = True
    preview: bool = True

    def __post_init__(self) -> None:
        for name in self.variants:
            known_name("variant", name, VARIANTS)
        known_name("reduction", self.reduction, REDUCTIONS)
        known_name("accumulation", self.accumulate, ACCUMULATIONS)
        positive("--temperature", self.temperature)
        if not 0 <= self.label_smoothing <= 1:
            raise UsageError(f"--label-smoothing {self.label_smoothing}: a number from 0 to 1 is needed")


@dataclass(frozen=True)
class Reading:
    """How the files are laid out.

    Attributes:
        delimiter: of delimited files; None to see it from the first line.
        header: whether the first line names the columns; None to see it from the line.
        logit_columns: names, positions from 0 or ranges, as ``cat,dog`` or ``1:11``.
        label_column: a name or a position; without labels, of the logits' file.
        label_base: the number of the first class in the labels.
        class_axis: the logits' axis that holds the classes; None for the one that the labels' shape leaves over.
    """

    delimiter: str | None = None
    header: bool | None = None
    logit_columns: str | None = None
    label_column: str | None = None
    label_base: int = 0
    class_axis: int | None = None


def split_options(options: dict[str, Any]) -> tuple[Settings, Reading]:
    """Options by name as the two of them; raises TypeError for a name that neither has."""
    of_reading = {field.name for field in fields(Reading)}
    reading = {name: value for name, value in options.items() if name in of_reading}
    return Settings(**{name: value for name, value in options.items() if name not in of_reading}), Reading(**reading)


def known_name(what: str, name: str, known: Any) -> None:
    """Raise UsageError, with the names that there are, unless it is one of them."""
    if name not in known:
        raise UsageError(f"there is no {what} {name!r}; the {what}s are {', '.join(known)}")


def positive(option: str, number: float) -> None:
    """Raise UsageError unless it is a positive number."""
    if not (math.isfinite(number) and number > 0):
        raise UsageError(f"{option} {number}: a positive number is needed")
