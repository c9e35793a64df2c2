"""The checks of `check`, a table of them: add one by writing its function and its row in the file of its subject.

A check is a function from the :class:`Statistics` of the files to a :class:`Symptom`, or None where nothing is wrong. A
false alarm is worse than a miss: each one's docstring says why what it sees cannot be luck. Codes are a letter and
three digits: X1 the logits (X10 what they are, X11 their range and digits, X12 their rows, X13 their columns), Y2 the
labels, S3 the shapes, L4 the loss.
"""

from collections.abc import Iterable, Sequence

from softmax_cli.checks import (
    balance,
    classes,
    digits,
    encodings,
    labels,
    logits,
    loss,
    misplaced,
    order,
    rows,
    shape,
    signs,
)
from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.statistics import Statistics
from softmax_cli.errors import UsageError

_MODULES = (balance, classes, digits, encodings, labels, logits, loss, misplaced, order, rows, shape, signs)

CHECKS: dict[str, Check] = {
    check.code: check
    for check in sorted(
        (check for module in _MODULES for check in module.CHECKS),
        key=lambda check: ("XYSL".index(check.code[0]), check.code),
    )
}


def chosen(select: Sequence[str], ignore: Sequence[str]) -> tuple[Check, ...]:
    """The checks of these codes, or all, less those of the others; a beginning of a code stands for all that have it.

    Several codes may stand in one text, with commas between them. Raises UsageError for what no code begins with.
    """
    select, ignore = _split(select), _split(ignore)
    for option, codes in (("--select", select), ("--ignore", ignore)):
        for code in codes:
            if not any(_begins(known, [code]) for known in CHECKS):
                raise UsageError(f"{option} {code!r}: no check's code begins so; softmax-cli checks lists them")
    left = tuple(
        check for code, check in CHECKS.items() if (not select or _begins(code, select)) and not _begins(code, ignore)
    )
    if not left:
        selected = f"--select {','.join(select)} and " if select else ""
        raise UsageError(f"{selected}--ignore {','.join(ignore)} leave no check; softmax-cli checks lists them")
    return left


def look(statistics: Statistics) -> list[tuple[Check, Symptom]]:
    """What all checks see, less what others of them are the cause of."""
    seen = [(check, symptom) for check in CHECKS.values() if (symptom := check.look(statistics)) is not None]
    hidden = [beginning for check, _ in seen for beginning in check.hides]
    return [(check, symptom) for check, symptom in seen if not _begins(check.code, hidden)]


def _split(texts: Iterable[str]) -> list[str]:
    return [code.strip() for text in texts for code in text.split(",")]


def _begins(code: str, beginnings: Iterable[str]) -> bool:
    return any(code.startswith(beginning) for beginning in beginnings if beginning)
