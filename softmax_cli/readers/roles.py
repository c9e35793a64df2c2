"""Columns that cannot be classes, and the column of labels: told by their names and their first rows."""

import re
from collections.abc import Iterable, Sequence

from softmax_cli.errors import InputError
from softmax_cli.readers.dialect import Selection
from softmax_cli.readers.numerals import Content, content, is_missing, is_whole, plain_number, truth, with_decimals

# What such columns are commonly called, in lower case, with underscores for blanks.
_LABELS = """
    label labels label_id label_ids label_index labelid target targets y class class_id class_label class_index
    ground_truth groundtruth gt truth actual y_true true_label true_class gold gold_label
"""
_PREDICTIONS = """
    pred preds prediction predictions predicted predicted_label predicted_class predicted_labels pred_label pred_class
    y_pred y_hat yhat argmax predict predict_label prediction_label prediction_class scored_label scored_labels
    label_pred class_pred
"""
_INDICES = "id ids idx index row row_number row_num rownum rowid level_0 uid uuid guid key #"
_FILES = "file filename file_name path filepath file_path image image_name image_path img"
_LABEL_NAMES, _PREDICTION_NAMES, _INDEX_NAMES, _FILE_NAMES = (
    frozenset(words.split()) for words in (_LABELS, _PREDICTIONS, _INDICES, _FILES)
)
UNNAMED = ("", "Unnamed: 0")
"""What pandas calls its index: to_csv writes no name above it, and read_csv then gives one."""
_INDEX_ENDINGS = ("_id", "_idx", "_index")
_CAMEL_ID = re.compile(r"[a-z](?:Id|ID)$")
_PADDING = {-100, -1}  # labels that stand for no class, by habit
_TOLERANCE = 1e-3  # of probabilities that are written with a few digits

Row = tuple[str, ...]


def plain_name(name: str) -> str:
    """Return a column's name without what spellings of it differ in; an index without a name has none."""
    return "" if name in UNNAMED else _plain(name)


def is_label_name(name: str) -> bool:
    """Whether a column of labels is commonly called so."""
    return _plain(name) in _LABEL_NAMES


def is_prediction_name(name: str) -> bool:
    """Whether a column of predicted classes is commonly called so."""
    return _plain(name) in _PREDICTION_NAMES


def is_index_name(name: str) -> bool:
    """Whether a column that numbers the rows is commonly called so."""
    plain = _plain(name)
    if plain in _LABEL_NAMES:
        return False
    if plain in _INDEX_NAMES or plain.endswith(_INDEX_ENDINGS):
        return True
    return (plain.endswith("id") and bool(_CAMEL_ID.search(name))) or name.startswith("Unnamed: ")


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_").strip("_")


class Columns:
    """The names and the first rows of a file's columns, by their positions.

    ``labels``: True and False are numbers in it, 1 and 0.
    """

    def __init__(
        self, names: Row | None, width: int, rows: Sequence[Row], decimal: str | None = None, *, labels: bool = False
    ) -> None:
        self.names = names
        self.width = width
        self._rows = rows
        self._decimal = decimal
        self._labels = labels

    def called(self, column: int) -> str:
        """The column for a message: its name in quotes, else its number."""
        return f"column {column + 1}" if self.names is None else f"column {self.names[column]!r}"

    def cells(self, column: int) -> list[str]:
        """The cells of the first rows."""
        return [row[column] for row in self._rows]

    def is_text(self, column: int) -> bool:
        """Whether it holds text and no number. A file of one row has a header to show that it is not a bad cell."""
        if not self._rows or self._content(self._rows[0][column]) not in {Content.TEXT, Content.EMPTY}:
            return False
        found = {self._content(cell) for cell in self.cells(column)}
        enough = self.names is not None or len(self._rows) > 1
        return enough and Content.TEXT in found and found <= {Content.TEXT, Content.EMPTY}

    def numbers(self, column: int) -> list[str]:
        """The numbers in the first rows."""
        plain = (plain_number(cell, self._decimal) or self._truth(cell) for cell in self.cells(column))
        return [number for number in plain if number is not None]

    def _content(self, cell: str) -> Content:
        return Content.NUMBER if self._truth(cell) else content(cell, self._decimal)

    def _truth(self, cell: str) -> str | None:
        return truth(cell) if self._labels else None

    def is_whole(self, column: int) -> bool:
        """Whether it holds whole numbers, and cells without a value at most beside them."""
        numbers = self.numbers(column)
        missing = sum(map(is_missing, self.cells(column))) if len(numbers) < len(self._rows) else 0
        given = [number for number in numbers if not is_missing(number)]
        return bool(given) and len(numbers) + missing >= len(self._rows) and all(map(is_whole, given))

    def has_decimals(self, columns: Iterable[int]) -> bool:
        """Whether some of these columns' numbers are written with decimals."""
        return any(with_decimals(number) for column in columns for number in self.numbers(column))

    def is_id(self, column: int) -> bool:
        """Whether it is called an id, and holds whole numbers that differ."""
        if self.names is None or not is_index_name(self.names[column]) or not self.is_whole(column):
            return False
        numbers = self.numbers(column)
        return len(numbers) == 1 or len(set(numbers)) > 1

    def id_names(self, besides: Iterable[int]) -> tuple[str, ...]:
        """The names of the columns that hold an id for each row."""
        others = set(range(self.width)).difference(besides)
        return tuple(name for place, name in enumerate(self.names or ()) if place in others and self._tells(place))

    def _tells(self, column: int) -> bool:
        """Whether a column's name and its cells say that it tells the rows apart."""
        name = (self.names or ())[column]
        if len(self._rows) > 1 and len(set(self.cells(column))) == 1:
            return False
        if self.is_text(column):
            return is_index_name(name) or _plain(name) in _FILE_NAMES or (name in UNNAMED and column == 0)
        return (is_index_name(name) or (name in UNNAMED and column == 0)) and self.is_whole(column)

    def called_any(self, columns: Iterable[int], *names: frozenset[str]) -> list[int]:
        """The columns with one of these names."""
        if self.names is None:
            return []
        wanted = frozenset().union(*names)
        return [column for column in columns if _plain(self.names[column]) in wanted]


def no_classes(columns: Columns, given: Sequence[int]) -> tuple[dict[int, str], list[str]]:
    """Which columns beside logits cannot be classes, with the reason, and what to say of others that might not be."""
    text = {column for column in given if columns.is_text(column)}
    rest = [column for column in given if column not in text]
    found = dict.fromkeys(text, "holds text") if rest else {}
    labels = columns.called_any(rest, _LABEL_NAMES, _PREDICTION_NAMES)
    ids = [column for column in rest if columns.is_id(column)]
    classes = [column for column in rest if column not in labels and column not in ids]
    if not classes or not (labels or ids):
        return found, []
    decimals = columns.has_decimals(classes)
    found |= dict.fromkeys(
        (column for column in ids if decimals or _counts(columns.numbers(column))), "holds an id for each row"
    )
    said = []
    letters = columns.names is not None and all(len(name) == 1 for name in columns.names)  # classes may be x, y, z
    for column in labels:
        whole = columns.is_whole(column)
        if whole and (decimals or (not letters and _are_indices(columns.numbers(column), len(classes)))):
            what = "predicted classes" if columns.called_any([column], _PREDICTION_NAMES) else "labels"
            found[column] = f"holds {what}"
        elif whole or not letters:
            said.append(f"{columns.called(column)} counts as a class")
    return found, said


def matrix_among(columns: Columns, given: Sequence[int]) -> tuple[list[int], str]:
    """Which of several columns hold a matrix of numbers, one column per class, and a note on the others."""
    left_out = [column for column in given if columns.is_id(column) or columns.is_text(column)]
    return [column for column in given if column not in left_out], _beside(columns, left_out)


def labels_among(columns: Columns, given: Sequence[int], selection: Selection, file: str) -> tuple[list[int], str]:
    """Which of several columns hold the labels, and a note on it; all of them where they are one matrix.

    Raises InputError where none is found, and they cannot be a matrix of numbers.
    """
    known = selection.known
    texts = [column for column in given if columns.is_text(column)]
    matrix, note = matrix_among(columns, given)
    if known and columns.names is not None and known <= {columns.names[column] for column in matrix}:
        return matrix, note
    named = columns.called_any(given, _LABEL_NAMES)
    called = [column for column in named if column in texts or columns.is_whole(column)]
    if called and len(matrix) == len(given) and _sum_to_one(columns, given):
        return list(given), ""
    by_name = [column for column in texts if known.issuperset(filter(None, columns.cells(column)))]
    rest = [column for column in given if not columns.is_id(column)]
    for found in (called, by_name, rest):
        if len(found) == 1:
            return found, f"the labels are taken from {columns.called(found[0])}"
    if called or len(matrix) < 2 or (texts and not _within_one(columns, matrix)):
        names = "" if columns.names is None else f" ({', '.join(repr(columns.names[column]) for column in given)})"
        what = f"{len(given)} columns{names}, where one label per row is needed"
        raise InputError(file, what, "choose the column: --label-column")
    return matrix, note


def _beside(columns: Columns, left_out: Sequence[int]) -> str:
    """A note on columns that were left out of a matrix of labels."""
    if not left_out:
        return ""
    names = " and ".join(columns.called(column) for column in left_out)
    return f"{names} {'is' if len(left_out) == 1 else 'are'} left out of the labels"


def _counts(numbers: Sequence[str]) -> bool:
    """Whether at least three whole numbers go up by one."""
    values = [float(number) for number in numbers]
    return len(values) > 2 and all(value == values[0] + place for place, value in enumerate(values))


def _are_indices(numbers: Sequence[str], classes: int) -> bool:
    """Whether whole numbers can be the indices of so many classes, of which there are several."""
    return classes > 1 and all(0 <= float(number) <= classes or float(number) in _PADDING for number in numbers)


def _within_one(columns: Columns, given: Sequence[int]) -> bool:
    return all(0 <= float(number) <= 1 for column in given for number in columns.numbers(column))


def _sum_to_one(columns: Columns, given: Sequence[int]) -> bool:
    """Whether the first rows are distributions."""
    rows = zip(*(map(float, columns.numbers(column)) for column in given), strict=False)
    return _within_one(columns, given) and all(abs(sum(row) - 1) <= _TOLERANCE for row in rows)
