"""What a command did, held against what is right: tracebacks, numbers, refusals, lines of errors, leftovers."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fuzz.case import Band, Case, Expected, Finding, Outcome, Refusal

FINE, CHECK_FAILED, USAGE, BAD_INPUT = 0, 1, 2, 3
_REFUSED = (USAGE, BAD_INPUT)
_NUMERAL = re.compile(r"-?\d[\w.+-]*")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def judge(case: Case, expected: Expected, outcome: Outcome) -> list[Finding]:
    """Everything that is wrong."""
    found = [*_of_process(case, outcome)]
    if outcome.crash:
        return found
    if outcome.status in _REFUSED:
        found += _of_refusal(case, expected, outcome)
    elif outcome.status in {FINE, CHECK_FAILED}:
        found += _of_result(case, expected, outcome)
    else:
        kind = "traceback" if "Traceback" in outcome.err else "status"
        found.append(Finding(kind, f"exit status {outcome.status}: {outcome.err}"))
    return found


def label(expected: Expected, outcome: Outcome) -> str:
    """What a run counts as in the summary."""
    if outcome.crash or outcome.status not in {FINE, CHECK_FAILED, *_REFUSED}:
        return "fault"
    if outcome.status in _REFUSED:
        return f"refused: {reason(outcome)}"
    return "accepted, number held against the oracle's" if expected.numbers else "accepted"


def reason(outcome: Outcome) -> str:
    """The class of a refusal: its words without names and numbers."""
    line = next(iter(outcome.errors), "").removeprefix("error: ")
    words = line.split(": ", 1)[-1].split("; ")[0]
    return _NUMERAL.sub("N", _QUOTED.sub("Q", words))[:70]


def _of_process(case: Case, outcome: Outcome) -> list[Finding]:
    found = []
    if outcome.crash:
        found.append(Finding("hang" if outcome.crash.startswith("hang") else "traceback", outcome.crash))
    if outcome.warnings:
        found.append(Finding("Python warning", "; ".join(outcome.warnings)))
    if outcome.left:
        found.append(Finding("left behind", ", ".join(outcome.left)))
    if outcome.changed:
        found.append(Finding("input changed", ", ".join(outcome.changed)))
    return found


def _of_refusal(case: Case, expected: Expected, outcome: Outcome) -> list[Finding]:
    found = []
    if expected.refusal is Refusal.NEVER:
        found.append(Finding("refused", f"{outcome.err} (expected {dict(expected.numbers)})"))
    if outcome.out:
        found.append(Finding("output beside an error", outcome.out[:500]))
    errors = outcome.errors
    if len(errors) != 1 or not errors[0].startswith("error: "):
        found.append(Finding("not one line of error", outcome.err))
    elif outcome.status == BAD_INPUT and not _names_file(case, errors[0]):
        found.append(Finding("error without the file's name", errors[0]))
    return found


def _names_file(case: Case, line: str) -> bool:
    """Whether a line names a file, or an option that it is about."""
    values = {each.split("=", 1)[-1] for each in case.argv} - {""}
    values |= {re.sub(r"\s", " ", value) for value in values}  # as a message has them
    names = {name.encode("unicode_escape").decode() for name in values} | values | set(case.files)
    return line.startswith(("error: --", "error: ''")) or "stdin" in line or any(name in line for name in names)


def _of_result(case: Case, expected: Expected, outcome: Outcome) -> list[Finding]:
    if expected.refusal is Refusal.MUST:
        return [Finding("accepted", f"{expected.why}: printed {outcome.out[:200]!r} {outcome.err}")]
    found = []
    if outcome.errors and outcome.status == FINE:
        found.append(Finding("odd line on standard error", outcome.err))
    if expected.numbers:
        try:
            printed = numbers(case.argv, outcome.out)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            return [*found, Finding("no number", f"{error!r}: {outcome.out[:500]!r}")]
        found += _of_numbers(expected.numbers, printed)
    return found


def _of_numbers(expected: Mapping[str, Band], printed: Mapping[str, float]) -> list[Finding]:
    wrong = {
        name: (printed.get(name), band)
        for name, band in expected.items()
        if name not in printed or not band.holds(printed[name])
    }
    said = "; ".join(
        f"{name}: {number} where the oracle has {band.value} ± {band.tolerance:.2g}"
        for name, (number, band) in wrong.items()
    )
    return [Finding("number", said)] if wrong else []


def numbers(argv: Sequence[str], out: str) -> dict[str, float]:
    """The numbers that a command printed, by the oracle's names of them."""
    if "-q" in argv:
        return {"loss": float(out)}
    report = json.loads(out)
    if argv[0] == "softmax":
        return {f"p[{i},{j}]": _number(p) for i, row in enumerate(report["softmax"]) for j, p in enumerate(row)}
    if argv[0] == "loss":
        named = {each["variant"]: _number(each["loss"]) for each in report["losses"]}
        return {"loss": named["cross_entropy"], "reference": _number(report["reference"])}
    figures = {name: _number(figure["value"]) for name, figure in report["figures"].items()}
    return {**figures, "counted": float(report["counted"])}


def _number(given: Any) -> float:
    return _SPECIAL[given] if isinstance(given, str) else math.nan if given is None else float(given)
