"""The grammar of `--fail-if` and the tolerance of `--expect`."""

import math

import pytest

from softmax_cli import evaluate
from softmax_cli.errors import UsageError
from softmax_cli.gates import met, parse_condition, parse_condition_on, unexpected

LOGITS, LABELS = [[2.0, 1.0], [0.0, 3.0]], [0, 1]
# By hand: ln(1 + e^-1) and ln(1 + e^-3).
MEAN = (math.log1p(math.exp(-1)) + math.log1p(math.exp(-3))) / 2


@pytest.fixture
def report():
    return evaluate(LOGITS, LABELS, backend="all")


def failures(report, text):
    return list(parse_condition(text).failures(report))


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("cross_entropy > 0.1", 2),
        ("cross_entropy>0.1", 2),
        ("cross_entropy > 0.2", 0),
        ("cross_entropy >= 0.2", 0),
        ("cross_entropy < 0.2", 2),
        ("cross_entropy <= 1e-3", 0),
        ("torch:cross_entropy > 0.1", 1),
        ("nll_loss != 5", 2),
        ("nll_loss == 5", 0),
        ("perplexity > 1.1", 1),
        ("perplexity > 1.2", 0),
        ("bits > 0.26", 1),
        ("bits > 0.27", 0),
        ("counted < 3", 1),
        ("ignored > 0", 0),
        ("nonfinite > 0", 0),
        ("agreement > 1e-12", 0),
    ],
)
def test_a_condition_is_met_or_not(report, text, met):
    assert len(failures(report, text)) == met


def test_a_failure_says_what_by_how_much(report):
    (words,) = failures(report, "torch:cross_entropy > 0.1")
    assert words.startswith("torch:float64:cross_entropy is 0.18092451954598")
    assert words.endswith("which meets --fail-if 'torch:cross_entropy > 0.1' (by 8.1e-02)")


@pytest.mark.parametrize("text", ["cross_entropy > 1", "cross_entropy < 1", "cross_entropy == 5", "cross_entropy != 5"])
def test_nan_passes_no_gate(text):
    report = evaluate([[math.nan, 0.0]], [0], variants=["cross_entropy"])
    assert len(failures(report, text)) == 1


def test_nan_makes_the_agreement_nan_and_counts_as_nonfinite():
    report = evaluate([[0.0, -math.inf]], [0])
    assert len(failures(report, "agreement > 1")) == 1
    assert len(failures(evaluate([[-math.inf, 0.0]], [0], reduction="sum"), "agreement > 1")) == 1
    assert len(failures(report, "nonfinite > 0")) == 2  # the two recipes that multiply by one-hot rows


@pytest.mark.parametrize(
    "text", ["", "cross_entropy", "cross_entropy > ", "cross_entropy => 1", "cross_entropy > one", "1 > cross_entropy",
             "cross_entropy > 1 and 2", "__import__('os') > 1"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError, match="--fail-if"):
        parse_condition(text)


def test_an_unknown_quantity_lists_those_there_are():
    with pytest.raises(
        UsageError, match=r"there is no 'loss'; there are log_of_softmax, .*, perplexity, .*, agreement"
    ):
        parse_condition("loss > 1")


@pytest.mark.parametrize("text", ["focal > 1", "cuda:cross_entropy > 1"])
def test_what_was_not_computed_is_refused(report, text):
    with pytest.raises(UsageError, match="was not computed; ask for it"):
        failures(report, text)


def test_rows_have_no_one_value():
    with pytest.raises(UsageError, match="one value a row"):
        failures(evaluate(LOGITS, LABELS, reduction="none"), "cross_entropy > 1")


@pytest.mark.parametrize(
    ("expected", "rtol", "atol", "off"),
    [
        (MEAN, 1e-12, 0.0, 0),
        (MEAN * (1 + 9e-7), 1e-6, 0.0, 0),
        (MEAN * (1 + 2e-6), 1e-6, 0.0, 2),
        (MEAN + 0.009, 0.0, 0.01, 0),
        (MEAN + 0.011, 0.0, 0.01, 2),
        (math.nan, 1e-6, 0.0, 2),
        (math.inf, 1e-6, 0.0, 2),
    ],
)
def test_expected(report, expected, rtol, atol, off):
    assert len(list(unexpected(report, "cross_entropy", expected, rtol, atol))) == off


@pytest.mark.parametrize(
    ("logits", "value"), [([[math.nan, 0.0]], math.nan), ([[-math.inf, 0.0]], math.inf)], ids=["nan", "inf"]
)
def test_nan_and_inf_can_be_expected(logits, value):
    report = evaluate(logits, [0])
    assert not list(unexpected(report, "cross_entropy", value, 1e-6, 0.0))
    assert len(list(unexpected(report, "cross_entropy", 1.0, 1e-6, 1e9))) == 1


class Measured:
    """Any report with figures by name can be held to conditions."""

    def quantities(self):
        return {"ece": 0.125, "kl": math.nan}


@pytest.mark.parametrize(
    ("texts", "failures"),
    [
        (["ece > 0.2"], []),
        (["ece > 0.1", "ece<0.5"], ["ece is 0.125, which meets --fail-if 'ece > 0.1' (by 2.5e-02)"]),
        (["kl > 5"], ["kl is nan, which meets --fail-if 'kl > 5' (by nan)"]),
    ],
)
def test_conditions_on_other_reports(texts, failures):
    conditions = [parse_condition_on(text, ("ece", "kl", "js"), "ece > 0.05") for text in texts]
    assert met(Measured(), conditions)[: len(failures)] == failures
    assert bool(met(Measured(), conditions)) == bool(failures)


def test_conditions_on_other_reports_know_their_figures():
    with pytest.raises(UsageError, match=r"there is no 'loss'; there are ece, kl"):
        parse_condition_on("loss > 1", ("ece", "kl"), "ece > 0.05")
    with pytest.raises(UsageError, match=r"write it as 'ece > 0\.05'"):
        parse_condition_on("ece > ", ("ece", "kl"), "ece > 0.05")
    with pytest.raises(UsageError, match="js was not computed; there are ece, kl"):
        met(Measured(), [parse_condition_on("js > 1", ("js",), "ece > 0.05")])
