"""The options of `loss` alone. Each is named as the field of Settings that it sets; defaults stand there."""

from typing import Annotated

import typer

from softmax_cli.backends import DTYPES
from softmax_cli.cli.options import COMPUTING, CRITERION, GATES, LABELS, WRITING, conditions, counting, names, numeric
from softmax_cli.cli.reading_options import READING
from softmax_cli.evaluation.settings import ACCUMULATIONS, ALL_LOSSES, KERNELS
from softmax_cli.losses.frameworks import FRAMEWORKS
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.sigmoid_variants import SIGMOIDS
from softmax_cli.losses.variants import HEADLINE, VARIANTS
from softmax_cli.option_numbers import LOSS_ROWS
from softmax_cli.reports.loss import REDUCTIONS

LabelsArguments = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LABELS]", help=f"{LABELS} With --labels all files here are logits.", show_default=False),
]
LabelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="The labels, where the logits are several files; a pattern in quotes too (may be repeated).",
        show_default=False,
        rich_help_panel=READING,
    ),
]

DtypesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dtype",
        envvar="SOFTMAX_CLI_DTYPE",
        show_default=False,
        rich_help_panel=COMPUTING,
        **names(
            "The precision (several: side by side); by default the file's own, float64 for CSV",
            DTYPES,
        ),
    ),
]
VariantsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        show_default=False,
        rich_help_panel=COMPUTING,
        **names("Only this way to the cross-entropy (may be repeated)", VARIANTS, SIGMOIDS),
    ),
]
LossesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--loss",
        show_default=False,
        rich_help_panel=COMPUTING,
        **names("Another loss too (may be repeated; see softmax-cli losses)", (*LOSSES, ALL_LOSSES)),
    ),
]
ParametersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="LOSS.NAME=VALUE",
        help="A parameter of such a loss, as focal.gamma=1 (may be repeated); focal.alpha may be one number per class.",
        show_default=False,
        rich_help_panel=COMPUTING,
    ),
]
AccumulateOption = Annotated[
    str,
    typer.Option(
        rich_help_panel=COMPUTING,
        **names("Sum the rows exactly, or as the framework does, in the precision of the rows", ACCUMULATIONS),
    ),
]
KernelOption = Annotated[
    str,
    typer.Option(
        envvar="SOFTMAX_CLI_KERNEL",
        rich_help_panel=COMPUTING,
        **names("NumPy's loop: plain, compiled by numba (fused), or compiled where it pays (auto)", KERNELS),
    ),
]
FrameworksOption = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        show_default=False,
        rich_help_panel=COMPUTING,
        **names("The same data by this framework's convention too (may be repeated)", FRAMEWORKS),
    ),
]

ReductionOption = Annotated[
    str, typer.Option(rich_help_panel=CRITERION, **names("What becomes of the rows' losses", REDUCTIONS))
]
WeightOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|W,W,...",
        help="One weight per class: 2,4,6, or cat=2,dog=4, or a file with a column, a row, or names and weights.",
        show_default=False,
        rich_help_panel=CRITERION,
    ),
]
PosWeightOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|W,W,...",
        help="With --multilabel: what a label of 1 counts for beside one of 0, for each class.",
        show_default=False,
        rich_help_panel=CRITERION,
    ),
]
RowWeightOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|COLUMN",
        help="One weight per row: a file, or a column of either file. The mean divides by their sum.",
        show_default=False,
        rich_help_panel=CRITERION,
    ),
]
LabelSmoothingOption = Annotated[
    float,
    numeric(
        metavar="E",
        help="Labels (1 - E) q + E / C, from 0 to 1; with --multilabel (1 - E) t + E / 2.",
        rich_help_panel=CRITERION,
    ),
]

StepsOption = Annotated[
    bool, typer.Option("--steps", help="Walk through the calculation, gradient included.", rich_help_panel=WRITING)
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help=f"One number: {HEADLINE}, or the one --variant. Notes and warnings go to standard error.",
        rich_help_panel=WRITING,
    ),
]
ExplainOption = Annotated[
    bool,
    typer.Option("--explain", help="Why each row is nan or infinite, up to 20 of them.", rich_help_panel=WRITING),
]
LedgerOption = Annotated[
    bool,
    typer.Option(
        "--ledger",
        help="What was counted, and what each mean divides by: in a table, and always in JSON.",
        rich_help_panel=WRITING,
    ),
]
PerRowOption = Annotated[
    bool, typer.Option("--per-row", help="Every counted row: label, prediction, loss.", rich_help_panel=WRITING)
]
TopOption = Annotated[
    int | None,
    counting(
        metavar="K",
        help="The K rows with the largest loss.",
        within=LOSS_ROWS,
        show_default=False,
        rich_help_panel=WRITING,
    ),
]
GradOption = Annotated[
    bool, typer.Option("--grad", help="The gradient with respect to the logits.", rich_help_panel=WRITING)
]
GradOutputOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write the gradient whole to a .npy, .csv or .tsv file, not an input.",
        show_default=False,
        rich_help_panel=WRITING,
    ),
]

ExpectOption = Annotated[
    list[float] | None,
    numeric(
        infinite=True,
        metavar="VALUE",
        help=f"Unless the loss ({HEADLINE}, or the one --variant) is this; nan, inf and -inf too.",
        show_default=False,
        rich_help_panel=GATES,
    ),
]
RtolOption = Annotated[float, numeric(metavar="R", help="... within R times the value,", rich_help_panel=GATES)]
AtolOption = Annotated[float, numeric(metavar="A", help="... or within A.", rich_help_panel=GATES)]
FailIfOption = Annotated[
    list[str] | None,
    typer.Option(**conditions("cross_entropy > 2.3", "a loss, an entry of the ledger, nonfinite or agreement")),
]
