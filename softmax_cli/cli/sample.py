"""`softmax-cli sample`."""

from pathlib import Path
from typing import Annotated

import typer

from softmax_cli.cli.options import counting, names, numeric, output_path
from softmax_cli.cli.streams import Printed
from softmax_cli.evaluation.sampling import DISTRIBUTIONS, DTYPES, FILE_FORMATS, sample
from softmax_cli.option_numbers import CLASSES, ROWS, SEED


def command(
    rows: Annotated[int, counting("--rows", "-n", metavar="N", help="How many rows.", within=ROWS)] = 3,
    classes: Annotated[int, counting("--classes", "-c", metavar="N", help="How many classes.", within=CLASSES)] = 5,
    seed: Annotated[
        int, counting("--seed", "-s", metavar="N", help="The same seed gives the same files.", within=SEED)
    ] = 0,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Where to; made if it is not there.")
    ] = ".",
    distribution: Annotated[str, typer.Option(**names("How the logits are spread", DISTRIBUTIONS))] = "normal",
    scale: Annotated[float, numeric(metavar="S", help="What the logits are multiplied by.")] = 1.0,
    wrong: Annotated[
        float, numeric(metavar="SHARE", help="The share of labels that are not the likeliest class, from 0 to 1.")
    ] = 0.2,
    file_format: Annotated[
        str, typer.Option("--format", "-f", **names("The format of the files", FILE_FORMATS))
    ] = "csv",
    dtype: Annotated[str, typer.Option(**names("The precision of the logits", DTYPES))] = "float32",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the files if they are there.")] = False,
) -> None:
    """Logits and labels to play with: writes logits and labels files, and prints their two names.

    So this works: softmax-cli loss $(softmax-cli sample -o /tmp/play)
    """
    paths = sample(
        output_path(output) or Path(),
        rows=rows,
        classes=classes,
        seed=seed,
        distribution=distribution,
        scale=scale,
        wrong=wrong,
        file_format=file_format,
        dtype=dtype,
        force=force,
    )
    for path in paths:
        Printed().write(f"{path}\n")
