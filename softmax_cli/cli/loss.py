"""`softmax-cli loss`."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from softmax_cli.backends import EVERY_BACKEND
from softmax_cli.cli import loss_options as only
from softmax_cli.cli.options import (
    AUTO,
    BackendOption,
    ByOption,
    DeviceOption,
    FormatOption,
    IgnoreIndexOption,
    KeepOption,
    LogitsArgument,
    SafeCsvOption,
    TemperatureOption,
    ThreadsOption,
    UnitsOption,
    ZeroLogZeroOption,
    asked_for,
    output_path,
)
from softmax_cli.cli.reading_options import ReadingOptions, takes_reading
from softmax_cli.cli.streams import before_reading, note, warn
from softmax_cli.errors import CheckFailedError, UsageError
from softmax_cli.evaluation.settings import Settings, parse_parameters
from softmax_cli.inputs.reading import LABEL_LOG_PROBABILITIES
from softmax_cli.losses.families import family_of
from softmax_cli.losses.sigmoid_variants import ALIASES

if TYPE_CHECKING:
    from softmax_cli.gates import Condition
    from softmax_cli.readers.pieces import Files


@takes_reading()
def command(
    context: typer.Context,
    logits: LogitsArgument,
    reading: ReadingOptions,
    more: only.LabelsArguments = None,
    backend: BackendOption = Settings.backend,
    device: DeviceOption = Settings.device,
    dtype: only.DtypesOption = None,
    variants: only.VariantsOption = None,
    losses: only.LossesOption = None,
    parameters: only.ParametersOption = None,
    threads: ThreadsOption = Settings.threads,
    kernel: only.KernelOption = Settings.kernel,
    accumulate: only.AccumulateOption = Settings.accumulate,
    frameworks: only.FrameworksOption = None,
    reduction: only.ReductionOption = Settings.reduction,
    weight: only.WeightOption = None,
    pos_weight: only.PosWeightOption = None,
    row_weight: only.RowWeightOption = None,
    ignore_index: IgnoreIndexOption = None,
    label_smoothing: only.LabelSmoothingOption = Settings.label_smoothing,
    temperature: TemperatureOption = Settings.temperature,
    zero_log_zero: ZeroLogZeroOption = False,
    labels: only.LabelsOption = None,
    output_format: FormatOption = AUTO,
    safe_csv: SafeCsvOption = False,
    steps: only.StepsOption = False,
    quiet: only.QuietOption = False,
    explain: only.ExplainOption = False,
    ledger: only.LedgerOption = False,
    by: ByOption = None,
    keep: KeepOption = None,
    units: UnitsOption = None,
    per_row: only.PerRowOption = False,
    top: only.TopOption = None,
    grad: only.GradOption = False,
    grad_output: only.GradOutputOption = None,
    expect: only.ExpectOption = None,
    rtol: only.RtolOption = 1e-6,
    atol: only.AtolOption = 0.0,
    fail_if: only.FailIfOption = None,
) -> None:
    """Softmax, and the cross-entropy by every variant, each held against float64.

    softmax-cli loss logits.csv labels.csv
    softmax-cli loss -q x.npy y.npy --expect 1.4478 --rtol 1e-4 --atol 0
    softmax-cli loss x.npy y.npy --fail-if 'perplexity > 10'
    cat x.csv | softmax-cli loss - y.csv --backend all --device cuda
    softmax-cli loss all.csv --label-column y --logit-columns 1:11 --label-base 1
    softmax-cli loss 'x-*.npy' 'y-*.npy'
    softmax-cli loss x-*.npy --labels y.npy
    softmax-cli loss -q x.npy y.npy --threads 4 --kernel fused
    softmax-cli loss x.tsv y.txt --delimiter tab --no-header
    softmax-cli loss x.csv y.csv --delimiter semicolon --decimal ,
    softmax-cli loss x.npy y.npy --dtype float16 --dtype float32 --explain
    softmax-cli loss x.npy y.npy --weight w.csv --label-smoothing 0.1
    softmax-cli loss x.npy y.npy --row-weight r.npy
    softmax-cli loss x.csv y.csv --by language --units bytes --ledger
    softmax-cli loss x.csv t.csv --multilabel --pos-weight 1,3,1
    softmax-cli loss x.npy y.npy --class-axis 2 --ignore-index -100 --ledger
    softmax-cli loss logits.npy input_ids.npy --shift 1 --ignore-index 0
    softmax-cli loss x.csv y.csv --ignore-missing --skip-rows 0,7,100:164
    softmax-cli loss x.npy q.npy --zero-log-zero --temperature 2
    softmax-cli loss x.npy y.npy --loss focal --param focal.gamma=1
    softmax-cli loss x.npy y.npy --as torch --as keras --top 10
    softmax-cli loss x.npy y.npy --variant nll_loss --accumulate native
    softmax-cli loss x.npy y.npy --reduction none --format csv
    softmax-cli loss x.csv y.csv --top 10 --keep text --keep source
    softmax-cli loss x.npy y.npy --per-row | sort -k6 -g | tail
    softmax-cli loss x.csv y.csv --per-row --format csv --safe-csv > sheet.csv
    softmax-cli loss p.npy y.npy --values probabilities
    softmax-cli loss student.npy teacher.npy --label-values logits
    softmax-cli loss logprobs.csv --values label-log-probabilities
    softmax-cli loss x.csv y.csv --steps
    softmax-cli loss x.csv y.csv --grad
    softmax-cli loss x.npy y.npy --grad-output g.npy
    """
    expected = _expected(context, expect, rtol, atol)
    of_logits: Any
    of_logits, of_labels = _sorted_out(logits, more, labels)
    of_rows = (weight, pos_weight, row_weight, by, units, *(keep or ()))
    before_reading(*of_logits, *of_labels, *of_rows, output=output_path(grad_output))
    if reading["values"] == LABEL_LOG_PROBABILITIES or not of_labels:
        from softmax_cli.cli import log_probabilities

        of_logits, reading = log_probabilities.with_known_values(of_logits, of_labels, reading)
    if reading["values"] == LABEL_LOG_PROBABILITIES:
        log_probabilities.loss(context, of_logits, of_labels, {**_options(context.params), **reading})
        return
    conditions = _conditions(fail_if) if fail_if else []
    options = {**_options(context.params), **reading}
    shows_other = {"--steps": steps, "--grad": grad, "--grad-output": grad_output is not None}
    chosen = [option for option, asked in shows_other.items() if asked]
    if chosen:
        gates = {"--fail-if": bool(conditions), "--expect": expected is not None, "-q": quiet}
        gates |= {"--as": bool(frameworks), "--explain": explain, "--ledger": ledger, "--per-row": per_row}
        gates |= {"--top": top is not None}
        _refuse_together({**shows_other, **gates}, f"{chosen[0]} shows something else than the losses", chosen[0])
        _show_other(_files(of_logits, of_labels), context.params, options, output_format)
        return
    headline = family_of(multilabel=reading["multilabel"]).headline
    if quiet:
        several = {"--fail-if agreement": any(condition.quantity == "agreement" for condition in conditions)}
        _refuse_together(_not_one_number(context, options) | several, "-q prints one number and nothing else", "-q")
        options.update(variants=options["variants"] or [headline], reference=False, preview=False)
    if options["reduction"] == "none" and (conditions or expected is not None):
        raise UsageError("--expect and --fail-if compare one number; use --reduction mean or sum")
    from softmax_cli.cli.output import deliver, deliver_number, require_rows
    from softmax_cli.cli.progress import Watch
    from softmax_cli.evaluation.loss import evaluate

    files = _files(of_logits, of_labels)
    with Watch() as watch:
        report = evaluate(*files, watcher=watch, **options)
    require_rows(report, (files[1] or files[0]).name)
    of = options["variants"][0] if len(options["variants"]) == 1 else headline
    failures: list[str] = []
    if conditions or expected is not None:
        from softmax_cli.gates import check

        failures = check(report, conditions, of, expected, rtol, atol)
    if quiet:
        deliver_number(report, report.loss(options["variants"][0]))
    else:
        deliver(report, output_format, safe_csv=safe_csv)
    if failures:
        raise CheckFailedError("; ".join(failures))


def _expected(context: typer.Context, given: Sequence[float] | None, rtol: float, atol: float) -> float | None:
    """What the loss has to be; raises UsageError for a second one, and for tolerances that are of nothing."""
    if given and len(given) > 1:
        raise UsageError(f"--expect {given[1]} is a second one; give one, and other limits as --fail-if")
    expected = given[0] if given else None
    if any(asked_for(context, name) for name in ("expect", "rtol", "atol")):
        from softmax_cli.gates import check_tolerances

        check_tolerances(expected, rtol, atol)
    return expected


def _conditions(texts: Sequence[str]) -> "list[Condition]":
    from softmax_cli.gates import parse_condition

    return [parse_condition(text) for text in texts]


def _sorted_out(logits: str, more: Sequence[str] | None, labels: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """The logits' files and the labels': without --labels the second of two; raises UsageError for more than two."""
    files = [logits, *(more or ())]
    if labels:
        return files, list(labels)
    if len(files) > 2:
        raise UsageError(
            f"{len(files)} files, and which are the labels? Give those with --labels, or both patterns in quotes: "
            "softmax-cli loss 'logits-*' 'labels-*'"
        )
    return files[:1], files[1:]


def _files(logits: Any, labels: Sequence[str]) -> "tuple[Files, Files | None]":
    from softmax_cli.readers.pieces import Files

    return logits if isinstance(logits, Files) else Files(logits), Files(labels) if labels else None


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are fields of Settings, by the same names."""
    options = {field.name: given[field.name] for field in fields(Settings) if field.name in given}
    for name in ("variants", "losses", "frameworks", "keep"):
        options[name] = list(options[name] or ())
    options["variants"] = [ALIASES.get(name, name) for name in options["variants"]]
    options["dtype"] = list(options["dtype"] or ()) or None
    options["parameters"] = parse_parameters(options["parameters"] or ())
    return options


def _not_one_number(context: typer.Context, options: Mapping[str, Any]) -> dict[str, bool]:
    return {
        "--format": asked_for(context, "output_format"),
        "more than one --variant": len(options["variants"]) > 1,
        f"--backend {EVERY_BACKEND}": options["backend"] == EVERY_BACKEND,
        "more than one --dtype": len(options["dtype"] or ()) > 1,
        "--reduction none": options["reduction"] == "none",
        "--loss": bool(options["losses"]),
        "--as": bool(options["frameworks"]),
        "--explain": options["explain"],
        "--ledger": options["ledger"],
        "--per-row": options["per_row"],
        "--top": options["top"] is not None,
    }


def _refuse_together(asked: Mapping[str, bool], reason: str, option: str) -> None:
    for other, is_asked in asked.items():
        if is_asked and other != option:
            raise UsageError(f"{reason}; leave it or {other} out")


def _show_other(
    files: "tuple[Files, Files | None]", given: Mapping[str, Any], options: dict[str, Any], output_format: str
) -> None:
    """The walk, or the gradient: shown or written to a file."""
    from softmax_cli.cli.output import deliver
    from softmax_cli.evaluation import steps

    if given["grad_output"] is not None:
        said = steps.save_gradient(*files, Path(given["grad_output"]), safe_csv=given["safe_csv"], **options)
        note(*said.notes)
        warn(*said.hints)
        return
    walk = steps.steps if given["steps"] else steps.gradient
    deliver(walk(*files, **options), output_format, safe_csv=given["safe_csv"])
