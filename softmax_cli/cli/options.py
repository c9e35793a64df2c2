"""The options that commands share, each declared once.

Names (of backends, dtypes, formats) are plain strings here: the tables that define them also refuse others.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from softmax_cli.backends import BACKENDS, DTYPES, EVERY_BACKEND
from softmax_cli.errors import UsageError
from softmax_cli.option_numbers import THREADS, Bounds, number, shown, whole_number
from softmax_cli.writers import WRITERS

COMPUTING = "How to compute"
CRITERION = "How the loss is defined"
WRITING = "What to print"
GATES = "What to fail at, with exit status 1"

AUTO = "auto"
FORMATS = (AUTO, *WRITERS)


def names(what: str, known: Iterable[str], of_multilabel: Iterable[str] = ()) -> dict[str, Any]:
    """Return the help and the shell completion of an option that takes one of some names."""
    known, others = tuple(known), tuple(of_multilabel)
    completion: Callable[[], list[str]] = lambda: [*known, *others]  # noqa: E731
    with_multilabel = f"; with --multilabel {', '.join(others)}" if others else ""
    return {"help": f"{what}: {', '.join(known)}{with_multilabel}.", "metavar": "NAME", "autocompletion": completion}


def numeric(*names: str, infinite: bool = False, **more: Any) -> Any:
    """Return an option that takes a number, or several where it may be repeated."""
    return _read(lambda where, text: number(where, text, infinite=infinite), *names, **more)


def counting(*names: str, within: Bounds | None = None, **more: Any) -> Any:
    """Return an option that takes a whole number, or several; its help says the bounds, which its user checks."""
    bounds = "" if within is None else f" A whole number from {within}."
    return _read(whole_number, *names, **{**more, "help": f"{more['help']}{bounds}"})


def _read(read: Callable[[str, str], float], *names: str, **more: Any) -> Any:
    """Return an option whose text is read here: Typer itself takes all that int() or float() do, as 1_0 and nan."""

    def read_all(context: typer.Context, parameter: typer.CallbackParam, given: Any) -> Any:
        source = context.get_parameter_source(parameter.name or "")
        of_environment = source is not None and source.name == "ENVIRONMENT"
        name = f"{parameter.envvar}=" if of_environment else f"{max(parameter.opts, key=len)} "
        texts = given if isinstance(given, list | tuple) else [given]
        read_texts = [read(f"{name}{shown(text)}", text) if isinstance(text, str) else text for text in texts]
        return read_texts if isinstance(given, list | tuple) else read_texts[0]

    return typer.Option(*names, parser=lambda text: text, callback=read_all, **more)


def conditions(example: str, figures: str) -> dict[str, Any]:
    """What an option has that takes conditions on a report's figures."""
    return {
        "metavar": "CONDITION",
        "help": f"If this holds, as '{example}' (may be repeated): of {figures}.",
        "show_default": False,
        "rich_help_panel": GATES,
    }


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    return name


def refuse_format_beside_output(context: typer.Context) -> None:
    """Raise UsageError where both -o, which is given, and --format say what the format is."""
    if asked_for(context, "output_format"):
        raise UsageError("-o takes the format from the file's suffix; leave --format out")


def output_path(given: str | None) -> Path | None:
    """Return the path of an output; raise UsageError for an empty name."""
    if given == "":
        raise UsageError("the name of the output file is empty")
    return None if given is None else Path(given)


def asked_for(context: typer.Context, name: str) -> bool:
    """Whether the command line itself gives that option; an environment variable asks for nothing in particular."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


LOGITS = (
    "Logits, one row per line: CSV, TSV, JSON lines, or a file of arrays (NPY, NPZ, safetensors, torch.save, a pickle, "
    "HDF5, Parquet, JSON), also compressed. FILE:NAME is one array of several, - is standard input, and a pattern in "
    "quotes ('x-*.npy') its matches in order."
)
LogitsArgument = Annotated[str, typer.Argument(metavar="LOGITS", help=LOGITS)]
LogitsArguments = Annotated[list[str], typer.Argument(metavar="LOGITS...", help=LOGITS)]

LABELS = "One label a row: a class index, a class name, or a row of probabilities; - is standard input."
LabelsArgument = Annotated[str | None, typer.Argument(metavar="[LABELS]", help=LABELS, show_default=False)]

BackendOption = Annotated[
    str,
    typer.Option(
        "--backend",
        "-b",
        envvar="SOFTMAX_CLI_BACKEND",
        rich_help_panel=COMPUTING,
        **names("Who computes", (*BACKENDS, EVERY_BACKEND)),
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Where torch computes: cpu, cuda, cuda:N, mps.",
        envvar="SOFTMAX_CLI_DEVICE",
        rich_help_panel=COMPUTING,
    ),
]
DtypeOption = Annotated[
    str | None,
    typer.Option(
        envvar="SOFTMAX_CLI_DTYPE",
        show_default=False,
        rich_help_panel=COMPUTING,
        **names("The precision; by default the file's own, float64 for CSV", DTYPES),
    ),
]

ThreadsOption = Annotated[
    int | None,
    counting(
        metavar="N",
        help="How many threads compute, on a block of rows each; by default one a core. The result is the same.",
        within=THREADS,
        envvar="SOFTMAX_CLI_THREADS",
        show_default=False,
        rich_help_panel=COMPUTING,
    ),
]

TemperatureOption = Annotated[
    float,
    numeric(
        "--temperature",
        "-T",
        metavar="T",
        help="Divides the logits first. One so small that no row keeps a softmax is refused.",
        rich_help_panel=COMPUTING,
    ),
]

IgnoreIndexOption = Annotated[
    int | None,
    counting(
        metavar="LABEL", help="Rows with this label count nowhere.", show_default=False, rich_help_panel=CRITERION
    ),
]

ZeroLogZeroOption = Annotated[
    bool,
    typer.Option("--zero-log-zero", help="Take 0 * log 0 for 0, where torch has nan.", rich_help_panel=CRITERION),
]

ByOption = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="FILE|COLUMN",
        help="The figures of each group of rows: a file with each row's group, or a column of either file.",
        show_default=False,
        rich_help_panel=WRITING,
    ),
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="COLUMN|FILE",
        help="Show this column of either file, or a file, beside the rows that are listed (may be repeated).",
        show_default=False,
        rich_help_panel=WRITING,
    ),
]

UnitsOption = Annotated[
    str | None,
    typer.Option(
        "--units",
        metavar="FILE|COLUMN",
        help="How many bytes, words or characters each row stands for (or each group): the bits and the perplexity "
        "per unit.",
        show_default=False,
        rich_help_panel=WRITING,
    ),
]

FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        envvar="SOFTMAX_CLI_FORMAT",
        callback=_known_format,
        rich_help_panel=WRITING,
        **names("A table at a terminal and TSV in a pipe (auto), or one of the others", FORMATS),
    ),
]

SafeCsvOption = Annotated[
    bool,
    typer.Option(
        "--safe-csv",
        envvar="SOFTMAX_CLI_SAFE_CSV",
        help="For spreadsheets: in CSV and TSV, put an apostrophe before text that would run as a formula "
        "(it begins with = + - or @).",
        rich_help_panel=WRITING,
    ),
]
