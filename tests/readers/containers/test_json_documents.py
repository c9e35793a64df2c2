"""A file that is one JSON value: the same numbers as in lines, and the place of whatever is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import entries_of, json_documents
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

LOGITS = np.random.default_rng(0).normal(size=(30, 4))
LABELS = np.random.default_rng(1).integers(0, 4, 30)
LOSS = cross_entropy(torch.from_numpy(LOGITS), torch.from_numpy(LABELS)).item()
ROWS = [{"logits": x.tolist(), "label": int(y), "note": "n" * 900} for x, y in zip(LOGITS, LABELS, strict=True)]


def values(address, *, text=False, axis=1):
    table = open_table(Source(address), Dialect(), Selection(text=text))
    return np.concatenate(list(table.blocks(7, axis)))


def refusal(content, address="x.json"):
    Path("x.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        values(address)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    return str(refused.value)


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        {"logits": LOGITS.tolist(), "labels": LABELS.tolist()},
        {"model": "m", "out": {"logits": LOGITS.tolist()}, "y": LABELS.tolist()},
    ],
)
def test_the_loss_is_that_of_the_arrays(content, indent, run):
    Path("x.json").write_text(json.dumps(content, indent=indent))
    assert evaluate("x.json").loss() == pytest.approx(LOSS, rel=1e-12)
    assert float(run("loss", "-q", "-", stdin=Path("x.json").read_bytes()).out) == pytest.approx(LOSS, rel=1e-12)


def test_a_list_of_lists_needs_no_name():
    Path("x.json").write_text(json.dumps(LOGITS.tolist()))
    Path("y.json").write_text(json.dumps(LABELS.tolist(), indent=1))
    assert values("x.json").tobytes() == LOGITS.tobytes()
    assert evaluate("x.json", "y.json").loss() == pytest.approx(LOSS, rel=1e-12)


def test_one_object_of_one_row_is_an_array_of_one_axis():
    Path("x.json").write_text('{"logits": [1, 2, 3], "label": 0}\n')
    expected = cross_entropy(torch.tensor([1.0, 2, 3], dtype=torch.float64), torch.tensor(0)).item()
    assert evaluate("x.json").loss() == pytest.approx(expected, rel=1e-12)


def test_arrays_of_any_shape_and_kind_are_listed():
    Path("x.json").write_text(
        '{"a": [[[1], [2]]], "n": 3, "t": ["x", "y"], "b": [true, false], "s": {"u": [0.5]}, "o": {}}'
    )
    found = {entry.name: (entry.kind, entry.shape) for entry in entries_of(Source("x.json"))}
    assert found == {
        "a": ("int64", (1, 2, 1)),
        "n": ("int64", ()),
        "t": ("text", (2,)),
        "b": ("bool", (2,)),
        "s.u": ("float64", (1,)),
    }
    assert values("x.json:t", text=True, axis=None).tolist() == ["x", "y"]


def test_special_numbers_keep_their_bits():
    array = np.array([[np.nan, np.inf, -np.inf], [-0.0, 5e-324, 1.7976931348623157e308]])
    Path("x.json").write_text(json.dumps({"x": array.tolist()}))
    assert values("x.json:x").tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("content", "address", "what"),
    [
        ('{"x": [[1, 2], [3]]}', "x.json:x", "x.json:x: x[1]: 1 values, where there are 2 before"),
        ('{"x": [[1, 2], [3, null]]}', "x.json:x", "x.json:x: x[1]: null, where a whole number is needed"),
        ('{"x": [[1, 2], [3, "4"]]}', "x.json:x", "x.json:x: x[1]: the number 3 and the text '4'"),
        ("[[1, 2], [3]]", "x.json", "x.json: x.json[1]: 1 values, where there are 2 before"),
        ('[{"x": [1]}, {"x": [1, 2]}]', "x.json:x", "x.json:x: x.json[1]: 2 values, where there are 1 before"),
        ('[{"x": 1}, {"y": 2}]', "x.json:x", "x.json[1]: there is no x"),
        ('{"x": [1e999]}', "x.json:x", "x.json: 1e999 lies beyond float64"),
        ('{"x": [1, 2}', "x.json:x", "x.json:1: column 12: no JSON (expecting ',' delimiter)"),
        ('{\n "x": [1,\n 2', "x.json:x", "x.json:3: column 3: no JSON (expecting ',' delimiter): the text ends here"),
        ('{"x": 1, "x": 2}', "x.json:x", "x.json: the key 'x' stands twice"),
        (b'{"x": [1],\n "y": "\xfe"}', "x.json:x", "x.json:2: column 8: not UTF-8 text (the byte 0xfe)"),
        ("[[0.5 1.5]\n [2.5 3.5]]\n", "x.json", "x.json:1: column 7: no JSON"),
        ("{}", "x.json", "x.json: this JSON holds no numbers and no labels"),
        ("[]", "x.json", "x.json: "),
        ("[" * 100_000, "x.json", "x.json: the JSON is nested too deeply"),
        ('{"a":' * 100_000, "x.json", "x.json: the JSON is nested too deeply"),
        ('{"x": [' + "1" * 5000 + "]}", "x.json:x", "x.json: "),
        ('{"x": ["' + "a" * 300 + '"]}', "x.json:x", "x.json:x: texts longer than labels"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content, address, what):
    assert refusal(content, address).startswith(what)


def test_a_document_that_is_too_large_to_be_held_is_refused(monkeypatch):
    monkeypatch.setattr(json_documents, "LARGEST", 1000)
    said = refusal(json.dumps({"x": list(range(2000))}, indent=1), "x.json:x")
    assert said.startswith("x.json: one JSON value of more than 0 MiB")
    assert said.endswith("write one object per line (JSONL), which is read line by line")
