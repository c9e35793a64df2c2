"""What may be wrong with the order of all rows, where the labels seem to have nothing to do with the logits."""

import math

import numpy as np

from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.remedies import NO_OPTIONS, Options
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, listing, shift_by, trials
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.lags import differs
from softmax_cli.metrics.rearranged import NO_LABEL, Rearrangement, best
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_SIGN = 3.0
_SHOWN = 4
_BETTER = 0.1  # by which the accuracy in the other order must be higher


def misplaced(statistics: Statistics) -> Symptom | None:
    """The labels are right in another order of the rows, and no better than chance in their own.

    So many rows on or back, each of them so many times in a row, the last row first, two axes the other way round, or
    dealt out to so many processes and written one process after the other.
    All of these are tried on the first 131,072 rows, and luck must be rarer than 1e-6 for all together, counting only
    rows where the label changes: labels that stay the same for long agree with many orders.
    """
    loss, labels = statistics.loss, statistics.labels
    if loss is None or labels is None or statistics.classes < 2 or not labels.certain or statistics.knows(_SIGN):
        return None
    found = best(loss.kept, statistics.row_shape)
    if found is None or found.luck >= LOG_ALPHA or found.hits < (loss.accuracy + _BETTER) * found.trials:
        return None
    what, remedy, options = _in_words(statistics, found)
    others = Effect("in that order", accuracy=found.hits / found.trials)
    return Symptom(
        f"the labels are in another order than the rows: {what}",
        (
            f"in that order {found.hits:,} of {count(found.trials, 'row')} are right, as they stand "
            f"{loss.hits:,} of {loss.counted:,}",
        ),
        all_rows(statistics),
        "labels",
        effects=(*as_given(statistics), *(trials(options) or (others,))),
        remedy=remedy,
        options=options,
    )


def _in_words(statistics: Statistics, found: Rearrangement) -> tuple[str, str, Options]:
    """What happened, what mends it, and the options that do."""
    by = abs(found.by)
    if found.kind == "lag":
        sequence = statistics.sequence
        if by < sequence:
            sign = "+" if found.by > 0 else "-"
            remedy = "rows are missing or doubled, or the labels are those of another batch"
            return f"row i has the label of row i {sign} {by}", remedy, shift_by(statistics, found.by)
        where = "later" if found.by > 0 else "earlier"
        what = f"row i has the label of the row {by:,} {where}"
        return what, f"{by / sequence:g} sequences of {sequence}: the labels of another batch?", NO_OPTIONS
    one, other = ("row", "label") if found.kind.startswith("row") else ("label", "row")
    if found.kind.endswith("repeated"):
        return f"each {one} stands {by} times in a row", f"export each {one} once, or each {other} as often", NO_OPTIONS
    if found.kind.endswith("dealt"):
        what = f"the {one}s are dealt out to {by} processes in turn, and stand process after process"
        return what, f"write the {one}s of the processes in turn, as the {other}s are", NO_OPTIONS
    if found.kind == "reversed":
        return "the last one comes first", "export both files in the same order", NO_OPTIONS
    axes = f"axes {found.by} and {found.by + 1} of the rows the other way round"
    return axes, "export both files with their axes in the same order", NO_OPTIONS


def grouped(statistics: Statistics) -> Symptom | None:
    """Each predicted class goes with one label, several of them with the same: the labels are of coarser classes.

    The label that goes with each predicted class is right in half of the rows or more, in a quarter where the label
    as it stands is wrong, and in a tenth more often than the most frequent label. Luck must be rarer than 1e-6 for
    all L^P ways to give P predicted classes one of L labels, counting only rows that differ from the one before.
    """
    loss, labels = statistics.loss, statistics.labels
    if loss is None or labels is None or loss.pairs is None or not labels.certain:
        return None
    predictions, given = loss.kept.predictions, loss.kept.labels
    counted = differs(predictions, given) & (given != NO_LABEL)
    pairs = np.zeros_like(loss.pairs)
    np.add.at(pairs, (given[counted], predictions[counted]), 1)
    of_labels, of_predictions = pairs.sum(axis=1), pairs.sum(axis=0)
    rows, hits = int(pairs.sum()), int(pairs.max(axis=0).sum())
    partner, used = pairs.argmax(axis=0), np.flatnonzero(of_predictions)
    names = np.unique(partner[used])
    if not rows or not 2 <= len(names) < len(used):
        return None
    most = float(of_labels.max()) / rows
    moved = used[partner[used] != used]
    wins, losses = int(pairs[partner[moved], moved].sum()), int(pairs[moved, moved].sum())
    if hits < max(0.5, most + _BETTER) * rows or wins < max(rows / 4, 4 * losses):
        return None
    ways = len(used) * math.log(np.count_nonzero(of_labels))
    if log_binomial_tail(hits, rows, most) + ways >= LOG_ALPHA:
        return None
    groups = [f"{listing(used[partner[used] == name].tolist())} with {name + labels.base}" for name in names.tolist()]
    return Symptom(
        "the labels are of other classes than the logits, coarser ones",
        (
            f"each predicted class goes with one label: {'; '.join(groups[:_SHOWN])}",
            f"so {hits:,} of {count(rows, 'row')} are right, as they stand {loss.hits:,} of {loss.counted:,}",
        ),
        all_rows(statistics),
        "labels",
        effects=as_given(statistics),
        remedy="give the labels of the logits' own classes: no option adds classes up",
    )


CHECKS = (
    Check(
        "Y223",
        "misplaced",
        "error",
        "labels in another order than the rows",
        misplaced,
        needs_labels=True,
        hides=("Y224", "X131", "X132", "L4"),
    ),
    Check(
        "Y224",
        "grouped",
        "error",
        "labels of coarser classes",
        grouped,
        needs_labels=True,
        hides=("X131", "X132", "Y211", "Y212", "L4"),
    ),
)
