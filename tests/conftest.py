"""What many tests share."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softmax_cli.cli import app

ROOT = Path(__file__).parent.parent
BACKENDS = ("numpy", "torch")


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit status, and what it wrote where."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[list[str]]:
        """Standard output as TSV: a list of lines, each a list of cells."""
        return [line.split("\t") for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No setting of the developer's own shell reaches a test."""
    for name in list(os.environ):
        if name.startswith("SOFTMAX_CLI_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of the test's own, in which it runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run():
    """Run the command line within this process: run("loss", "a.csv", "b.csv", stdin=b"...")."""

    def _run(*arguments, stdin=b""):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return _run


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Each backend in turn."""
    return request.param


@pytest.fixture
def samples():
    """The folder of samples."""
    return ROOT / "samples"
