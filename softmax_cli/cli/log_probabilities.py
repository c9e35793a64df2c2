"""`loss` and `report` of log-probabilities of what occurred: figures of one kind, and the same gates."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from softmax_cli.cli.options import asked_for
from softmax_cli.errors import CheckFailedError, UsageError
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES, LOGITS

if TYPE_CHECKING:
    from softmax_cli.gates import Condition

EXAMPLE = "perplexity > 10"
_NOT_OF_IT = ("backend", "device", "dtype", "kernel", "steps", "grad", "grad_output", "explain", "ledger", "per_row")


def gates_of(texts: Sequence[str] | None) -> "list[Condition]":
    """Return conditions on the figures that there are."""
    from softmax_cli.gates import parse_condition_on
    from softmax_cli.reports.likelihood import LIKELIHOOD_QUANTITIES

    return [parse_condition_on(text, LIKELIHOOD_QUANTITIES, EXAMPLE) for text in texts or ()]


def with_known_values(given: Sequence[str], labels: Any, reading: Mapping[str, Any]) -> "tuple[Any, Mapping[str, Any]]":
    """Return the files and the reading; where a file tells that it holds such values, the reading tells it, too.

    The files are what was given unless they had to be looked into: there are labels for most.
    """
    if labels or reading["values"] != LOGITS or reading["label_column"] is not None:
        return given, reading
    from softmax_cli.inputs.opening import with_array
    from softmax_cli.inputs.reading import Reading
    from softmax_cli.readers.pieces import Files, holds_arrays

    files = Files(given)
    if not holds_arrays(files):
        return files, reading
    _, found = with_array(files, Reading(**reading))
    return files, {**reading, "values": LABEL_LOG_PROBABILITIES} if found.values == LABEL_LOG_PROBABILITIES else reading


def loss(context: typer.Context, logits: Any, labels: Sequence[str], options: dict[str, Any]) -> None:
    """Print the loss of log-probabilities, and hold it against what was expected."""
    from softmax_cli.cli.output import deliver, deliver_number
    from softmax_cli.cli.progress import Watch
    from softmax_cli.evaluation.loss import evaluate
    from softmax_cli.gates import met, unexpected
    from softmax_cli.readers.pieces import Files

    given = context.params
    refuse_what_it_has_not(context)
    gates = gates_of(given["fail_if"])
    if given["quiet"]:
        for option, name in (("--format", "output_format"), ("--top", "top")):
            if asked_for(context, name):
                raise UsageError(f"-q prints one number and nothing else; leave it or {option} out")
    with Watch() as watch:
        report = evaluate(
            logits if isinstance(logits, Files) else Files(logits),
            Files(labels) if labels else None,
            watcher=watch,
            **options,
        )
    failures = met(report, gates)
    name = "loss_sum" if options["reduction"] == "sum" else "loss"
    for expected in given["expect"] or ():
        failures += unexpected(report, name, expected, given["rtol"], given["atol"])
    if given["quiet"]:
        deliver_number(report, report.loss())
    else:
        deliver(report, given["output_format"], safe_csv=given["safe_csv"])
    if failures:
        raise CheckFailedError("; ".join(failures))


def refuse_what_it_has_not(context: typer.Context) -> None:
    """Raise UsageError for options of how to compute classes: there is nothing to compute but sums."""
    for name in _NOT_OF_IT:
        if name in context.params and asked_for(context, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} says nothing of --values {LABEL_LOG_PROBABILITIES}; leave one of them out")
