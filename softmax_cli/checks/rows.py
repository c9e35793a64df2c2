"""What may be wrong with rows as wholes: rows that say nothing, that occur again, or that are none."""

import math

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.remedies import Options
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import after_the_first, as_given, loss_as_given, rows_text, trials, without_rows
from softmax_cli.losses.sums import Sum
from softmax_cli.metrics.certain import is_header
from softmax_cli.metrics.chance import LOG_ALPHA, log_poisson_tail
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.ranges import Ranges
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_OF_HEADERS = {
    "": "export the logits without their first row",
    "shift": "the labels have no such row: hold each row of logits against the label before it",
    "skip_rows": "leave the first row out of both files",
}
_LONG = 8  # rows: fewer are what a sampler pads the last batch with
_FEW_ROWS = 5
_MANY_ROWS = 20
_SHORT_ROW = 5  # values


def constant_rows(statistics: Statistics) -> Symptom | None:
    """Rows of one and the same value, more than luck makes (a chance of 1e-6), or five rows or more that all are.

    Two values that are written coarsely may well be equal. How often, the first 16,384 values bound from above, and it
    is no less than the dtype's spacing. That is raised to the number of values that must meet the first; of these only
    every second is taken to be free, since logits hang together.
    """
    logits = statistics.logits
    if statistics.classes < 2 or statistics.rows < 2 or not logits.constant:
        return None
    everywhere = logits.constant.count == statistics.rows >= _FEW_ROWS
    expected = statistics.rows * _coincidence(statistics)
    if not everywhere and log_poisson_tail(logits.constant.count, expected) >= LOG_ALPHA:
        return None
    uniform = math.log(statistics.classes)
    options = without_rows(statistics, logits.constant_ranges)
    effects: tuple[Effect | Trial, ...] = (*loss_as_given(statistics), Effect("each of these, ln C", uniform))
    loss = statistics.loss
    if loss is not None and 0 < loss.constant < loss.finite:
        rest = Sum(loss.losses.losses.finite).value() - loss.constant * uniform
        effects = (*effects, *trials(options), Effect("without them", rest / (loss.finite - loss.constant)))
    what = "every row is" if everywhere else f"{count(logits.constant.count, 'row is', 'rows are')}"
    return Symptom(
        f"{what} constant: the same logit for each class",
        (f"constant: {rows_text(logits.constant)}",),
        logits.constant,
        effects=effects,
        remedy="a head that is still zero?" if everywhere else "padding? leave these rows out",
        options=options,
    )


def repeated_stretch(statistics: Statistics) -> Symptom | None:
    """Eight rows or more are, one by one, an earlier stretch of rows: a batch that was written twice.

    Rows of few different values meet by luck with at most the share of the most frequent one; N^2 pairs of stretches
    of L rows do so with a chance of N^2 times the L-th power of that.
    """
    repeats = statistics.logits.repeats
    if repeats.run < _LONG:
        return None
    luck = max(repeats.largest_share, _coincidence(statistics))
    if 2 * math.log(statistics.rows) + repeats.run * math.log(luck) >= LOG_ALPHA:
        return None
    first, start, run = repeats.run_first, repeats.run_start, repeats.run
    options = without_rows(statistics, Ranges(((start, start + run),)))
    return Symptom(
        f"{run:,} rows in a row repeat earlier ones",
        (f"rows {start} to {start + run - 1} are rows {first} to {first + run - 1} again",),
        Places(run, tuple(range(start, start + min(run, 5)))),
        effects=(
            *as_given(statistics),
            *trials(options),
            Effect("rows that are counted twice", number=run),
        ),
        remedy="a batch that was written twice? leave it out, of the labels too",
        options=options,
    )


def duplicate_rows(statistics: Statistics) -> Symptom | None:
    """Rows that equal an earlier one, more of them than luck makes (a chance of 1e-6; constant rows aside).

    They are told apart by a hash of 64 bits, so "equal" is as sure as that 2^-64 N^2 is small.
    """
    repeats = statistics.logits.repeats
    if not repeats.repeats or statistics.classes < 2:
        return None
    seen = repeats.repeats + repeats.distinct
    if log_poisson_tail(repeats.repeats, seen * (seen - 1) / 2 * _coincidence(statistics)) >= LOG_ALPHA:
        return None
    options = without_rows(statistics, repeats.again)
    pairs = "; ".join(f"row {again} is row {first} again" for first, again in repeats.pairs)
    sampled = f" (among one in {repeats.one_in} of the different rows)" if repeats.one_in > 1 else ""
    return Symptom(
        f"{count(repeats.repeats, 'row repeats', 'rows repeat')} an earlier one" + sampled,
        (pairs,),
        Places(repeats.repeats, tuple(again for _, again in repeats.pairs)),
        effects=(
            *as_given(statistics),
            *trials(options),
            Effect("rows", number=seen),
            Effect("different ones", number=repeats.distinct),
        ),
        remedy="are they meant to count more than once?",
        options=options,
    )


def header_row(statistics: Statistics) -> Symptom | None:
    """The first row is 0, 1, 2, ... (or 1, 2, 3, ...), and other values are not whole: pandas' names of columns.

    A short row of that kind may be an example that was written by hand, of few rows then; and a file that begins with
    other names has no second header.
    """
    start, named = statistics.logits.counts_up, statistics.class_names != tuple(map(str, range(statistics.classes)))
    decimals = statistics.logits.coarseness.decimals
    if start is None or named or not is_header(statistics.rows, statistics.classes, decimals):
        return None
    labels = statistics.labels
    missing = labels is not None and labels.given == statistics.rows - 1
    trial = Trial("without the first row", skip_rows=1, skip_labels=0 if missing else 1)
    options = _headed(statistics, missing=missing)
    return Symptom(
        "the header was read as data",
        (f"row 0 counts from {start} to {start + statistics.classes - 1}, and the other values are not whole numbers",),
        Places(1, (0,)),
        effects=(*as_given(statistics), *(trials(options) or (trial,))),
        remedy=_OF_HEADERS.get(next(iter(options), ""), "the first line names the columns"),
        options=options,
    )


def _headed(statistics: Statistics, *, missing: bool) -> Options:
    """The options that leave the first row out; ``missing`` says that the labels have no such row."""
    labels = statistics.labels
    if statistics.lines and statistics.given.get("header") is False:
        return {"header": None}
    if not missing:
        return {"header": True} if statistics.lines else without_rows(statistics, Ranges(((0, 1),)))
    if statistics.lines and labels is not None and (labels.header or not labels.lines):
        return {"header": True}
    return after_the_first(statistics)


def _coincidence(statistics: Statistics) -> float:
    """How likely it is that two rows (or the values of one) are equal by luck."""
    logits = statistics.logits
    one = min(max(logits.coarseness.collisions, logits.resolution), 1.0)
    return one ** math.ceil((statistics.classes - 1) / 2)


CHECKS = (
    Check(
        "X121",
        "constant-rows",
        "warning",
        "rows with the same logit for each class",
        constant_rows,
        hides=("X122", "X131", "X132", "L401", "L402", "L403", "L405"),
    ),
    Check("X123", "repeated-rows", "warning", "a stretch of rows that occurs again", repeated_stretch, hides=("X122",)),
    Check("X122", "duplicate-rows", "note", "rows that equal an earlier one", duplicate_rows),
    Check(
        "X124",
        "header-row",
        "error",
        "a header 0, 1, 2, ... read as a row",
        header_row,
        hides=("S303", "Y22", "L4", "X113", "X131"),
    ),
)
