"""What cannot be done is said in one line, with the status 2 and nothing on standard output."""

import sys

import pytest

PAIR = ("{samples}/logits.csv", "{samples}/labels.csv")
VARIANTS = "log_of_softmax, log_softmax, nll_loss, cross_entropy"
SIGMOIDS = (
    "log_of_sigmoid, logsigmoid, binary_cross_entropy, binary_cross_entropy_with_logits, multilabel_soft_margin_loss"
)
NO_VARIANT = f"there is no variant 'nope'; the variants are {VARIANTS}; with --multilabel {SIGMOIDS}"
FORMATS = "auto, table, tsv, csv, json, jsonl, markdown, html"
ONE_LABEL = "{} is for one label per row; leave it or --multilabel out"
QUIET = "-q prints one number and nothing else; leave it or {} out"
WHICH_LABELS = (
    "and which are the labels? Give those with --labels, or both patterns in quotes: "
    "softmax-cli loss 'logits-*' 'labels-*'"
)
POSITIVE = "--temperature {}: a positive number is needed"


@pytest.fixture
def refused(run, samples):
    """Run a command that must be refused; gives the message, which is one line."""

    def _refused(*arguments):
        outcome = run(*(argument.format(samples=samples) for argument in arguments))
        assert (outcome.status, outcome.out) == (2, "")
        assert outcome.err.startswith("error: ")
        assert outcome.err.endswith("\n")
        assert outcome.err.count("\n") == 1
        return outcome.err.removeprefix("error: ").removesuffix("\n")

    return _refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--device", "cuda"], "the numpy backend has no device 'cuda'; use --backend torch"),
        (["--dtype", "bfloat16"], "NumPy has no bfloat16; use --backend torch, or another --dtype"),
        (["--dtype", "int8"], "there is no dtype 'int8'; the dtypes are float16, bfloat16, float32, float64"),
        (["--variant", "nope"], NO_VARIANT),
        (["-q", "--variant", "nope"], NO_VARIANT),
        (["--loss", "bce"], "--loss bce: the binary cross-entropy has an option of its own, --multilabel"),
        (["--variant", "logsigmoid"], "--variant logsigmoid is a binary cross-entropy; add --multilabel"),
        (
            ["--multilabel", "--variant", "nll_loss"],
            "--variant nll_loss is a cross-entropy; leave it or --multilabel out",
        ),
        (["--multilabel", "--loss", "focal"], ONE_LABEL.format("--loss")),
        (["--multilabel", "--as", "keras"], ONE_LABEL.format("--as")),
        (["--multilabel", "--kernel", "fused"], ONE_LABEL.format("--kernel fused")),
        (["--multilabel", "--ignore-index", "0"], ONE_LABEL.format("--ignore-index")),
        (["--multilabel", "--label-base", "1"], ONE_LABEL.format("--label-base")),
        (["--pos-weight", "1,2"], "--pos-weight is for labels of 0 and 1 per class; add --multilabel, or use --weight"),
        (["--backend", "jax"], "there is no backend 'jax'; the backends are numpy, torch, all"),
        (["--reduction", "max"], "there is no reduction 'max'; the reductions are mean, sum, none"),
        (["--format", "xml"], f"there is no format 'xml'; the formats are {FORMATS}"),
        (["-q", "--steps"], "--steps shows something else than the losses; leave it or -q out"),
        (["-q", "--backend", "all"], QUIET.format("--backend all")),
        (["-q", "--reduction", "none"], QUIET.format("--reduction none")),
        (["-q", "--variant", "nll_loss", "--variant", "log_softmax"], QUIET.format("more than one --variant")),
        (["-q", "--format", "json"], QUIET.format("--format")),
        (["--steps", "--variant", "nll_loss"], "--steps shows every variant; leave --variant out"),
        (["--steps", "--reduction", "none"], "a gradient is that of one loss: use --reduction mean or sum"),
        (["--xyzzy"], "No such option: --xyzzy (see --help)"),
        (["one", "more"], f"4 files, {WHICH_LABELS}"),
    ],
)
def test_loss_refuses(refused, options, message):
    assert refused("loss", *PAIR, *options) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-T", "0"], POSITIVE.format("0.0")),
        (["-T", "-1"], POSITIVE.format("-1.0")),
        (["-T", "nan"], "--temperature nan: a finite number is needed"),
        (["-T", "inf"], "--temperature inf: a finite number is needed"),
        (["--backend", "all"], "softmax runs on one backend at a time: --backend numpy or --backend torch"),
        (["--row-sums", "--log"], "--row-sums adds a column to printed probabilities; leave it or --log out"),
        (["--row-sums", "-o", "x.csv"], "--row-sums adds a column to printed probabilities; leave it or -o out"),
        (["--format", "csv", "-o", "x.csv"], "-o takes the format from the file's suffix; leave --format out"),
        (["-o", "x.txt"], "x.txt: unknown suffix '.txt' for the output; the suffixes are .npy, .csv, .tsv"),
    ],
)
def test_softmax_refuses(refused, options, message):
    assert refused("softmax", PAIR[0], *options) == message


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["los"], "there is no command 'los'; the commands are loss, losses, softmax, "),
        (["--xyzzy"], "No such option: --xyzzy"),
        (["loss"], "Missing argument 'LOGITS'"),
        (["loss", PAIR[0]], "labels are missing: give their file, or --label-column"),
        (["loss", *PAIR, "--label-base", "one"], "--label-base one: a whole number is needed, written as 12"),
        (["softmax", PAIR[0], "-T", "warm"], "--temperature warm: a finite number is needed, written as"),
        (["loss", *PAIR, "--backend", "torch", "--device", "cuda:99"], "device cuda:99: this "),
        (["loss", *PAIR, "--backend", "all", "--device", "cuda:99"], "device cuda:99: this "),
        (["loss", *PAIR, "--backend", "torch", "--device", "tpu"], "there is no device 'tpu'; the devices are cpu"),
    ],
)
def test_refusals_that_begin_with(refused, arguments, beginning):
    assert refused(*arguments).startswith(beginning)


@pytest.mark.parametrize("command", [["loss", *PAIR, "--backend", "all"], ["softmax", PAIR[0], "-b", "torch"]])
def test_without_torch_it_says_what_to_install(refused, monkeypatch, command):
    class Missing:
        @staticmethod
        def find_spec(name, *_more):
            if name.split(".")[0] == "torch":
                raise ModuleNotFoundError(f"No module named {name!r}", name="torch")

    for name in list(sys.modules):
        if name.split(".")[0] == "torch" or name.endswith(("torch_backend", "array_api_compat.torch")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    expected = "the torch backend needs torch, which is not installed; pip install 'softmax-loss[torch]'"
    assert refused(*command) == expected


def test_no_command_shows_the_help(run):
    outcome = run()
    assert outcome.status == 2
    assert "sample" in outcome.out


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", [[], ["loss"], ["softmax"], ["sample"]])
def test_help(run, command, option):
    outcome = run(*command, option)
    assert (outcome.status, outcome.err) == (0, "")
    assert "Usage:" in outcome.out


@pytest.mark.parametrize(
    ("name", "value", "place"), [("BACKEND", "torch", 1), ("DEVICE", "cpu", 2), ("DTYPE", "float32", 3)]
)
def test_options_from_the_environment(run, samples, monkeypatch, name, value, place):
    monkeypatch.setenv(f"SOFTMAX_CLI_{name}", value)
    outcome = run("loss", samples / "logits.csv", samples / "labels.csv")
    assert {line[place] for line in outcome.lines[1:]} == {value}


def test_a_device_from_the_environment_is_not_ignored(refused, monkeypatch):
    monkeypatch.setenv("SOFTMAX_CLI_DEVICE", "cuda")
    said = refused("loss", *PAIR)
    assert (
        said
        == "the numpy backend has no device 'cuda'; use --backend torch (from the environment: SOFTMAX_CLI_DEVICE=cuda)"
    )


def test_the_command_line_overrules_the_environment(run, samples, monkeypatch):
    monkeypatch.setenv("SOFTMAX_CLI_BACKEND", "nonsense")
    monkeypatch.setenv("SOFTMAX_CLI_FORMAT", "json")
    outcome = run("loss", samples / "logits.csv", samples / "labels.csv", "-b", "numpy", "-f", "csv")
    assert outcome.out.startswith("variant,backend,device,dtype,loss,delta,nonfinite")


def test_a_format_from_the_environment_is_no_demand(run, samples, monkeypatch, tmp_path):
    monkeypatch.setenv("SOFTMAX_CLI_FORMAT", "json")
    assert run("softmax", samples / "logits.csv").out.startswith('{"signature"')
    assert float(run("loss", "-q", samples / "logits.csv", samples / "labels.csv").out) > 0
    assert run("softmax", samples / "logits.csv", "-o", tmp_path / "p.csv").status == 0


def test_a_wrong_format_in_the_environment_is_refused(refused, monkeypatch):
    monkeypatch.setenv("SOFTMAX_CLI_FORMAT", "xml")
    variable = "SOFTMAX_CLI_FORMAT=xml"
    said = refused("loss", *PAIR)
    assert said == f"there is no format 'xml'; the formats are {FORMATS} (from the environment: {variable})"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("BACKEND", "abacus"),
        ("DEVICE", "mars"),
        ("DTYPE", "float7"),
        ("FORMAT", "docx"),
        ("KERNEL", "fast"),
        ("THREADS", "100000"),
        ("THREADS", "1_0"),
    ],
)
def test_an_error_about_a_value_of_the_environment_names_its_variable(run, samples, monkeypatch, variable, text):
    monkeypatch.setenv(f"SOFTMAX_CLI_{variable}", text)
    outcome = run("loss", samples / "logits.csv", samples / "labels.csv")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count(f"SOFTMAX_CLI_{variable}={text}") == 1
    assert len(outcome.err.splitlines()) == 1
