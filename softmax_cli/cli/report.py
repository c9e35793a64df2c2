"""`softmax-cli report`."""

from typing import Annotated

import typer

from softmax_cli.cli import log_probabilities
from softmax_cli.cli.options import (
    AUTO,
    COMPUTING,
    WRITING,
    ByOption,
    FormatOption,
    IgnoreIndexOption,
    KeepOption,
    LogitsArgument,
    SafeCsvOption,
    TemperatureOption,
    ThreadsOption,
    UnitsOption,
    conditions,
    counting,
    names,
    output_path,
    refuse_format_beside_output,
)
from softmax_cli.cli.reading_options import ReadingOptions, takes_reading
from softmax_cli.cli.streams import before_reading
from softmax_cli.errors import CheckFailedError
from softmax_cli.evaluation.reporting.settings import REPORT_DTYPES, TOP_K, ReportSettings
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES
from softmax_cli.option_numbers import BINS, DEPTHS, LISTED_ROWS

_EXAMPLE = "ece > 0.05"


@takes_reading()
def command(
    context: typer.Context,
    logits: LogitsArgument,
    reading: ReadingOptions,
    labels: Annotated[
        str | None,
        typer.Argument(
            metavar="[LABELS]",
            help="One label per row: a class index, a class name or a one-hot row; with --multilabel a row of 0 and 1. "
            "- is standard input.",
            show_default=False,
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            envvar="SOFTMAX_CLI_DTYPE",
            show_default=False,
            rich_help_panel=COMPUTING,
            **names("The precision; by default float32 for a file of float32 or float16, else float64", REPORT_DTYPES),
        ),
    ] = None,
    threads: ThreadsOption = ReportSettings.threads,
    ignore_index: IgnoreIndexOption = None,
    temperature: TemperatureOption = ReportSettings.temperature,
    bins: Annotated[
        int, counting(metavar="N", help="How many bins of confidence.", within=BINS, rich_help_panel=COMPUTING)
    ] = ReportSettings.bins,
    top_k: Annotated[
        list[int] | None,
        counting(
            metavar="K",
            help="How often the label is among the K likeliest classes (may be repeated); by default "
            f"{TOP_K}, for more classes than that.",
            within=DEPTHS,
            show_default=False,
            rich_help_panel=COMPUTING,
        ),
    ] = None,
    by: ByOption = None,
    keep: KeepOption = None,
    units: UnitsOption = None,
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
    worst: Annotated[
        int,
        counting(metavar="K", help="The K rows with the largest loss.", within=LISTED_ROWS, rich_help_panel=WRITING),
    ] = ReportSettings.worst,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write it to a file instead, not an input; its suffix says the format, as .html or .md.",
            show_default=False,
            rich_help_panel=WRITING,
        ),
    ] = None,
    fail_if: Annotated[list[str] | None, typer.Option(**conditions(_EXAMPLE, "any figure of the report"))] = None,
) -> None:
    """Accuracy, loss, calibration, and what goes wrong: class by class, and the worst pairs and rows.

    With --multilabel: precision, recall, F1, average precision, ROC AUC and the best threshold per label, and averages.

    softmax-cli report logits.csv labels.csv
    softmax-cli report x.npy y.npy -o report.html
    softmax-cli report x.npy y.npy --fail-if 'ece > 0.05' --fail-if 'accuracy < 0.9'
    softmax-cli report x.npy y.npy --bins 10 --top-k 3 --top-k 10 --worst 20
    softmax-cli report x.csv y.csv --by fold --fail-if 'worst_group_loss > 1'
    softmax-cli report x.csv y.csv --worst 20 --keep text
    softmax-cli report x.npy y.npy --units bytes.npy --fail-if 'bits_per_unit > 1'
    softmax-cli report x.npy y.npy --temperature 1.5 --ignore-index -100
    softmax-cli report 'x-*.npy' 'y-*.npy' --threads 4
    softmax-cli report p.npy y.npy --values probabilities
    softmax-cli report logprobs.csv --values label-log-probabilities --worst 20
    softmax-cli report x.npy t.npy --multilabel --fail-if 'macro_f1 < 0.8'
    """
    from softmax_cli.cli.output import check_file, deliver, deliver_to_file, require_rows
    from softmax_cli.cli.progress import Watch
    from softmax_cli.gates import met, parse_condition_on
    from softmax_cli.reports import multilabel
    from softmax_cli.reports.model import quantity_names, share_names

    path = output_path(output)
    if path is not None:
        refuse_format_beside_output(context)
        check_file(path)
    before_reading(logits, labels, *(keep or ()), by, units, output=path)
    files, reading = log_probabilities.with_known_values([logits], labels, reading)
    likelihood = reading["values"] == LABEL_LOG_PROBABILITIES
    known = multilabel.quantity_names() if reading["multilabel"] else quantity_names(top_k or [TOP_K])
    shares = multilabel.share_names() if reading["multilabel"] else share_names(top_k or [TOP_K])
    example = "macro_f1 < 0.8" if reading["multilabel"] else _EXAMPLE
    gates = [parse_condition_on(text, known, example, shares) for text in fail_if or () if not likelihood]
    if likelihood:
        log_probabilities.refuse_what_it_has_not(context)
        gates = log_probabilities.gates_of(fail_if)
    from softmax_cli.evaluation.reporting.report import report

    with Watch() as watch:
        found = report(
            files,
            labels,
            dtype=dtype,
            threads=threads,
            watcher=watch,
            ignore_index=ignore_index,
            temperature=temperature,
            bins=bins,
            top_k=top_k or (),
            worst=worst,
            by=by,
            keep=keep or (),
            units=units,
            **reading,
        )
    require_rows(found, labels or logits)
    failures = met(found, gates)
    if path is None:
        deliver(found, output_format, safe_csv=safe_csv)
    else:
        deliver_to_file(found, path, safe_csv=safe_csv)
    if failures:
        raise CheckFailedError("; ".join(failures))
