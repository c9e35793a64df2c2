"""Predictions and labels in their order, and whether they would meet if one of the two were in another order."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softmax_cli.metrics.chance import log_binomial_tail

NO_LABEL = -1
_MOST = 1 << 17  # rows that are kept: 1 MiB
_SEARCHED = 1 << 14  # rows among which all lags are tried, half as many as there are rows
_MOST_REPEATS = 16
_NEARLY = 0.9

Classes = NDArray[np.int32]


class Kept:
    """The first 131,072 rows: the predicted class and the label of each, NO_LABEL for one that is no class.

    ``complete`` says that these are all rows.
    """

    def __init__(self) -> None:
        self._predictions: list[Classes] = []
        self._labels: list[Classes] = []
        self._rows = 0

    def add(self, predictions: NDArray[np.int64], labels: NDArray[np.int64], counted: NDArray[np.bool_]) -> None:
        """Add the next rows, (n,) each."""
        room = max(_MOST - self._rows, 0)
        self._rows += len(labels)
        if room:
            self._predictions.append(predictions[:room].astype(np.int32))
            self._labels.append(np.where(counted, labels, NO_LABEL)[:room].astype(np.int32))

    @property
    def complete(self) -> bool:
        """Whether these are all rows."""
        return self._rows <= _MOST

    @property
    def predictions(self) -> Classes:
        """The predicted classes (n,)."""
        return np.concatenate(self._predictions) if self._predictions else np.empty(0, np.int32)

    @property
    def labels(self) -> Classes:
        """The labels (n,)."""
        return np.concatenate(self._labels) if self._labels else np.empty(0, np.int32)


@dataclass(frozen=True)
class Rearrangement:
    """Another order in which the two meet: ``kind`` is one out of ``ordered``'s, ``by`` how far or how many times.

    ``hits`` of ``trials`` rows are right in it. ``luck`` bounds the logarithm of the chance of that.
    """

    kind: str
    by: int
    hits: int
    trials: int
    luck: float


def best(kept: Kept, shape: tuple[int, ...]) -> Rearrangement | None:
    """The order in which the most labels meet the predictions; ``shape`` is that of the rows, (n,) or more axes."""
    predictions, labels = kept.predictions, kept.labels
    if len(labels) < 2:
        return None
    tried = [*_lagged(predictions, labels)]
    tries = min(len(labels), _SEARCHED) + 4 * (_MOST_REPEATS + len(shape))
    tried += _repeated(predictions, labels)
    if kept.complete:
        tried += _turned(predictions, labels, shape)
        tried += _dealt(predictions, labels)
    kind, by, one, other = max(tried, key=lambda each: _share(each[2], each[3]))
    counted = other != NO_LABEL
    hits = int(np.count_nonzero((one == other) & counted))
    luck = math.log(tries) + log_chance(one, other)
    return Rearrangement(kind, by, hits, int(np.count_nonzero(counted)), luck)


_Tried = tuple[str, int, Classes, Classes]


def _lagged(predictions: Classes, labels: Classes) -> Iterator[_Tried]:
    """Each row against the label so many rows on, or back: the best of all lags."""
    first, second = predictions[:_SEARCHED], labels[:_SEARCHED]
    lags = range(1, max(len(second) // 2, 2))
    ahead = [int(np.count_nonzero(first[:-lag] == second[lag:])) for lag in lags]
    behind = [int(np.count_nonzero(first[lag:] == second[:-lag])) for lag in lags]
    on, back = lags[int(np.argmax(ahead))], lags[int(np.argmax(behind))]
    yield "lag", on, predictions[:-on], labels[on:]
    yield "lag", -back, predictions[back:], labels[:-back]


def _repeated(predictions: Classes, labels: Classes) -> Iterator[_Tried]:
    """Each label, or each row, so many times in a row; only where they stand so."""
    for times in range(2, min(_MOST_REPEATS, len(labels) // 2) + 1):
        if _stands(labels, times):
            every = labels[::times]
            yield "labels repeated", times, predictions[: len(every)], every
        if _stands(predictions, times):
            each = predictions[::times]
            yield "rows repeated", times, each, labels[: len(each)]


def _stands(classes: Classes, times: int) -> bool:
    """Whether nearly each of them is the first of its group of so many."""
    groups = classes[: len(classes) // times * times].reshape(-1, times)
    return float((groups == groups[:, :1]).mean()) >= _NEARLY


def _dealt(predictions: Classes, labels: Classes) -> Iterator[_Tried]:
    """One of the two dealt out to so many processes in turn, and written process after process."""
    for times in range(2, min(_MOST_REPEATS, len(labels) // 2) + 1):
        order = np.concatenate([np.arange(rank, len(labels), times) for rank in range(times)])
        yield "rows dealt", times, predictions, labels[order]
        yield "labels dealt", times, predictions[order], labels


def _turned(predictions: Classes, labels: Classes, shape: tuple[int, ...]) -> Iterator[_Tried]:
    """The last row first, or two axes of the rows the other way round."""
    yield "reversed", 1, predictions, labels[::-1]
    if len(shape) < 2 or math.prod(shape) != len(labels):
        return
    table = predictions.reshape(shape)
    for axis in range(len(shape) - 1):
        # (a, b) written as (b, a), and (b, a) read as (a, b).
        swapped = [*shape[:axis], shape[axis + 1], shape[axis], *shape[axis + 2 :]]
        yield "axes swapped", axis, table.swapaxes(axis, axis + 1).reshape(-1), labels
        yield "axes swapped", axis, predictions.reshape(swapped).swapaxes(axis, axis + 1).reshape(-1), labels


def _share(predictions: Classes, labels: Classes) -> float:
    counted = int(np.count_nonzero(labels != NO_LABEL))
    return int(np.count_nonzero(predictions == labels)) / max(counted, _FEWEST)


_FEWEST = 8


def log_chance(predictions: Classes, labels: Classes) -> float:
    """A bound of the logarithm of how likely so many hits are by luck, for rows that stay the same for long too.

    Only where the label changes from one row to the next is it asked whether both are right, since a label that stays
    the same is no new evidence. Luck has the chance sum_ab l_ab p_ab then at most, of the shares that each change from
    a to b has among those of the labels and of the predictions: as if these changed in the same rows, which batches of
    one size do. Changes that follow each other share a row: of two such halves one has half of the hits or more.
    """
    counted = (labels[1:] != NO_LABEL) & (labels[:-1] != NO_LABEL)
    changes = counted & (labels[1:] != labels[:-1])
    right = predictions == labels
    hits = int(np.count_nonzero(right[1:] & right[:-1] & changes))
    trials = int(np.count_nonzero(changes))
    if not trials:
        return 0.0
    others = counted & (predictions[1:] != predictions[:-1])
    if not others.any():
        return 0.0
    chance = _meeting(_pairs(labels)[changes], _pairs(predictions)[others])
    return math.log(2) + log_binomial_tail(hits / 2, trials / 2, chance)


def in_runs(classes: Classes) -> bool:
    """Whether they stand in the order of the classes, but for one in three of the changes that chance would make."""
    if len(classes) < 2:
        return False
    shares = np.unique(classes, return_counts=True)[1] / len(classes)
    expected = len(classes) * float(1 - shares @ shares)
    return int(np.count_nonzero(np.diff(classes))) < expected / 3


def _pairs(classes: Classes) -> NDArray[np.int64]:
    """A number for each class and its follower (n - 1,)."""
    wide = classes.astype(np.int64)
    return (wide[:-1] << 32) + wide[1:]


def _meeting(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """How likely two drawn numbers are the same, one from each array."""
    values, counts = np.unique(one, return_counts=True)
    others, other_counts = np.unique(other, return_counts=True)
    _, here, there = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    return float(counts[here] @ other_counts[there].astype(np.float64)) / (len(one) * len(other))
