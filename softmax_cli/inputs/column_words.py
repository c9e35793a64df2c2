"""What --logit-columns calls the classes."""

from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.wrapped import is_single, unwrapped
from softmax_cli.readers.pieces import positions_of
from softmax_cli.readers.table import Table


def column_words(logits: Table, classes: int, reading: Reading) -> tuple[str, ...] | None:
    """Return what --logit-columns calls each class: its position in the file, or its name where that is not enough.

    None where no column is one class: a single value per row is both of them.
    """
    if is_single(logits):
        return None
    positions = positions_of(unwrapped(logits))
    names = logits.column_names
    if positions is None and reading.logit_columns is not None:
        return None
    texts = tuple(map(str, range(classes) if positions is None else positions))
    # A name that is a number would be taken for the position of another column.
    if names is not None and set(names) & set(texts) and names != texts:
        return names if len(set(names)) == len(names) else None
    return texts
