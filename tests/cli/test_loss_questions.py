"""`loss` beyond the four recipes: weights, other losses, frameworks, rows, gradients and gates, at the command line."""

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

LOGITS = [[0.5, -1.25, 2.0], [1.5, 0.25, -0.75], [0.0, 3.0, 1.0], [-2.0, 0.5, 0.5]]
LABELS = [2, 0, -100, 1]


@pytest.fixture
def files(tmp_path):
    """Logits under a header of class names, labels of which one is ignored."""
    logits, labels = tmp_path / "logits.csv", tmp_path / "labels.csv"
    logits.write_text("cat,dog,bird\n" + "".join(",".join(map(str, row)) + "\n" for row in LOGITS))
    labels.write_text("".join(f"{label}\n" for label in LABELS))
    return logits, labels


def expected(weight=None, **options):
    weights = None if weight is None else torch.tensor(weight, dtype=torch.float64)
    return F.cross_entropy(torch.tensor(LOGITS, dtype=torch.float64), torch.tensor(LABELS), weights, **options).item()


def one_number(run, files, *options):
    outcome = run("loss", "-q", *files, "--ignore-index", "-100", *options)
    assert (outcome.status, outcome.err) == (0, "")
    return float(outcome.out)


def test_ignore_index_and_smoothing(run, files, backend):
    found = one_number(run, files, "--label-smoothing", "0.2", "--backend", backend)
    assert found == pytest.approx(expected(label_smoothing=0.2), rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "1\n2\n4\n",
        "1,2,4\n",
        "weight\n1\n2\n4\n",
        "cat,dog,bird\n1,2,4\n",
        "bird,cat,dog\n4,1,2\n",
        "dog,2\nbird,4\ncat,1\n",
        "class,weight\ndog,2\nbird,4\ncat,1\n",
        "dog\t2\nbird\t4\ncat\t1\n",
    ],
)
def test_weights_by_position_and_by_name(run, files, tmp_path, text):
    weights = tmp_path / "weights.csv"
    weights.write_text(text)
    assert one_number(run, files, "--weight", weights) == pytest.approx(expected([1, 2, 4]), rel=1e-14)


def test_weights_from_npy_and_from_standard_input(run, files, tmp_path):
    np.save(tmp_path / "weights.npy", np.array([1, 2, 4], np.int32))
    assert one_number(run, files, "--weight", tmp_path / "weights.npy") == pytest.approx(expected([1, 2, 4]), rel=1e-14)
    outcome = run("loss", "-q", *files, "--ignore-index", "-100", "--weight", "-", stdin=b"1\n2\n4\n")
    assert float(outcome.out) == pytest.approx(expected([1, 2, 4]), rel=1e-14)


def test_weights_and_labels_cannot_both_come_from_standard_input(run, files):
    outcome = run("loss", files[0], "-", "--weight", "-", stdin=b"1\n2\n4\n")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == "error: stdin: only one of the files can come from standard input; name the others\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n2\n", "2 weights for 3 classes; give one weight per class"),
        ("1\n2\nnan\n", "weight 2: nan is not a finite number"),
        ("cat,1\ndog,2\nfish,3\n", ":3: 'fish' is not the name of a class"),
        ("cat,1\ndog,2\ncat,3\n", ":3: a second weight for 'cat'"),
        ("cat,1\ndog,2\n", "no weight for 'bird'"),
        ("1\ntwo\n3\n", ":2, column 1: 'two' is not a number"),
    ],
)
def test_weights_that_are_wrong(run, files, tmp_path, text, words):
    weights = tmp_path / "weights.csv"
    weights.write_text(text)
    outcome = run("loss", *files, "--weight", weights)
    assert (outcome.status, outcome.out) == (3, "")
    assert words in outcome.err
    assert outcome.err.count("\n") == 1


def test_other_losses_stand_in_a_group_of_their_own(run, files):
    out = run("loss", *files, "--ignore-index", "-100", "--loss", "all", "-f", "table").out
    assert out.index("cross-entropy in nats, mean of 3 rows") < out.index("other losses, mean of 3 rows")
    assert out.index("other losses") < out.index("focal") < out.index("kl_divergence")


def test_a_parameter_reaches_its_loss(run, files):
    lines = run(
        "loss",
        *files,
        "--ignore-index",
        "-100",
        "--loss",
        "focal",
        "--param",
        "focal.gamma=0",
        "--param",
        "focal.alpha=1",
    ).lines
    losses = {line[0]: float(line[4]) for line in lines[1:]}
    assert losses["focal"] == pytest.approx(expected(), rel=1e-14)


@pytest.mark.parametrize("text", ["focal.gamma", "focal.gamma=", "focal.gamma=two", "=2"])
def test_a_parameter_that_is_wrong(run, files, text):
    outcome = run("loss", *files, "--loss", "focal", "--param", text)
    assert outcome.status == 2
    assert "--param" in outcome.err or "there is no parameter" in outcome.err


def test_losses_lists_them_all_with_source(run):
    outcome = run("losses", "--format", "json")
    listed = {loss["name"]: loss for loss in json.loads(outcome.out)["losses"]}
    assert set(listed) > {"cross_entropy", "focal", "brier"}
    assert listed["focal"]["parameters"] == "focal.gamma=2 focal.alpha=0.25"
    assert all(loss["formula"] and loss["source"] for loss in listed.values())


def test_several_precisions(run, files):
    lines = run("loss", *files, "--ignore-index", "-100", "--dtype", "float16", "--dtype", "float64").lines
    assert [line[3] for line in lines[1:]] == ["float16"] * 4 + ["float64"] * 4
    for line in lines[1:]:
        rounded = torch.tensor(np.array(LOGITS, line[3])).double()
        exact = F.cross_entropy(rounded, torch.tensor(LABELS)).item()
        assert float(line[4]) == pytest.approx(exact, rel=1e-3 if line[3] == "float16" else 1e-14)


def test_as_frameworks(run, files):
    outcome = run("loss", *files, "--ignore-index", "-100", "--as", "torch", "--as", "optax", "-f", "json")
    frameworks = {line["framework"]: line for line in json.loads(outcome.out)["frameworks"]}
    assert frameworks["torch"]["loss"] == pytest.approx(expected(), rel=1e-14)
    assert frameworks["optax"]["loss"] == pytest.approx(expected() * 3 / 4, rel=1e-14)
    table = run("loss", *files, "--ignore-index", "-100", "--as", "optax", "-f", "table").out
    assert "optax: leaves the mean to its caller: .mean() divides by all 4 rows" in " ".join(table.split())


def test_top_and_per_row(run, files):
    losses = F.cross_entropy(torch.tensor(LOGITS).double(), torch.tensor(LABELS), reduction="none")
    lines = run("loss", *files, "--ignore-index", "-100", "--top", "2").lines
    assert lines[0] == ["row", "label", "prediction", "p_label", "p_prediction", "loss"]
    assert [line[0] for line in lines[1:]] == [str(row) for row in losses.argsort(descending=True)[:2].tolist()]
    every = run("loss", *files, "--ignore-index", "-100", "--per-row").lines
    assert [(line[0], line[1], line[2]) for line in every[1:]] == [
        ("0", "2", "bird"),
        ("1", "0", "cat"),
        ("3", "1", "dog"),
    ]
    assert float(every[1][5]) == pytest.approx(losses[0].item(), rel=1e-14)


def test_the_gradient_is_shown_and_written(run, files, tmp_path, backend):
    leaf = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(LABELS), label_smoothing=0.1).backward()
    options = ("--ignore-index", "-100", "--label-smoothing", "0.1", "--backend", backend)
    shown = json.loads(run("loss", *files, *options, "--grad", "-f", "json").out)["steps"]
    np.testing.assert_allclose(shown[0]["values"], leaf.grad.numpy(), rtol=1e-13, atol=1e-17)
    outcome = run("loss", *files, *options, "--grad-output", tmp_path / "g.npy")
    assert (outcome.status, outcome.out) == (0, "")
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), leaf.grad.numpy(), rtol=1e-13, atol=1e-17)


def test_the_gradient_of_a_sequence_has_its_shape(run, samples, tmp_path):
    logits, labels = (np.load(samples / f"sequence_{name}.npy") for name in ("logits", "labels"))
    leaf = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(leaf.reshape(-1, 11), torch.tensor(labels.reshape(-1)).long()).backward()
    files = (samples / "sequence_logits.npy", samples / "sequence_labels.npy")
    run("loss", *files, "--dtype", "float64", "--grad-output", tmp_path / "g.npy")
    found = np.load(tmp_path / "g.npy")
    assert found.shape == (4, 6, 11)
    np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-12, atol=1e-17)


def test_the_ledger_is_shown_where_it_is_asked_for_and_always_in_json(run, files):
    table = run("loss", *files, "--ignore-index", "-100", "-f", "table")
    assert "ledger" not in table.out
    table = run("loss", *files, "--ignore-index", "-100", "-f", "table", "--ledger")
    assert [line.split()[:2] for line in table.out.splitlines() if line.startswith(("counted", "ignored"))] == [
        ["counted", "3"],
        ["ignored", "1"],
    ]
    ledger = json.loads(run("loss", *files, "--ignore-index", "-100", "-f", "json").out)["ledger"]
    assert ledger["mean"] == pytest.approx(expected(), rel=1e-14)
    assert ledger["mean_per_row"] == pytest.approx(expected() * 3 / 4, rel=1e-14)


GATES = [[], ["--expect", "nan"], ["--fail-if", "cross_entropy > 1"]]
SHAPES = [["-q"], ["-f", "table"], ["-f", "json"], ["--reduction", "sum"], ["--per-row"], ["--as", "keras"]]
SHAPES += [["--ledger"], ["-q", "--backend", "torch"], ["--dtype", "float16", "--dtype", "float32"]]
OTHERS = [
    ["--reduction", "none"],
    ["--steps"],
    ["--grad"],
    ["--grad", "--reduction", "sum"],
    ["--grad-output", "g.npy"],
]


@pytest.mark.parametrize(
    "options",
    [*([*gate, *shape] for gate in GATES for shape in SHAPES), *OTHERS],
    ids=" ".join,
)
def test_where_no_row_counts_only_the_error_is_printed(run, files, monkeypatch, options):
    monkeypatch.chdir(files[0].parent)
    files[1].write_text("-100\n" * 4)
    outcome = run("loss", *files, "--ignore-index", "-100", *options)
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == f"error: {files[1]}: no row counts: all 4 labels are ignored\n"
    assert not list(files[0].parent.glob("g*"))


@pytest.mark.parametrize("options", [["-q"], [], ["--steps"], ["--grad"]])
def test_weights_that_sum_to_0_do_the_same(run, files, options):
    outcome = run("loss", *options, *files, "--ignore-index", "-100", "--weight", "-", stdin=b"0\n0\n0\n")
    assert (outcome.status, outcome.out) == (3, "")
    what = "there is nothing to divide by: the weights of the counted labels' classes sum to 0"
    assert outcome.err == f"error: {files[1]}: {what}\n"


@pytest.mark.parametrize("options", [["-q"], ["-f", "json"], ["--reduction", "sum"], ["--steps"], ["--grad"]])
def test_a_nan_from_the_values_is_a_result(run, files, options):
    files[0].write_text("nan,1,2\n" * 4)
    files[1].write_text("0\n1\n2\n0\n")
    outcome = run("loss", *files, *options)
    assert outcome.status == 0
    assert "nan" in outcome.out


@pytest.mark.parametrize(
    ("gate", "status"),
    [
        (["--expect", "1"], 1),
        (["--expect", "inf"], 1),
        (["--expect", "nan"], 0),
        (["--fail-if", "cross_entropy > 1"], 1),
        (["--fail-if", "cross_entropy < 1"], 1),
        (["--fail-if", "cross_entropy == 1"], 1),
        (["--fail-if", "cross_entropy != 1"], 1),
        (["--fail-if", "perplexity > 1"], 1),
        (["--fail-if", "nonfinite > 0"], 1),
    ],
)
@pytest.mark.parametrize("options", [["-q"], []])
def test_a_gate_fails_on_a_nan(run, files, gate, status, options):
    files[0].write_text("nan,1,2\n" * 4)
    files[1].write_text("0\n1\n2\n0\n")
    outcome = run("loss", *files, *options, *gate)
    assert outcome.status == status
    assert "nan" in outcome.out


def test_explain_lists_the_rows(run, samples):
    out = run(
        "loss", samples / "hostile.csv", "--label-column", "label", "--dtype", "float32", "--explain", "-f", "table"
    ).out
    assert "log_of_softmax (numpy): 5 rows not finite:" in out
    assert [f"  row {row}: class" in out for row in range(7)] == [False, True, True, True, True, True, False]


# --- gates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--expect", "EXACT"), 0),
        (("--expect", "EXACT", "--rtol", "1e-15"), 0),
        (("--expect", "2"), 1),
        (("--expect", "2", "--atol", "10"), 0),
        (("--expect", "nan"), 1),
        (("--fail-if", "cross_entropy > 100"), 0),
        (("--fail-if", "cross_entropy > 0.01"), 1),
        (("--fail-if", "perplexity > 1"), 1),
        (("--fail-if", "nonfinite > 0", "--fail-if", "bits > 99"), 0),
    ],
)
@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_gates(run, files, options, status, quiet):
    options = [repr(expected()) if option == "EXACT" else option for option in options]
    outcome = run("loss", *files, "--ignore-index", "-100", *options, *quiet)
    assert outcome.status == status
    assert outcome.out  # the result is there in any case
    assert outcome.err.count("\n") == status


def test_a_failure_says_by_how_much(run, files):
    outcome = run("loss", "-q", *files, "--ignore-index", "-100", "--expect", "0.5", "--rtol", "1e-3")
    apart = abs(expected() - 0.5)
    assert f"expected 0.5: {apart:.1e} apart, 5.0e-04 allowed" in outcome.err


@pytest.mark.parametrize(("cell", "value"), [("nan", "nan"), ("-inf", "inf")])
def test_nan_and_inf_can_be_expected(run, cell, value):
    arguments = ("loss", "-q", "-", "--label-column", "2", "--no-header", "--expect", value)
    assert run(*arguments, stdin=f"{cell},0,0\n".encode()).status == 0
    assert run(*arguments, stdin=b"1,0,0\n").status == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fail-if", "cross_entropy"), "write it as 'cross_entropy > 2.3'"),
        (("--grad", "--steps"), "--steps shows something else than the losses; leave it or --grad out"),
        (("--grad", "--expect", "1"), "--grad shows something else than the losses; leave it or --expect out"),
        (("-q", "--top", "3"), "-q prints one number and nothing else; leave it or --top out"),
        (("-q", "--dtype", "float16", "--dtype", "float32"), "leave it or more than one --dtype out"),
        (("--top", "0"), "--top 0: a whole number from 1 to 100000 is needed"),
        (("--grad-output", "g.txt"), "unknown suffix '.txt' for the output"),
        (("--grad-output", "g.npy", "--backend", "all"), "--grad-output writes one gradient"),
        (("--as", "jax"), "there is no framework 'jax'; the frameworks are torch, "),
        (("--label-smoothing", "1.5"), "--label-smoothing 1.5: a number from 0 to 1 is needed"),
        (("--accumulate", "float32"), "there is no accumulation 'float32'; the accumulations are float64, native"),
    ],
)
def test_what_is_refused(run, files, options, words):
    outcome = run("loss", *files, "--ignore-index", "-100", *options)
    assert (outcome.status, outcome.out) == (2, "")
    assert words in outcome.err
    assert outcome.err.count("\n") == 1


def test_native_accumulation(run, tmp_path):
    logits = (torch.randn(4096, 1000, generator=torch.Generator().manual_seed(0)) * 5).half().numpy()
    np.save(tmp_path / "logits.npy", logits)
    np.save(tmp_path / "labels.npy", np.arange(4096) % 1000)
    files = (tmp_path / "logits.npy", tmp_path / "labels.npy")
    outcome = run("loss", "-q", *files, "--backend", "torch", "--accumulate", "native")
    assert math.isinf(float(outcome.out))
    assert math.isfinite(float(run("loss", "-q", *files, "--backend", "torch").out))


def test_the_gradient_is_with_respect_to_the_logits_at_any_temperature(run, files, backend):
    leaf = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(leaf / 2.5, torch.tensor(LABELS)).backward()
    options = ("--ignore-index", "-100", "--temperature", "2.5", "--backend", backend, "--grad", "-f", "json")
    shown = json.loads(run("loss", *files, *options).out)["steps"]
    np.testing.assert_allclose(shown[0]["values"], leaf.grad.numpy(), rtol=1e-13, atol=1e-17)


def test_nan_in_an_ignored_row_does_not_leak_into_the_gradient(run, files, backend):
    text = files[0].read_text().replace("0.0,3.0,1.0", "nan,3.0,1.0")
    files[0].write_text(text)
    options = ("--ignore-index", "-100", "--backend", backend, "--grad", "-f", "json")
    shown = json.loads(run("loss", *files, *options).out)["steps"]
    assert shown[0]["values"][2] == [0, 0, 0]


def test_the_gradient_of_nothing_is_refused(run, files):
    files[1].write_text("-100\n" * 4)
    outcome = run("loss", *files, "--ignore-index", "-100", "--grad")
    assert (outcome.status, outcome.out) == (3, "")


def test_a_saturated_row_has_a_focal_gradient_of_0(run):
    options = (
        "--label-column",
        "2",
        "--no-header",
        "--loss",
        "focal",
        "--param",
        "focal.gamma=0",
        "--grad",
        "-f",
        "json",
    )
    steps = json.loads(run("loss", "-", *options, stdin=b"1000,0,0\n").out)["steps"]
    assert steps[1]["values"] == [[0, 0]]


def test_a_negative_weight_is_explained_too(run, tmp_path):
    weights = tmp_path / "weights.csv"
    weights.write_text("1\n-1\n")
    outcome = run("loss", "-", "--label-column", "2", "--no-header", "--weight", weights, stdin=b"1000,0,1\n")
    assert outcome.status == 0
    assert "log_of_softmax (numpy): 1 row not finite" in outcome.err


@pytest.mark.parametrize("text", ["bird,dog,cta\n4,2,1\n", "1,2\n4,3\n5,6\n"])
def test_weights_of_other_names_or_shapes_are_refused(run, files, tmp_path, text):
    weights = tmp_path / "weights.csv"
    weights.write_text(text)
    assert run("loss", *files, "--weight", weights).status == 3


def test_ignore_index_among_names(run, files):
    files[1].write_text("bird\ncat\n-100\ndog\n")
    assert one_number(run, files) == pytest.approx(expected(), rel=1e-14)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-q", "--fail-if", "agreement > 1"), "leave it or --fail-if agreement out"),
        (("--variant", "nll_loss", "--fail-if", "agreement > 1"), "agreement is that of several ways"),
        (("--dtype", "float16", "--dtype", "float64", "--fail-if", "perplexity > 2"), "of one --dtype"),
        (("--reduction", "none", "--expect", "1"), "compare one number"),
        (("--fail-if", "torch:perplexity > 1"), "perplexity is not of one backend"),
        (("--param", "focal.gamma=1"), "add --loss"),
        (("--grad", "--top", "2"), "leave it or --top out"),
    ],
)
def test_what_would_be_ignored_is_refused(run, files, options, words):
    outcome = run("loss", *files, "--ignore-index", "-100", *options)
    assert outcome.status == 2
    assert words in outcome.err


SAID_BY_ITSELF = {
    # name: (logits, labels, options, what is said on standard error)
    "a column left out": ("id,cat,dog\na1,2,1\na2,0,3\n", "0\n1\n", (), "x.csv: column 'id' holds text"),
    "a header of numbers": ("0,1\n2.5,1.25\n0.5,3.0\n", "0\n1\n", (), "x.csv: the first line (0, 1) is taken for"),
    "a binary logit": ("1.5\n-2\n", "1\n0\n", (), "x.csv: one logit x per row, read as the two logits (0, x)"),
    "sums other than 1": ("0.5,0.25\n0.5,0.5\n", "0\n1\n", ("--values", "probabilities"), "x.csv:1: the probab"),
    "rows left out": (
        "1,2\n3,4\n0,0\n",
        "1\n0\n0\n",
        ("--skip-rows", "1"),
        "x.csv: --skip-rows 1: 2 of 3 rows",
    ),
}


@pytest.mark.parametrize("quiet", [("-q",), ()])
@pytest.mark.parametrize("kind", SAID_BY_ITSELF)
def test_what_the_reader_decided_is_said_beside_the_number_too(run, tmp_path, monkeypatch, kind, quiet):
    logits, labels, options, said = SAID_BY_ITSELF[kind]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(logits)
    (tmp_path / "y.csv").write_text(labels)
    outcome = run("loss", "x.csv", "y.csv", *options, *quiet)
    assert outcome.status == 0
    assert outcome.out.count("\n") == (1 if quiet else 5)
    assert any(line.startswith(f"note: {said}") for line in outcome.err.splitlines()), outcome.err


def test_a_shape_is_said_beside_the_number_too(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros((2, 3, 4)))
    np.save("y.npy", np.zeros((2, 4), int))
    assert run("loss", "-q", "x.npy", "y.npy").err == "note: x.npy: shape 2x3x4, classes on axis 1\n"
