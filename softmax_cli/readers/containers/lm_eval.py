"""Samples of lm-evaluation-harness (``lm_eval --log_samples``): the log-likelihood of each choice, and the right one.

The layout is that of lm_eval/loggers/evaluation_tracker.py and lm_eval/api/task.py in
https://github.com/EleutherAI/lm-evaluation-harness: ``filtered_resps`` has [log-likelihood, whether it is the greedy
one] for each choice, as texts since version 0.4.3 and as numbers before; ``arguments`` has the request of each choice,
(context, continuation); ``target`` is the index of the right choice, or its text. A file is read to its end when it is
opened, since only then the largest number of choices is known; of each line, a few numbers are kept.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import InputError
from softmax_cli.readers.array import ArrayTable
from softmax_cli.readers.containers import lm_eval_choices
from softmax_cli.readers.containers.json_records import Records
from softmax_cli.readers.entry import Entry, Score

if TYPE_CHECKING:
    from softmax_cli.readers.source import Source

_LABEL_LOG_PROBABILITIES = "label-log-probabilities"
_LOGITS = "logits"
_PADDED_AT_MOST = 16  # times as many values as there are
_WAYS = ("acc", "acc_norm", "acc_bytes")


def recognises(first: Any) -> bool:
    """Whether an object has the keys of a sample."""
    return isinstance(first, dict) and "doc_id" in first and "filtered_resps" in first


def entries(records: Records) -> list[Entry]:
    """The choices' log-likelihoods and the labels; of a task with one continuation per row, its log-likelihood."""
    samples = _Samples()
    for row, sample in enumerate(records.all()):
        try:
            samples.add(sample)
        except lm_eval_choices.SampleError as error:
            raise InputError(records.place(row), str(error)) from None
    return list(samples.entries(records))


@dataclass
class _Samples:
    """What is kept of each sample: its log-likelihoods, its label by index and by text, what each way to choose takes.

    A label that cannot be told is a text that says why.
    """

    values: list[NDArray[np.float64]] = field(default_factory=list)
    labels: tuple[list[int | str], list[int | str]] = field(default_factory=lambda: ([], []))
    chosen: dict[str, list[int]] = field(default_factory=lambda: {way: [] for way in _WAYS})
    stated: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in _WAYS})
    filters: set[str] = field(default_factory=set)
    told_by_acc: int = 0

    def add(self, sample: Any) -> None:
        """Keep what is needed of a sample; raises SampleError."""
        choices = lm_eval_choices.Choices.of(sample)
        self.values.append(choices.values)
        self.filters.add(str(sample.get("filter", "none"))[:40])
        if len(choices.values) == 1:
            return
        self.told_by_acc += choices.same
        for text_first, labels in enumerate(self.labels):
            labels.append(choices.label(text_first=bool(text_first)))
        for way, choice in choices.chosen().items():
            self.chosen[way].append(choice)
        for way in _WAYS:
            stated = sample.get(way)
            if isinstance(stated, bool | int | float):
                self.stated[way].append(float(stated))

    def _labels(self) -> list[int | str]:
        """The labels, read as texts first only where the file's own accuracy shows that they are."""
        by_index, by_text = self.labels
        if by_index == by_text or len(self.stated["acc"]) != len(self.values):
            return by_index
        wrong = [
            sum(
                (choice == label) != acc
                for choice, label, acc in zip(self.chosen["acc"], labels, self.stated["acc"], strict=True)
            )
            for labels in self.labels
        ]
        return by_text if wrong[1] < wrong[0] else by_index

    def entries(self, records: Records) -> Iterator[Entry]:
        """The arrays that they come to."""
        widths = np.array([len(values) for values in self.values])
        rows, widest = len(widths), int(widths.max())
        if widest == 1:
            yield _entry("log_likelihoods", np.concatenate(self.values), records, holds=_LABEL_LOG_PROBABILITIES)
            return
        if (widths == 1).any():
            place = records.place(int(np.argmax(widths == 1)))
            raise InputError(place, f"one choice, where {records.place(int(np.argmax(widths)))} has {widest}")
        if len(self.filters) > 1:
            what = f"the samples of several filters ({', '.join(sorted(self.filters))}): each row would count twice"
            raise InputError(records.name, what, "keep the lines of one filter")
        if rows * widest > _PADDED_AT_MOST * int(widths.sum()):
            place = records.place(int(np.argmax(widths)))
            raise InputError(place, f"{widest:,} choices, where others have {int(np.median(widths)):,}")
        logits = np.full((rows, widest), -np.inf)
        for row, values in enumerate(self.values):
            logits[row, : len(values)] = values
        narrow = int(np.count_nonzero(widths < widest))
        note = (
            f"{narrow:,} of {rows:,} rows have fewer than {widest} choices: -inf stands for the others"
            if narrow
            else ""
        )
        labels = self._labels()
        yield _entry(
            _LOGITS, logits, records, holds=_LOGITS, padded=narrow > 0, note=note, scores=self._scores(labels, records)
        )
        without = next((row for row, label in enumerate(labels) if isinstance(label, str)), None)
        if without is None:
            told = f"which choice is right is told by acc: the target of {self.told_by_acc:,} rows does not say it"
            yield _entry("labels", np.array(labels, np.int64), records, note=told if self.told_by_acc else "")
        else:
            yield Entry("labels", np.dtype(np.int64), (rows,), refusal=f"{records.place(without)}: {labels[without]}")

    def _scores(self, labels: Sequence[int | str], records: Records) -> Mapping[str, Score]:
        """How often each way to choose is right, where it is known of every row."""
        rows = len(labels)
        found = {}
        for way in _WAYS:
            stated = self.stated[way] if len(self.stated[way]) == rows else None
            if len(self.chosen[way]) != rows or (way == "acc_bytes" and stated is None):
                continue
            right = [int(choice == label) for choice, label in zip(self.chosen[way], labels, strict=True)]
            first = next((row for row in range(rows) if stated and stated[row] != right[row]), None)
            place = "" if first is None else records.place(first)
            found[way] = Score(sum(right), rows, None if stated is None else math.fsum(stated), place)
        return found


def _entry(name: str, values: NDArray[Any], records: Records, note: str = "", **more: Any) -> Entry:
    def opening(source: "Source", text: bool) -> ArrayTable:
        notes = (*source.notes, *([f"{source.name}: {note}"] if note else []))
        return _PlacedTable(values, source.name, records, text=text, notes=notes)

    return Entry(name, values.dtype, values.shape, opening=opening, note=note, **more)


class _PlacedTable(ArrayTable):
    """An array whose rows are lines of a file."""

    def __init__(self, array: NDArray[Any], name: str, records: Records, *, text: bool, notes: Sequence[str]) -> None:
        super().__init__(array, name, text=text, notes=tuple(notes))
        self._records = records

    def where(self, row: int, axis: int | None) -> str:  # noqa: ARG002  (each row is a line)
        """The line."""
        return self._records.place(row)
