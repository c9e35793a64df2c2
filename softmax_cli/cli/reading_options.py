"""The options that say what the files hold and how they are laid out: one for each field of Reading."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

import typer

from softmax_cli.cli.options import counting
from softmax_cli.inputs.reading import LABEL_VALUES, VALUES, Reading

READING = "What the files hold"

ReadingOptions = Mapping[str, Any]
"""The fields of Reading by their names. A command's parameter of this name is replaced by the options themselves."""


def _kinds(what: str, known: Mapping[str, str]) -> dict[str, Any]:
    completion: Callable[[], list[str]] = lambda: list(known)  # noqa: E731
    meanings = "; ".join(f"{name} ({meaning})" for name, meaning in known.items())
    return {"metavar": "KIND", "help": f"{what}: {meanings}.", "autocompletion": completion}


def _option(type_: Any, *names: str, **more: Any) -> Any:
    option = counting if type_ in {int, int | None} else typer.Option
    return Annotated[type_, option(*names, rich_help_panel=READING, **more)]


_OF_LOGITS = {
    "values": _option(str, **_kinds("What the logits' file holds", VALUES)),
    "class_axis": _option(
        int | None,
        metavar="AXIS",
        help="The axis of the logits that holds the classes; by default inferred from the shape of the labels.",
        show_default=False,
    ),
    "logit_columns": _option(
        str | None,
        metavar="COLUMNS",
        help="The classes and their order: names, positions from 0, or ranges, as cat,dog or 1:11 (without 11).",
        show_default=False,
    ),
    "skip_rows": _option(
        str | None,
        metavar="ROWS",
        help="Leave these rows out of both files: positions from 0 or ranges, as 0,7,100:164 (without 164).",
        show_default=False,
    ),
    "delimiter": _option(
        str | None,
        metavar="CHAR",
        help="What separates the cells of a line (or tab, or space); by default seen from the first line.",
        show_default=False,
    ),
    "decimal": _option(
        str | None,
        metavar="CHAR",
        help="The decimal mark, a point or a comma, as in 1.5 or 1,5; the other one may then separate thousands.",
        show_default=False,
    ),
    "header": _option(
        bool | None,
        "--header/--no-header",
        help="Whether the first line names the columns; by default seen from the line.",
        show_default=False,
    ),
}

_OF_LABELS = {
    "multilabel": _option(
        bool,
        "--multilabel",
        help="Several classes may be right in a row: labels are rows of 0 and 1, and each class has a sigmoid.",
        show_default=False,
    ),
    "shift": _option(
        int,
        metavar="N",
        help="Hold each row against the label N positions on in its sequence, the last axis of the rows: "
        "1 for a causal language model. Rows are skipped first.",
    ),
    "label_column": _option(
        str | None,
        metavar="COLUMN",
        help="The column of the labels, a name or a position; without LABELS, a column of the logits' file.",
        show_default=False,
    ),
    "label_base": _option(int, metavar="N", help="The number of the first class in the labels."),
    "label_values": _option(str, **_kinds("What rows of labels hold", LABEL_VALUES)),
    "ignore_missing": _option(
        bool,
        "--ignore-missing",
        help="Skip rows without a label: an empty cell, nan, NA, null.",
        show_default=False,
    ),
}


def takes_reading(*, labels: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of Reading in the place of its parameter ``reading``, which gets them by name."""
    options = {**_OF_LOGITS, **_OF_LABELS} if labels else _OF_LOGITS
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=getattr(Reading, name), annotation=options[name]
        )
        for name in Reading.__dataclass_fields__
        if name in options
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        parameters = []
        for each in own.parameters.values():
            parameters += added if each.name == "reading" else [each.replace(kind=each.KEYWORD_ONLY)]

        @wraps(command)
        def run(**given: Any) -> None:
            reading = {name: given.pop(name) for name in options}
            command(**given, reading=reading)

        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return run

    return decorate
