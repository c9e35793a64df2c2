"""What is not needed is not imported: in fresh processes, since this one has imported everything."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from softmax_cli.cli import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end.code
print(*sys.modules, file=sys.stderr)
"""


def loaded(script, *arguments, folder):
    """The modules that a fresh process has imported at its end, and what it wrote."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=True)
    return set(done.stderr.split()), done.stdout


@pytest.mark.parametrize(
    ("arguments", "without", "written"),
    [
        (["--version"], {"numpy", "torch", "rich", "softmax_cli.cli.loss"}, "softmax-cli 0"),
        (["--help"], {"numpy", "torch", "array_api_compat"}, "Usage:"),
        (["loss", "--help"], {"numpy", "torch", "array_api_compat"}, "Usage:"),
        (["sample", "--help"], {"numpy", "torch"}, "confident"),
        (["loss", "logits.csv", "labels.csv", "-q"], {"torch", "array_api_compat", "rich", "json"}, "1.447837"),
        (["loss", "logits.csv", "labels.csv"], {"torch", "array_api_compat", "rich", "json"}, "variant\t"),
        (["loss", "logits.csv", "labels.csv", "-f", "json"], {"torch", "array_api_compat", "rich"}, '{"signature'),
        (["loss", "logits.csv", "labels.csv", "-f", "table"], {"torch", "array_api_compat", "json"}, "delta"),
        (
            ["check", "digits_logits.csv", "digits_labels.csv"],
            {"torch", "scipy", "sklearn", "matplotlib", "rich", "json", "numpy.random"},
            "code\tname",
        ),
        (
            ["report", "digits_logits.csv", "digits_labels.csv"],
            {"torch", "scipy", "sklearn", "matplotlib", "rich", "json"},
            "accuracy\t0.956",
        ),
        (["softmax", "logits.csv", "-f", "jsonl"], {"torch", "array_api_compat", "rich"}, '{"class_0'),
    ],
)
def test_a_command_imports_no_more_than_it_needs(samples, arguments, without, written):
    modules, out = loaded(SCRIPT, *arguments, folder=samples)
    assert modules & without == set()
    assert written in out


def test_importing_the_package_imports_no_numpy(samples):
    script = "import softmax_cli, sys; print(*sys.modules, file=sys.stderr)"
    modules, _ = loaded(script, folder=samples)
    assert modules & {"numpy", "torch", "typer", "rich"} == set()
