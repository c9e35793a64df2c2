"""Numbers in options: what is one, what is none, and the bounds of those that count something."""

import math
from decimal import Decimal

import numpy as np
import pytest

from softmax_cli import evaluate
from softmax_cli.errors import UsageError
from softmax_cli.option_numbers import THREADS, check_limit, finite_number, number, shown, whole_number

NO_NUMBERS = ["", " ", " 1", "1 ", "1 0", "1_0", "0x3", "1e", "e1", ".", "+", "1,5", "1.5.", "１", "٣", "1e5_0", "one"]
NOT_FINITE = ["nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "9" * 400]


@pytest.mark.parametrize("text", ["1", "-1", "+1", "1.", ".5", "1.5", "1e3", "-2.5E-3", "0", "1e-400", "9" * 300])
def test_a_decimal_number_is_read(text):
    assert finite_number(text) == float(Decimal(text))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_other_spellings_are_no_numbers(text):
    with pytest.raises(UsageError, match=r"^here: a finite number is needed, written as 0\.5 or 2e-3$"):
        number("here", text)
    with pytest.raises(UsageError, match=r"^here: a whole number is needed, written as 12$"):
        whole_number("here", text)


@pytest.mark.parametrize("text", NOT_FINITE)
def test_a_number_is_finite(text):
    with pytest.raises(UsageError, match=r"^here: a finite number is needed$"):
        number("here", text)


@pytest.mark.parametrize(("text", "expected"), [("nan", math.nan), ("-inf", -math.inf), ("1.5", 1.5)])
def test_an_option_that_says_so_takes_nan_and_inf(text, expected):
    assert number("here", text, infinite=True) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("text", ["1.0", "1e3", "nan", "inf", "9" * 5000])
def test_a_whole_number_has_digits_alone(text):
    with pytest.raises(UsageError, match=r"^here: a whole number is needed"):
        whole_number("here", text)
    assert whole_number("here", "-12") == -12


def test_a_long_text_that_is_no_number_takes_no_time_and_is_cut():
    text = "1" * 100_000 + "x"
    assert finite_number(text) is None
    assert len(shown(text)) < 50
    assert shown("\N{FULLWIDTH DIGIT ONE}") == r"'\uff11'"


@pytest.mark.parametrize("value", [0, 1025, 100_000, 1.5, math.nan, "2"])
def test_bounds(value):
    with pytest.raises(UsageError, match=r"^--threads .*: a whole number from 1 to 1024 is needed$"):
        THREADS.check("--threads", value)
    THREADS.check("--threads", np.int64(3))


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_a_limit_is_finite(value):
    with pytest.raises(UsageError, match=r"^--atol .*: a finite number from 0 on is needed$"):
        check_limit("--atol", value)


@pytest.mark.parametrize(
    "options",
    [
        {"losses": ["focal"], "parameters": {"focal.gamma": math.nan}},
        {"losses": ["focal"], "parameters": {"focal.alpha": (0.1, math.inf)}},
        {"temperature": math.nan},
        {"label_smoothing": math.nan},
        {"top": 10**6},
        {"threads": 10**6},
        {"ignore_index": 1 << 63},
    ],
)
def test_python_functions_refuse_the_same(options):
    with pytest.raises(UsageError, match=r"is needed$"):
        evaluate([[1.0, 2.0]], [0], **options)


OPTIONS = [
    ("loss", name)
    for name in ("temperature", "label-smoothing", "rtol", "atol", "expect", "ignore-index", "label-base", "shift",
                 "class-axis", "threads", "top")
] + [
    *(("report", f"{name}") for name in ("temperature", "bins", "top-k", "worst", "threads", "ignore-index")),
    *(("compare", name) for name in ("temperature", "top-k", "top", "resamples", "seed", "atol", "rtol", "threads")),
    *(("check", name) for name in ("threads", "ignore-index", "class-axis")),
]  # fmt: skip


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("text", ["1_0", "１", " 1", "", "0x1", "1e400", "٣"])
def test_every_option_is_read_strictly(run, samples, command, option, text):
    outcome = run(command, samples / "logits.csv", samples / "labels.csv", f"--{option}", text)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"error: --{option} {shown(text)}: a ")


@pytest.mark.parametrize("text", ["1_0", "one", "100000"])
def test_a_number_of_the_environment_is_read_alike(run, samples, monkeypatch, text):
    monkeypatch.setenv("SOFTMAX_CLI_THREADS", text)
    outcome = run("loss", "-q", samples / "logits.csv", samples / "labels.csv")
    assert (outcome.status, outcome.out) == (2, "")
    assert "THREADS=" in outcome.err or "--threads 100000: " in outcome.err
