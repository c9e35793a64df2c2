"""Which other numbers the labels' classes have, by the logits, and how sure that is."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.checks.statistics import LossStatistics, Statistics
from softmax_cli.metrics.chance import LOG_ALPHA, log_binomial_tail
from softmax_cli.metrics.lags import differs
from softmax_cli.metrics.rearranged import NO_LABEL

_MARGIN = 0.05  # of all rows: by which more have to be right
_NEARLY = 0.7  # of the rows that are right where each prediction stands for any one label


@dataclass(frozen=True, eq=False)
class Renaming:
    """``classes[y]`` is the class that label y means, (C,), and ``moved`` are the labels that it changes.

    Of the ``rows`` with those labels ``wins`` are right only so, ``losses`` only as they stand. ``name`` says what it
    is, empty for none in particular.
    """

    classes: NDArray[np.int64]
    moved: NDArray[np.int64]
    rows: int
    wins: int
    losses: int
    name: str = ""


def renaming(statistics: Statistics) -> Renaming | None:
    """The renaming that the predictions ask for: the best there is, or one that files have for a known reason."""
    loss = statistics.loss
    if loss is None or loss.pairs is None:
        return None
    known = _known(statistics.classes)
    found = loss.relabelling
    if found is not None:
        name = next((name for name, classes in known if (classes == found.classes).all()), "")
        one = Renaming(found.classes, found.moved, found.rows, found.wins, found.losses, name)
        if _is_sure(statistics, loss, one, len(found.moved) * math.log(statistics.classes)):
            return one
    tried = [_of(loss.pairs, name, classes) for name, classes in known]
    best = max(tried, key=lambda each: each.wins)
    lead = best.wins - best.losses >= _MARGIN * loss.counted
    kept = int(np.trace(loss.pairs)) - best.losses
    most = best.wins + kept >= _NEARLY * int(loss.pairs.max(axis=0).sum())
    return best if lead and most and _is_sure(statistics, loss, best, math.log(len(tried))) else None


def _known(classes: int) -> list[tuple[str, NDArray[np.int64]]]:
    """The orders that classes are put into for a reason, by their names."""
    numbers = np.arange(classes)
    as_text = np.array(sorted(range(classes), key=str))
    return [
        ("the last class first", numbers[::-1]),
        ("the order of the numbers as text: 0, 1, 10, 11, 2", as_text),
        ("the order of the numbers as text: 0, 1, 10, 11, 2", np.argsort(as_text)),
        ("one class on, and the last one first", np.roll(numbers, -1)),
        ("one class back, and the first one last", np.roll(numbers, 1)),
    ]


def _of(pairs: NDArray[np.int64], name: str, classes: NDArray[np.int64]) -> Renaming:
    moved = np.flatnonzero(classes != np.arange(len(classes)))
    wins, losses = int(pairs[moved, classes[moved]].sum()), int(pairs[moved, moved].sum())
    return Renaming(classes, moved, int(pairs[moved].sum()), wins, losses, name)


def _is_sure(statistics: Statistics, loss: LossStatistics, found: Renaming, tries: float) -> bool:
    """Whether neither of two kinds of luck explains it: a coin for each row, or predictions that know nothing.

    For the second, rows whose label and prediction are those of the row before are no new evidence: two files of long
    stretches meet by luck in all of a stretch. ``tries`` is the logarithm of how many renamings there are.
    """
    if found.wins < 4 * found.losses or not found.wins:
        return False
    if log_binomial_tail(found.wins, found.wins + found.losses, 0.5) + tries >= LOG_ALPHA:
        return False
    predictions, labels = loss.kept.predictions, loss.kept.labels
    counted = differs(predictions, labels) & (labels != NO_LABEL) & np.isin(labels, found.moved)
    predictions, labels = predictions[counted], labels[counted]
    if not len(labels):
        return False
    size = statistics.classes
    label_shares = np.bincount(labels, minlength=size) / len(labels)
    shares = np.bincount(predictions, minlength=size) / len(labels)
    chance = float(label_shares @ shares[found.classes])
    hits = int(np.count_nonzero(predictions == found.classes[labels]))
    return log_binomial_tail(hits, len(labels), chance) + tries < LOG_ALPHA
