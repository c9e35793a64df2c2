"""What `softmax` found. It is read as it is written out: nothing is held but the rows of a table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from softmax_cli.reports.display import Displayed
from softmax_cli.reports.grid import (
    ALL_IN_TSV,
    Column,
    Grid,
    Numbers,
    Records,
    class_columns,
    count,
    distance_text,
    edges,
    header_names,
)
from softmax_cli.reports.signature import Signature


@dataclass(frozen=True, eq=False)
class SoftmaxBlock:
    """Some rows, as sequences of numbers (n, C): ``values`` is softmax(x), or log_softmax(x) for the logarithm.

    ``row_sums`` has the sums of softmax(x); ``log_of_softmax`` log(softmax(x)), for the logarithm only, and
    ``largest_difference`` its largest distance from log_softmax(x).
    """

    values: Numbers
    row_sums: Numbers
    log_of_softmax: Numbers | None = None
    largest_difference: float = 0.0


@dataclass(frozen=True, eq=False)
class SoftmaxReport(Displayed):
    """``blocks`` gives all rows, anew each time that it is iterated over."""

    signature: Signature
    class_names: tuple[str, ...]
    log: bool
    with_row_sums: bool
    blocks: Iterable[SoftmaxBlock]
    notes_so_far: Callable[[], tuple[str, ...]] = tuple
    find_hints: Callable[[], tuple[str, ...]] = tuple

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided without being asked, as far as the rows have been read."""
        return self.notes_so_far()

    @property
    def hints(self) -> tuple[str, ...]:
        """What the rows hold for certain that they were not read as; empty before they have been read."""
        return self.find_hints()

    def rows(self) -> Iterator[tuple[Numbers, Numbers, float]]:
        """Row by row: values, log(softmax(x)) (empty but for the logarithm), and the row's sum."""
        for block in self.blocks:
            yield from _rows(block)

    @cached_property
    def _shown(self) -> tuple[list[Any], int, float]:
        """The rows of a table with their numbers, how many are left out, and the largest difference."""
        differences = [0.0]

        def every_row() -> Iterator[Any]:
            for block in self.blocks:
                differences[0] = max(differences[0], block.largest_difference)
                yield from _rows(block)

        rows, hidden = edges((number, *row) for number, row in enumerate(every_row()))
        return rows, hidden, differences[0]

    def grids(self) -> Iterator[Grid]:
        """The probabilities and their sums; for the logarithm, both ways to it."""
        rows, hidden, _ = self._shown
        size = f"{count(len(rows) + hidden, 'row')} of {count(len(self.class_names), 'class', 'classes')}"
        columns = (Column("row", "integer"), *class_columns(self.class_names))
        if not self.log:
            cells = [(number, *values, total) for number, values, _, total in rows]
            columns = (*columns, Column("sum", "decimal"))
            yield Grid(f"softmax, {size}", columns, cells, hidden, whole=ALL_IN_TSV)
            return
        logs = [(number, *logs) for number, _, logs, _ in rows]
        yield Grid(f"log(softmax(x)), {size}", columns, logs, hidden, whole=ALL_IN_TSV)
        values = [(number, *values) for number, values, _, _ in rows]
        yield Grid(f"log_softmax(x), {size}", columns, values, hidden, whole=ALL_IN_TSV)

    def remarks(self) -> tuple[str, ...]:
        """How far apart the two logarithms are."""
        return (f"Largest difference of the two: {distance_text(self._shown[2])}.",) if self.log else ()

    def records(self) -> Records:
        """One line a row, one column a class; twice as many for the logarithm."""
        names = header_names(self.class_names)
        if self.log:
            columns = (
                *(f"log_of_softmax:{name}" for name in names),
                *(f"log_softmax:{name}" for name in names),
            )
            return Records(columns, ((*logs, *values) for values, logs, _ in self.rows()))
        if self.with_row_sums:
            return Records((*names, "row_sum"), ((*values, total) for values, _, total in self.rows()))
        return Records(names, (values for values, _, _ in self.rows()))

    def as_dict(self) -> dict[str, Any]:
        """Everything at once."""
        rows = list(self.rows())
        both: dict[str, Any] = {
            "log_of_softmax": [logs for _, logs, _ in rows],
            "log_softmax": [values for values, _, _ in rows],
            "largest_difference": max((block.largest_difference for block in self.blocks), default=0.0),
        }
        probabilities = {
            "softmax": [values for values, _, _ in rows],
            "row_sums": [total for _, _, total in rows],
        }
        return {
            "signature": self.signature.as_dict(),
            "rows": len(rows),
            "classes": len(self.class_names),
            "class_names": self.class_names,
            **(both if self.log else probabilities),
            "notes": self.notes,
            "hints": self.hints,
        }

    def warnings(self) -> tuple[str, ...]:
        """Nothing: a probability that is nan is there to be seen."""
        return ()

    def signature_line(self) -> str:
        """See Signature."""
        return self.signature.line()


def _rows(block: SoftmaxBlock) -> Iterator[tuple[Numbers, Numbers, float]]:
    logs: Numbers = [()] * len(block.row_sums) if block.log_of_softmax is None else block.log_of_softmax
    return zip(block.values, logs, block.row_sums, strict=True)
