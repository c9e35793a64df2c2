"""Figures group by group: against torch, each group taken alone."""

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.evaluation.comparing.compare import compare
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.inputs import groups as groups_module

ROWS = 400
GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(ROWS, 5)) * 2
LABELS = GENERATOR.integers(0, 5, ROWS)
NAMES = GENERATOR.choice(["fold a", "007", "7", "한국어", "=x"], ROWS)


def mean_and_error(values, weights=None):
    """The weighted mean, and its standard error by the formula of sampling with a ratio (Cochran 1977, 6.3)."""
    w = np.ones(len(values)) if weights is None else np.asarray(weights)
    mean = np.average(values, weights=w)
    n = len(values)
    return mean, np.sqrt(n / (n - 1) * np.sum((w * (values - mean)) ** 2)) / w.sum()


def losses(**options):
    return cross_entropy(torch.from_numpy(LOGITS), torch.from_numpy(LABELS), reduction="none", **options).numpy()


def by_name(found):
    return {line.name: line for line in found.lines}


def test_each_group_has_the_loss_and_the_accuracy_of_its_rows_alone():
    found = by_name(report(LOGITS, LABELS, by=NAMES).groups)
    assert set(found) == set(NAMES)
    for name, line in found.items():
        rows = name == NAMES
        assert line.rows == rows.sum()
        expected = [mean_and_error(losses()[rows]), mean_and_error((LOGITS.argmax(1) == LABELS)[rows].astype(float))]
        assert (line.means, line.standard_errors) == (
            pytest.approx([mean for mean, _ in expected], rel=1e-12),
            pytest.approx([error for _, error in expected], rel=1e-12),
        )


def test_the_worst_group_is_the_first():
    lines = evaluate(LOGITS, LABELS, by=NAMES).groups.lines
    means = [losses()[line.name == NAMES].mean() for line in lines]
    assert means == sorted(means, reverse=True)


def test_the_mean_over_groups_counts_each_group_once():
    found = evaluate(LOGITS, LABELS, by=NAMES).groups
    means = np.array([losses()[name == NAMES].mean() for name in np.unique(NAMES)])
    expected = means.mean(), means.std(ddof=1) / np.sqrt(len(means))
    assert found.over_groups(0) == pytest.approx(expected, rel=1e-12)
    figures = {figure.quantity: figure.value for figure in found.figures()}
    assert figures["groups"] == 5
    assert figures["perplexity_over_groups"] == pytest.approx(np.exp(means.mean()), rel=1e-12)
    assert figures["worst_group_loss"] == pytest.approx(means.max(), rel=1e-12)


def test_ignored_rows_count_in_no_group():
    found = by_name(evaluate(LOGITS, LABELS, by=NAMES, ignore_index=2).groups)
    for name, line in found.items():
        rows = (name == NAMES) & (LABELS != 2)
        assert (line.rows, line.means[0]) == (rows.sum(), pytest.approx(losses()[rows].mean(), rel=1e-12))


def test_weights_of_rows_and_of_classes_weigh_within_a_group():
    weight, of_rows = np.array([1.0, 2, 0, 4, 5]), GENERATOR.uniform(0, 3, ROWS)
    found = by_name(evaluate(LOGITS, LABELS, by=NAMES, weight=weight, row_weight=of_rows).groups)
    w = weight[LABELS] * of_rows
    for name, line in found.items():
        rows = name == NAMES
        expected = mean_and_error(losses()[rows], w[rows])
        assert (line.means[0], line.standard_errors[0]) == pytest.approx(expected, rel=1e-12)


def test_groups_of_multi_label_rows_have_the_mean_of_their_elements():
    labels = (GENERATOR.random((ROWS, 5)) < 0.3).astype(float)
    found = by_name(evaluate(LOGITS, labels, multilabel=True, by=NAMES).groups)
    for name, line in found.items():
        rows = name == NAMES
        pair = torch.from_numpy(LOGITS[rows]), torch.from_numpy(labels[rows])
        assert line.means[0] == pytest.approx(binary_cross_entropy_with_logits(*pair).item(), rel=1e-12)


@pytest.mark.parametrize("pieces", [1, 3, 50])
def test_how_the_rows_are_split_changes_no_digit(tmp_path, monkeypatch, pieces):
    monkeypatch.chdir(tmp_path)
    np.save("y.npy", LABELS)
    np.save("g.npy", NAMES)
    for part, rows in enumerate(np.array_split(np.arange(ROWS), pieces)):
        np.save(f"x-{part}.npy", LOGITS[rows])
    whole = evaluate(LOGITS, LABELS, by=NAMES).groups.as_dict()
    found = evaluate("x-*.npy", "y.npy", by="g.npy", threads=2).groups.as_dict()
    assert {**found, "by": ""} == {**whole, "by": ""}


def test_rows_far_from_zero_keep_their_spread():
    shift = 1e9
    values = np.stack([np.full(ROWS, shift), np.zeros(ROWS)], axis=1)
    values[:, 0] += GENERATOR.integers(0, 4, ROWS)
    found = evaluate(values, np.ones(ROWS, int), by=np.zeros(ROWS, int)).groups
    assert found.lines[0].standard_errors[0] == pytest.approx(mean_and_error(values[:, 0] - shift)[1], rel=1e-9)


def test_further_groups_than_are_told_apart_are_one_remainder(monkeypatch):
    monkeypatch.setattr(groups_module, "MOST", 3)
    monkeypatch.setattr("softmax_cli.evaluation.grouping.MOST", 3)
    names = np.arange(ROWS) // 50  # eight groups of fifty
    found = evaluate(LOGITS, LABELS, by=names).groups
    assert {line.name for line in found.lines} == {"0", "1", "2"}
    assert (found.rest.rows, found.rest.means[0]) == (250, pytest.approx(losses()[150:].mean(), rel=1e-12))


def test_a_group_of_one_row_has_no_standard_error():
    names = np.array(["one", *["more"] * (ROWS - 1)])
    assert np.isnan(by_name(evaluate(LOGITS, LABELS, by=names).groups)["one"].standard_errors[0])


def test_a_loss_that_is_not_finite_stays_in_its_group():
    values = LOGITS.copy()
    values[0] = [np.inf, 0, 0, 0, 0]
    found = by_name(evaluate(values, LABELS, by=NAMES).groups)
    assert [name for name, line in found.items() if np.isnan(line.means[0])] == [NAMES[0]]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savetxt("x.csv", LOGITS, delimiter=",", fmt="%.17g")
    lines = [f"{label},{name}" for label, name in zip(LABELS, NAMES, strict=True)]
    (tmp_path / "y.csv").write_text("\n".join(["label,language", *lines]) + "\n", encoding="utf-8")
    (tmp_path / "g.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    np.savez("run.npz", logits=LOGITS, labels=LABELS, language=NAMES)


@pytest.mark.parametrize(
    "arguments",
    [
        ("x.csv", "y.csv", "--label-column", "label", "--by", "language"),
        ("x.csv", "y.csv", "--label-column", "label", "--by", "g.txt"),
        ("x.csv", "run.npz:labels", "--by", "run.npz:language"),
        ("run.npz", "--by", "language"),
    ],
)
@pytest.mark.parametrize("command", ["loss", "report"])
@pytest.mark.usefixtures("files")
def test_a_column_a_file_and_an_array_of_a_file_give_the_same_with_names_as_they_stand(run, command, arguments):
    outcome = run(command, *arguments, "-f", "json")
    groups = json.loads(outcome.out)["groups"]["groups"]
    assert {group["name"]: group["rows"] for group in groups} == {name: (name == NAMES).sum() for name in NAMES}
    for group in groups:
        assert group["loss"]["value"] == pytest.approx(losses()[group["name"] == NAMES].mean(), rel=1e-12)


@pytest.mark.usefixtures("files")
def test_records_have_the_groups_behind_the_whole(run):
    lines = run("loss", "run.npz", "--by", "language", "-f", "tsv").lines
    place = lines[0].index("group")
    assert [line[place] for line in lines[1:5]] == [""] * 4
    assert {line[place] for line in lines[5:]} == set(NAMES)
    assert all(len(line) == len(lines[0]) for line in lines)
    lines = run("report", "run.npz", "--by", "language", "-f", "tsv").lines
    assert lines[0][:8] == ["quantity", "value", "standard_error", "low", "high", "row", "class", "group"]
    assert "group" not in run("report", "run.npz", "-f", "tsv").lines[0]


@pytest.mark.usefixtures("files")
def test_gates_on_groups(run):
    worst = max(losses()[name == NAMES].mean() for name in NAMES)
    for command in ("loss", "report"):
        arguments = (command, "run.npz", "--by", "language", "--fail-if")
        assert run(*arguments, f"worst_group_loss > {worst + 1e-9}").status == 0
        assert run(*arguments, f"worst_group_loss > {worst - 1e-9}").status == 1
        assert run(*arguments, "groups != 5").status == 0
        outcome = run(command, "run.npz", "--fail-if", "loss_over_groups > 1")
        assert outcome.status == 2


@pytest.mark.usefixtures("files")
def test_too_few_groups_and_no_such_column_are_one_line(run):
    np.save("g.npy", NAMES[:-1])
    outcome = run("loss", "run.npz", "--by", "g.npy")
    assert outcome.err.splitlines()[-1].startswith("error: g.npy: 399 groups for at least 400 rows; give one group per")
    outcome = run("loss", "run.npz", "--by", "langage")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--by langage: there is no file of that name" in outcome.err


@pytest.mark.usefixtures("files")
def test_skipped_rows_have_no_group(run):
    outcome = run("loss", "run.npz", "--by", "language", "--skip-rows", "0,5:300", "-f", "json")
    kept = np.ones(ROWS, bool)
    kept[[0, *range(5, 300)]] = False
    groups = json.loads(outcome.out)["groups"]["groups"]
    assert {group["name"]: group["rows"] for group in groups} == {
        name: (NAMES[kept] == name).sum() for name in NAMES[kept]
    }


def test_two_versions_are_compared_in_each_group(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = LOGITS + GENERATOR.normal(size=LOGITS.shape) / 3
    for name, array in {"a": LOGITS, "b": other, "y": LABELS, "g": NAMES}.items():
        np.save(f"{name}.npy", array)
    found = by_name(compare(LOGITS, other, LABELS, by=NAMES, ignore_index=3).groups)
    of_b = cross_entropy(torch.from_numpy(other), torch.from_numpy(LABELS), reduction="none").numpy()
    better = (other.argmax(1) == LABELS).astype(float) - (LOGITS.argmax(1) == LABELS)
    for name, line in found.items():
        rows = (name == NAMES) & (LABELS != 3)
        expected = [mean_and_error((of_b - losses())[rows]), mean_and_error(better[rows])]
        assert line.rows == rows.sum()
        assert line.means == pytest.approx([mean for mean, _ in expected], rel=1e-9, abs=1e-12)
        assert line.standard_errors == pytest.approx([error for _, error in expected], rel=1e-9)
    shown = run("compare", "a.npy", "b.npy", "--by", "g.npy", "-f", "json")
    p, q = (torch.log_softmax(torch.from_numpy(x), 1) for x in (LOGITS, other))
    kl = (p.exp() * (p - q)).sum(1).numpy()
    for group in json.loads(shown.out)["groups"]["groups"]:
        rows = group["name"] == NAMES
        assert group["mean_kl"]["value"] == pytest.approx(kl[rows].mean(), rel=1e-9)
        same = (LOGITS.argmax(1) == other.argmax(1))[rows].mean()
        assert group["top1_agreement"]["value"] == pytest.approx(same, rel=1e-12)
    assert run("compare", "a.npy", "b.npy", "--by", "g.npy", "--fail-if", "worst_group_mean_kl > 0").status == 1
    assert "5 groups by g.npy" in run("compare", "a.npy", "b.npy", "y.npy", "--by", "g.npy", "-f", "table").out


UNITS = GENERATOR.integers(1, 9, ROWS)


def test_bits_and_perplexity_per_unit_divide_by_the_units_of_counted_rows():
    counted = LABELS != 1
    total, units = losses()[counted].sum(), UNITS[counted].sum()
    ledger = evaluate(LOGITS, LABELS, ignore_index=1, units=UNITS).ledger.entries()
    figures = report(LOGITS, LABELS, ignore_index=1, units=UNITS).quantities()
    for found in (ledger, figures):
        assert found["units"] == units
        assert found["bits_per_unit"] == pytest.approx(total / np.log(2) / units, rel=1e-12)
        assert found["perplexity_per_unit"] == pytest.approx(np.exp(total / units), rel=1e-12)


def test_units_may_be_those_of_the_groups():
    of_groups = UNITS[: len(set(NAMES))]
    found = evaluate(LOGITS, LABELS, by=NAMES, units=of_groups).ledger
    assert (found.units, found.bits_per_unit) == (
        of_groups.sum(),
        pytest.approx(losses().sum() / np.log(2) / of_groups.sum(), rel=1e-12),
    )


def test_units_in_gates_and_files(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("run.npz", logits=LOGITS, labels=LABELS, bytes=UNITS)
    bits = losses().sum() / np.log(2) / UNITS.sum()
    for command in ("loss", "report"):
        for by in ("bytes", "run.npz:bytes"):
            gate = (command, "run.npz", "--units", by, "--fail-if")
            assert run(*gate, f"bits_per_unit > {bits + 1e-9}").status == 0
            assert run(*gate, f"bits_per_unit > {bits - 1e-9}").status == 1
        assert run(command, "run.npz", "--fail-if", "bits_per_unit > 1").status == 2
    assert "bits_per_unit" in run("loss", "run.npz", "--units", "bytes", "--ledger", "-f", "table").out
    assert "bits_per_unit" not in run("loss", "run.npz", "--ledger", "-f", "table").out


@pytest.mark.parametrize(
    ("units", "message"),
    [
        (UNITS[:-1], "units: 399 numbers of units for 400 rows; give one per row"),
        ([*UNITS, 1], "units: 401 numbers of units for 400 rows; give one per row"),
        ([-1, *UNITS[1:]], "units[0]: -1 is no number of units: numbers from 0 on are needed"),
        ([*UNITS[1:], np.nan], "units[399]: nan is no number of units: numbers from 0 on are needed"),
    ],
)
def test_what_cannot_be_units_is_refused_by_its_place(units, message):
    with pytest.raises(InputError) as refused:
        evaluate(LOGITS, LABELS, units=units)
    assert str(refused.value) == message
