"""`softmax-cli loss`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from softmax_cli.backends import EVERY_BACKEND
from softmax_cli.cli.options import (
    AUTO,
    COMPUTING,
    WRITING,
    BackendOption,
    ClassAxisOption,
    DelimiterOption,
    DeviceOption,
    DtypeOption,
    FormatOption,
    HeaderOption,
    LabelBaseOption,
    LabelColumnOption,
    LogitColumnsOption,
    LogitsArgument,
    asked_for,
    names,
)
from softmax_cli.cli.streams import note_typing
from softmax_cli.errors import UsageError
from softmax_cli.losses.variants import HEADLINE, VARIANTS
from softmax_cli.reports.loss import REDUCTIONS
from softmax_cli.writers.numbers import exact


def command(
    context: typer.Context,
    logits: LogitsArgument,
    labels: Annotated[
        str | None,
        typer.Argument(
            metavar="[LABELS]",
            help="One label a row: a class index, a class name, or a row of probabilities; - is standard input.",
            show_default=False,
        ),
    ] = None,
    backend: BackendOption = "numpy",
    device: DeviceOption = "cpu",
    dtype: DtypeOption = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            rich_help_panel=COMPUTING,
            **names("Only this variant (may be repeated)", VARIANTS),
        ),
    ] = None,
    reduction: Annotated[
        str,
        typer.Option(rich_help_panel=COMPUTING, **names("What becomes of the rows' losses", REDUCTIONS)),
    ] = "mean",
    class_axis: ClassAxisOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    logit_columns: LogitColumnsOption = None,
    label_column: LabelColumnOption = None,
    label_base: LabelBaseOption = 0,
    output_format: FormatOption = AUTO,
    steps: Annotated[
        bool,
        typer.Option("--steps", help="Walk through the calculation, gradient included.", rich_help_panel=WRITING),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help=f"One number and nothing else: {HEADLINE}, or the one --variant.",
            rich_help_panel=WRITING,
        ),
    ] = False,
) -> None:
    """Softmax, and the cross-entropy by every variant, each held against float64.

    softmax-cli loss logits.csv labels.csv
    softmax-cli loss -q logits.npy labels.npy
    cat logits.csv | softmax-cli loss - labels.csv --backend all --dtype float32
    """
    options: dict[str, Any] = {
        "backend": backend,
        "device": device,
        "dtype": dtype,
        "reduction": reduction,
        "class_axis": class_axis,
        "delimiter": delimiter,
        "header": header,
        "logit_columns": logit_columns,
        "label_column": label_column,
        "label_base": label_base,
    }
    variants = variant or []
    note_typing(logits, labels)
    if quiet:
        _refuse_with_quiet(
            {
                "--steps": steps,
                "--format": asked_for(context, "output_format"),
                "more than one --variant": len(variants) > 1,
                f"--backend {EVERY_BACKEND}": backend == EVERY_BACKEND,
                "--reduction none": reduction == "none",
            }
        )
        print(_one_number(logits, labels, variants or [HEADLINE], **options))
        return
    from softmax_cli.cli.output import deliver

    if steps:
        if variants:
            raise UsageError("--steps shows every variant; leave --variant out")
        from softmax_cli.evaluation.steps import steps as walk

        deliver(walk(logits, labels, **options), output_format)
        return
    from softmax_cli.evaluation.loss import evaluate

    deliver(evaluate(logits, labels, variants=variants, **options), output_format)


def _refuse_with_quiet(asked: Mapping[str, bool]) -> None:
    for option, is_asked in asked.items():
        if is_asked:
            raise UsageError(f"-q prints one number and nothing else; leave it or {option} out")


def _one_number(logits: str, labels: str | None, variants: list[str], **options: Any) -> str:
    """The one number that was asked for, with every digit."""
    from softmax_cli.evaluation.loss import evaluate

    report = evaluate(logits, labels, variants=variants, reference=False, preview=False, **options)
    return exact(report.loss(variants[0]))
