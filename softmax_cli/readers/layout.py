"""What the first lines of a delimited file say of it: its delimiter, its header, its columns and where rows begin."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, takewhile

from softmax_cli.errors import InputError, UsageError
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.faults import Fault, Spelling, find_fault, uncut
from softmax_cli.readers.header import counts_up, is_header, may_be_header, may_be_row
from softmax_cli.readers.lines import DELIMITERS, WideLineError, cells, is_wide, sniff_delimiter, unquoted
from softmax_cli.readers.numerals import (
    Content,
    content,
    has_minus_sign,
    is_missing,
    is_number,
    is_with_comma,
    plain_number,
    truth,
)
from softmax_cli.readers.roles import Columns
from softmax_cli.readers.selection import asked_names, choose_columns, find_column

NONE = "\x1f"  # the delimiter of a file of one column: the unit separator, which no text holds
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # as Excel reads it
_SHOWN_NAMES = 4

Line = tuple[int, str]


@dataclass(frozen=True)
class Layout:
    """What the first lines say. ``first_line`` is the number of the first row's line.

    ``trailing``: each line ends in a delimiter. ``first_line_may_be_header``: it was taken for a row of numbers, which
    could be a header all the same. ``left_out`` are the names of columns that nobody asked to leave out, ``ids`` those
    of columns that tell the rows apart; where the classes were chosen by the user there are none. ``header`` is the
    header's line where it could be read as a row.
    """

    delimiter: str
    names: tuple[str, ...] | None
    width: int
    first_line: int
    columns: tuple[int, ...]
    spelling: Spelling
    notes: tuple[str, ...] = ()
    trailing: bool = False
    first_line_may_be_header: bool = False
    left_out: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    header: str | None = None

    def lines(self, lines: list[str]) -> list[str]:
        """Lines without the delimiter that ends each."""
        return [_without_end(line, self.delimiter) for line in lines] if self.trailing else lines


def layout_of(file: str, lines: Sequence[Line], dialect: Dialect, selection: Selection) -> Layout:
    """The layout that some first lines show, each with its number; none of them blank but in between.

    Raises InputError where there is no row, or no such column.
    """
    lines, dialect = _without_sep(lines, dialect)
    if not lines:
        raise InputError(file, "there are no rows")
    _refuse_wide(file, lines)
    lines, comments, marked = _without_comments(file, lines, dialect, selection)
    delimiter = _delimiter(file, [line for _, line in lines], dialect, selection)
    first, below = _cut(file, *lines[0], delimiter), _rows(lines[1:], delimiter)
    guessed = dialect.header is None and not marked
    header = marked or (
        is_header(first, _like(first, below), selection, dialect.decimal) if guessed else dialect.header
    )
    names = _cut(file, lines[0][0], lines[0][1].removeprefix("# "), delimiter) if header else None
    line_of_names = lines[0][1] if header else ""
    lines = lines[1:] if header else lines
    if not lines:
        raise InputError(file, "there are no rows, only a header")
    width, trailing = _width(names, below if header else [first, *below], delimiter)
    names = names and names[:width]
    rows = [row[:width] for row in (below if header else [first, *below]) if len(row) in {width, width + trailing}]
    _refuse_first(file, lines[0], delimiter, width, names, trailing=trailing)
    columns = Columns(names, width, rows, dialect.decimal, labels=selection.text)
    chosen, notes = choose_columns(selection, columns, file, lines[0][0])
    said = [comments, *notes]
    if trailing:
        said.append(f"{file}: each line ends in a {_called(delimiter)}; taken for the line's end, not for a column")
    if guessed and header and names is not None and (may_be_header(names) or may_be_row(names)):
        said.append(f"{file}: the first line ({_shown(names)}) is taken for a header; if it is a row, use --no-header")
    if not header and guessed and not selection.text and width > 2 and counts_up(rows[0]):
        said.append(f"{file}: the first line counts 0 to {width - 1}; if it is a header, use --header")
    if not selection.text and any(has_minus_sign(cell) for place in chosen for cell in columns.cells(place)):
        said.append(minus_note(file))
    spelling = _spelling(columns, chosen, dialect, selection)
    if spelling.truth:
        said.append(f"{file}: the labels True and False are read as 1 and 0")
    return Layout(
        delimiter,
        names,
        width,
        lines[0][0],
        chosen,
        spelling,
        tuple(filter(None, said)),
        trailing,
        first_line_may_be_header=guessed and not header and may_be_header(first),
        left_out=_left_out(columns, chosen, selection, file),
        ids=columns.id_names(chosen) if selection.text or selection.only is None else (),
        header=line_of_names if names and len(chosen) > 1 and all(names[place].isdigit() for place in chosen) else None,
    )


def minus_note(file: str) -> str:
    """What to say of a minus sign that is not ASCII's."""
    return f"{file}: the minus sign U+2212 is read as -"


def refusal(name: str, line: int, fault: Fault, names: tuple[str, ...] | None) -> InputError:
    """A fault of a chunk whose first line has this number."""
    where = f"{name}:{line + fault.line}"
    if fault.column is not None:
        where += f", column {fault.column + 1}"
        if names is not None:
            where += f" ({names[fault.column]})"
    return InputError(where, fault.what, fault.remedy)


def _refuse_wide(file: str, lines: Sequence[Line]) -> None:
    """Raise InputError for a line of too many columns, before any line is cut into cells."""
    for number, line in lines:
        if is_wide(line):
            raise refusal(file, number, uncut(0, WideLineError()), None)


def _without_sep(lines: Sequence[Line], dialect: Dialect) -> tuple[Sequence[Line], Dialect]:
    """The lines behind Excel's ``sep=;``, and the delimiter that it names; one that was given counts more."""
    found = _SEP.fullmatch(lines[0][1].rstrip("\n ")) if lines else None
    if found is None:
        return lines, dialect
    behind = list(dropwhile(lambda line: not line[1].strip(), lines[1:]))
    return behind, replace(dialect, delimiter=dialect.delimiter or found[1])


def _without_comments(
    file: str, lines: Sequence[Line], dialect: Dialect, selection: Selection
) -> tuple[Sequence[Line], str, bool]:
    """The lines behind comments, what to say of them, and whether the last of those is a header (numpy.savetxt)."""
    marked = list(takewhile(lambda line: line[1].startswith("#"), lines))
    if not marked or len(marked) == len(lines) or lines[0][1] in selection.known:
        return lines, "", False
    behind = lines[len(marked) :]
    separator = _delimiter(file, [line for _, line in behind], dialect, selection)
    rows = _rows(behind, separator)
    names = _rows([(0, marked[-1][1].removeprefix("# "))], separator)
    fits = bool(names and rows and len(names[0]) == len(rows[0]))
    has_other = len(rows) > 1 and is_header(rows[0], _like(rows[0], rows[1:]), selection, dialect.decimal)
    header = fits and not has_other and dialect.header is not False
    comments = marked[:-1] if header else marked
    said = f"{file}: {_counted(len(comments), 'line')} of comment passed over" if comments else ""
    return lines[len(comments) :], said, header and bool(comments)


def _delimiter(file: str, lines: Sequence[str], dialect: Dialect, selection: Selection) -> str:
    """The delimiter that was given, or that the first lines show."""
    line = lines[0]
    delimiter = dialect.delimiter or _cutting_alike(_sniff(line), lines)
    if delimiter == "," and dialect.decimal == ",":
        return _comma_beside_comma(file, lines, dialect, selection)
    if dialect.delimiter is None and selection.text and line.strip() in selection.known:
        return NONE  # a class may have a name with any character in it
    seen_blank = dialect.delimiter is None and delimiter == " "
    if seen_blank and selection.text and not _may_be_cut(_cut(file, 0, line, " "), selection):
        return NONE  # a column of class names, which may have blanks in them
    return delimiter


def _may_be_cut(cells: Sequence[str], selection: Selection) -> bool:
    """Whether blanks separate cells: numbers, or names of columns of which one was asked for."""
    return all(map(plain_number, cells)) or any(name in cells for name in asked_names(selection))


def _sniff(line: str) -> str:
    """The delimiter of a line; no comma where commas are decimal and something else separates the cells."""
    delimiter = sniff_delimiter(line)
    for other in ("|", " ") if delimiter == "," else ():
        parts = unquoted(line).split(None if other == " " else other)
        if len(parts) > 1 and all(is_with_comma(part.strip()) or is_number(part) for part in parts):
            return other
    return delimiter


def _cutting_alike(delimiter: str, lines: Sequence[str]) -> str:
    """The delimiter of the first line, or another that cuts all lines alike where that one does not.

    A name may hold one: a semicolon in a header of commas, commas in a header of tabs. Where lines below hold the first
    one, too, the other must leave numbers.
    """
    bare = [unquoted(line) for line in lines if line.strip()]
    below = any(delimiter in line for line in bare[1:])
    if len(bare) == 1 or (below and len({line.count(delimiter) for line in bare}) == 1):
        return delimiter
    for other in DELIMITERS if below else (*DELIMITERS, " "):
        rows = [line.split(None if other == " " else other) for line in bare]
        alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
        if alike and other != delimiter and not (below and any(map(_has_few_numbers, rows[1:]))):
            return other
    if below:
        return delimiter
    plain = not any(other in line for line in bare[1:] for other in DELIMITERS)
    of_words = all(content(cell.strip()) is Content.TEXT for cell in bare[0].split(delimiter))
    return NONE if delimiter != " " and plain and of_words else delimiter  # the name of the only column


def _has_few_numbers(row: Sequence[str]) -> bool:
    return 2 * sum(plain_number(cell.strip()) is not None for cell in row) <= len(row)


def _comma_beside_comma(file: str, lines: Sequence[str], dialect: Dialect, selection: Selection) -> str:
    """The delimiter of lines with commas, where these are decimal too: a comma only beside quoted numbers.

    Whole numbers may stand in a file of labels, since the option is for both files.
    """
    given = [line for line in lines if line.strip()]
    quoted = any('"' in line for line in given[1:]) or any("," in cell for cell in _cut(file, 0, given[0], ","))
    alike = len({unquoted(line).count(",") for line in given}) == 1
    if dialect.delimiter is None and all(plain_number(line.strip(), ",") for line in given):
        return NONE
    if quoted or (selection.text and alike and len(given) > 1):
        return ","
    what = f"--decimal ,: commas separate the cells of {file} as well"
    raise UsageError(f"{what}; leave it out, or quote the numbers, or separate the cells by another character")


def _cut(name: str, number: int, line: str, delimiter: str) -> tuple[str, ...]:
    """A line's cells; raises InputError where it is badly quoted."""
    try:
        return cells(line, delimiter)
    except csv.Error as error:
        raise refusal(name, number, uncut(0, error), None) from None


def _rows(lines: Sequence[Line], delimiter: str) -> list[tuple[str, ...]]:
    """The cells of the lines that can be cut into some; the others are refused when they are read."""
    rows = []
    for _, line in lines:
        try:
            row = cells(line, delimiter)
        except csv.Error:
            continue
        if line.strip():
            rows.append(row)
    return rows


def _like(first: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows as long as the first line, or longer by the delimiter that ends each."""
    return [row[: len(first)] for row in rows if len(row) == len(first) or (row[len(first) :] == ("",))]


def _width(names: tuple[str, ...] | None, rows: Sequence[tuple[str, ...]], delimiter: str) -> tuple[int, bool]:
    """The number of columns, and whether a delimiter ends each line: a last cell that is empty everywhere."""
    width = len(rows[0] if names is None else names) if rows or names else 0
    if names and names[-1] == "" and rows and all(len(row) == width - 1 for row in rows):
        return width - 1, False  # the header alone ends in a delimiter
    if delimiter in {" ", NONE} or not rows or any(row[-1:] != ("",) for row in rows):
        return width, False
    if names is None:
        return (width - 1, True) if len(rows) > 1 and width > 1 else (width, False)
    if all(len(row) == width + 1 for row in rows):
        return width, True
    return (width - 1, True) if names[-1] == "" and width > 1 else (width, False)


def _without_end(line: str, delimiter: str) -> str:
    return line.rstrip(" ").removesuffix(delimiter)


def _refuse_first(
    file: str, line: Line, delimiter: str, width: int, names: tuple[str, ...] | None, *, trailing: bool
) -> None:
    """Raise InputError where the first row is not one of that many cells."""
    text = _without_end(line[1], delimiter) if trailing else line[1]
    if fault := find_fault([text], delimiter, width, (), Spelling()):
        raise refusal(file, line[0], fault, names)


def _spelling(columns: Columns, chosen: Sequence[int], dialect: Dialect, selection: Selection) -> Spelling:
    """How the cells of the chosen columns are to be read."""
    if selection.spelled:
        return Spelling(text=True)
    if not selection.text:
        return Spelling(decimal=dialect.decimal)
    given = [cell for column in chosen for cell in columns.cells(column) if not is_missing(cell)]
    named = not selection.known.isdisjoint(given)
    true_or_false = bool(given) and not named and all(map(truth, given))
    found = {content(cell, dialect.decimal) for cell in given}
    numbers = not given or bool(found & {Content.NUMBER, Content.MISSPELLED})
    text = len(chosen) == 1 and not true_or_false and (not numbers or (named and Content.TEXT in found))
    return Spelling(
        text,
        true_or_false,
        labels=True,
        rows=selection.matrix or len(chosen) > 1,
        missing=selection.missing,
        decimal=dialect.decimal,
        overflow=selection.overflow,
    )


def _left_out(columns: Columns, chosen: Sequence[int], selection: Selection, file: str) -> tuple[str, ...]:
    """The names of the columns that nobody asked to leave out."""
    names = columns.names
    if names is None or selection.only is not None:
        return ()
    kept = set(chosen)
    if selection.without is not None:
        kept.add(find_column(selection.without, names, columns.width, file))
    return tuple(name for place, name in enumerate(names) if place not in kept)


def _called(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(delimiter, repr(delimiter))


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown}, ..."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
