"""The loss of log-probabilities of what occurred, against NumPy, SciPy and the statistics module."""

import json
import statistics
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import sem

import softmax_cli
from softmax_cli.errors import InputError, UsageError

RNG = np.random.default_rng(30)
KIND = "label-log-probabilities"
VALUES = ("--values", KIND)


def save_csv(path, values, header=None):
    lines = [] if header is None else [header]
    Path(path).write_text("\n".join([*lines, *map(repr, np.asarray(values, float).tolist())]) + "\n", "utf-8")
    return str(path)


def figures(given, **options):
    return softmax_cli.evaluate(given, values=KIND, **options).quantities()


def test_the_published_example_of_four_tokens(run, tmp_path):
    path = save_csv(tmp_path / "lp.csv", [-1.5, -0.2, -3.1, -0.01])
    assert float(run("loss", "-q", path, *VALUES).out) == pytest.approx(1.2025, rel=1e-12)
    found = json.loads(run("loss", path, *VALUES, "-f", "json").out)
    assert found["figures"]["perplexity"]["value"] == pytest.approx(3.3284276, rel=1e-7)
    assert [row["row"] for row in found["worst"]] == [2, 0, 1, 3]
    assert run("report", path, *VALUES, "-f", "json").out == run("loss", path, *VALUES, "-f", "json").out


@pytest.mark.parametrize("form", ["list", "vector", "column", "csv", "named", "npy", "pieces", "gz", "stdin"])
@pytest.mark.parametrize("rows", [1, 2, 40_000])
def test_the_figures_are_those_of_numpy_and_scipy_in_every_form(run, tmp_path, form, rows):
    values = -RNG.exponential(2, rows)
    given = {"list": values.tolist(), "column": values[:, np.newaxis]}.get(form, values)
    stdin = b""
    if form in {"csv", "named", "stdin"}:
        given = save_csv(tmp_path / "x.csv", values, "logprob" if form == "named" else None)
        stdin = Path(given).read_bytes()
    elif form in {"npy", "pieces"}:
        for place, part in enumerate(np.array_split(values, 1 if form == "npy" or rows < 3 else 3)):
            np.save(tmp_path / f"x-{place}.npy", part)
        given = str(tmp_path / "x-*.npy")
    if form == "stdin":
        outcome = run("loss", "-", *VALUES, "-f", "json", stdin=stdin)
        found = {name: each["value"] for name, each in json.loads(outcome.out)["figures"].items()}
    else:
        found = dict(figures(given))
        error = found.pop("standard_error")
        assert np.isnan(error) if rows == 1 else error == pytest.approx(sem(values), rel=1e-9)
    mean = float(sum(map(Fraction, (-values).tolist())) / rows)
    assert found["loss"] == mean
    assert found["loss_sum"] == pytest.approx(-values.sum(), rel=1e-12)
    assert found["perplexity"] == pytest.approx(np.exp(-values.mean()), rel=1e-9)
    assert found["bits"] == pytest.approx(-np.log2(np.exp(values)).mean(), rel=1e-9)


def test_the_standard_error_does_not_cancel():
    # Far from 0 beside its spread: E[L^2] - E[L]^2 has no digit left of it.
    values = -1e8 - RNG.random(30)
    expected = statistics.stdev(map(Fraction, values.tolist())) / 30**0.5
    assert figures(values)["standard_error"] == pytest.approx(float(expected), rel=1e-9)
    assert figures([-0.1] * 7)["standard_error"] == 0


@pytest.mark.parametrize("cuts", [[1], [5, 20_000], [16_384], [33_000]])
def test_the_same_bits_however_the_file_is_cut(tmp_path, cuts):
    values = -RNG.exponential(2, 40_000)
    for place, part in enumerate(np.split(values, cuts)):
        np.save(tmp_path / f"x-{place}.npy", part)
    whole = softmax_cli.report(values, values=KIND)
    pieces = softmax_cli.report(str(tmp_path / "x-*.npy"), values=KIND)
    csv = softmax_cli.report(save_csv(tmp_path / "x.csv", values), values=KIND)
    assert whole.quantities() == pieces.quantities() == csv.quantities()
    assert whole.worst == pieces.worst == csv.worst


def test_the_worst_rows_come_first_and_nan_is_as_bad_as_inf():
    values = np.array([-1.0, -np.inf, -3.0, np.nan, -3.0, -0.5])
    report = softmax_cli.evaluate(values, values=KIND, top=4)
    assert [each.row for each in report.worst] == [1, 3, 2, 4]
    assert report.nonfinite == 2
    assert report.warnings()[0].startswith("2 rows have a loss that is nan or infinite")
    assert report.warnings()[0].endswith("the first is log-probabilities[1].")
    assert np.isnan(report.loss())
    assert softmax_cli.evaluate(values[:3], values=KIND).loss() == np.inf
    assert softmax_cli.report(values, values=KIND, worst=0).worst == []


def test_a_sum_is_the_one_number_where_it_is_asked_for(run, tmp_path):
    path = save_csv(tmp_path / "x.csv", [-1.5, -0.25])
    outcome = run("loss", "-q", path, *VALUES, "--reduction", "sum", "--expect", "1.75")
    assert (outcome.status, outcome.out) == (0, "1.75\n")
    assert run("loss", path, *VALUES, "--reduction", "sum").lines[1][:2] == ["loss_sum", "1.75"]


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--expect", "0.875"), 0, ""),
        (("--expect", "0.9"), 1, "loss is 0.875, expected 0.9"),
        (("--fail-if", "perplexity > 2"), 1, "perplexity is 2.39"),
        (("--fail-if", "loss > 1"), 0, ""),
        (("--fail-if", "nonfinite > 0"), 0, ""),
        (("--fail-if", "accuracy < 1"), 2, "there is no 'accuracy'; there are loss, loss_sum, perplexity, bits"),
        (("--top", "2"), 2, "-q prints one number and nothing else; leave it or --top out"),
        (("--reduction", "none"), 2, "--reduction none: the rows' losses are the values of the file"),
    ],
)
def test_gates(run, tmp_path, options, status, message):
    outcome = run("loss", "-q", save_csv(tmp_path / "x.csv", [-1.5, -0.25]), *VALUES, *options)
    assert outcome.status == status
    assert message in outcome.err
    assert outcome.err.count("\n") == bool(status)


def test_report_has_gates_and_files_too(run, tmp_path):
    path = save_csv(tmp_path / "x.csv", [-1.5, -0.25])
    assert run("report", path, *VALUES, "--fail-if", "perplexity > 2").status == 1
    for suffix in ("html", "md", "json", "tsv"):
        assert run("report", path, *VALUES, "-o", tmp_path / f"out.{suffix}").status == 0
        assert "perplexity" in (tmp_path / f"out.{suffix}").read_text("utf-8")
    assert "rows with the largest losses" in run("report", path, *VALUES, "-f", "table").out


def test_rows_and_columns_are_chosen(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("token,logprob\n1,-1.5\n2,-0.2\n3,9\n4,-0.01\n", "utf-8")
    found = figures(path, logit_columns="logprob", skip_rows="2")
    assert found["loss"] == pytest.approx(np.mean([1.5, 0.2, 0.01]), rel=1e-12)
    assert found["rows"] == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([-1.0, 0.5], r"log-probabilities\[1\]: 0.5 is not a log-probability: those are never above 0$"),
        ([-1.0, np.inf], r"log-probabilities\[1\]: inf is not a log-probability"),
        ([[-1.0, -2.0]], r"log-probabilities: shape 1x2; expected one log-probability per row$"),
        (np.zeros((2, 3, 4)), r"log-probabilities: shape 2x3x4; expected one log-probability per row$"),
    ],
)
def test_what_is_no_log_probability_per_row_is_refused(given, message):
    for command in (softmax_cli.evaluate, softmax_cli.report):
        with pytest.raises(InputError, match=f"^{message}"):
            command(given, values=KIND)


def test_rounding_may_put_a_log_probability_above_0():
    assert figures([1e-7, -1.0])["loss"] == pytest.approx(0.5, rel=1e-6)


def test_a_file_of_columns_names_the_option_that_chooses_one(run, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("-1.5,-0.25\n-1,-2\n", "utf-8")
    outcome = run("loss", path, *VALUES)
    assert outcome.status == 3
    assert "x.csv: 2 columns; expected one log-probability per row; choose the column: --logit-columns" in outcome.err
    assert run("loss", "-q", path, *VALUES, "--logit-columns", "1").out == "1.125\n"


@pytest.mark.parametrize(
    "options",
    [
        {"weight": [1.0]},
        {"label_smoothing": 0.1},
        {"variants": ["nll_loss"]},
        {"losses": ["focal"]},
        {"temperature": 2.0},
        {"ignore_index": 0},
        {"frameworks": ["torch"]},
        {"label_base": 1},
        {"class_axis": 0},
        {"multilabel": True},
        {"shift": 1},
        {"label_values": "counts"},
        {"dtype": "float32"},
        {"per_row": True},
        {"label_column": "y"},
    ],
    ids=str,
)
def test_options_about_classes_are_usage_errors(options):
    name = next(iter(options)).replace("variants", "variant").replace("losses", "loss").replace("frameworks", "as")
    with pytest.raises(UsageError, match=f"^--{name.replace('_', '-')} is about classes, and --values {KIND} has none"):
        softmax_cli.evaluate([-1.0], values=KIND, **options)


def test_labels_are_a_usage_error(run, tmp_path):
    path = save_csv(tmp_path / "x.csv", [-1.5, -0.25])
    for command in ("loss", "report"):
        outcome = run(command, path, path, *VALUES)
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        assert "no labels are needed; leave them out" in outcome.err
    for options in (("--steps",), ("--grad",), ("--backend", "torch"), ("--explain",), ("--bins", "3")):
        assert run("report" if "--bins" in options else "loss", path, *VALUES, *options).status == 2


def test_the_remedies_that_name_it_work_as_printed(run, tmp_path):
    path = save_csv(tmp_path / "x.csv", [-1.5, -0.2, -3.1, -0.01])
    (finding,) = json.loads(run("check", path, "-f", "json").out)["findings"]
    assert finding["code"] == "S308"
    program, *arguments = finding["command"].split()
    assert program == "softmax-cli"
    assert float(run(*arguments, "-q").out) == pytest.approx(1.2025, rel=1e-12)
