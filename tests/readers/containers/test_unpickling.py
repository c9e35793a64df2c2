"""Pickles that ask for more than arrays: nothing of them runs, whatever operation asks, and nothing grows."""

import io
import json
import os
import pickle
import pickletools
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from softmax_cli.errors import InputError
from softmax_cli.readers.containers import pickled

SYSTEM = b"cposix\nsystem\n"
STACKED = b"\x8c\x05posix\x8c\x06system\x93"


def entries(data):
    return pickled.entries(io.BytesIO(data), len(data), "x.pkl")


def refusal(data):
    with pytest.raises(InputError) as caught:
        entries(data)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 300
    return message


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def hostile(command):
    """A pickle for each operation that could import something, call it or set its state."""
    told = text(command)
    return {
        "GLOBAL and REDUCE": SYSTEM + told + b"\x85R.",
        "INST": b"(" + told + b"iposix\nsystem\n.",
        "OBJ": b"(" + SYSTEM + told + b"o.",
        "STACK_GLOBAL and REDUCE": b"\x80\x04" + STACKED + told + b"\x85R.",
        "NEWOBJ": b"\x80\x04" + STACKED + told + b"\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04" + STACKED + told + b"\x85}\x92.",
        "NEWOBJ_EX with keywords": b"\x80\x04" + STACKED + b")}\x8c\x07command" + told + b"s\x92.",
        "BUILD of a name": SYSTEM + b"}" + text("__setstate__") + SYSTEM + b"sb" + told + b"b.",
        "BUILD of a name's slots": SYSTEM + b"N}" + text("a") + told + b"s\x86b.",
        "memo": b"\x80\x04" + b"\x8c\x05posix\x94\x8c\x06systemq\x010h\x00h\x01\x93" + told + b"\x85R.",
        "memo of another number": text("math")
        + b"q\x050"
        + text("posix")
        + b"q\x050h\x05"
        + text("system")
        + b"\x93"
        + told
        + b"\x85R.",
        "dotted name": b"\x80\x04\x8c\x05posix\x8c\x0fsystem.__call__\x93" + told + b"\x85R.",
        "name of an allowed module": b"cnumpy.testing._private.utils\nrunstring\n" + told + b"}\x86R.",
        "attribute of an allowed name": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93" + told + b"\x85R.",
        "getattr": b"c__builtin__\ngetattr\n" + SYSTEM + text("__call__") + b"\x86R.",
        "eval": b"cbuiltins\neval\n" + text(f"__import__('os').system({command!r})") + b"\x85R.",
        "pickle in a pickle": b"cpickle\nloads\nB"
        + (len(SYSTEM + told) + 3).to_bytes(4, "little")
        + SYSTEM
        + told
        + b"\x85R."
        + b"\x85R.",
        "a set that calls": b"\x8f(" + SYSTEM + told + b"\x85R\x90.",
        "a key that calls": b"}" + SYSTEM + told + b"\x85RK\x01s.",
        "before a damaged end": b"]" + SYSTEM + told + b"\x85Ra\xff",
        "a call of what was called": SYSTEM + told + b"\x85R" + told + b"\x85R.",
        "dtype with a name": b"cnumpy\ndtype\n" + SYSTEM + b"\x89\x88\x87R.",
        "array of another class": b"cnumpy.core.multiarray\n_reconstruct\n" + SYSTEM + b"K\x00\x85C\x01b\x87R.",
        "EXT1": b"\x80\x02\x82\x01" + told + b"\x85R.",
        "EXT2": b"\x80\x02\x83\x01\x00" + told + b"\x85R.",
        "EXT4": b"\x80\x02\x84\x01\x00\x00\x00" + told + b"\x85R.",
        "PERSID": b"Pposix.system\n.",
        "BINPERSID": STACKED + told + b"\x86Q.",
        "NEXT_BUFFER": b"\x80\x05\x97.",
    }


@pytest.mark.parametrize("name", hostile(""))
def test_no_operation_runs_anything(name, tmp_path):
    sentinel = tmp_path / "it ran"
    modules = set(sys.modules)
    message = refusal(hostile(f"touch '{sentinel}'")[name])
    assert not sentinel.exists()
    assert set(sys.modules) == modules
    asks = ("NEXT_BUFFER", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4")
    assert name in asks or "asks for" in message


def test_python_itself_would_run_some_of_them(tmp_path):
    for name in (
        "GLOBAL and REDUCE",
        "INST",
        "OBJ",
        "STACK_GLOBAL and REDUCE",
        "NEWOBJ_EX",
        "memo",
        "pickle in a pickle",
    ):
        sentinel = tmp_path / name
        data = hostile(f"touch '{sentinel}'")[name]
        if name == "NEWOBJ_EX":
            assert [op.name for op, _, _ in pickletools.genops(data)][-2] == "NEWOBJ_EX"
            continue
        pickle.loads(data)  # noqa: S301  (what is measured against)
        assert sentinel.exists()


WATCHED = """
import io, json, sys
from softmax_cli.errors import InputError
from softmax_cli.readers.containers import pickled
cases = [bytes.fromhex(line) for line in sys.stdin.read().split()]
for codec in ("raw-unicode-escape", "unicode-escape"):
    b"".decode(codec)
seen, refused = [], 0
modules = set(sys.modules)
sys.addaudithook(lambda event, arguments: event == "builtins.id" or seen.append(f"{event} {arguments}"))
for data in cases:
    try:
        pickled.entries(io.BytesIO(data), len(data), "x.pkl")
    except InputError:
        refused += 1
found = list(seen)
print(json.dumps([refused, found, sorted(set(sys.modules) - modules)]))
"""


def test_python_tells_of_no_import_no_file_and_no_process(tmp_path):
    cases = hostile(f"touch '{tmp_path / 'it ran'}'").values()
    told = subprocess.run(
        [sys.executable, "-c", WATCHED],
        input="\n".join(data.hex() for data in cases),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(pickled.__file__).parents[3])},
    )
    assert json.loads(told.stdout) == [len(cases), [], []]
    assert list(tmp_path.iterdir()) == []


def test_the_refusal_names_what_was_asked_for():
    message = refusal(SYSTEM + text("true") + b"\x85R.")
    assert message.startswith("x.pkl: this pickle asks for posix.system, which is no array; nothing of it was run; ")


def test_a_name_that_would_spoil_the_line_is_spelled_out():
    message = refusal(b"\x80\x04" + text("a\nb\x1b[31m") + text("c" * 1000) + b"\x93)R.")
    assert "a\\nb\\x1b[31m.ccc" in message


def test_a_name_alone_is_only_a_name():
    array = np.arange(3)
    (entry,) = entries(pickle.dumps({"how": os.system, "type": np.float32, "x": array}))
    assert entry.name == "x"


@pytest.mark.parametrize("protocol", range(6))
def test_the_plain_values_are_those_of_python(protocol):
    held = [0, -1, 255, 65536, 2**40, -(2**62), 3, True]
    (entry,) = entries(pickle.dumps(held, protocol))
    assert entry.values.tolist() == held
    floats = [0.1, -0.0, 1e-320, float("inf"), 2, True]
    (entry,) = entries(pickle.dumps(floats, protocol))
    assert entry.values.tobytes() == np.array(floats, np.float64).tobytes()


def test_every_operation_of_python_is_known_or_refused_by_name():
    for operation in pickletools.opcodes:
        if operation.name == "STOP":
            continue
        with pytest.raises(InputError) as caught:
            entries(operation.code.encode("latin-1") + b"\x00" * 8)
        assert f"no operation is {ord(operation.code):#04x}" not in str(caught.value)


# --- lengths that are not there -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"B\xff\xff\xff\xff.",
        b"\x8e" + b"\xff" * 8 + b".",
        b"\x96" + (1 << 40).to_bytes(8, "little") + b".",
        b"X\xff\xff\xff\x7f.",
        b"\x8d" + (1 << 62).to_bytes(8, "little") + b".",
        b"T\xff\xff\xff\x7f.",
        b"\x8b\xff\xff\xff\x7f.",
        b"\x8b\x10\x27\x00\x00" + b"\x01" * 10_000 + b".",
        b"L" + b"9" * 1_000_000 + b"L\n.",
        b"\x95" + b"\xff" * 8 + b"N.",
        b"r\xff\xff\xff\xff.",
        b"p" + b"9" * 900 + b"\n.",
        b"g" + b"9" * 900 + b"\n.",
        b"I1",
        b"",
        b"\x80",
        b"\x80\x06N.",
        b".",
        b"t.",
        b"\x87.",
        b"((t\x87.",
        b"S'a\n.",
        b"S'\\",
        b"S'\\q'\n.",
        b"S'\\777'\n.",
        b"V\\ud8\n.",
        b"NNs.",
        b"]N\x90.",
        b"}(Nu.",
    ],
)
def test_a_damaged_pickle_is_one_line_and_takes_no_memory(data):
    tracemalloc.start()
    try:
        refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(data) + 200_000
    finally:
        tracemalloc.stop()


# --- what grows ---------------------------------------------------------------------------------------------------


def doubled(times, end=b"."):
    """Lists of two references to the list before: 2 ** times of them could be told."""
    return (
        b"]q\x00"
        + b"".join(
            b"]q\x00(h\x01h\x01e".replace(b"q\x00", b"q" + bytes([n])).replace(b"h\x01", b"h" + bytes([n - 1]))
            for n in range(1, times)
        )
        + end
    )


@pytest.mark.parametrize(
    "data",
    [
        doubled(60),
        doubled(60, b"]K\x01ah\x00e."),
        b"K\x01(" * 3 + b"]" + b"".join(b"(h\x00" for _ in range(3)) + b".",
        b"]q\x00(" + b"h\x00" * 100_000 + b"e.",
        b"]q\x00(" + b"K\x01" * 50_000 + b"e]q\x01(" + b"h\x00" * 50_000 + b"e.",
        text("x" * 100_000)
        + b"q\x00c_codecs\nencode\nq\x01]q\x02("
        + b"h\x01h\x00X\x06\x00\x00\x00latin1\x86R" * 1_000
        + b"e.",
        b"]q\x00" + b"(" * 1_000 + b"t" * 1_000 + b".",
        b"}q\x00(" + b"".join(text(f"{'k' * 500}{n}") + b"}q\x01" for n in range(200)) + b"u.",
    ],
)
def test_shared_parts_make_no_memory_grow(data):
    tracemalloc.start()
    try:
        found = []
        with suppress(InputError):
            found = entries(data)
        assert len(found) < 10_000
        assert tracemalloc.get_traced_memory()[1] < 150 * len(data) + 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "part",
    [
        b"]",
        b"}",
        b"(",
        b"N\x94",
        b"\x94",
        b"\x8f",
        b"\x85",
        b"C\x01a",
        b"U\x00",
        b"J\xff\xff\xff\x7f",
        b"ca\nb\n",
        b"(K\x01l",
    ],
)
def test_short_operations_take_no_more_than_was_said(part):
    data = b"N" + part * (200_000 // len(part)) + b"."
    tracemalloc.start()
    try:
        with suppress(InputError):
            entries(data)
        assert tracemalloc.get_traced_memory()[1] < 150 * len(data)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("protocol", range(6))
def test_a_key_that_is_no_text_can_be_printed(protocol):
    (entry,) = entries(pickle.dumps({"a\ud800": [1]}, protocol))
    assert entry.name.encode() in {b"a\\ud800", b"a\\xed\\xa0\\x80"}


def test_lists_that_hold_themselves_are_entered_once():
    cycle = {"x": np.arange(3)}
    cycle["self"] = [cycle, (cycle,)]
    (entry,) = entries(pickle.dumps(cycle))
    assert entry.name == "x"


@pytest.mark.parametrize("end", [b"", b"0N"])
@pytest.mark.parametrize("wrap", [b"\x85", b"]", b"}"])
def test_a_million_levels_are_no_fault(wrap, end):
    data = b"N" + b"\x85" * 1_000_000 if wrap == b"\x85" else b"".join([wrap] * 100_000 + [b"N"])
    if wrap == b"]":
        data = b"]" * 100_000 + b"a" * 99_999
    if wrap == b"}":
        data = b"}N" * 100_000 + b"}" + b"s" * 100_000
    if end:
        assert entries(data + end + b".") == []
    else:
        assert "nested more than 64 deep" in refusal(data + b".")


def test_keys_of_one_hash_take_no_longer():
    keys = [n * ((1 << 61) - 1) for n in range(1, 20_000)]
    assert len({hash(key) for key in keys}) == 1
    data = b"}(" + b"".join(b"\x8a\x0a" + key.to_bytes(10, "little") + b"N" for key in keys) + b"u."
    assert entries(data) == []


def test_two_arrays_of_one_address_are_both_refused():
    found = entries(
        pickle.dumps(
            {1: np.arange(2), "1": np.arange(3), "a": {"b": np.arange(2)}, "a/b": np.arange(2), "c": np.arange(2)}
        )
    )
    assert [entry.name for entry in found if not entry.refusal] == ["c"]
    assert {entry.refusal for entry in found if entry.name != "c"} == {"two arrays of this file have this address"}


def test_of_two_values_of_one_key_the_later_counts():
    data = b"}(" + text("x") + b"](K\x01K\x02e" + text("x") + b"](K\x07ee".replace(b"ee", b"e") + b"u."
    assert pickle.loads(data) == {"x": [7]}  # noqa: S301  (Python's own answer)
    (entry,) = entries(data)
    assert entry.values.tolist() == [7]


def test_what_follows_the_first_pickle_is_refused():
    assert "follow the first pickle" in refusal(pickle.dumps(np.arange(3)) * 2)
