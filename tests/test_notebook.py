"""Every value that the notebook prints comes out of the command line, at its precision, on both backends.

The notebook is the worked example of https://wikidocs.net/60572; its values are copied here as it prints them.
"""

import json

import pytest

Z = [
    [0.4550, 0.5725, 0.4980, 0.9371, 0.6556],
    [0.3138, 0.1980, 0.4162, 0.2843, 0.3398],
    [0.5239, 0.7981, 0.7718, 0.0112, 0.8100],
]
SOFTMAX = [
    [0.1664, 0.1871, 0.1737, 0.2695, 0.2033],
    [0.2002, 0.1783, 0.2218, 0.1944, 0.2054],
    [0.1809, 0.2380, 0.2318, 0.1084, 0.2409],
]
LABELS = ["3", "0", "4"]
ONE_HOT = [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
LOG_SOFTMAX = [
    [-1.7935, -1.6760, -1.7504, -1.3114, -1.5929],
    [-1.6086, -1.7244, -1.5062, -1.6381, -1.5826],
    [-1.7096, -1.4354, -1.4617, -2.2223, -1.4236],
]
COST = 1.4478


def rounded(rows):
    return [[round(value, 4) for value in row] for row in rows]


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def steps(run, samples, backend, dtype):
    """The walk through the worked example, as JSON."""
    files = (samples / "logits.csv", samples / "labels.csv")
    outcome = run("loss", "--steps", *files, "--backend", backend, "--dtype", dtype, "--format", "json")
    assert outcome.status == 0
    found = json.loads(outcome.out)
    return found, {step["name"]: step for step in found["steps"]}


def test_softmax_of_1_2_3_and_its_sum(run, backend, dtype):
    options = ("--backend", backend, "--dtype", dtype, "--row-sums")
    header, row = run("softmax", "-", *options, stdin=b"1,2,3\n").lines
    assert header[-1] == "row_sum"
    assert rounded([map(float, row)]) == [[0.0900, 0.2447, 0.6652, 1.0]]


def test_the_tables_of_the_walk(steps):
    _, by_name = steps
    assert rounded(by_name["logits"]["values"]) == Z
    assert rounded(by_name["softmax"]["values"]) == SOFTMAX
    assert [round(total, 4) for total in by_name["softmax"]["sums"]] == [1.0, 1.0, 1.0]
    assert by_name["one_hot"]["values"] == ONE_HOT
    assert rounded(by_name["log_of_softmax"]["values"]) == LOG_SOFTMAX
    assert rounded(by_name["log_softmax"]["values"]) == LOG_SOFTMAX


def test_the_cost_by_each_of_the_four_recipes(steps):
    found, _ = steps
    losses = {line["variant"]: round(line["loss"], 4) for line in found["losses"]}
    assert losses == dict.fromkeys(("log_of_softmax", "log_softmax", "nll_loss", "cross_entropy"), COST)


def test_the_labels(run, samples, backend, dtype):
    files = (samples / "logits.csv", samples / "labels.csv")
    lines = run("loss", *files, "--reduction", "none", "--backend", backend, "--dtype", dtype).lines
    assert [line[1] for line in lines[1:]] == LABELS


def test_the_full_figures(run, samples):
    """float32 torch and float64 of the same float32 values, as torch 2.13 gives them."""
    files = (samples / "logits.csv", samples / "labels.csv")
    assert run("loss", "-q", *files).out == "1.4478376526408516\n"
    single = float(run("loss", "-q", *files, "--backend", "torch", "--dtype", "float32").out)
    assert single == pytest.approx(1.44783771, abs=6e-8)


def test_the_gradient_that_requires_grad_is_there_for(steps):
    # (softmax - one_hot) / 3 from the notebook's own four digits.
    _, by_name = steps
    for found, softmax, one_hot in zip(by_name["gradient"]["values"], SOFTMAX, ONE_HOT, strict=True):
        expected = [(p - q) / 3 for p, q in zip(softmax, one_hot, strict=True)]
        assert found == pytest.approx(expected, abs=2e-5)


def test_the_walk_at_a_terminal_shows_the_notebooks_digits(run, samples, backend):
    out = run("loss", "--steps", samples / "logits.csv", samples / "labels.csv", "-b", backend, "-f", "table").out
    for row in (*Z, *SOFTMAX, *LOG_SOFTMAX):
        assert any(all(f"{value:.4f}" in line for value in row) for line in out.splitlines()), row
    assert out.count("1.447838") == 5  # four recipes and the reference
