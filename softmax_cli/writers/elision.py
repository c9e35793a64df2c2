"""Which columns a table of limited width shows: never half a number, but fewer columns, and says how many."""

from collections.abc import Sequence

from softmax_cli.reports.grid import Grid

GAP = -1
"""Stands for the columns that are left out."""

_GAP_WIDTH = 3


def shown_columns(grid: Grid, widths: Sequence[int], available: int) -> list[int]:
    """The columns to show, as positions in the grid, with GAP where some of a group are left out.

    Like NumPy, a group loses its middle. All columns outside of groups stay, whatever the width.
    """
    everything = [place for place, column in enumerate(grid.columns) if not column.stand_in]
    group = [place for place in everything if grid.columns[place].group]
    if sum(widths[place] for place in everything) <= available or len(group) <= 2:
        return everything
    fixed = [place for place, column in enumerate(grid.columns) if not column.group]
    room = available - sum(widths[place] for place in fixed) - _GAP_WIDTH
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


def left_out(grid: Grid, shown: Sequence[int]) -> str:
    """What a table does not show, in words; empty where it shows everything."""
    group = [place for place, column in enumerate(grid.columns) if column.group]
    missing = len(group) - sum(place in shown for place in group)
    parts = [f"{missing:,} of {len(group):,} classes"] if missing else []
    parts += [f"{grid.hidden:,} rows"] if grid.hidden else []
    if not parts:
        return ""
    return f"{' and '.join(parts)} not shown" + (f" ({grid.whole})" if grid.whole else "")


def _outside_in(places: Sequence[int]) -> list[int]:
    ordered: list[int] = []
    left, right = 0, len(places) - 1
    while left <= right:
        ordered.append(places[left])
        if left != right:
            ordered.append(places[right])
        left, right = left + 1, right - 1
    return ordered
