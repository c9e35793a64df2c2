"""What can be asked of `report`: each option's name, default and check, for Python and the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.settings import Passing, check_label, positive
from softmax_cli.option_numbers import BINS, DEPTHS, LISTED_ROWS

REPORT_DTYPES = ("float32", "float64")
TOP_K = 5


@dataclass(frozen=True, eq=False)
class ReportSettings(Passing):
    """What a report is of, and how it is computed; and the attributes of Passing.

    Attributes:
        dtype: ``float32`` or ``float64``; None for float32 where the file has it or float16, else float64.
        ignore_index: rows with this label count nowhere.
        temperature: T, a positive number that divides the logits.
        bins: how many bins of confidence; 15 as Guo et al. have, and most papers after them.
        top_k: each k for which to say how often the label is among the k likeliest classes; by default 5, where there
            are more classes than that. k = 1, the accuracy, is always there.
        worst: how many of the rows with the largest losses to list.
        by: the group of each row, for the figures of each group: a path, an array, or the name of a column of the
            labels' or the logits' file.
        units: how many bytes, words or characters each row stands for, or each group of rows: likewise.
        keep: columns of either file, by their names, to show beside the worst rows; files likewise.
    """

    dtype: str | None = None
    ignore_index: int | None = None
    temperature: float = 1.0
    bins: int = 15
    top_k: Sequence[int] = ()
    worst: int = 5
    by: Any = None
    units: Any = None
    keep: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.dtype not in {None, *REPORT_DTYPES}:
            raise UsageError(f"report computes in {' or '.join(REPORT_DTYPES)}, not in {self.dtype!r}")
        super().__post_init__()
        positive("--temperature", self.temperature)
        check_label(self.ignore_index)
        BINS.check("--bins", self.bins)
        for k in self.top_k:
            DEPTHS.check("--top-k", k)
        LISTED_ROWS.check("--worst", self.worst)

    def depths(self, classes: int) -> list[int]:
        """The k of the top-k accuracies, 1 among them, for so many classes."""
        return sorted({1, *(self.top_k or [TOP_K] * (classes > TOP_K))})
