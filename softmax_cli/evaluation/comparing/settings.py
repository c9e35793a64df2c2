"""What can be asked of `compare`: each option's name, default and check, for Python and the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from softmax_cli.evaluation.settings import Passing, check_label, positive
from softmax_cli.option_numbers import DEPTHS, LISTED_ROWS, RESAMPLES, SEED, check_limit

_FEW_ROWS = 5


@dataclass(frozen=True, eq=False)
class Comparing(Passing):
    """What to compare, and how; and the attributes of Passing.

    Attributes:
        temperature: T, a positive number that divides the logits of both before their softmax. The distances of the
            logits themselves stay as they are.
        ignore_index: rows with this label count nowhere.
        top_k: of how many likeliest classes to compare the sets; at most all but one.
        top: how many of the rows that changed most to list; None for a few, beside the figures; 0 for none.
        atol: with ``rtol``, how far apart logits may be: |a - b| <= atol + rtol |b|. None for no such limit.
        rtol: see ``atol``.
        resamples: of the bootstrap; 0 for no intervals.
        seed: of its random numbers.
        by: the group of each row, for the figures of each group: a path, an array, or the name of a column of the
            labels' or of A's file.
        keep: columns of either of these, by their names, to show beside the rows that changed most; files likewise.
    """

    temperature: float = 1.0
    ignore_index: int | None = None
    top_k: int = 5
    top: int | None = None
    atol: float | None = None
    rtol: float | None = None
    resamples: int = 2000
    seed: int = 0
    by: Any = None
    keep: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("--temperature", self.temperature)
        check_label(self.ignore_index)
        DEPTHS.check("--top-k", self.top_k)
        if self.top is not None:
            LISTED_ROWS.check("--top", self.top)
        RESAMPLES.check("--resamples", self.resamples)
        SEED.check("--seed", self.seed)
        check_limit("--atol", self.atol)
        check_limit("--rtol", self.rtol)

    @property
    def kept_rows(self) -> int:
        """How many of the rows that changed most are kept."""
        return _FEW_ROWS if self.top is None else self.top

    @property
    def limited(self) -> bool:
        """Whether there is a limit to how far apart logits may be."""
        return self.atol is not None or self.rtol is not None
