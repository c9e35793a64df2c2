"""How both files are read together, whatever their shapes, their kinds of values and the rows that are asked for."""

from softmax_cli.inputs.arranged import Arranged
from softmax_cli.inputs.axes import axis_notes, with_known_shape
from softmax_cli.inputs.chosen_rows import choices, chosen_labels, chosen_logits
from softmax_cli.inputs.label_header import without_header
from softmax_cli.inputs.layout import lay_out, opened_whole
from softmax_cli.inputs.missing import require_single_labels
from softmax_cli.inputs.multilabel import multilabel_tables, refuse_single_label_options
from softmax_cli.inputs.opening import select_classes
from softmax_cli.inputs.reading import Reading
from softmax_cli.inputs.single import as_column, has_soft_labels
from softmax_cli.inputs.values import by_class, single_first
from softmax_cli.inputs.wrapped import is_single, unwrapped
from softmax_cli.readers.table import Table, left_out


def arrange(logits: Table, labels: Table, reading: Reading, ignore_index: int | None) -> Arranged:
    """Return both files as their rows are read together.

    Raises InputError where the shapes cannot belong together, UsageError for an option that these files do not take.
    """
    opening_notes: tuple[str, ...] = ()
    if reading.multilabel:
        refuse_single_label_options(reading, ignore_index)
        logits, labels, layout = multilabel_tables(logits, labels, reading.class_axis)
    else:
        labels, header_notes = without_header(logits, labels)
        logits, vector_notes = as_column(logits, labels, reading)
        opening_notes = (*header_notes, *vector_notes)
        logits, labels = opened_whole(logits, labels, reading.class_axis)
        layout = lay_out(single_first(logits, reading), labels, reading)
    axis, label_axis = layout.class_axis, layout.label_axis
    logits = with_known_shape(select_classes(logits, axis, reading), axis)
    shape_notes = (*axis_notes(unwrapped(logits), axis), *filter(None, [layout.note]))
    of_logits, of_labels = choices(logits, layout, reading)
    logits = by_class(chosen_logits(logits, axis, of_logits, reading), axis, reading)
    given, labels = labels, chosen_labels(labels, label_axis, of_labels)
    single = is_single(logits)
    soft = single and has_soft_labels(labels, label_axis, reading.label_values)
    by_probabilities = (label_axis is not None or soft) and not reading.multilabel
    require_single_labels(reading, by_probabilities=by_probabilities)
    return Arranged(
        logits,
        labels,
        axis,
        label_axis,
        single=single,
        soft=soft,
        kept=of_labels,
        opening_notes=opening_notes,
        column_notes=_column_notes(logits, given, reading.label_column),
        shape_notes=shape_notes,
    )


def _column_notes(logits: Table, labels: Table, label_column: str | None) -> tuple[str, ...]:
    """What to say where the logits too have the labels' column: two pieces, taken for logits and labels."""
    if label_column not in (*(logits.column_names or ()), *left_out(unwrapped(logits))) or label_column.isdigit():
        return ()
    what = f"{logits.name}: it has a column {label_column!r} too, but the labels are those of {labels.name}"
    return (f"{what}; if both are pieces, give one pattern in quotes",)
