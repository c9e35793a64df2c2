"""How the files are to be read: each option's name, default and check, for Python and the command line."""

from dataclasses import dataclass

from softmax_cli.errors import UsageError

_LARGEST_BASE = 1 << 62  # labels are held as int64


@dataclass(frozen=True)
class Reading:
    """How the files are laid out.

    Attributes:
        delimiter: of delimited files; None to see it from the first line.
        header: whether the first line names the columns; None to see it from the line.
        logit_columns: names, positions from 0 or ranges, as ``cat,dog`` or ``1:11``.
        label_column: a name or a position; without labels, of the logits' file.
        label_base: the number of the first class in the labels.
        class_axis: the logits' axis that holds the classes; None for the one that the labels' shape leaves over.
    """

    delimiter: str | None = None
    header: bool | None = None
    logit_columns: str | None = None
    label_column: str | None = None
    label_base: int = 0
    class_axis: int | None = None

    def __post_init__(self) -> None:
        if abs(self.label_base) > _LARGEST_BASE:
            raise UsageError("--label-base: a number within 2^62 of 0 is needed")
