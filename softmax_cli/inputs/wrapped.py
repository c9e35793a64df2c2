"""Tables that hand out another one in their own way: what can be asked of them without loading every kind of them.

Each such table has the other one as ``given``.
"""

from typing import Any

from softmax_cli.readers.table import Table


def unwrapped(table: Table) -> Table:
    """Return the table as the file holds it, with all rows and its own values."""
    while (given := getattr(table, "given", None)) is not None:
        table = given
    return table


def is_single(table: Table) -> bool:
    """Whether each row is a single value, read as two logits: see SingleLogits."""
    return bool(getattr(table, "single", False))


def cautions(table: Any) -> tuple[str, ...]:
    """Return what must be said of a table's values even where nothing else is printed, once they have been read."""
    found: tuple[str, ...] = getattr(table, "cautions", ())
    return found
