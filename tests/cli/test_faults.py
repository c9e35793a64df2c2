"""What nobody foresaw: one line that says whose fault it is, status 70, and nothing on standard output."""

import os
import subprocess
import sys

import pytest

from softmax_cli.reports.check import CheckReport
from softmax_cli.reports.compare import CompareReport
from softmax_cli.reports.grid import Records
from softmax_cli.reports.loss import LossReport
from softmax_cli.reports.model import ModelReport
from softmax_cli.reports.softmax import SoftmaxReport
from softmax_cli.reports.steps import StepsReport

PAIR = ["digits_logits.csv", "digits_labels.csv"]
WORKERS = [
    (["loss", *PAIR], "softmax_cli.evaluation.loss.evaluate"),
    (["loss", "-q", *PAIR], "softmax_cli.evaluation.loss.evaluate"),
    (["loss", "--steps", *PAIR], "softmax_cli.evaluation.steps.steps"),
    (["loss", "--grad", *PAIR], "softmax_cli.evaluation.steps.gradient"),
    (["softmax", PAIR[0]], "softmax_cli.evaluation.probabilities.softmax"),
    (["check", *PAIR], "softmax_cli.evaluation.checking.check.check"),
    (["checks"], "softmax_cli.cli.output.deliver"),
    (["losses"], "softmax_cli.cli.output.deliver"),
    (["compare", PAIR[0], *PAIR], "softmax_cli.evaluation.comparing.compare.compare"),
    (["report", *PAIR], "softmax_cli.evaluation.reporting.report.report"),
    (["sample"], "softmax_cli.cli.sample.sample"),
]
REPORTS = [
    (["loss", *PAIR], LossReport),
    (["loss", "--steps", *PAIR], StepsReport),
    (["softmax", PAIR[0]], SoftmaxReport),
    (["check", *PAIR, "--select", "L405"], CheckReport),
    (["compare", PAIR[0], *PAIR], CompareReport),
    (["report", *PAIR], ModelReport),
]


def line_of(what):
    return f"error: this is a fault of softmax-cli ({what}); SOFTMAX_CLI_DEBUG=1 shows where\n"


@pytest.fixture(autouse=True)
def in_the_samples(monkeypatch, samples):
    monkeypatch.chdir(samples)


def raiser(error):
    def _raise(*_more, **_options):
        raise error

    return _raise


@pytest.mark.parametrize(("arguments", "worker"), WORKERS, ids=[" ".join(each[0]) for each in WORKERS])
@pytest.mark.parametrize(
    ("error", "what"),
    [
        (
            ValueError("cannot convert float infinity to integer"),
            "ValueError: cannot convert float infinity to integer",
        ),
        (AssertionError(), "AssertionError"),
        (KeyError("two\nlines"), r"KeyError: 'two\nlines'"),
        (RuntimeError("one\nand two"), "RuntimeError: one and two"),
    ],
)
def test_a_fault_is_one_line_and_status_70(run, monkeypatch, arguments, worker, error, what):
    monkeypatch.setattr(worker, raiser(error))
    outcome = run(*arguments)
    assert (outcome.status, outcome.out, outcome.err) == (70, "", line_of(what))


@pytest.mark.parametrize("debug", ["", "0"])
def test_the_variable_may_be_off(run, monkeypatch, debug):
    monkeypatch.setenv("SOFTMAX_CLI_DEBUG", debug)
    monkeypatch.setattr("softmax_cli.evaluation.loss.evaluate", raiser(ZeroDivisionError("division by zero")))
    assert run("loss", *PAIR).err == line_of("ZeroDivisionError: division by zero")


def test_the_variable_shows_where(run, monkeypatch):
    monkeypatch.setenv("SOFTMAX_CLI_DEBUG", "1")
    monkeypatch.setattr("softmax_cli.evaluation.loss.evaluate", raiser(ZeroDivisionError("division by zero")))
    outcome = run("loss", *PAIR)
    assert (outcome.status, outcome.out) == (70, "")
    assert outcome.err.startswith("Traceback (most recent call last):\n")
    assert "in _raise" in outcome.err
    assert outcome.err.endswith(line_of("ZeroDivisionError: division by zero"))


@pytest.mark.parametrize("name", ["table", "tsv", "csv", "json", "jsonl", "markdown", "html"])
@pytest.mark.parametrize(("arguments", "report"), REPORTS, ids=[" ".join(each[0]) for each in REPORTS])
def test_nothing_is_half_written(run, monkeypatch, arguments, report, name):
    def broken(items):
        yield from list(items)[:1]
        raise RuntimeError("in the middle")

    def grids(self):
        return broken(of_grids(self))

    def records(self):
        found = of_records(self)
        return Records(found.columns, broken(found.rows))

    of_grids, of_records = report.grids, report.records
    monkeypatch.setattr(report, "grids", grids)
    monkeypatch.setattr(report, "records", records)
    monkeypatch.setattr(report, "as_dict", lambda _self: {"rows": broken([1, 2])})
    outcome = run(*arguments, "--format", name)
    assert (outcome.status, outcome.out) == (70, "")
    assert outcome.err.endswith(line_of("RuntimeError: in the middle"))


@pytest.mark.parametrize("debug", [False, True])
def test_in_a_process_of_its_own(debug):
    script = (
        "import sys, softmax_cli.evaluation.passes as passes\n"
        "def run(*_): raise OverflowError('cannot convert float infinity to integer')\n"
        "passes.run = run\n"
        "from softmax_cli.cli import main\n"
        f"sys.argv[1:] = ['check', *{PAIR!r}]\n"
        "main()\n"
    )
    environment = {**os.environ, **({"SOFTMAX_CLI_DEBUG": "1"} if debug else {})}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (70, "")
    line = line_of("OverflowError: cannot convert float infinity to integer")
    assert done.stderr.endswith(line)
    assert (done.stderr != line) == debug
    assert ("Traceback" in done.stderr) == debug


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("can't start new thread"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        OSError("libgomp.so.1: failed to map segment from shared object"),
    ],
)
def test_too_little_memory_is_one_line_and_no_fault_of_the_program(run, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("softmax_cli.evaluation.loss.evaluate", fail)
    outcome = run("loss", "x.csv", "y.csv")
    assert (outcome.status, outcome.out, outcome.err) == (2, "", "error: not enough memory\n")
