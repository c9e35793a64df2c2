"""What may be wrong with the shapes: which axis holds the classes, and how many rows there are."""

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.order import slipped
from softmax_cli.checks.remedies import NO_OPTIONS, Options, name_of
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import after_the_first, all_rows, as_given, trials
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.places import Places
from softmax_cli.reports.findings import Effect
from softmax_cli.reports.grid import count

_PROBABILITIES = {"values": "probabilities"}
_LABEL_LOG_PROBABILITIES = {"values": "label-log-probabilities"}


def transposed(statistics: Statistics) -> Symptom | None:
    """As many labels as the logits have columns, and not as they have rows: the classes run down the lines.

    Of a square table the labels have to tell: the maxima of the columns meet them far more often than those of the
    rows do, and than luck would (a chance of 1e-6, at twice the rate of even classes).
    """
    labels, loss = statistics.labels, statistics.loss
    if labels is None or len(statistics.shape) != 2 or statistics.axis != 1 or statistics.classes < 2:
        return None
    rows, classes = statistics.rows, statistics.classes
    if labels.given != classes or labels.kind == "probabilities":
        return None
    if rows == classes:
        hits = loss.by_column if loss is not None else None
        if loss is None or hits is None or hits - loss.hits < rows / 4:
            return None
        if log_binomial_tail(hits, rows, min(2 / classes, 1.0)) >= LOG_ALPHA:
            return None
        evidence = f"the label is the maximum of {hits} of {classes} columns, and of {loss.hits} of {rows} rows"
    else:
        if labels.numbers and labels.numbers.high >= rows:
            return None
        evidence = f"{rows:,} rows of {classes:,} columns, and {labels.given:,} labels, all below {rows:,}"
    options = {"class_axis": 0}
    return Symptom(
        "the logits are transposed: a line a class, a column a row",
        (evidence,),
        Places(),
        effects=(*(as_given(statistics) if rows == classes else ()), Trial.of(options)),
        remedy="say that the classes run down the lines",
        options=options,
    )


def another_axis(statistics: Statistics) -> Symptom | None:
    """Several axes of the logits could hold the classes, by the shape of the labels.

    Unless the user has named one that does no worse than the others: better is by 5 in 100 rows of the accuracy, and
    in the loss too.
    """
    if not statistics.rivals:
        return None
    loss = statistics.loss
    rivals = sorted(statistics.rivals, key=lambda rival: -rival.accuracy)
    best, accuracy = rivals[0], 0.0 if loss is None else loss.accuracy
    better = loss is not None and best.accuracy >= accuracy + 0.05 and best.loss < loss.mean
    if statistics.asked and not better:
        return None
    axes = sorted([statistics.axis, *(rival.axis for rival in rivals)])
    axis = best.axis if better else statistics.axis
    shape = "x".join(map(str, statistics.shape))
    effects = []
    options = {"class_axis": axis}
    for each in sorted(axes, key=lambda each: each != axis):
        rival = next((rival for rival in rivals if rival.axis == each), None)
        own = None if loss is None else loss.mean
        figures = (rival.loss, rival.accuracy) if rival else (own, accuracy)
        effects.append(Effect(name_of({"class_axis": each}), *figures))
    return Symptom(
        f"the classes could be on axis {' or '.join(map(str, axes))}, and seem to be on {axis}",
        (f"the logits have the shape {shape}, and without any of these axes it is that of the labels",),
        Places(),
        effects=tuple(effects),
        remedy="say which; torch takes axis 1, NumPy, JAX and Keras the last",
        options=options,
    )


def other_count(statistics: Statistics) -> Symptom | None:
    """Another number of labels than of rows: for certain, and `loss` refuses it.

    That a header is to blame is said where the numbers differ by 1, and the neighbouring rows' labels are right far
    more often than the rows' own: by the same tests as for labels that are shifted.
    """
    labels, loss = statistics.labels, statistics.loss
    if labels is None or labels.given == statistics.rows:
        return None
    rows, given = statistics.rows, labels.given
    effects: list[Effect | Trial] = [*as_given(statistics)]
    remedy, options = "the files are of different rows, or one of them was cut short", NO_OPTIONS
    if given == rows + 1 and loss is not None and slipped(statistics, loss, loss.lags[1]):
        options = _label_header(statistics)
        effects += trials(options) or [Trial("without the first label", skip_labels=1)]
        remedy = "the labels' first line is a header, or the label of another row"
    elif given == rows - 1 and loss is not None and slipped(statistics, loss, loss.lags[-1]):
        headed = statistics.lines and (labels.header or not labels.lines)
        options = {"header": True} if headed else after_the_first(statistics)
        effects += trials(options) or [Trial("without the first row", skip_rows=1)]
        remedy = "the logits' first row is a header, or the first label was taken for one"
    elif abs(given - rows) == 1:
        remedy = "a header read as data, or data as a header? --header and --no-header say which"
    return Symptom(
        f"{count(given, 'label')} for {count(rows, 'row')} of logits",
        (f"the first {min(given, rows):,} of each were held against each other",),
        Places(abs(given - rows), tuple(range(min(given, rows), min(max(given, rows), min(given, rows) + 5)))),
        "labels" if given > rows else "logits",
        effects=tuple(effects),
        remedy=remedy,
        options=options,
    )


def _label_header(statistics: Statistics) -> Options:
    """The options that take the labels' first line for a header, where the logits are read as before."""
    labels = statistics.labels
    if labels is None or not labels.lines:
        return NO_OPTIONS
    if statistics.given.get("header") is False:
        return {"header": None}
    named = statistics.class_names != tuple(map(str, range(statistics.classes)))
    return {"header": True} if named or not statistics.lines else NO_OPTIONS


def single_probability(statistics: Statistics) -> Symptom | None:
    """A single value per row, each within [0, 1], taken for logits: a model's logits lie on both sides of 0."""
    values = statistics.logits.values
    if not statistics.single or not values or values.low < 0 or values.high > 1:
        return None
    return Symptom(
        "one value per row, never outside 0 to 1, read as a logit: probabilities of class 1?",
        (f"{count(statistics.rows, 'row')} of one value each",),
        all_rows(statistics),
        effects=(*as_given(statistics), Trial.of(_PROBABILITIES)),
        remedy="say what they are",
        options=_PROBABILITIES,
    )


def single_log_probability(statistics: Statistics) -> Symptom | None:
    """One value per row, none above 0, without labels or with no other than 0: what an API gives of each token."""
    values, labels = statistics.logits.values, statistics.labels
    if not statistics.single or not values or values.high > 0 or values.low == 0:
        return None
    if labels is not None and labels.counts[0] != labels.given:
        return None
    return Symptom(
        "one value per row, never above 0, read as a logit: log-probabilities of what occurred?",
        (f"{count(statistics.rows, 'row')} of one value each",),
        all_rows(statistics),
        effects=trials(_LABEL_LOG_PROBABILITIES) if labels is not None else (),
        remedy="if so, their mean is the loss, and no labels are needed",
        options=_LABEL_LOG_PROBABILITIES,
    )


def classes_first(statistics: Statistics) -> Symptom | None:
    """Logits of three axes or more with the classes on the first, where every framework has the batch."""
    if len(statistics.shape) < 3 or statistics.axis != 0 or statistics.rivals:
        return None
    return Symptom(
        "the classes are on axis 0, where frameworks have the batch",
        (f"shape {'x'.join(map(str, statistics.shape))}, by the shape of the labels",),
        Places(),
        remedy="fine here; torch wants the batch first and the classes second",
    )


CHECKS = (
    Check(
        "S301",
        "transposed",
        "error",
        "a line a class, a column a row",
        transposed,
        needs_labels=True,
        hides=("X1", "Y2", "L4", "S302", "S303"),
    ),
    Check(
        "S302",
        "class-axis",
        "error",
        "classes that could be on another axis",
        another_axis,
        needs_labels=True,
        hides=("X131", "X132", "Y22", "L4"),
    ),
    Check(
        "S303",
        "other-count",
        "error",
        "another number of labels than of rows",
        other_count,
        needs_labels=True,
        hides=("Y22", "L4"),
    ),
    Check(
        "S305",
        "single-probability",
        "warning",
        "one value per row in [0, 1], as a logit",
        single_probability,
        hides=("X", "L4"),
    ),
    Check(
        "S308",
        "single-log-prob",
        "note",
        "one value per row, never above 0",
        single_log_probability,
        hides=("X", "Y2", "L4"),
    ),
    Check("S306", "classes-first", "note", "classes on axis 0 of more than two", classes_first),
)
