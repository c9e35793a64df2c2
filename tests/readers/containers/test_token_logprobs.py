"""Log-probabilities of tokens in responses of serving APIs: one value per token, and the perplexity of them."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.evaluation.reporting.report import report
from softmax_cli.readers.containers import entries_of
from softmax_cli.readers.source import Source

VALUES = [(-np.random.default_rng(seed).gamma(1, 2, size)).tolist() for seed, size in enumerate((7, 1, 30))]
FLAT = np.concatenate(VALUES)


def completion(values):
    """https://platform.openai.com/docs/api-reference/completions, with echo: the first token has none."""
    logprobs = {"tokens": ["a"] * (len(values) + 1), "token_logprobs": [None, *values], "text_offset": [0]}
    logprobs["top_logprobs"] = [None, *({"b": -0.1} for _ in values)]
    return {"id": "cmpl", "object": "text_completion", "choices": [{"index": 0, "text": "a", "logprobs": logprobs}]}


def chat(values):
    """https://platform.openai.com/docs/api-reference/chat/object."""
    top = [{"token": "b", "logprob": -0.01, "bytes": [98]}]
    content = [{"token": "a", "logprob": value, "bytes": [97], "top_logprobs": top} for value in values]
    message = {"role": "assistant", "content": "a"}
    choice = {"index": 0, "message": message, "logprobs": {"content": content, "refusal": None}}
    return {"id": "chatcmpl", "choices": [choice], "usage": {"prompt_tokens": 3, "total_tokens": 4}}


def prompt(values, *, inside=True):
    """vLLM's: the prompt's own token first, whatever its id, then the likeliest."""
    positions = [
        {
            "9": {"logprob": value, "rank": 7, "decoded_token": "a"},
            "4": {"logprob": -0.001, "rank": 1, "decoded_token": "b"},
            "11": {"logprob": -8.0, "rank": 2, "decoded_token": "c"},
        }
        for value in values
    ]
    choice = {"index": 0, "text": ""}
    found = {"prompt_logprobs": [None, *positions]}
    return {"id": "cmpl", "choices": [{**choice, **found}]} if inside else {"id": "cmpl", "choices": [choice], **found}


FORMS = {
    "choices.0.logprobs.token_logprobs": completion,
    "choices.0.logprobs.content.logprob": chat,
    "choices.0.prompt_logprobs": prompt,
    "prompt_logprobs": lambda values: prompt(values, inside=False),
}


def write(responses, name="x.jsonl"):
    Path(name).write_text("".join(json.dumps(each) + "\n" for each in responses))


@pytest.mark.parametrize("name", FORMS)
def test_the_perplexity_is_that_of_all_tokens(name, run):
    write(map(FORMS[name], VALUES))
    assert [entry.name for entry in entries_of(Source("x.jsonl"))] == [name]
    figures = report("x.jsonl").quantities()
    assert figures["rows"] == len(FLAT)
    assert figures["loss"] == pytest.approx(-FLAT.mean(), rel=1e-12)
    assert figures["perplexity"] == pytest.approx(np.exp(-FLAT.mean()), rel=1e-12)
    for address in ("x.jsonl", f"x.jsonl:{name}"):
        outcome = run("loss", "-q", address)
        assert (outcome.status, float(outcome.out)) == (0, pytest.approx(-FLAT.mean(), rel=1e-12))
        assert "with --values label-log-probabilities" in outcome.err


@pytest.mark.parametrize("name", FORMS)
def test_nulls_are_skipped_and_counted(name):
    write(map(FORMS[name], VALUES))
    nulls = 0 if FORMS[name] is chat else len(VALUES)
    expected = [f"x.jsonl:{name}: {nulls} tokens have no log-probability (null); skipped"] if nulls else []
    assert [note for note in evaluate("x.jsonl").notes if "null" in note] == expected


@pytest.mark.parametrize("name", FORMS)
def test_one_response_may_be_the_whole_file(name, run):
    response = FORMS[name](VALUES[2])
    for content in (json.dumps(response), json.dumps(response, indent=2), json.dumps([response])):
        Path("x.json").write_text(content)
        assert evaluate("x.json").loss() == pytest.approx(-np.mean(VALUES[2]), rel=1e-12)
        assert float(run("loss", "-q", "-", stdin=content.encode()).out) == pytest.approx(
            -np.mean(VALUES[2]), rel=1e-12
        )
    Path("x.json.gz").write_bytes(gzip.compress(content.encode()))
    assert evaluate("x.json.gz").loss() == pytest.approx(-np.mean(VALUES[2]), rel=1e-12)


def test_several_choices_are_told_apart(run):
    response = completion(VALUES[0])
    response["choices"].append(completion(VALUES[2])["choices"][0])
    write([response])
    outcome = run("loss", "-q", "x.jsonl")
    assert (outcome.status, outcome.err.count("\n")) == (3, 1)
    assert "choose one, as x.jsonl:NAME" in outcome.err
    found = run("loss", "-q", "x.jsonl:choices.1.logprobs.token_logprobs")
    assert float(found.out) == pytest.approx(-np.mean(VALUES[2]), rel=1e-12)


def test_gates_are_those_of_log_probabilities(run):
    write(map(completion, VALUES))
    assert run("loss", "x.jsonl", "--fail-if", "perplexity > 1").status == 1
    assert run("report", "x.jsonl", "--fail-if", "perplexity > 1e6").status == 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda choice: choice["logprobs"].pop("token_logprobs"), "there is no choices.0.logprobs.token_logprobs"),
        (lambda choice: choice.pop("logprobs"), "there is no choices.0.logprobs"),
        (lambda choice: choice.update(logprobs=None), "there is no choices.0.logprobs.token_logprobs"),
        (lambda choice: choice["logprobs"].update(token_logprobs=3), "is no list of log-probabilities (3)"),
        (
            lambda choice: choice["logprobs"]["token_logprobs"].__setitem__(2, "x"),
            "token_logprobs.2: 'x' is no log-prob",
        ),
        (
            lambda choice: choice["logprobs"]["token_logprobs"].__setitem__(2, True),
            "token_logprobs.2: True is no log-p",
        ),
        (lambda choice: choice["logprobs"]["token_logprobs"].__setitem__(2, 0.7), "0.7 is not a log-probability"),
    ],
)
def test_what_is_wrong_is_said_of_its_response(change, what):
    responses = [completion(VALUES[2]) for _ in range(3)]
    change(responses[1]["choices"][0])
    write(responses)
    with pytest.raises(InputError) as refused:
        evaluate("x.jsonl")
    assert str(refused.value).startswith("x.jsonl:2")
    assert what in str(refused.value)
    assert "\n" not in str(refused.value)


def test_sorted_keys_are_noticed():
    """The prompt's own token, of rank 7 among three, would not be the first entry."""
    Path("x.json").write_text(json.dumps(prompt(VALUES[0]), sort_keys=True))
    with pytest.raises(InputError, match="own token is not the first entry, as vLLM has it: the keys were sorted"):
        evaluate("x.json")


def test_the_floor_of_vllm_is_said():
    write([completion([-9999.0, -1.0])])
    notes = evaluate("x.jsonl").notes
    assert "x.jsonl:choices.0.logprobs.token_logprobs: 1 value is -9999.0, which vLLM writes for -inf" in notes


def test_labels_beside_them_are_refused(run):
    write(map(completion, VALUES))
    Path("y.csv").write_text("0\n")
    assert run("loss", "x.jsonl", "y.csv").status == 2
