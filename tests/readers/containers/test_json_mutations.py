"""JSON files of every kind with something else in some place: a figure or one line, never a fault."""

import copy
import json
import random
from pathlib import Path

import pytest

from softmax_cli import evaluate
from softmax_cli.errors import SoftmaxCliError
from softmax_cli.evaluation.inspecting import inspect
from softmax_cli.evaluation.reporting.report import report
from tests.readers.containers import test_token_logprobs as responses
from tests.readers.containers.lm_eval_files import multiple_choice

NUMBERS = [0, -1, 3, 2**70, 0.5, float("nan"), float("-inf")]
TEXTS = ["", "x", "1", "-2.5", "[1,2]", "(", "é" * 300, "\ud800"]
LISTS = [[], [[]], [1], [[1, 2], [3]], [None], [{}], {}, {"a": 1}, {"logprob": -1}]
OTHERS = [None, True, False, *NUMBERS, *TEXTS, *LISTS]
MAKERS = {
    "plain": lambda n: {"id": n, "logits": [0.5, n, 2.0], "label": n % 3, "t": "cat", "out": {"z": [[1, 2], [3, 4]]}},
    "samples": lambda n: multiple_choice(n, ["a b", "cde", "f"], [-1.0 - n, -2.5, -3.0], n % 3),
    "completions": lambda _: responses.completion([-1.0, -2.0]),
    "chats": lambda _: responses.chat([-1.0]),
    "prompts": lambda _: responses.prompt([-1.0, -3.0]),
}


def places(value, path=()):
    """The path of everything in a value, but for the value itself."""
    if path:
        yield path
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*path, key))


def changed(value, drawn):
    """A copy with one thing gone, under another key, or replaced."""
    value = copy.deepcopy(value)
    path = drawn.choice(list(places(value)))
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    if isinstance(holder, dict) and drawn.random() < 0.3:
        there = holder.pop(path[-1])
        if drawn.random() < 0.5:
            holder[drawn.choice(["logits", "label", "0", "target"])] = there
    else:
        holder[path[-1]] = drawn.choice(OTHERS)
    return value


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("maker", MAKERS)
def test_nothing_but_a_figure_or_one_line(maker, as_list):
    drawn = random.Random(maker)  # noqa: S311  (the same draws each time)
    for _ in range(40):
        rows = json.loads(json.dumps([MAKERS[maker](n) for n in range(drawn.choice([1, 2, 5]))]))
        place = drawn.randrange(len(rows))
        rows[place] = changed(rows[place], drawn)
        Path("x.json").write_text(json.dumps(rows) if as_list else "\n".join(map(json.dumps, rows)))
        for command in (evaluate, report, lambda name: inspect([name])):
            assert "\n" not in said_by(command)


def said_by(command):
    """What a command says of a file that it cannot read."""
    try:
        command("x.json")
    except SoftmaxCliError as error:
        return str(error)
    return ""
