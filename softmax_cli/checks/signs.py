"""What may have the wrong sign: distances and losses read as logits, or logits read as distances."""

from softmax_cli.checks.check import Check, Symptom
from softmax_cli.checks.remedies import NO_OPTIONS, Options
from softmax_cli.checks.statistics import Statistics
from softmax_cli.checks.words import all_rows, as_given, trials
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.reports.grid import count

_Said = tuple[str, str, Options]

_WRONG_SIGN = "the logits have the wrong sign: distances, or losses"
_SMALLEST: _Said = (_WRONG_SIGN, "say that the smallest is the best", {"values": "distances"})
_NO_OPTION: tuple[str, str, Options] = (
    "the values are lowest at the label",
    "are they what --values says?",
    NO_OPTIONS,
)
_TURNED: dict[str, _Said] = {
    "logits": _SMALLEST,
    "log-probabilities": _SMALLEST,
    "distances": ("the values are no distances: the label's is the largest", "say so", {"values": "logits"}),
}
"""What is said of a wrong sign, what mends it, and by which options, by what --values said."""


def negated(statistics: Statistics) -> Symptom | None:
    """The label alone has the *lowest* logit in at least half of the rows, and more often than the highest by far.

    Of three classes or more. Luck alone would be one row in three at most; half of them is luck less often than 1e-6
    from 235 rows on, and all of them from 13 on; rows with the label and maximum of the one before do not count.
    Where several classes share the minimum, as the zeros behind a ReLU do, the row is no evidence.
    """
    loss = statistics.loss
    if loss is None or statistics.classes < 3 or 2 * loss.lowest < loss.counted or loss.lowest < 2 * loss.hits:
        return None
    if log_binomial_tail(loss.fresh_lowest, loss.fresh, 1 / 3) >= LOG_ALPHA:
        return None
    message, remedy, options = _TURNED.get(statistics.given.get("values", "logits"), _NO_OPTION)
    return Symptom(
        message,
        (
            f"as they are read, the label alone has the lowest logit of its row in {loss.lowest:,} of "
            f"{count(loss.counted, 'row')}, the highest in {loss.hits:,}",
        ),
        all_rows(statistics),
        effects=(*as_given(statistics), *trials(options)),
        remedy=remedy,
        options=options,
    )


CHECKS = (
    Check(
        "X106",
        "negated",
        "error",
        "the wrong sign: the label's is lowest",
        negated,
        needs_labels=True,
        hides=("X131", "X132", "Y22", "L4"),
    ),
)
