"""The figures that the program which wrote a file has for its logits: computed again, and held against its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from softmax_cli.inputs.reading import Reading
from softmax_cli.metrics.intervals import wilson
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.entry import Score
from softmax_cli.readers.pieces import Files
from softmax_cli.reports.figures import Figure
from softmax_cli.reports.model import HARNESS, ModelReport


def with_scores(report: ModelReport, logits: Any, labels: Any, reading: Reading) -> ModelReport:
    """Return the report with these figures, where the file has some, and all its rows with its own labels count."""
    if not isinstance(labels, Files) or reading.skip_rows is not None or report.counted != report.rows:
        return report
    if [source.file for source in labels.sources()] != [source.file for source in logits.sources()]:
        return report
    found = [_scores(source) for source in logits.sources()]
    ways = [way for way in HARNESS if all(way in scores for scores in found)]
    of_ways = {way: [scores[way] for scores in found] for way in ways}
    figures = [_figure(way, scores) for way, scores in of_ways.items()]
    notes = [note for way, scores in of_ways.items() for note in _against_its_own(way, scores, logits.name)]
    return replace(report, figures=(*report.figures, *figures), notes=(*report.notes, *notes))


def _scores(source: Any) -> Mapping[str, Score]:
    return next((entry.scores or {} for entry in entries_of(source) if entry.name == source.member), {})


def _figure(way: str, scores: Sequence[Score]) -> Figure:
    right, rows = sum(score.right for score in scores), sum(score.rows for score in scores)
    low, high = wilson(right, rows)
    return Figure(way, right / rows, low=low, high=high)


def _against_its_own(way: str, scores: Sequence[Score], name: str) -> Iterator[str]:
    """What the files say of a figure themselves."""
    stated = [score.stated for score in scores if score.stated is not None]
    if len(stated) < len(scores):
        return
    rows = sum(score.rows for score in scores)
    theirs, differs = sum(stated) / rows, next((score.differs for score in scores if score.differs), "")
    if differs:
        yield f"{name}: lm-eval itself has {way} {theirs:.6g}, and the first row that differs is {differs}"
    else:
        yield f"{name}: {way} is as lm-eval has it, row by row"
