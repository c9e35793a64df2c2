"""`check`: from files or arrays to what is wrong with them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.checks import chosen, look
from softmax_cli.checks.check import Symptom
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.checking.commands import given
from softmax_cli.evaluation.checking.mending import Mended
from softmax_cli.evaluation.checking.survey import Survey, survey
from softmax_cli.evaluation.checking.trials import Asked, Outcome, run_trials
from softmax_cli.evaluation.settings import check_label, worker_count
from softmax_cli.evaluation.signatures import backend_signatures
from softmax_cli.inputs.opening import as_sources, with_arrays
from softmax_cli.inputs.progress import Watcher
from softmax_cli.inputs.progress import ignore as watch_nothing
from softmax_cli.inputs.raw import RawPair
from softmax_cli.inputs.reading import Reading
from softmax_cli.reports.check import CheckReport
from softmax_cli.reports.findings import SEVERITIES, Finding
from softmax_cli.reports.signature import Signature


@np.errstate(all="ignore")  # what is not finite is counted and explained
def check(
    logits: Any,
    labels: Any = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    ignore_index: int | None = None,
    zero_log_zero: bool = False,
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
        zero_log_zero: take 0 * log 0 for 0; torch has nan.
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
    check_label(ignore_index)
    layout = Reading(**reading)
    logits, labels = as_sources(logits, labels)
    logits, labels, layout = with_arrays(logits, labels, layout, needed=False)
    asked = Asked(logits, labels, layout, ignore_index, zero_log_zero)
    pairs = asked.pairs()
    applicable = sum(pairs[0].labels is not None or not each.needs_labels for each in asked_checks)
    if not applicable:
        remedy = "leave --multilabel out" if layout.multilabel else "give their file, or --label-column"
        raise UsageError(f"every check that is chosen needs one label per row; {remedy}")
    surveyed, *rivals = (survey(pair, workers, watcher, zero_log_zero=zero_log_zero) for pair in pairs)
    others = {"ignore_index": ignore_index, "zero_log_zero": zero_log_zero}
    what = given(logits, labels, layout, others, surveyed.pair)
    multilabel_loss = asked.loss() if layout.multilabel else None
    seen = look(surveyed.statistics(what, rivals, multilabel_loss))
    seen.sort(key=lambda found: SEVERITIES.index(found[0].severity))
    mended = [Mended.of(each, symptom, seen, what) for each, symptom in seen if each in asked_checks]
    trials = [trial for each in mended for trial in each.trials]
    outcomes = dict(zip(map(id, trials), run_trials(trials, asked, workers), strict=True)) if what.with_labels else {}
    return CheckReport(
        signature=_signature(surveyed.pair, surveyed.computing, layout, ignore_index, zero_log_zero, select, ignore),
        files=tuple(table.name for table in (surveyed.pair.logits, surveyed.pair.labels) if table is not None),
        rows=surveyed.rows,
        classes=surveyed.pair.classes,
        checks=applicable,
        findings=tuple(_finding(each, surveyed, outcomes) for each in mended),
        notes=surveyed.pair.notes,
    )


def _finding(mended: Mended, surveyed: Survey, outcomes: Mapping[int, Outcome | None]) -> Finding:
    check, symptom = mended.check, mended.symptom
    return Finding(
        code=check.code,
        name=check.name,
        severity=check.severity,
        message=symptom.message,
        where=_where(symptom, surveyed),
        rows=symptom.rows.first,
        row_count=symptom.rows.count,
        evidence=symptom.evidence,
        effects=mended.figures(outcomes),
        remedy=symptom.remedy,
        command=mended.command(outcomes),
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
    zero_log_zero: bool,
    select: Sequence[str],
    ignore: Sequence[str],
) -> Signature:
    return Signature(
        backends=backend_signatures([NumpyBackend("cpu", dtype)]),
        settings=(
            ("dtype", dtype),
            ("ignore_index", ignore_index),
            ("zero_log_zero", zero_log_zero),
            ("label_base", layout.label_base),
            ("class_axis", pair.axis),
            *layout.signature,
            ("select", tuple(select) or "all"),
            ("ignore", tuple(ignore) or "none"),
        ),
    )
