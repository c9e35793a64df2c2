"""JSON lines: the numbers that were written, and the line of whatever is wrong."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from softmax_cli import evaluate
from softmax_cli.errors import InputError
from softmax_cli.readers import open_table
from softmax_cli.readers.containers import entries_of, json_text
from softmax_cli.readers.dialect import Dialect, Selection
from softmax_cli.readers.source import Source

ROW = '{"logits": [1, 2.5, 3], "label": 2}'


def write(*lines, name="x.jsonl", end="\n"):
    Path(name).write_bytes(
        b"".join((line if isinstance(line, bytes) else line.encode()) + end.encode() for line in lines)
    )


def opened(address, *, text=False):
    return open_table(Source(address), Dialect(), Selection(text=text))


def values(address, *, text=False, axis=1, rows=3):
    return np.concatenate(list(opened(address, text=text).blocks(rows, axis)))


def refusal(address, **more):
    with pytest.raises(InputError) as refused:
        values(address, **more)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    return str(refused.value)


def outcome(address):
    """What is said of a file; nothing where it can be read."""
    try:
        values(address)
    except InputError as error:
        return str(error)
    return ""


def listed(name):
    return {entry.name: (entry.kind, entry.size_text, entry.refusal) for entry in entries_of(Source(name))}


def drawn(shape, seed=0):
    """Doubles of any size, all finite."""
    generator = np.random.default_rng(seed)
    return np.ldexp(generator.normal(size=shape), generator.integers(-300, 300, shape))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 1, 2)])
@pytest.mark.parametrize("rows", [1, 2, 5, 1000])
def test_an_array_has_the_bits_that_were_written(shape, rows):
    array = drawn((40, *shape))
    write(*(json.dumps({"out": {"x": item.tolist()}}) for item in array))
    for axis in range(1, array.ndim):
        expected = np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
        assert values("x.jsonl:out.x", axis=axis, rows=rows).tobytes() == expected.tobytes()


def test_paths_lead_through_objects_and_lists_of_objects():
    write(*(json.dumps({"choices": [{"logits": [n, 0.5]}, {"logits": [n, 1.5]}], "a": {"b": n}}) for n in range(3)))
    assert listed("x.jsonl") == {
        "choices.0.logits": ("float64", "?x2", ""),
        "choices.1.logits": ("float64", "?x2", ""),
        "a.b": ("int64", "?", ""),
    }
    assert values("x.jsonl:choices.1.logits").tolist() == [[0, 1.5], [1, 1.5], [2, 1.5]]


def test_whole_numbers_are_exact_to_64_bits_and_texts_are_labels():
    write(
        '{"y": 9223372036854775807, "u": 18446744073709551615, "t": "cat", "b": true}',
        '{"y": -9223372036854775808, "u": 0, "t": "ox", "b": false}',
    )
    assert values("x.jsonl:y", text=True).ravel().tolist() == [2**63 - 1, -(2**63)]
    assert values("x.jsonl:u", text=True).ravel().tolist() == [2**64 - 1, 0]
    assert values("x.jsonl:t", text=True).ravel().tolist() == ["cat", "ox"]
    assert values("x.jsonl:b", text=True).ravel().tolist() == [1, 0]
    assert refusal("x.jsonl:t") == "x.jsonl:t: text, where numbers are needed"


def test_nan_and_infinities_are_read_as_python_writes_them():
    write(json.dumps([np.nan, np.inf, -np.inf, -0.0]), "[1, 2, 3, 4]")
    assert values("x.jsonl").tobytes() == np.array([[np.nan, np.inf, -np.inf, -0.0], [1, 2, 3, 4]]).tobytes()


def test_a_byte_order_mark_other_line_ends_and_blank_lines_at_both_ends_change_nothing():
    write("\ufeff", ROW, ROW.replace("3]", "-3]"), "", " ", end="\r\n")
    assert values("x.jsonl:logits").tolist() == [[1, 2.5, 3], [1, 2.5, -3]]
    assert opened("x.jsonl:logits").where(1, 1) == "x.jsonl:3"


def test_a_compressed_file_and_pieces_are_read_as_one_plain_file():
    array = drawn((50, 4))
    lines = [json.dumps({"logits": item.tolist(), "label": 1}) for item in array]
    write(*lines)
    Path("x.jsonl.gz").write_bytes(gzip.compress(Path("x.jsonl").read_bytes()))
    assert values("x.jsonl.gz:logits").tobytes() == array.tobytes()
    write(*lines[:20], name="p-1.jsonl")
    write(*lines[20:], name="p-2.jsonl")
    expected = cross_entropy(torch.from_numpy(array), torch.ones(50, dtype=torch.long)).item()
    assert evaluate("p-*.jsonl").loss() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("before", [1, 1500, 40_000])
@pytest.mark.parametrize(
    ("line", "address", "what"),
    [
        ('{"logits": [1, 2], "label": 0}', "logits", "logits: 2 values, where there are 3 before"),
        ('{"logits": [1, 2, null], "label": 0}', "logits", "logits: null, where a number is needed"),
        ('{"logits": [1, 2, "3.5"], "label": 0}', "logits", "logits: the text '3.5', where a number is needed"),
        ('{"logits": [1, 2, true], "label": 0}', "logits", "logits: true, where a number is needed"),
        ('{"logits": [1, 2, [3]], "label": 0}', "logits", "logits: a list of 1, where a number is needed"),
        ('{"logits": 4, "label": 0}', "logits", "logits: the number 4, where a list of 3 is needed"),
        ('{"logits": [1, 2, 1e400], "label": 0}', "logits", "1e400 lies beyond float64"),
        ('{"logit": [1, 2, 3], "label": 0}', "logits", "there is no logits"),
        ("[1, 2, 3]", "logits", "there is no logits"),
        ('{"logits": [1, 2, 3], "label": null}', "label", "label: null, where a whole number is needed"),
        ('{"logits": [1, 2, 3, "label": 0}', "logits", "column 29: no JSON (expecting ',' delimiter)"),
        ('{"logits": [1, 2,', "logits", "column 18: no JSON (expecting value): the text ends here"),
        (b'{"logits": [1, 2, 3], "label": "\xff"}', "logits", "column 33: not UTF-8 text (the byte 0xff)"),
    ],
)
def test_what_is_wrong_is_said_of_its_line(line, address, what, before):
    write(*[ROW] * before, line)
    said = refusal(f"x.jsonl:{address}", text=address == "label", rows=512)
    # What the first lines show has been seen before any is read.
    assert f"x.jsonl:{before + 1}: " in said
    assert what in said or before == 1


@pytest.mark.parametrize(
    ("label", "what"), [("0.5", "the number 0.5, where a whole number is needed"), ("36893488147419103232", "")]
)
def test_whole_numbers_stay_whole(label, what):
    write(*[ROW] * 2000, f'{{"logits": [1, 2, 3], "label": {label}}}')
    assert refusal("x.jsonl:label", text=True).startswith(f"x.jsonl:2001: label: {what}")


def test_a_blank_line_between_others_is_refused():
    write(ROW, "", ROW)
    assert refusal("x.jsonl:logits") == "x.jsonl:2: a blank line between others; delete it"


def test_a_key_that_stands_twice_is_refused():
    write('{"label": 0, "label": 1}', '{"label": 0, "label": 1}')
    assert refusal("x.jsonl:label").startswith("x.jsonl:1: the key 'label' stands twice in one object")


def test_a_damaged_first_line_is_named_as_such():
    write('{"logits": [1, 2, 3}', ROW)
    assert refusal("x.jsonl").startswith("x.jsonl:1: column 20: no JSON")


def test_values_without_a_common_form_do_not_keep_the_others_from_being_read():
    write(ROW, '{"logits": [1, 2.5], "label": 1}')
    assert values("x.jsonl:label", text=True).ravel().tolist() == [2, 1]
    assert listed("x.jsonl")["logits"][2] == "x.jsonl:2: 2 values, where there are 3 before"
    with pytest.raises(InputError, match=r"^x\.jsonl:logits: x\.jsonl:2: 2 values"):
        evaluate("x.jsonl")


def test_logits_may_be_whole_numbers_at_first():
    write(*['{"logits": [1, 2]}'] * 2000, '{"logits": [0.5, 2]}')
    assert values("x.jsonl:logits")[-1].tolist() == [0.5, 2]


@pytest.mark.parametrize("more", [{"id": 0}, {"index": 3, "text": "a cat"}, {"doc_id": "x"}])
def test_the_loss_is_that_of_the_arrays_whatever_else_the_lines_hold(more, run):
    logits, labels = np.random.default_rng(0).normal(size=(700, 5)), np.random.default_rng(1).integers(0, 5, 700)
    write(*(json.dumps({**more, "logits": x.tolist(), "label": int(y)}) for x, y in zip(logits, labels, strict=True)))
    expected = cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item()
    outcome = run("loss", "-q", "-", stdin=Path("x.jsonl").read_bytes())
    assert float(outcome.out) == pytest.approx(expected, rel=1e-12), outcome.err
    assert evaluate("x.jsonl:logits", "x.jsonl:label").loss() == pytest.approx(expected, rel=1e-12)
    with_names = evaluate(Path("x.jsonl"))
    assert "x.jsonl: label is taken for the labels" in with_names.notes


@pytest.mark.parametrize("name", ["x.jsonl", "x*.jsonl"])
def test_classes_can_be_chosen(name):
    logits, labels = np.random.default_rng(0).normal(size=(90, 5)), np.random.default_rng(1).integers(0, 2, 90)
    lines = [json.dumps({"logits": x.tolist(), "label": int(y)}) for x, y in zip(logits, labels, strict=True)]
    write(*lines[:40])
    write(*lines[40:], name="x2.jsonl" if "*" in name else "x.jsonl")
    first = 0 if "*" in name else 40
    expected = cross_entropy(torch.from_numpy(logits[first:, [3, 1]]), torch.from_numpy(labels[first:])).item()
    assert evaluate(name, logit_columns="3,1").loss() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("before", [0, 3000])
@pytest.mark.parametrize("names", [False, True])
def test_rows_without_a_label_can_be_left_out(before, names, run):
    logits, labels = np.random.default_rng(0).normal(size=(before + 50, 3)), [2] * before + [0, None] * 25
    Path("x.csv").write_text("a,b,c\n" + "".join(",".join(map(repr, x)) + "\n" for x in logits.tolist()))
    write(*(json.dumps({"label": "abc"[y] if names and y is not None else y}) for y in labels))
    kept = [row for row, label in enumerate(labels) if label is not None]
    chosen = torch.tensor([labels[row] for row in kept])
    expected = cross_entropy(torch.from_numpy(logits[kept]), chosen).item()
    outcome = run("loss", "-q", "x.csv", "x.jsonl", "--ignore-missing")
    assert float(outcome.out) == pytest.approx(expected, rel=1e-12), outcome.err
    without = run("loss", "-q", "x.csv", "x.jsonl").err
    assert f"x.jsonl:{before + 2}: label: null" in without
    assert without.endswith("; if this is a row without a label, use --ignore-missing\n")


def test_labels_may_be_texts_beside_a_header(run):
    write('{"label": "b"}', '{"label": "a"}')
    Path("x.csv").write_text("a,b\n1,2\n3,4\n")
    expected = cross_entropy(torch.tensor([[1.0, 2], [3, 4]], dtype=torch.float64), torch.tensor([1, 0])).item()
    assert float(run("loss", "-q", "x.csv", "x.jsonl").out) == pytest.approx(expected, rel=1e-12)


def test_the_place_of_a_label_out_of_range_is_its_line(run):
    write(ROW, ROW, ROW.replace(": 2}", ": 7}"))
    assert run("loss", "-q", "x.jsonl").err.splitlines()[-1].startswith("error: x.jsonl:3: label 7")


def test_orjson_changes_nothing(monkeypatch):
    """Where it is not installed, a stand-in that refuses what orjson refuses shows that the rest goes on."""
    array = drawn((30, 3))
    array[7, 1] = np.nan
    write(*(json.dumps({"x": item.tolist()}) for item in array))
    plain = values("x.jsonl:x")
    calls = []

    class Strict:
        @staticmethod
        def loads(text):
            calls.append(text)
            return json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))

    if "orjson" not in sys.modules:
        monkeypatch.setitem(sys.modules, "orjson", Strict)
    json_text._quickest.cache_clear()
    try:
        assert values("x.jsonl:x").tobytes() == plain.tobytes() == array.tobytes()
    finally:
        json_text._quickest.cache_clear()
    assert len(calls) in {0, 30}


def test_inspect_lists_the_paths(run):
    write('{"id": 1, "logits": [1.5, 2], "label": "a"}', '{"id": 2, "logits": [1.5, 2], "label": "b"}')
    found = [line.split("\t")[:5] for line in run("inspect", "x.jsonl").out.splitlines()[1:]]
    assert found == [
        ["x.jsonl", "id", "int64", "?", ""],
        ["x.jsonl", "logits", "float64", "?x2", "logits"],
        ["x.jsonl", "label", "text", "?", "labels"],
    ]


def test_any_damage_is_one_line_or_another_number():
    generator = np.random.default_rng(0)
    write(*(json.dumps({"logits": item.tolist(), "label": 1, "t": "é"}) for item in drawn((20, 3))))
    content = Path("x.jsonl").read_bytes()
    for _ in range(400):
        damaged = bytearray(content)
        for place in generator.integers(0, len(content), generator.integers(1, 4)):
            damaged[place] = generator.integers(0, 256)
        Path("x.jsonl").write_bytes(
            damaged[: generator.integers(1, len(content))] if generator.random() < 0.3 else damaged
        )
        assert "\n" not in outcome("x.jsonl:logits")
