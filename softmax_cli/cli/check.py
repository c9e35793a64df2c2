"""`softmax-cli check`, and `softmax-cli checks`, which lists what it looks for."""

from typing import Annotated

import typer

from softmax_cli.cli.options import (
    AUTO,
    FormatOption,
    IgnoreIndexOption,
    LabelsArgument,
    LogitsArgument,
    SafeCsvOption,
    ThreadsOption,
    ZeroLogZeroOption,
)
from softmax_cli.cli.reading_options import ReadingOptions, takes_reading
from softmax_cli.cli.streams import before_reading
from softmax_cli.errors import CheckFailedError

CHOOSING = "Which checks"

SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Only this check, or those whose code begins so, as X1 (several: with commas; see softmax-cli checks).",
        show_default=False,
        rich_help_panel=CHOOSING,
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Not this check, or those.",
        show_default=False,
        rich_help_panel=CHOOSING,
    ),
]


@takes_reading()
def command(
    logits: LogitsArgument,
    reading: ReadingOptions,
    labels: LabelsArgument = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    ignore_index: IgnoreIndexOption = None,
    zero_log_zero: ZeroLogZeroOption = False,
    threads: ThreadsOption = None,
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
) -> None:
    """What is wrong with the files: each finding with its evidence, its effect on the loss, and what mends it.

    Exit status 1 where there is an error or a warning; notes leave it 0.

    softmax-cli check logits.csv labels.csv
    softmax-cli check logits.npy
    softmax-cli check 'x-*.npy' 'y-*.npy' --threads 4
    softmax-cli check x.npy y.npy --ignore-index -100 --class-axis 2
    softmax-cli check x.csv y.csv --select X,L --ignore X115
    softmax-cli check all.csv --label-column y --logit-columns 1:11 --label-base 1
    softmax-cli check x.tsv y.txt --delimiter tab --no-header --format json
    """
    from softmax_cli.cli.output import deliver
    from softmax_cli.cli.progress import Watch
    from softmax_cli.evaluation.checking.check import check

    before_reading(logits, labels)
    with Watch() as watch:
        report = check(
            logits,
            labels,
            select=select or (),
            ignore=ignore or (),
            ignore_index=ignore_index,
            zero_log_zero=zero_log_zero,
            threads=threads,
            watcher=watch,
            **reading,
        )
    deliver(report, output_format, safe_csv=safe_csv)
    if report.failed:
        raise typer.Exit(CheckFailedError.exit_status)


def listing(output_format: FormatOption = AUTO, safe_csv: SafeCsvOption = False) -> None:
    """List every check: its code, its name, its severity, and what it finds."""
    from softmax_cli.checks import CHECKS
    from softmax_cli.cli.output import deliver
    from softmax_cli.reports.check import CheckListing, ListedCheck

    listed = [ListedCheck(check.code, check.name, check.severity, check.summary) for check in CHECKS.values()]
    deliver(CheckListing(listed), output_format, safe_csv=safe_csv)
