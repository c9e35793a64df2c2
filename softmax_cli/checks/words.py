"""Words that several checks use."""

from collections.abc import Sequence
from dataclasses import replace

from softmax_cli.checks.check import Trial
from softmax_cli.checks.remedies import NO_OPTIONS, Options
from softmax_cli.checks.statistics import Statistics
from softmax_cli.metrics.places import Places
from softmax_cli.metrics.ranges import Ranges
from softmax_cli.reports.findings import Effect

_SHOWN = 5

AS_GIVEN, OF_VALID = "as given", "of the rows with a label"


def listing(items: Sequence[object], of: int | None = None) -> str:
    """``3, 17 and 40``, or ``3, 17, 40 and 12 more`` of so many."""
    texts = list(map(str, items[:_SHOWN]))
    rest = (len(items) if of is None else of) - len(texts)
    if rest > 0:
        return f"{', '.join(texts)} and {rest:,} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def rows_text(rows: Places) -> str:
    """``row 3``, ``rows 3, 17 and 40``, ``rows 3, 17, 40, 41, 45 and 12 more``."""
    return f"{'row' if rows.count == 1 else 'rows'} {listing(rows.first, rows.count)}"


def all_rows(statistics: Statistics) -> Places:
    """Every row."""
    return Places(statistics.rows, tuple(range(min(statistics.rows, _SHOWN))))


def as_given(statistics: Statistics) -> tuple[Effect, ...]:
    """The loss and the accuracy of the files as they are; nothing of labels that are no distributions at all.

    Where `loss` refuses the labels, it says that it is of the others.
    """
    loss, labels = statistics.loss, statistics.labels
    if statistics.multilabel_loss is not None:
        return (Effect(AS_GIVEN, statistics.multilabel_loss),)
    if loss is None or labels is None or not loss.counted or labels.impossible or labels.no_classes:
        return ()
    refused = labels.outside or labels.fractional or labels.unknown or labels.given != statistics.rows
    return (Effect(AS_GIVEN if not refused else OF_VALID, loss.mean, loss.accuracy),)


def loss_as_given(statistics: Statistics) -> tuple[Effect, ...]:
    """The loss alone."""
    return tuple(replace(effect, accuracy=None) for effect in as_given(statistics))


def without_rows(statistics: Statistics, ranges: Ranges) -> Options:
    """The options that leave these rows out; none where they are too many to be listed, or all there are.

    Nor where rows were left out before, since those that are left have other numbers then than in the file.
    """
    text = ranges.text()
    renumbered = {"skip_rows", "shift"} & set(statistics.given)
    return {"skip_rows": text} if text and text != f"0:{statistics.rows}" and not renumbered else {}


def shift_by(statistics: Statistics, by: int) -> Options:
    """The options that hold each row against the label so many positions further on than it was."""
    return {"shift": statistics.given.get("shift", 0) + by or None}


def after_the_first(statistics: Statistics) -> Options:
    """The options that leave out the first row of the logits, where the labels have none for it.

    Of one sequence, and not of text, whose end alone tells how many rows there are.
    """
    labels = statistics.labels
    by_line = statistics.lines or labels is None or labels.lines
    return NO_OPTIONS if by_line or len(statistics.row_shape) > 1 else shift_by(statistics, -1)


def trials(options: Options) -> tuple[Trial, ...]:
    """The trial of a remedy, where there is one."""
    return (Trial.of(options),) if options else ()


def classes_text(statistics: Statistics, classes: Sequence[int]) -> str:
    """Some classes in words: ``class 3 (three) and class 5 (five)``."""
    return listing([statistics.class_text(index) for index in classes[:_SHOWN]], len(classes))


def percent(share: float) -> str:
    """``12.5%``, ``0.03%``; 100% only of all, 0% only of none."""
    return f"{share:.0%}" if share in {0, 1} else f"{100 * share:.3g}%" if share < 0.9995 else "99.9%"
