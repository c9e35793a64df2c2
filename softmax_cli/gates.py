"""Conditions on a report, for CI and the shell: `--expect` and `--fail-if`. A tiny grammar, nothing evaluated."""

import math
import operator
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from softmax_cli.errors import UsageError
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.sigmoid_variants import ALIASES, SIGMOIDS
from softmax_cli.losses.variants import VARIANTS
from softmax_cli.option_numbers import check_limit, number
from softmax_cli.reports.grid import distance_text
from softmax_cli.reports.groups import figure_names
from softmax_cli.reports.ledger import LEDGER_ENTRIES, OF_UNITS
from softmax_cli.reports.loss import OF_GROUPS as _GROUPED
from softmax_cli.reports.loss import LossReport

_COMPARISONS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(rf"\s*([\w:]+)\s*({'|'.join(_COMPARISONS)})\s*(\S+)\s*")
_OF_GROUPS = figure_names(_GROUPED)
_QUANTITIES = (*VARIANTS, *SIGMOIDS, *ALIASES, *LOSSES, *LEDGER_ENTRIES, "nonfinite", "agreement", *_OF_GROUPS)


class Gated(Protocol):
    """A report whose figures conditions can be put on."""

    def quantities(self) -> Mapping[str, float]:
        """Each figure that was computed, by the name that a condition has for it."""


@dataclass(frozen=True)
class Condition:
    """``quantity`` compared with ``limit``: of a loss on every backend, or on one (``torch:cross_entropy``)."""

    text: str
    quantity: str
    comparison: str
    limit: float

    def failures(self, report: LossReport | Gated) -> Iterator[str]:
        """Where the report meets the condition, in words.

        A value that is nan meets every condition on a number: a gate must not be passed by it.
        """
        for name, value in _values(report, self.quantity):
            if math.isnan(value) or self.holds(value):
                apart = distance_text(abs(value - self.limit))
                yield f"{name} is {value!r}, which meets --fail-if '{self.text}' (by {apart})"

    def holds(self, value: float) -> bool:
        """Whether a number that is not nan meets the condition."""
        return bool(_COMPARISONS[self.comparison](value, self.limit))


def parse_condition(text: str) -> Condition:
    """``cross_entropy > 2.3`` and its like, of a loss; raises UsageError for anything else."""
    match = _matched(text, "cross_entropy > 2.3")
    quantity = match[1].rpartition(":")[2]
    _known(text, quantity, _QUANTITIES)
    if quantity != match[1] and quantity in {*LEDGER_ENTRIES, "agreement", *_OF_GROUPS}:
        raise UsageError(f"--fail-if {text!r}: {quantity} is not of one backend; leave the backend out")
    return _condition(text, match)


def parse_condition_on(text: str, quantities: Collection[str], example: str, shares: Collection[str] = ()) -> Condition:
    """A condition on one of the figures of a Gated report; raises UsageError for anything else.

    ``shares`` are the figures from 0 to 1. A limit beyond those is most likely a percentage, and never met.
    """
    match = _matched(text, example)
    _known(text, match[1], quantities)
    found = _condition(text, match)
    beyond = not 0 <= found.limit <= 1
    if found.quantity in shares and beyond and not any(found.holds(value) for value in (0.0, 1.0)):
        raise UsageError(f"--fail-if {text!r} is never met: {found.quantity} is from 0 to 1, and 5 % is 0.05")
    return found


def _condition(text: str, match: re.Match[str]) -> Condition:
    return Condition(text.strip(), match[1], match[2], number(f"--fail-if {text!r}", match[3]))


def _matched(text: str, example: str) -> re.Match[str]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise UsageError(f"--fail-if {text!r}: write it as {example!r}")
    return match


def _known(text: str, quantity: str, quantities: Collection[str]) -> None:
    if quantity not in quantities:
        raise UsageError(f"--fail-if {text!r}: there is no {quantity!r}; there are {', '.join(quantities)}")


def check_tolerances(expected: float | None, rtol: float, atol: float) -> None:
    """Raise UsageError for tolerances that are none, that are of nothing, or that allow everything."""
    check_limit("--rtol", rtol)
    check_limit("--atol", atol)
    if expected is None:
        raise UsageError("--rtol and --atol are how far from --expect the loss may be; add --expect, or leave them out")
    if math.isfinite(expected) and not math.isfinite(atol + rtol * abs(expected)):
        raise UsageError(f"--atol {atol} and --rtol {rtol} allow everything beside --expect {expected}")


def met(report: LossReport | Gated, conditions: Iterable[Condition]) -> list[str]:
    """Every condition that the report meets, in words."""
    return [failure for condition in conditions for failure in condition.failures(report)]


def check(
    report: LossReport | Gated,
    conditions: Iterable[Condition],
    variant: str,
    expected: float | None,
    rtol: float,
    atol: float,
) -> list[str]:
    """Every failure of the conditions, and of what the variant's loss was expected to be, in words."""
    failures = met(report, conditions)
    if expected is not None:
        failures += unexpected(report, variant, expected, rtol, atol)
    return failures


def unexpected(report: LossReport | Gated, variant: str, expected: float, rtol: float, atol: float) -> Iterator[str]:
    """Where a variant's loss is further than atol + rtol |expected| from what was expected, in words.

    nan is what it was expected to be where nan was expected, and an infinity where the same one was.
    """
    for name, value in _values(report, variant):
        if value == expected or (math.isnan(value) and math.isnan(expected)):
            continue
        allowed = atol + rtol * abs(expected) if math.isfinite(expected) else 0.0
        apart = abs(value - expected)
        if not apart <= allowed:  # nan is not
            yield f"{name} is {value!r}, expected {expected!r}: {distance_text(apart)} apart, {allowed:.1e} allowed"


def _values(report: LossReport | Gated, quantity: str) -> Iterator[tuple[str, float]]:
    """The quantity by its full name; of a loss, on each backend and in each dtype where it has one."""
    if isinstance(report, LossReport):
        yield from _values_of_loss(report, quantity)
        return
    quantities = report.quantities()
    if quantity not in quantities:
        raise UsageError(f"{quantity} was not computed; there are {', '.join(quantities)}")
    yield quantity, quantities[quantity]


def _values_of_loss(report: LossReport, quantity: str) -> Iterator[tuple[str, float]]:
    if quantity in {*LEDGER_ENTRIES, "agreement", *_OF_GROUPS}:
        yield quantity, _value_of_all(report, quantity)
        return
    backend, _, name = quantity.rpartition(":")
    name = ALIASES.get(name, name)
    lines = [line for line in report.losses if (name in {line.variant, "nonfinite"}) and backend in {"", line.backend}]
    if not lines:
        raise UsageError(f"{quantity} was not computed; ask for it with --variant, --loss or --backend")
    for line in lines:
        full = f"{line.backend}:{line.dtype}:{line.variant}"
        if name == "nonfinite":
            yield f"nonfinite of {full}", line.nonfinite
        elif isinstance(line.loss, float):
            yield full, line.loss
        else:
            raise UsageError(f"{quantity} has one value a row with --reduction none; use mean or sum")


def _value_of_all(report: LossReport, quantity: str) -> float:
    """A quantity that no single loss has: an entry of the ledger, of the groups, or how far the losses agree."""
    if quantity in _OF_GROUPS:
        if report.groups is None:
            raise UsageError(f"{quantity} is one of groups; say which with --by")
        return {figure.quantity: figure.value for figure in report.groups.figures()}[quantity]
    if quantity == "agreement":
        if sum(line.family for line in report.losses) < 2:
            raise UsageError(f"agreement is that of several ways to the {report.family}; leave -q or --variant out")
        return report.spread
    if len({line.dtype for line in report.losses}) > 1:
        raise UsageError(f"{quantity} is an entry of the ledger, which is of one --dtype; give one")
    entries = report.ledger.entries()
    if quantity in OF_UNITS and report.ledger.units is None:
        raise UsageError(f"{quantity} is one of units; say how many each row stands for with --units")
    if quantity not in entries:
        raise UsageError(f"{quantity} is not of multi-label losses; there are {', '.join(entries)}")
    return float(entries[quantity])
