"""`softmax-cli softmax`."""

from typing import Annotated

import typer

from softmax_cli.cli.options import (
    AUTO,
    COMPUTING,
    WRITING,
    BackendOption,
    DeviceOption,
    DtypeOption,
    FormatOption,
    LogitsArguments,
    SafeCsvOption,
    TemperatureOption,
    ThreadsOption,
    output_path,
    refuse_format_beside_output,
)
from softmax_cli.cli.reading_options import ReadingOptions, takes_reading
from softmax_cli.cli.streams import before_reading, note, warn
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.settings import Settings


@takes_reading(labels=False)
def command(
    context: typer.Context,
    logits: LogitsArguments,
    reading: ReadingOptions,
    backend: BackendOption = "numpy",
    device: DeviceOption = "cpu",
    dtype: DtypeOption = None,
    threads: ThreadsOption = Settings.threads,
    temperature: TemperatureOption = Settings.temperature,
    log: Annotated[
        bool,
        typer.Option("--log", help="log(softmax(x)) beside log_softmax(x).", rich_help_panel=COMPUTING),
    ] = False,
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
    row_sums: Annotated[
        bool,
        typer.Option("--row-sums", help="A last column with each row's sum, in a pipe too.", rich_help_panel=WRITING),
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write them whole to a .npy, .csv or .tsv file, not an input (with --log, log_softmax).",
            show_default=False,
            rich_help_panel=WRITING,
        ),
    ] = None,
) -> None:
    """Probabilities, row by row: softmax(LOGITS / T), and what each row sums to."""
    if row_sums and (log or output is not None):
        other = "--log" if log else "-o"
        raise UsageError(f"--row-sums adds a column to printed probabilities; leave it or {other} out")
    if output is not None:
        refuse_format_beside_output(context)
    from softmax_cli.cli.output import deliver
    from softmax_cli.evaluation.probabilities import save_softmax, softmax
    from softmax_cli.evaluation.saving import check_output

    path = output_path(output)
    if path is not None:
        check_output(path)
    before_reading(*logits, output=path)
    report = softmax(
        logits,
        backend=backend,
        device=device,
        dtype=dtype,
        threads=threads,
        temperature=temperature,
        log=log,
        row_sums=row_sums,
        **reading,
    )
    if path is None:
        deliver(report, output_format, safe_csv=safe_csv)
        return
    save_softmax(report, path, safe_csv=safe_csv)
    note(*report.notes)
    warn(*report.hints)
