"""lm-eval's samples: the choices' log-likelihoods as logits, and the accuracies as the harness has them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from softmax_cli import evaluate
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.source import Source
from tests.readers.containers.lm_eval_files import as_text, drawn_choices, multiple_choice, write

ROWS = 120


def drawn(numbers=(4,), seed=0, **more):
    """Samples with so many choices, in turn, their log-likelihoods and their labels."""
    generator = np.random.default_rng(seed)
    samples, values, labels = [], [], []
    for doc_id in range(ROWS):
        choices = drawn_choices(generator, numbers[doc_id % len(numbers)])
        lls = (-generator.gamma(2, [0.4 * len(choice) for choice in choices]) - 0.01).tolist()
        gold = int(generator.integers(len(choices)))
        samples.append(multiple_choice(doc_id, choices, lls, gold, **more))
        values.append(lls)
        labels.append(gold)
    return samples, values, labels


def expected_loss(values, labels):
    """The mean over rows, each of its own number of choices."""
    rows = [
        cross_entropy(torch.tensor(lls, dtype=torch.float64), torch.tensor(label))
        for lls, label in zip(values, labels, strict=True)
    ]
    return torch.stack(rows).mean().item()


def mean_of(samples, name):
    return float(np.mean([sample[name] for sample in samples]))


@pytest.mark.parametrize("layout", ["text", "numbers"])
@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("numbers", [(4,), (2, 3, 5)])
def test_the_figures_are_the_harness_s_own(numbers, layout, as_list):
    metrics = ("acc", "acc_norm", "acc_bytes")
    samples, values, labels = drawn(numbers, layout=layout, metrics=metrics)
    write("samples_x.jsonl", samples, as_list=as_list)
    found = report("samples_x.jsonl")
    figures = found.quantities()
    assert {name: figures[name] for name in metrics} == {name: mean_of(samples, name) for name in metrics}
    assert figures["accuracy"] == figures["acc"]
    assert figures["loss"] == pytest.approx(expected_loss(values, labels), rel=1e-12)
    assert [note for note in found.notes if "row by row" in note] == [
        f"samples_x.jsonl:logits: {name} is as lm-eval has it, row by row" for name in metrics
    ]


@pytest.mark.parametrize("numbers", [(3,), (2, 3, 5)])
def test_choices_that_a_row_does_not_have_disturb_no_variant(numbers, run):
    samples, values, labels = drawn(numbers)
    write("samples_x.jsonl", samples)
    found = evaluate("samples_x.jsonl")
    for line in found.losses:
        assert line.loss == pytest.approx(expected_loss(values, labels), rel=1e-9)
    padded = [note for note in found.notes if "-inf stands for the others" in note]
    assert padded == (
        ["samples_x.jsonl:logits: 80 of 120 rows have fewer than 5 choices: -inf stands for the others"]
        if len(numbers) > 1
        else []
    )
    outcome = run("loss", "-q", "samples_x.jsonl")
    assert float(outcome.out) == pytest.approx(expected_loss(values, labels), rel=1e-12)
    assert outcome.status == 0


def test_a_figure_that_the_file_has_otherwise_is_said():
    samples, *_ = drawn()
    samples[41]["acc_norm"] = 1 - samples[41]["acc_norm"]
    write("samples_x.jsonl", samples)
    notes = report("samples_x.jsonl").notes
    theirs = mean_of(samples, "acc_norm")
    first = "the first row that differs is samples_x.jsonl:42"
    assert f"samples_x.jsonl:logits: lm-eval itself has acc_norm {theirs:.6g}, and {first}" in notes


@pytest.mark.parametrize("delimiter", [" ", "", "\n"])
def test_the_length_of_a_choice_is_that_without_the_delimiter(delimiter):
    """The two choices change places where the delimiter is counted as well: -10 / 1 against -10.5 / 2."""
    samples = [multiple_choice(n, ["a" * 10, "b" * 5], [-19.0, -10.0], 0, delimiter=delimiter) for n in range(4)]
    for sample in samples:
        sample["doc"]["choices"] = ["a" * 10, "b" * 5]
    write("samples_x.jsonl", samples)
    assert report("samples_x.jsonl").quantities()["acc_norm"] == mean_of(samples, "acc_norm") == 1
    assert report("samples_x.jsonl").quantities()["acc"] == 0


@pytest.mark.parametrize("targets", ["index", "text", "letter", "list of one"])
def test_targets_may_be_indices_texts_or_letters(targets):
    samples, values, labels = drawn()
    for sample, label in zip(samples, labels, strict=True):
        text = sample["arguments"][f"gen_args_{label}"]["arg_1"].removeprefix(" ")
        sample["target"] = {"index": str(label), "text": text, "letter": "ABCD"[label], "list of one": f"[{label}]"}[
            targets
        ]
    write("samples_x.jsonl", samples)
    assert evaluate("samples_x.jsonl").loss() == pytest.approx(expected_loss(values, labels), rel=1e-12)


@pytest.mark.parametrize("by_text", [False, True])
def test_texts_that_are_numbers_are_told_from_indices_by_the_file_s_own_accuracy(by_text):
    generator = np.random.default_rng(3)
    samples, values, labels = [], [], []
    for doc_id in range(60):
        lls, gold = (-generator.random(4) * 9).tolist(), int(generator.integers(4))
        choices = ["1", "2", "3", "0"]
        samples.append(multiple_choice(doc_id, choices, lls, gold, target=choices[gold] if by_text else gold))
        values.append(lls)
        labels.append(gold)
    write("samples_x.jsonl", samples)
    assert evaluate("samples_x.jsonl").loss() == pytest.approx(expected_loss(values, labels), rel=1e-12)


def test_choices_in_the_context_are_told_by_acc():
    """As in winogrande: two contexts, one continuation, which is the target."""
    generator = np.random.default_rng(5)
    samples, values, labels = [], [], []
    for doc_id in range(50):
        lls, gold = (-generator.random(2) * 9).tolist(), int(generator.integers(2))
        sample = multiple_choice(
            doc_id, ["first", "other"], lls, gold, layout="numbers", target=" is right.", metrics=("acc",)
        )
        sample["arguments"] = [("The first", " is right."), ("The other", " is right.")]
        samples.append(as_text(sample))
        values.append(lls)
        labels.append(gold)
    write("samples_x.jsonl", samples)
    told = "which choice is right is told by acc: the target of 50 rows does not say it"
    assert f"samples_x.jsonl:labels: {told}" in report("samples_x.jsonl").notes
    found = report("samples_x.jsonl").quantities()
    assert found["loss"] == pytest.approx(expected_loss(values, labels), rel=1e-12)
    assert found["acc"] == mean_of(samples, "acc")
    assert "acc_norm" not in found


def test_unconditional_requests_for_mutual_information_are_no_choices():
    samples, values, labels = drawn(layout="numbers")
    for sample in samples:
        continuations = [text for _, text in sample["arguments"]]
        sample["arguments"] += [("", text) for text in continuations]
        sample["filtered_resps"] = [*sample["filtered_resps"], *((-1.0, False) for _ in continuations)]
    write("samples_x.jsonl", map(as_text, samples))
    assert evaluate("samples_x.jsonl").loss() == pytest.approx(expected_loss(values, labels), rel=1e-12)
    assert report("samples_x.jsonl").quantities()["acc"] == mean_of(samples, "acc")


@pytest.mark.parametrize("responses", ["pair", "bare", "rolling"])
def test_one_continuation_per_row_is_its_log_probability(responses, run):
    values = -np.random.default_rng(0).gamma(2, 3, 80)
    samples = []
    for doc_id, value in enumerate(values.tolist()):
        given = {"pair": [[str(value), "False"]], "bare": [str(value), "True"], "rolling": [str(value)]}[responses]
        samples.append({"doc_id": doc_id, "doc": {}, "target": "word", "filtered_resps": given, "arguments": {}})
    write("samples_x.jsonl", samples)
    outcome = run("report", "samples_x.jsonl", "--format", "json")
    figures = json.loads(outcome.out)["figures"]
    assert figures["perplexity"]["value"] == pytest.approx(np.exp(-values.mean()), rel=1e-12)
    assert "with --values label-log-probabilities" in outcome.err


def test_several_files_are_one_and_their_figures_too():
    halves = [drawn(seed=seed) for seed in (1, 2)]
    for place, (samples, _, _) in enumerate(halves):
        write(f"samples_{place}.jsonl", samples)
    found = report("samples_*.jsonl").quantities()
    every = [sample for samples, _, _ in halves for sample in samples]
    assert (found["acc"], found["acc_norm"]) == (mean_of(every, "acc"), mean_of(every, "acc_norm"))


def test_rows_that_are_left_out_leave_the_harness_s_figures_out():
    write("samples_x.jsonl", drawn()[0])
    assert "acc" not in report("samples_x.jsonl", skip_rows="0").quantities()
    with pytest.raises(UsageError, match="acc_norm"):
        _gate("acc_nor < 1")


def _gate(text):
    from softmax_cli.gates import parse_condition_on
    from softmax_cli.reports.model import quantity_names

    return parse_condition_on(text, quantity_names([5]), "acc < 1")


def test_a_gate_may_be_put_on_acc_norm(run):
    samples, *_ = drawn()
    write("samples_x.jsonl", samples)
    bound = mean_of(samples, "acc_norm")
    assert run("report", "samples_x.jsonl", "--fail-if", f"acc_norm < {bound}").status == 0
    assert run("report", "samples_x.jsonl", "--fail-if", f"acc_norm <= {bound}").status == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"filtered_resps": ["an answer"]}, "x.jsonl:8: filtered_resps has 'an answer', which is no log-likelihood"),
        ({"filtered_resps": [["an answer"]]}, "x.jsonl:8: filtered_resps has 'an answer', which is no log-likelihood"),
        ({"filtered_resps": []}, "x.jsonl:8: filtered_resps is empty"),
        ({"filtered_resps": None}, "x.jsonl:8: no sample of lm-eval"),
        ({"filtered_resps": [[None, "False"]] * 4}, "x.jsonl:8: filtered_resps has None"),
        ({"filtered_resps": [["-1", "False"]]}, "x.jsonl:8: one choice, where x.jsonl:1 has 4"),
        ({"filtered_resps": [["-1", "False"]] * 100_000}, "x.jsonl:8: 100,000 choices, where others have 4"),
        ({"target": "[0, 2]"}, "x.jsonl:labels: x.jsonl:8: target '[0, 2]': several right choices"),
        ({"target": "7"}, "x.jsonl:labels: x.jsonl:8: target '7' is no index of the 4 choices"),
        ({"target": "nothing"}, "x.jsonl:labels: x.jsonl:8: target 'nothing' is no index of the 4 choices"),
        ({"target": None}, "x.jsonl:labels: x.jsonl:8: target None is no index"),
        ({"target": "[" * 150}, "x.jsonl:labels: x.jsonl:8: target '[["),
        ({"filter": "strict"}, "x.jsonl: the samples of several filters"),
    ],
)
def test_what_is_wrong_is_said_of_its_line(change, what):
    samples, *_ = drawn()
    samples[7].update(change)
    write("x.jsonl", samples)
    with pytest.raises(InputError) as refused:
        evaluate("x.jsonl")
    assert str(refused.value).startswith(what)
    assert "\n" not in str(refused.value)


def test_the_arrays_are_listed_with_what_they_are(run):
    samples, *_ = drawn((2, 3))
    write("x.jsonl", samples)
    assert [(entry.name, entry.kind, entry.shape) for entry in entries_of(Source("x.jsonl"))] == [
        ("logits", "float64", (ROWS, 3)),
        ("labels", "int64", (ROWS,)),
    ]
    assert "60 of 120 rows have fewer than 3 choices" in run("inspect", "x.jsonl").out


def test_a_row_is_named_by_its_line():
    samples, *_ = drawn()
    samples[4]["filtered_resps"][1][0] = "nan"
    write("x.jsonl", samples)
    table = entries_of(Source("x.jsonl"))[0].opening(Source("x.jsonl:logits"), False)
    assert table.where(4, 1) == "x.jsonl:5"
    assert Path("x.jsonl").exists()
