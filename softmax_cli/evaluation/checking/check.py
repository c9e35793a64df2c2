"""`check`: from files or arrays to what is wrong with them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks import chosen, look
from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.errors import InputError
from softmax_cli.evaluation.checking.commands import files_of
from softmax_cli.evaluation.checking.survey import Survey, survey
from softmax_cli.evaluation.checking.trials import Outcome, run_trials
from softmax_cli.evaluation.settings import worker_count
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.opening import as_sources
from softmax_cli.inputs.progress import Watcher
from softmax_cli.inputs.progress import ignore as watch_nothing
from softmax_cli.inputs.raw import RawPair, RawTables
from softmax_cli.inputs.reading import Reading
from softmax_cli.reports.check import CheckReport
from softmax_cli.reports.findings import SEVERITIES, Effect, Finding
from softmax_cli.reports.signature import Signature


def check(
    logits: Any,
    labels: Any = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    ignore_index: int | None = None,
    threads: int | None = None,
    watcher: Watcher = watch_nothing,
    **reading: Any,
) -> CheckReport:
    """What is wrong with logits, with their labels, and with the two of them together.

    Everything is found out in one pass, in bounded memory. A second one follows where there is a finding, for what the
    loss would be without it. Labels that cannot be right are findings here, not errors.

    Args:
        logits: a path, ``"-"`` for standard input, or an array: (C,), (N, C), or more axes.
        labels: likewise: class indices, class names, or a row of probabilities each; without them only the logits are
            looked at, unless ``label_column`` names a column of the logits' file.
        select: codes of checks, or what they begin with; all if empty.
        ignore: likewise; not those.
        ignore_index: rows with this label count nowhere; for class indices only.
        threads: how many blocks of rows are looked at a time; None for as many as there are cores.
        watcher: called after each block with how far the pass has come.
        **reading: the fields of :class:`softmax_cli.inputs.reading.Reading`.

    Raises:
        UsageError: there is no such check, or an option is out of range.
        InputError: a file is not one of numbers, or its shape leaves open which axis holds the classes.

    >>> report = check([[0.2, 0.8], [0.7, 0.3], [0.9, 0.1]], [1, 0, 0])
    >>> [finding.code for finding in report.findings]
    ['X101']
    """
    asked_checks = chosen(select, ignore)
    workers = worker_count(threads)
    layout = Reading(**reading)
    logits, labels = as_sources(logits, labels)
    layout.refuse_multilabel("check")
    tables = RawTables.open(logits, labels, layout)
    pairs = {axis: RawPair(tables, axis, layout, ignore_index) for axis in tables.fitting_axes(layout)}
    surveyed, *rivals = (survey(pair, workers, watcher) for pair in pairs.values())
    pair = surveyed.pair
    files = files_of(logits, labels, layout, ignore_index, pair)
    statistics = surveyed.statistics(files, asked=layout.class_axis is not None, rivals=rivals)
    seen = [(each, symptom) for each, symptom in look(statistics) if each in asked_checks]
    seen.sort(key=lambda found: SEVERITIES.index(found[0].severity))
    trials = _trials(seen) if tables.labels is not None else []
    for axis in {trial.axis for trial in trials if trial.axis is not None} - set(pairs):
        with suppress(InputError):  # pieces of a file have no other axis
            pairs[axis] = RawPair(tables, axis, layout, ignore_index)
    trials = [trial for trial in trials if trial.axis is None or trial.axis in pairs]
    outcomes = dict(zip(map(id, trials), run_trials(trials, pairs, workers), strict=True))
    return CheckReport(
        signature=_signature(pair, surveyed.computing, layout, ignore_index, select, ignore),
        files=tuple(table.name for table in (tables.logits, tables.labels) if table is not None),
        rows=surveyed.rows,
        classes=pair.classes,
        checks=sum(tables.labels is not None or not each.needs_labels for each in asked_checks),
        findings=tuple(_finding(each, symptom, surveyed, outcomes) for each, symptom in seen),
        notes=pair.notes,
    )


def _trials(seen: Sequence[tuple[Check, Symptom]]) -> list[Trial]:
    return [effect for _, symptom in seen for effect in symptom.effects if isinstance(effect, Trial)]


def _finding(check: Check, symptom: Symptom, surveyed: Survey, outcomes: dict[int, Outcome]) -> Finding:
    effects: list[Effect] = []
    for effect in symptom.effects:
        if isinstance(effect, Effect):
            effects.append(effect)
        elif (outcome := outcomes.get(id(effect))) is not None and outcome.rows:
            effects.append(Effect(effect.name, outcome.loss, outcome.accuracy))
    return Finding(
        code=check.code,
        name=check.name,
        severity=check.severity,
        message=symptom.message,
        where=_where(symptom, surveyed),
        rows=symptom.rows.first,
        row_count=symptom.rows.count,
        evidence=symptom.evidence,
        effects=tuple(effects),
        remedy=symptom.remedy,
        command=symptom.command,
    )


def _where(symptom: Symptom, surveyed: Survey) -> str:
    """The file; with the line or the index of the first row, where a finding is one of some rows."""
    pair = surveyed.pair
    of_labels = symptom.of == "labels" and pair.labels is not None
    table, axis = (pair.labels, pair.label_axis) if of_labels and pair.labels else (pair.logits, pair.axis)
    everywhere = symptom.rows.count in {0, surveyed.rows}
    return table.name if everywhere else table.where(symptom.rows.first[0], axis)


def _signature(
    pair: RawPair,
    dtype: str,
    layout: Reading,
    ignore_index: int | None,
    select: Sequence[str],
    ignore: Sequence[str],
) -> Signature:
    return Signature(
        backends=backend_signatures([NumpyBackend("cpu", dtype)]),
        settings=(
            ("dtype", dtype),
            ("ignore_index", ignore_index),
            ("label_base", layout.label_base),
            ("class_axis", pair.axis),
            *layout.signature,
            ("select", tuple(select) or "all"),
            ("ignore", tuple(ignore) or "none"),
        ),
    )
