"""What can be asked of logits and labels: each option's name, default and check, for Python and the command line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from softmax_cli.errors import UsageError
from softmax_cli.inputs.progress import Watcher, ignore
from softmax_cli.inputs.reading import Reading
from softmax_cli.losses.families import SIGMOID, SOFTMAX, Family
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.sigmoid_variants import ALIASES, SIGMOIDS
from softmax_cli.losses.variants import VARIANTS, Variant
from softmax_cli.option_numbers import LABEL, LOSS_ROWS, THREADS, number, shown
from softmax_cli.parallel import available_threads
from softmax_cli.reports.grid import count
from softmax_cli.reports.loss import REDUCTIONS

ALL_LOSSES = "all"
_EXPLAINED = 20
ACCUMULATIONS = ("float64", "native")
_BINARY = ("bce", "binary_cross_entropy", "sigmoid", *ALIASES, *SIGMOIDS)
KERNELS = ("auto", "plain", "fused")


@dataclass(frozen=True, eq=False)
class Passing:
    """How the passes over the rows go, whatever they are for.

    Attributes:
        threads: how many blocks of rows are computed at a time; None for as many as there are cores.
        watcher: called after each block with how far the pass has come.
    """

    threads: int | None = None
    watcher: Watcher = ignore

    def __post_init__(self) -> None:
        worker_count(self.threads)

    @property
    def workers(self) -> int:
        """How many threads compute."""
        return worker_count(self.threads)


@dataclass(frozen=True, eq=False)
class Settings(Passing):
    """How the losses are computed, and the attributes of Passing.

    Attributes:
        backend: ``numpy``, ``torch`` or ``all``.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; torch's.
        dtype: ``float16``, ``bfloat16``, ``float32`` or ``float64``, or several of them; None for the file's own.
        variants: names out of VARIANTS, or out of SIGMOIDS for multi-label files; all of them if empty.
        losses: names out of LOSSES, beside the variants; ``all`` for each.
        parameters: values for the parameters of those losses, as ``{"focal.gamma": 1.0}``; ``focal.alpha`` may be one
            number per class.
        reduction: ``mean``, ``sum`` or ``none``.
        weight: one weight per class: a path or an array (C,); None for ones.
        pos_weight: likewise what a label of 1 counts for beside one of 0; for multi-label files only.
        row_weight: one weight per row, by which the row's loss is multiplied: a path, an array, or the name of a column
            of the labels' or the logits' file. The mean divides by their sum (times w_y under class weights).
        ignore_index: rows with this label count nowhere; for class indices only.
        label_smoothing: e, from 0 to 1.
        temperature: T, a positive number that divides the logits.
        zero_log_zero: take 0 * log 0 for 0; torch has nan.
        accumulate: ``float64``, or ``native`` for the framework's own reduction, in its own precision, of the whole
            file at once.
        frameworks: names out of FRAMEWORKS, whose conventions to compare.
        reference: whether to compute the float64 reference.
        preview: whether to keep the first and last rows for the softmax table.
        explain: whether to say of every nonfinite row (of the first 20) why it is so.
        ledger: whether a table shows the ledger.
        per_row: whether to list every row with its label, prediction and loss.
        top: list the rows with the largest losses, so many.
        by: the group of each row, for the loss of each group: a path, an array, or the name of a column of the labels'
            or the logits' file.
        units: how many bytes, words or characters each row stands for, or each group of rows: likewise.
        keep: columns of either file, by their names, to show beside the rows that are listed; files likewise.
        kernel: of the NumPy backend: ``plain``, ``fused`` (compiled, by numba), or ``auto``: fused where it pays.
    """

    backend: str = "numpy"
    device: str = "cpu"
    dtype: str | Sequence[str] | None = None
    variants: Sequence[str] = ()
    losses: Sequence[str] = ()
    parameters: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    reduction: str = "mean"
    weight: Any = None
    pos_weight: Any = None
    row_weight: Any = None
    ignore_index: int | None = None
    label_smoothing: float = 0.0
    temperature: float = 1.0
    zero_log_zero: bool = False
    accumulate: str = "float64"
    frameworks: Sequence[str] = ()
    reference: bool = True
    preview: bool = True
    explain: bool = False
    ledger: bool = False
    per_row: bool = False
    top: int | None = None
    by: Any = None
    units: Any = None
    keep: Sequence[str] = ()
    kernel: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "variants", [ALIASES.get(name, name) for name in self.variants])
        for name in self.variants:
            if name not in SIGMOIDS:
                known_name("variant", name, VARIANTS, more=f"; with --multilabel {', '.join(SIGMOIDS)}")
        for name in self.losses:
            if name in _BINARY:
                raise UsageError(f"--loss {name}: the binary cross-entropy has an option of its own, --multilabel")
            known_name("loss", name, (*LOSSES, ALL_LOSSES), plural="losses")
        self._check_parameters()
        if self.losses and (self.label_smoothing or self.weight is not None):
            raise UsageError("--label-smoothing and --weight are the cross-entropy's; leave --loss out")
        if self.row_weight is not None and (self.frameworks or self.accumulate == "native"):
            other = "--as" if self.frameworks else "--accumulate native"
            raise UsageError(f"--row-weight and {other} do not go together; leave one of them out")
        known_name("reduction", self.reduction, REDUCTIONS)
        known_name("accumulation", self.accumulate, ACCUMULATIONS)
        known_name("kernel", self.kernel, KERNELS)
        positive("--temperature", self.temperature)
        if self.keep and not (self.per_row or self.top):
            raise UsageError("--keep shows columns beside the rows that are listed; add --per-row or --top")
        if self.top is not None:
            LOSS_ROWS.check("--top", self.top)
        check_label(self.ignore_index)
        if not 0 <= self.label_smoothing <= 1:
            raise UsageError(f"--label-smoothing {self.label_smoothing}: a number from 0 to 1 is needed")

    def _check_parameters(self) -> None:
        for name in self.parameters:
            known_name("parameter", name, _parameter_names())
            if ALL_LOSSES not in self.losses and name.partition(".")[0] not in self.losses:
                raise UsageError(f"{name} is a parameter of a loss that was not asked for; add --loss")
            loss, _, parameter = name.partition(".")
            value = self.parameters[name]
            if not isinstance(value, int | float) and parameter not in LOSSES[loss].per_class:
                raise UsageError(f"--param {name} takes one number")
            for each in (value,) if isinstance(value, int | float) else value:
                if not math.isfinite(each):
                    raise UsageError(f"--param {name}={each}: a finite number is needed")

    @property
    def has_weights(self) -> bool:
        """Whether weights of any kind are given."""
        return any(each is not None for each in (self.weight, self.pos_weight, self.row_weight))

    @property
    def kept_faults(self) -> int:
        """How many nonfinite rows are kept for an explanation."""
        return _EXPLAINED if self.explain else 1

    def by_dtype(self) -> list["Settings"]:
        """The same for each dtype alone."""
        if self.dtype is None or isinstance(self.dtype, str):
            return [self]
        return [replace(self, dtype=dtype) for dtype in dict.fromkeys(self.dtype)]

    def of_one_dtype(self) -> "Settings":
        """The same for the only dtype; raises UsageError for several."""
        settings = self.by_dtype()
        if len(settings) > 1:
            raise UsageError("steps and gradients are those of one --dtype at a time")
        return settings[0]

    def refuse_other_family(self, *, multilabel: bool) -> None:
        """Raise UsageError for an option of the losses of one label per row, or of those of several."""
        family, other = (SIGMOID, SOFTMAX) if multilabel else (SOFTMAX, SIGMOID)
        strange = next((name for name in self.variants if name in other.variants), None)
        if strange is not None:
            remedy = "leave it or --multilabel out" if multilabel else "add --multilabel"
            raise UsageError(f"--variant {strange} is a {other.name}; {remedy}")
        if not multilabel and self.pos_weight is not None:
            raise UsageError("--pos-weight is for labels of 0 and 1 per class; add --multilabel, or use --weight")
        of_softmax = {"--loss": self.losses, "--as": self.frameworks, "--kernel fused": self.kernel == "fused"}
        for option, asked in of_softmax.items():
            if multilabel and asked:
                raise UsageError(f"{option} is for one label per row; leave it or --multilabel out")
        left_out = [variant.name for variant in family.variants.values() if self._is_left_out(variant)]
        refused = next((name for name in left_out if name in self.variants), None)
        if refused is not None:
            raise UsageError(f"{refused} has no --pos-weight; leave one of them out")

    def left_out(self, family: Family) -> tuple[str, ...]:
        """Return what to say of the variants that cannot take what is asked for."""
        return tuple(
            f"{variant.name} has no --pos-weight and is left out"
            for variant in family.variants.values()
            if self._is_left_out(variant) and not self.variants
        )

    def _is_left_out(self, variant: Variant) -> bool:
        return variant.of_rows and self.pos_weight is not None

    def chosen_variants(self, family: Family) -> tuple[Variant, ...]:
        """Return the family's variants, and the other losses after them, with their parameters."""
        return (
            *(
                variant
                for name, variant in family.variants.items()
                if (not self.variants or name in self.variants) and not self._is_left_out(variant)
            ),
            *(
                loss.with_parameters(self._parameters_of(name))
                for name, loss in LOSSES.items()
                if name in self.losses or ALL_LOSSES in self.losses
            ),
        )

    def refuse_other_counts(self, classes: int) -> None:
        """Raise UsageError for a parameter of one number per class that has another number of them."""
        for name, value in self.parameters.items():
            if not isinstance(value, int | float) and len(value) != classes:
                given, needed = count(len(value), "number"), count(classes, "class", "classes")
                raise UsageError(f"--param {name}: {given} for {needed}; give one number, or one per class")

    def _parameters_of(self, loss: str) -> dict[str, float | Sequence[float]]:
        prefix = f"{loss}."
        return {name.removeprefix(prefix): value for name, value in self.parameters.items() if name.startswith(prefix)}


def _parameter_names() -> tuple[str, ...]:
    return tuple(f"{name}.{parameter}" for name, loss in LOSSES.items() for parameter in loss.parameters)


Asked = TypeVar("Asked")


def split_options(options: dict[str, Any], asked: type[Asked]) -> tuple[Asked, Reading]:
    """Options by name as a dataclass of what is asked and a Reading; raises TypeError for a name that neither has."""
    of_reading = {field.name for field in fields(Reading)}
    reading = {name: value for name, value in options.items() if name in of_reading}
    return asked(**{name: value for name, value in options.items() if name not in of_reading}), Reading(**reading)


def parse_parameters(texts: Sequence[str]) -> dict[str, float | Sequence[float]]:
    """Return ``["focal.gamma=1"]`` as ``{"focal.gamma": 1.0}``, and several numbers with commas as a tuple.

    Raises UsageError for anything that is not of that form.
    """
    found: dict[str, float | Sequence[float]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        name = name.strip()
        if not value:
            raise UsageError(f"--param {text!r}: write it as focal.gamma=1")
        if name in found:
            raise UsageError(f"--param {shown(text)}: {shown(name)} is given a second time; leave one out")
        cells = value.split(",")
        cells = [cell.strip() for cell in cells] if len(cells) > 1 else cells
        numbers = tuple(number(f"--param {shown(text)}", cell) for cell in cells)
        found[name] = numbers[0] if len(numbers) == 1 else numbers
    return found


def known_name(what: str, name: str, known: Any, *, plural: str = "", more: str = "") -> None:
    """Raise UsageError, with the names that there are, unless it is one of them."""
    if name not in known:
        raise UsageError(f"there is no {what} {name!r}; the {plural or what + 's'} are {', '.join(known)}{more}")


def worker_count(threads: int | None) -> int:
    """The number of threads that was asked for, else one a core; raises UsageError for less than one or too many."""
    if threads is None:
        return available_threads()
    THREADS.check("--threads", threads)
    return threads


def check_label(ignore_index: int | None) -> None:
    """Raise UsageError for a label that no file can hold."""
    if ignore_index is not None:
        LABEL.check("--ignore-index", ignore_index)


def positive(option: str, number: float) -> None:
    """Raise UsageError unless it is a positive number."""
    if not (math.isfinite(number) and number > 0):
        raise UsageError(f"{option} {number}: a positive number is needed")
