"""What to say where there are more labels than rows, or fewer."""

from softmax_cli.errors import InputError
from softmax_cli.inputs.chosen_rows import rows_in_file
from softmax_cli.inputs.wrapped import unwrapped
from softmax_cli.readers.pieces import Pieces
from softmax_cli.readers.table import Table
from softmax_cli.reports.grid import count


def other_count(logits: Table, labels: Table, rows: int, given: int, columns: int | None, shift: int) -> InputError:
    """Return the refusal of ``given`` labels for ``rows`` rows that were read, with what mends it where that is likely.

    ``columns`` are those of a table whose classes could run down its lines instead, None for any other.
    """
    rows, given = rows_in_file(logits, rows), rows_in_file(labels, given)
    unknown = None in logits.shape + labels.shape
    hint = ""
    header = labels.column_names or ()
    if rows - given == 1 and logits.column_names and labels.dtype.kind == "U" and len(header) == 1:
        hint = f"its first line, {header[0]!r}, is read as a header, since no class has that name"
    elif given == columns and not isinstance(unwrapped(logits), Pieces):
        hint = "if the classes run down the lines, use --class-axis 0"
    elif rows - given == abs(shift) > 0:
        last = rows - 1 if shift > 0 else 0
        hint = f"if the labels are shifted already, leave --shift out and use --skip-rows {last}"
    elif abs(rows - given) == 1 and unknown:
        hint = "a header may have been read as data, or data as a header: --header or --no-header"
    elif rows - given == 1:
        hint = "if each label is the next row's, use --shift 1: it leaves out the last row of the logits"
    what = f"{count(given, 'label')} for {count(rows, 'row')} of logits in {logits.name}"
    return InputError(labels.name, what, hint)
