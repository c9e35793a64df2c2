"""`softmax-cli inspect`."""

from typing import Annotated

import typer

from softmax_cli.cli.options import AUTO, FormatOption, SafeCsvOption
from softmax_cli.cli.streams import before_reading


def command(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, patterns in quotes, or - for standard input.")
    ],
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
) -> None:
    """List what is in files: each array's name, dtype and shape, and what it would be taken for.

    softmax-cli inspect run.npz
    softmax-cli inspect 'runs/*.safetensors' --format json
    """
    from softmax_cli.cli.output import deliver
    from softmax_cli.evaluation.inspecting import inspect

    before_reading(*files)
    deliver(inspect(files), output_format, safe_csv=safe_csv)
