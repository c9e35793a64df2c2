"""The cause that `compare` names: planted ones in many forms, and files that differ without one."""

import math

import numpy as np
import pytest
import scipy.special
import torch

import softmax_cli
from softmax_cli.backends.base import Backend

INF, NAN = math.inf, math.nan


def logits(rows=64, classes=20, dtype=np.float32, seed=0, scale=4.0):
    return (np.random.default_rng(seed).standard_normal((rows, classes)) * scale).astype(dtype)


def cause(a, b, **options):
    return softmax_cli.compare(a, b, resamples=0, **options).cause


def quantised(a, bits=8, scale=None, zero=0):
    scale = np.abs(a).max() / (2 ** (bits - 1) - 1) if scale is None else scale
    return np.clip(np.round(a / scale) + zero, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def bfloat16(a):
    return torch.from_numpy(a).to(torch.bfloat16).float().numpy()


def text_order(classes):
    return sorted(range(classes), key=str)


def shuffled(rows, seed=3):
    return np.random.default_rng(seed).permutation(rows)


PER_ROW = np.linspace(-3, 5, 64)[:, None]
PER_CLASS = np.linspace(-1, 2, 20)

PLANTED = {
    "softmax": (lambda a: scipy.special.softmax(a, axis=1), "B is A's softmax: probabilities, where A has logits"),
    "torch's softmax": (lambda a: torch.softmax(torch.from_numpy(a), 1).numpy(), "B is A's softmax: probabilities"),
    "softmax of 4 decimals": (lambda a: scipy.special.softmax(a, axis=1).round(4), "B is A's softmax: probabilities"),
    "softmax in float16": (lambda a: scipy.special.softmax(a, axis=1).astype(np.float16), "B is A's softmax: prob"),
    "softmax at 2": (lambda a: scipy.special.softmax(a / 2, axis=1), "B is A's softmax at temperature 2: "),
    "log-softmax": (lambda a: scipy.special.log_softmax(a, axis=1), "B is A's log-softmax: harmless"),
    "log-softmax at 4": (lambda a: scipy.special.log_softmax(a / 4, axis=1), "B is A's log-softmax at temperature 4"),
    "sigmoid": (scipy.special.expit, "B is A's sigmoid: a probability per class"),
    "log-sigmoid": (scipy.special.log_expit, "B is the logarithm of A's sigmoid"),
    "softmax over the rows": (lambda a: scipy.special.softmax(a, axis=0), "B is A's softmax over the rows instead"),
    "halves": (lambda a: a / 2, "B is 0.5 A: A at temperature 2."),
    "thrice": (lambda a: a * a.dtype.type(3), "B is 3 A: A at temperature 0.333333."),
    "half in float16": (lambda a: (a / 2).astype(np.float16), "B is 0.5 A: A at temperature 2."),
    "turned": (np.negative, "B is -A: the sign is turned"),
    "turned and doubled": (lambda a: -2 * a, "B is -2 A: the sign is turned"),
    "a constant": (lambda a: a + a.dtype.type(3), "B is A + 3: one constant throughout, which softmax ignores."),
    "a negative constant": (lambda a: a - a.dtype.type(7.5), "B is A - 7.5: one constant throughout"),
    "standardised": (lambda a: (a - 2) / 4, "B is 0.25 A - 0.5: A at temperature 4, and softmax ignores the constant."),
    "a constant per row": (lambda a: a + PER_ROW.astype(a.dtype), "B is A plus a constant per row, which softmax"),
    "less the maximum": (lambda a: a - a.max(axis=1, keepdims=True), "B is A less each row's largest value, which"),
    "less the mean": (lambda a: a - a.mean(axis=1, keepdims=True), "B is A less each row's mean, which softmax"),
    "a constant per class": (lambda a: a + PER_CLASS.astype(a.dtype), "B is A plus a constant per class, from -1 to 2"),
    "float16": (lambda a: a.astype(np.float16), "B is A cast to float16."),
    "float16 as float32": (lambda a: a.astype(np.float16).astype(np.float32), "B is A cast to float16."),
    "bfloat16": (bfloat16, "B is A cast to bfloat16."),
    "bfloat16 cut": (
        lambda a: (a.view(np.uint32) & 0xFFFF0000).view(np.float32),
        "B is A cast to bfloat16 by cutting its last bits off.",
    ),
    "float8": (
        lambda a: torch.from_numpy(a).to(torch.float8_e4m3fn).float().numpy(),
        "B is A cast to float8 (e4m3).",
    ),
    "2 decimals": (lambda a: a.astype(np.float64).round(2), "B is A rounded to 2 decimals."),
    "2 decimals in float32": (lambda a: a.round(2), "B is A rounded to 2 decimals."),
    "cut decimals": (lambda a: np.trunc(a.astype(np.float64) * 10) / 10, "B is A cut off after 1 decimal."),
    "whole numbers": (lambda a: np.rint(a).astype(np.int8), "B is A rounded to whole numbers."),
    "cut to whole numbers": (lambda a: a.astype(np.int32), "B is A cut off to whole numbers."),
    "4 digits": (
        lambda a: np.array([[float(f"{x:.3e}") for x in row] for row in a.tolist()]),
        "B is A written with 4 significant digits.",
    ),
    "int8": (lambda a: quantised(a).astype(np.int8), "B is A quantised to int8 without the scale: A / "),
    "int8 with a zero point": (
        lambda a: quantised(a, zero=5).astype(np.int8),
        "rounded, plus a zero point of 5; loss and report",
    ),
    "int8 as floats": (
        lambda a: quantised(a).astype(np.float32),
        "B is A quantised to whole numbers without",
    ),
    "uint8": (
        lambda a: np.clip(np.round(a / 0.11) + 128, 0, 255).astype(np.uint8),
        "B is A quantised to uint8 without the scale: A / 0.11",
    ),
    "int8 that saturates": (lambda a: quantised(a, scale=0.05).astype(np.int8), "without the scale: A / 0.05"),
    "8 bits and back": (lambda a: (quantised(a) * np.float32(0.1)).astype(np.float32), "without a cause"),
    "clipped": (lambda a: a.clip(-5, 5), "B is A clipped to at least -5 and at most 5, in "),
    "relu": (lambda a: a.clip(0), "B is A clipped to at least 0, in "),
    "masked classes": (
        lambda a: np.where(np.arange(20) >= 18, -np.inf, a).astype(a.dtype),
        "B is A but for -inf in classes 18, 19 throughout.",
    ),
    "the text order of classes": (
        lambda a: a[:, text_order(20)],
        "B has A's classes in another order, that of their numbers as text (0, 1, 10, 11, ...); loss and report read "
        "B in A's order with --logit-columns 0:2,12:20,2:12.",
    ),
    "classes reversed": (lambda a: a[:, ::-1], "B has A's classes in another order, the reverse; "),
    "classes rolled": (lambda a: np.roll(a, 1, axis=1), "another order, each 1 later, the last ones first; "),
    "two classes exchanged": (
        lambda a: a[:, [0, 7, *range(2, 7), 1, *range(8, 20)]],
        "another order, classes 1 and 7 exchanged; ",
    ),
    "a background class": (
        lambda a: np.insert(a, 0, np.linspace(0, 9, 64), axis=1)[:, :-1],
        "B's classes stand 1 later: class 1 of B is class 0 of A, and so on.",
    ),
    "rows reversed": (lambda a: a[::-1], "B has A's rows in another order, the reverse."),
    "rows rolled": (lambda a: np.roll(a, -1, axis=0), "another order, each 1 row earlier, the first ones last."),
    "rows rolled on": (lambda a: np.roll(a, 3, axis=0), "another order, each 3 rows later, the last ones first."),
    "rows shuffled": (
        lambda a: a[shuffled(64)],
        f"B has A's rows in another order, row 0 of B is row {shuffled(64)[0]} of A, row 1 of B is row ",
    ),
    "two rows exchanged": (lambda a: a[[0, 9, *range(2, 9), 1, *range(10, 64)]], "order, rows 1 and 9 exchanged."),
    "of two processes": (lambda a: np.concatenate([a[::2], a[1::2]]), "dealt out in turn to 2 parts"),
    "to two processes": (lambda a: a.reshape(2, 32, 20).swapaxes(0, 1).reshape(64, 20), "taken in turn from 2 parts"),
    "a row missing": (
        lambda a: np.concatenate([a[:10], a[11:], logits(1, seed=9)]),
        "row 10 of A is missing in B: its row 10 is row 11 of A, and so on.",
    ),
    "rows earlier": (
        lambda a: np.concatenate([a[2:], logits(2, seed=9)]),
        "B's rows stand 2 rows earlier: its row 0 is row 2 of A, and so on.",
    ),
    "a row twice": (
        lambda a: np.concatenate([a[:11], a[10:-1]]),
        "B has 1 row twice, from row 11 on, and A once: its row 11 is row 12 of B, and so on in A.",
    ),
}
PLANTED["8 bits and back"] = (
    lambda a: (quantised(a, scale=np.float32(0.1234567)) * np.float32(0.1234567)).astype(np.float32),
    "levels, 0.123457 apart: quantised to 8 bits and back.",
)


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("block", [7, 1000])
def test_a_planted_cause_is_named_whatever_the_blocks(monkeypatch, name, block):
    a = logits()
    monkeypatch.setattr(Backend, "block_bytes", block * 20 * 8)
    make, sentence = PLANTED[name]
    assert sentence in cause(a, make(a), threads=1 + 2 * (block == 7))


ONE_WAY = ("softmax", "sigmoid", "float16", "bfloat16", "2 decimals", "int8", "clipped", "masked classes", "4 digits")


@pytest.mark.parametrize("name", ONE_WAY)
def test_the_other_way_round_a_and_b_change_places(name):
    a = logits()
    b = PLANTED[name][0](a)
    turned = cause(a, b).translate(str.maketrans("AB", "BA"))
    assert cause(b, a) == turned.replace("BPI", "API") != ""


@pytest.mark.parametrize("shape", [(5, 3), (12, 2), (300, 7), (3, 1000), (2000, 10)])
@pytest.mark.parametrize("name", ["softmax", "log-softmax", "halves", "turned", "float16", "rows reversed", "sigmoid"])
def test_files_of_other_sizes(shape, name):
    a = logits(*shape, seed=1)
    make, sentence = PLANTED[name]
    found = cause(a, make(a))
    few = a.size < 20 and name == "float16"
    assert found == "" if few else sentence in found


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["softmax", "log-softmax", "turned", "a constant per row", "classes reversed"])
def test_other_dtypes(dtype, name):
    a = logits(dtype=dtype)
    make, sentence = PLANTED[name]
    b = make(a.astype(np.float64)).astype(dtype)
    assert sentence in cause(a, b)


@pytest.mark.parametrize("name", ["softmax", "turned", "rows shuffled", "classes reversed", "halves", "clipped"])
def test_text_beside_an_array(tmp_path, name):
    """The text has the shortest digits of float32, which are other numbers in float64."""
    a = logits()
    make, sentence = PLANTED[name]
    lines = (",".join(map(str, row)) for row in make(a).astype(np.float32))
    (tmp_path / "b.csv").write_text("\n".join(lines) + "\n", "utf-8")
    np.save(tmp_path / "a.npy", a)
    assert sentence in cause(tmp_path / "a.npy", tmp_path / "b.csv")


@pytest.mark.parametrize("rows", [8, 20])
def test_a_square_file_turned_on_its_side(rows):
    a = logits(rows, rows)
    assert cause(a, a.T.copy()) == "B is A transposed: its rows are A's classes."
    almost = a.T.copy()
    almost[-1, 0] += 1e-3
    assert cause(a, almost) == ""


def test_what_replaces_nan():
    a = logits()
    a[3, 2], a[40], a[50, 1] = NAN, NAN, INF
    assert (
        cause(a, np.nan_to_num(a, posinf=99.0)) == "B is A with nan replaced by 0 and inf replaced by 99, in 22 values."
    )


def test_logits_past_the_largest_number_of_float16():
    a = logits(scale=20_000)
    past = np.count_nonzero(np.abs(a) >= 65520)
    with np.errstate(over="ignore"):
        found = cause(a, a.astype(np.float16))
    assert found == f"B is A cast to float16; {past} logits past its largest number became infinite."


def test_a_class_that_is_masked_in_both_does_not_hide_the_cause():
    a = logits()
    a[:, 4] = -INF
    assert cause(a, scipy.special.softmax(a, axis=1)).startswith("B is A's softmax: ")
    assert cause(a, scipy.special.log_softmax(a, axis=1)).startswith("B is A's log-softmax: ")
    assert cause(a, a / 2).startswith("B is 0.5 A")


NOISE = np.random.default_rng(5).standard_normal((64, 20)).astype(np.float32)


def one_value_off(b):
    b = np.array(b)
    b[-1, -1] += 0.25 * (1 + abs(b[-1, -1]))
    return b


HEALTHY = {
    "the same file": lambda a: a.copy(),
    "noise": lambda a: a + NOISE,
    "a little noise": lambda a: a + NOISE * np.float32(1e-3),
    "the rounding of another kernel": lambda a: a * (1 + np.sign(NOISE) * np.float32(2e-7)),
    "fine-tuned a little": lambda a: a * np.float32(1.01) + NOISE * np.float32(0.02),
    "another model": lambda a: logits(*a.shape, seed=77),
    "softmax of another model": lambda a: scipy.special.softmax(a + NOISE * np.float32(0.01), axis=1),
    "noise, then float16": lambda a: (a + NOISE * np.float32(0.01)).astype(np.float16),
    "noise, then a decimal": lambda a: (a.astype(np.float64) + NOISE * 0.1).round(1),
    "noise, then int8": lambda a: quantised(a + NOISE * np.float32(0.3)).astype(np.int8),
    "rows shuffled, with noise": lambda a: (a + NOISE * np.float32(1e-3))[shuffled(64)],
    "a scale for each row": lambda a: a / np.linalg.norm(a, axis=1, keepdims=True),
    "one value another": one_value_off,
    "one value of the halves another": lambda a: one_value_off(a / 2),
    "one value of the softmax another": lambda a: one_value_off(scipy.special.softmax(a, axis=1)),
    "one value of the reversed rows another": lambda a: one_value_off(a[::-1]),
    "one value of the float16 another": lambda a: one_value_off(a.astype(np.float16)),
    "one value of the 8 bits another": lambda a: one_value_off(quantised(a).astype(np.int32)),
}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("block", [5, 1000])
def test_files_that_differ_without_a_cause(monkeypatch, name, block):
    a = logits()
    monkeypatch.setattr(Backend, "block_bytes", block * 20 * 8)
    assert (cause(a, HEALTHY[name](a)), cause(HEALTHY[name](a), a)) == ("", "")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([[1.0, 2.0], [0.0, 3.0]], [[2.0, 3.0], [0.0, 3.0]]),
        ([[1, 2, 3]], [[2, 4, 6]]),
        ([[1, 2], [3, 4], [5, 6]], [[5, 6], [3, 4], [1, 2]]),
        ([[0, 1], [1, 0]], [[1, 0], [0, 1]]),
        ([[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]),
        ([[1.0]], [[2.0]]),
    ],
)
def test_a_few_nice_numbers_prove_nothing(a, b):
    assert cause(a, b) == ""


@pytest.mark.parametrize("late", [300, 1999])
@pytest.mark.parametrize(
    "make",
    [
        lambda a: scipy.special.softmax(a, axis=1),
        lambda a: a / 2,
        lambda a: -a,
        lambda a: a[:, ::-1].copy(),
        lambda a: a.astype(np.float16),
        lambda a: quantised(a).astype(np.int8),
        lambda a: a[::-1].copy(),
        lambda a: a.clip(-3, 3),
    ],
)
def test_a_row_far_behind_that_is_otherwise_rules_a_cause_out(make, late):
    a = logits(2000, 6)
    b = make(a)
    assert cause(a, b) != ""
    b[late] = b[late - 1]
    assert cause(a, b) == ""


def test_the_remedies_say_what_the_tool_can_do(run, tmp_path):
    """The command that each sentence names gives B the loss of A."""
    a, y = logits(), np.random.default_rng(1).integers(0, 20, 64)
    expected = torch.nn.functional.cross_entropy(torch.from_numpy(a).double(), torch.from_numpy(y)).item()
    np.save(tmp_path / "y.npy", y)
    for name, close in (("int8", 0.05),):
        np.save(tmp_path / "b.npy", PLANTED[name][0](a))
        option = cause(a, np.load(tmp_path / "b.npy")).rpartition("with ")[2].rstrip(".").split()
        found = run("loss", "-q", tmp_path / "b.npy", tmp_path / "y.npy", *option)
        assert float(found.out) == pytest.approx(expected, rel=close)
