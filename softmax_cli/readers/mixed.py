"""Columns of text that hold numbers of classes all the same: refused, since without them the labels would slide."""

import re
from collections.abc import Sequence
from itertools import pairwise

from softmax_cli.errors import InputError
from softmax_cli.readers.faults import shown
from softmax_cli.readers.roles import Columns

_NUMBER = r"[+\-\u2212]?(?:\d+[.,]\d*|[.,]\d+)(?:[eE][+-]?\d+)?"
_SYMBOL = r"[^\w\s\[\]().,:;/\\|+\-\u2212]"
# A currency's sign or letters, or a mark, before the number; a unit, a mark or a deviation behind it.
_BEFORE = rf"[+\-\u2212]?(?:[A-Z]{{2,3}}(?:\s|(?=[\d.,]))|[A-Z]{{0,2}}{_SYMBOL}{{1,2}}\s?)"
_BEHIND = rf"\s?(?:[^\W\d_]{{1,8}}|{_SYMBOL}{{1,3}}|\s?(?:\u00b1|\+/?-)\s?{_NUMBER}|\({_NUMBER}\))"
_WITH_MORE = re.compile(rf"{_BEFORE}{_NUMBER}(?:{_BEHIND})?|{_NUMBER}{_BEHIND}")
_MARKED = re.compile(rf"=?['`\"\u2019]{_NUMBER}['`\"\u2019]?|{_NUMBER}\s?(?:nats?|bits?|logits?|bans?)")
_NEGATIVE = re.compile(r"[^\d\[(]*[-\u2212][^\d\[(]{0,3}[\d.,]")
_TEMPERATURE_OR_LEVEL = re.compile(r".*(?:\u00b0.?|[\d.]\s?[CF]|dBm?)")
_PRINTED = r"[+-]?[\d.]+(?:e[+-]?\d+)?"
_OF_ARRAY = re.compile(rf"(?:(?:np\.)?array|tensor)?\(?[\[\]]+[\[\](),\s]*(?:{_PRINTED})?[\[\](),\s]*")
_END_OF_ARRAY = re.compile(rf"{_PRINTED}\s*\]+[\])]*,?")
_SCALAR = re.compile(rf"(?:\w+\.)?(?:tensor|array|b?float\d\d)\(\[?{_PRINTED}\]?(?:,.*)?\)?")


def refuse_numbers_in_text(file: str, line: int, columns: Columns, texts: Sequence[int], rest: Sequence[int]) -> None:
    """Raise InputError where one of these columns of text holds numbers of classes; ``line`` is the first row's."""
    _refuse_names_between(file, line, columns, texts, rest)
    for column in texts:
        cells = [cell for cell in columns.cells(column) if cell]
        opened = cells[0].count("[") != cells[0].count("]")  # [] alone may stand in a column of tags
        if (opened and _most(cells, _OF_ARRAY)) or _most(cells, _END_OF_ARRAY) or _most(cells, _SCALAR):
            what = "is the text of an array or a list as Python prints it"
            remedy = "save it with numpy.savetxt or numpy.save"
        elif _most(cells, _MARKED) or (_most(cells, _WITH_MORE) and _may_be_class(columns, column, rest, cells)):
            what = "is not a number: there is more in the cell"
            remedy = "write the number alone, or choose the classes with --logit-columns"
        else:
            continue
        raise InputError(_place(file, line, columns, column), f"{shown(cells[0])} {what}", remedy)


def _most(cells: Sequence[str], form: re.Pattern[str]) -> bool:
    """Whether the first cell and most of the others have a form."""
    return bool(form.fullmatch(cells[0])) and 2 * sum(bool(form.fullmatch(cell)) for cell in cells) > len(cells)


def _may_be_class(columns: Columns, column: int, rest: Sequence[int], cells: Sequence[str]) -> bool:
    """Whether nothing says that it is a price, a time or a size: between decimals, without a name, or below zero."""
    decimals = [place for place in rest if columns.has_decimals([place])]
    between = column - 1 in decimals and column + 1 in decimals
    below_zero = (cell for cell in cells if _WITH_MORE.fullmatch(cell) and _NEGATIVE.match(cell))
    return between or columns.names is None or not all(map(_TEMPERATURE_OR_LEVEL.fullmatch, below_zero))


def _refuse_names_between(file: str, line: int, columns: Columns, texts: Sequence[int], rest: Sequence[int]) -> None:
    """Raise InputError where the names of the classes stand in the rows: name, number, name, number."""
    inside = [column for column in texts if min(rest) < column < max(rest)]
    values = [frozenset(filter(None, columns.cells(column))) for column in texts]
    shared = any(not one.isdisjoint(other) for place, one in enumerate(values) for other in values[:place])
    both = sorted([*texts, *rest])
    turns = [place in texts for place in both]
    alternate = len(texts) == len(rest) > 1 and all(one != other for one, other in pairwise(turns))
    if not (alternate and shared) and (columns.names is not None or len(inside) < 2):
        return
    cell = shown(columns.cells(inside[0])[0])
    what = f"{cell} is text between numbers: each row names its classes, perhaps in another order"
    raise InputError(
        _place(file, line, columns, inside[0]), what, "write one column per class, always in the same order"
    )


def _place(file: str, line: int, columns: Columns, column: int) -> str:
    """The file, the line of the first row where the column is not empty there, and the column."""
    name = "" if columns.names is None else f" ({columns.names[column]})"
    return (
        f"{file}:{line}, column {column + 1}{name}"
        if columns.cells(column)[0]
        else f"{file}, column {column + 1}{name}"
    )
