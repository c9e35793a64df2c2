"""The words for what is not finite: they name the true class and the true cause."""

import math

import pytest

from softmax_cli import evaluate

INF, NAN = math.inf, math.nan

UNDERFLOW = "class {} lies {} below the maximum; {} softmax underflows past {}, and {}"
NAN_PRODUCT, INF_LOG = "0 * inf is nan", "-log(0) is inf"

CASES = [
    # row, label, dtype, variant, words
    ([105, 0, 1], 0, "float32", "log_of_softmax", UNDERFLOW.format(1, 105.0, "float32", 104.0, NAN_PRODUCT)),
    ([0, -200, 3], 1, "float32", "log_of_softmax", UNDERFLOW.format(1, 203.0, "float32", 104.0, INF_LOG)),
    ([800, 0, 1], 0, "float64", "log_of_softmax", UNDERFLOW.format(1, 800.0, "float64", 745.1, NAN_PRODUCT)),
    ([20, 0, 1], 0, "float16", "log_of_softmax", UNDERFLOW.format(1, 20.0, "float16", 17.3, NAN_PRODUCT)),
    ([0, -INF, 1], 0, "float32", "log_softmax", "class 1 is -inf (masked)"),
    ([-INF, 0, 1], 0, "float32", "cross_entropy", "class 0, the label's, is -inf: its probability is 0"),
    ([0, INF, 1], 0, "float32", "cross_entropy", "class 1 is inf, and inf - inf is nan"),
    ([0, 1, NAN], 0, "float32", "nll_loss", "class 2 is nan"),
    ([-INF, -INF, -INF], 0, "float32", "nll_loss", "every class is -inf, and no softmax exists"),
    ([0, 70000, 1], 0, "float16", "cross_entropy", "class 1 is 70000, which float16 holds as inf"),
]


@pytest.mark.parametrize(("row", "label", "dtype", "variant", "words"), CASES)
def test_cause(row, label, dtype, variant, words, backend):
    filler = [[0.0, 0.0, 0.0]] * 3
    report = evaluate([*filler, row, *filler], [0, 0, 0, label, 0, 0, 0], backend=backend, dtype=dtype)
    (line,) = (line for line in report.losses if line.variant == variant)
    assert line.nonfinite == 1
    assert line.causes[0].startswith(f"row 3: {words}")
    assert any(words in warning for warning in report.warnings())


def test_bfloat16_has_its_own_threshold():
    report = evaluate([[100.0, 0.0, 1.0]], [0], backend="torch", dtype="bfloat16")
    assert "bfloat16 softmax underflows past 92.9" in report.losses[0].causes[0]


def test_a_finite_loss_has_no_cause():
    report = evaluate([[105.0, 0.0, 1.0]], [0], dtype="float32")
    assert [bool(line.causes) for line in report.losses] == [True, False, False, False]


@pytest.mark.parametrize(("dtype", "gap"), [("float32", 104.0), ("float64", 745.25)])
def test_log_of_softmax_breaks_at_the_gap_that_is_named(dtype, gap, backend):
    def nonfinite(below):
        return evaluate([[below, 0.0]], [0], dtype=dtype, backend=backend).losses[0].nonfinite

    assert nonfinite(gap - 0.5) == 0
    assert nonfinite(gap) == 1
