"""How a delimited file is to be read (no effect on NPY), and which of its columns (refused for NPY)."""

from dataclasses import dataclass

from softmax_cli.errors import UsageError

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " ", "blank": " "}


@dataclass(frozen=True)
class Dialect:
    """``delimiter`` None: from the first line; a blank stands for any run of blanks.

    ``header`` None: the first lines show whether there is one. ``decimal``: the decimal mark, a point or a comma; the
    other one may then separate thousands. None: a point, and nothing separates thousands.
    """

    delimiter: str | None = None
    header: bool | None = None
    decimal: str | None = None

    def __post_init__(self) -> None:
        if self.delimiter is None:
            return
        object.__setattr__(self, "delimiter", _NAMED_DELIMITERS.get(self.delimiter, self.delimiter))
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise UsageError(f"--delimiter {self.delimiter!r}: one character is needed, or tab, or space")


@dataclass(frozen=True)
class Selection:
    """Which columns of a delimited file, and what may stand in them.

    ``only``: these columns, given by name or position from 0, or as ranges of positions ``1:11`` that leave
    the end out; a name that has a comma in it stands in quotes. ``without``: all but this one. ``text``: they are
    labels, and a single column may hold class names; ``known`` are the names that may stand there (so that a first
    line of one of them is no header). ``missing``: a label that is missing is handed on, as nan or as an empty name.
    ``matrix``: the labels are one value per class. ``leave_out``: leave out columns that cannot be classes.
    ``overflow``: a number beyond float64 is an infinity, for whoever judges the values, instead of an error.
    ``spelled``: the cells of the one column as they stand in the file, whatever they hold.
    """

    only: str | None = None
    without: str | None = None
    text: bool = False
    known: frozenset[str] = frozenset()
    missing: bool = False
    matrix: bool = False
    leave_out: bool = True
    overflow: bool = False
    spelled: bool = False
