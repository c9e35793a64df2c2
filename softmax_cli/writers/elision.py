"""What a table of limited width shows: never half a number, but fewer columns, and how many it leaves out."""

from collections.abc import Sequence
from itertools import takewhile

from softmax_cli.reports.grid import Column, Grid, count

GAP = -1
"""Stands for the columns that are left out."""


def shown_columns(grid: Grid, widths: Sequence[int], available: int, gap_width: int) -> list[int]:
    """The columns to show, as positions in the grid, with GAP where some of a group are left out.

    Like NumPy, a group loses its middle. All columns outside of groups stay, whatever the width. The widths
    are those of the columns with the blanks between them.
    """
    group = [place for place, column in enumerate(grid.columns) if column.group]
    if whole_width(grid, widths) <= available or len(group) <= 2:
        return _everything(grid)
    fixed = [place for place, column in enumerate(grid.columns) if not column.group]
    room = available - sum(widths[place] for place in fixed) - gap_width
    kept: set[int] = {group[0], group[-1]}
    room -= sum(widths[place] for place in kept)
    # Outside in, the left side first.
    for place in _outside_in(group[1:-1]):
        room -= widths[place]
        if room < 0:
            break
        kept.add(place)
    shown: list[int] = []
    for place, column in enumerate(grid.columns):
        if not column.group or place in kept:
            shown.append(place)
        elif shown[-1] != GAP:
            shown.append(GAP)
    return shown


def whole_width(grid: Grid, widths: Sequence[int]) -> int:
    """How wide the table is that leaves out nothing."""
    return sum(widths[place] for place in _everything(grid))


def sections(
    grid: Grid, shown: Sequence[int], widths: Sequence[int], available: int, gap_width: int
) -> list[list[int]]:
    """The columns to show, as those of one table, or of several one under the other where they are too wide.

    Each of several begins with the columns that say what a row is about.
    """
    keys = list(takewhile(lambda place: place != GAP and _is_key(grid.columns[place]), shown))
    parts: list[list[int]] = [[]]
    room = whole = available - sum(widths[place] for place in keys)
    for place in shown[len(keys) :]:
        width = gap_width if place == GAP else widths[place]
        if width > room and parts[-1]:
            if place == GAP:
                continue
            parts.append([])
            room = whole
        parts[-1].append(place)
        room -= width
    return [[*keys, *part] for part in parts]


def left_out(grid: Grid, shown: Sequence[int], one: str = "row") -> str:
    """What a table does not show, in words (``one`` is a line of it); empty where it shows everything."""
    group = [place for place, column in enumerate(grid.columns) if column.group]
    missing = len(group) - sum(place in shown for place in group)
    parts = [f"{missing:,} of {len(group):,} classes"] if missing else []
    parts += [count(grid.hidden, one)] if grid.hidden else []
    if not parts:
        return ""
    return f"{' and '.join(parts)} not shown" + (f" ({grid.whole})" if grid.whole else "")


def _everything(grid: Grid) -> list[int]:
    return [place for place, column in enumerate(grid.columns) if not column.stand_in]


def _is_key(column: Column) -> bool:
    return column.kind in {"text", "integer"} and not column.group


def _outside_in(places: Sequence[int]) -> list[int]:
    ordered: list[int] = []
    left, right = 0, len(places) - 1
    while left <= right:
        ordered.append(places[left])
        if left != right:
            ordered.append(places[right])
        left, right = left + 1, right - 1
    return ordered
