"""`softmax-cli compare`."""

from typing import Annotated

import typer

from softmax_cli.cli.options import (
    AUTO,
    COMPUTING,
    GATES,
    LOGITS,
    WRITING,
    ByOption,
    FormatOption,
    IgnoreIndexOption,
    KeepOption,
    LabelsArgument,
    SafeCsvOption,
    ThreadsOption,
    conditions,
    counting,
    numeric,
)
from softmax_cli.cli.reading_options import ReadingOptions, takes_reading
from softmax_cli.cli.streams import before_reading
from softmax_cli.errors import CheckFailedError, UsageError
from softmax_cli.evaluation.comparing.settings import Comparing
from softmax_cli.option_numbers import DEPTHS, LISTED_ROWS, RESAMPLES, SEED
from softmax_cli.reports.changes import DISCORDANCE, OF_LABELS, change_quantities
from softmax_cli.reports.compare import AGREEMENTS, OF_GROUPS, QUANTITIES

_EXAMPLE = "max_abs_diff > 1e-3"
_BY_LABELS = (*(name for change in OF_LABELS for name in change_quantities(change)), *DISCORDANCE)


@takes_reading()
def command(
    a: Annotated[str, typer.Argument(metavar="A", help=LOGITS)],
    b: Annotated[str, typer.Argument(metavar="B", help="Another version of them, with the same rows and classes.")],
    reading: ReadingOptions,
    labels: LabelsArgument = None,
    threads: ThreadsOption = Comparing.threads,
    ignore_index: IgnoreIndexOption = None,
    temperature: Annotated[
        float,
        numeric(
            "--temperature",
            "-T",
            metavar="T",
            help="Divide the logits of both by T before softmax; the distances of the logits stay as they are.",
            rich_help_panel=COMPUTING,
        ),
    ] = Comparing.temperature,
    top_k: Annotated[
        int,
        counting(
            metavar="K",
            help="Compare the sets of the K likeliest classes.",
            within=DEPTHS,
            rich_help_panel=COMPUTING,
        ),
    ] = Comparing.top_k,
    resamples: Annotated[
        int,
        counting(
            metavar="N",
            help="Bootstrap resamples; 0 turns the intervals off.",
            within=RESAMPLES,
            rich_help_panel=COMPUTING,
        ),
    ] = Comparing.resamples,
    seed: Annotated[
        int, counting(metavar="N", help="Seed of the bootstrap.", within=SEED, rich_help_panel=COMPUTING)
    ] = Comparing.seed,
    by: ByOption = None,
    keep: KeepOption = None,
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
    top: Annotated[
        int | None,
        counting(
            metavar="K",
            help="List the K rows that changed most. By default a table shows 5 and a pipe none.",
            within=LISTED_ROWS,
            show_default=False,
            rich_help_panel=WRITING,
        ),
    ] = None,
    atol: Annotated[
        float | None,
        numeric(
            metavar="A",
            help="Fail if any logit differs by more than A + R |b|; as numpy.allclose. At most 1e100 each.",
            show_default=False,
            rich_help_panel=GATES,
        ),
    ] = None,
    rtol: Annotated[
        float | None,
        numeric(
            metavar="R",
            help="The R of that limit; each is 0 if not given.",
            show_default=False,
            rich_help_panel=GATES,
        ),
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(**conditions(_EXAMPLE, "any figure of the TSV, such as kl, top1_agreement or loss_change")),
    ] = None,
) -> None:
    """Compare two versions of the same logits, A and B: torch and ONNX, float32 and int8, before and after.

    Where one cause explains the difference in every row (B is A's softmax, 0.5 A, A in float16, A's rows in another
    order, ...), it is named first.

    softmax-cli compare torch.npy onnx.npy --atol 1e-4 --rtol 1e-3
    softmax-cli compare float32.npy int8.npy labels.npy
    softmax-cli compare a.npy b.csv --fail-if 'max_abs_diff > 1e-3'
    softmax-cli compare a.npy b.npy y.npy --fail-if 'kl > 0.01' --fail-if 'top1_agreement < 0.999'
    softmax-cli compare a.npy b.npy y.npy --resamples 10000 --seed 1 --threads 4
    softmax-cli compare a.csv b.csv y.csv --by language --fail-if 'worst_group_loss_change > 0.1'
    softmax-cli compare a.csv b.csv y.csv --top 20 --keep text
    softmax-cli compare a.npy b.npy --top 20 --top-k 3 --format csv
    softmax-cli compare teacher.npy student.npy --temperature 4
    softmax-cli compare a.npy b.npy y.npy --class-axis 2 --ignore-index -100
    softmax-cli compare a.csv b.csv --label-column y --logit-columns 1:11 --label-base 1
    softmax-cli compare a.tsv b.tsv y.txt --delimiter tab --no-header
    """
    from softmax_cli.gates import met, parse_condition_on

    gates = [parse_condition_on(text, (*QUANTITIES, *OF_GROUPS), _EXAMPLE, AGREEMENTS) for text in fail_if or ()]
    by_labels = next((gate.text for gate in gates if gate.quantity in _BY_LABELS), None)
    if by_labels is not None and labels is None and reading["label_column"] is None:
        raise UsageError(f"--fail-if {by_labels!r} needs labels; give their file, or --label-column")
    from softmax_cli.cli.output import deliver
    from softmax_cli.cli.progress import Watch
    from softmax_cli.evaluation.comparing.compare import compare

    before_reading(a, b, labels, *(keep or ()), by)
    with Watch() as watch:
        report = compare(
            a,
            b,
            labels,
            threads=threads,
            watcher=watch,
            ignore_index=ignore_index,
            temperature=temperature,
            top_k=top_k,
            top=top,
            atol=atol,
            rtol=rtol,
            resamples=resamples,
            seed=seed,
            by=by,
            keep=keep or (),
            **reading,
        )
    failures = [*filter(None, [report.failure]), *met(report, gates)]
    deliver(report, output_format, safe_csv=safe_csv)
    if failures:
        raise CheckFailedError("; ".join(failures))
