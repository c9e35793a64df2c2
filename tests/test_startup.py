"""What a plain `loss -q` loads: start-up is most of its time, and whatever only other runs need stays out of it."""

import subprocess
import sys

import numpy as np
import pytest

PLAIN = {
    "": (
        "__main__",
        "backends",
        "cli",
        "errors",
        "evaluation",
        "files",
        "inputs",
        "losses",
        "option_numbers",
        "parallel",
        "readers",
    ),
    "backends": ("base", "numpy_backend"),
    "cli": ("app", "loss", "loss_options", "options", "output", "progress", "reading_options", "signals", "streams"),
    "evaluation": ("blocks", "edges", "fold", "hints", "kernels", "loss", "passes", "settings", "signatures", "totals"),
    "evaluation.hints": ("watch",),
    "inputs": ("arranged", "class_names", "feed", "labels", "opening", "pairs", "progress", "reading", "wrapped"),
    "losses": ("batch", "criterion", "distance", "families", "frameworks", "others", "partial", "precision"),
    "losses.": ("sigmoid", "sigmoid_variants", "softmax", "sums", "targets", "variants"),
    "metrics": ("rounding",),
    "readers": ("address", "array", "dialect", "entry", "magic", "npy", "pieces", "source", "stored", "table"),
    "reports": ("charts", "display", "findings", "frameworks", "grid", "ledger", "lines", "loss", "rows", "signature"),
    "writers": ("numbers", "text"),
}
"""The modules by their packages. A new one here needs a reason: every run pays for it, in whatever it is asked."""

SHOW = """
import sys
from softmax_cli.cli import main
sys.argv = ["softmax-cli", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(*sorted(sys.modules), f"status={end.code}")
"""


def plain_modules():
    """The names of PLAIN in full."""
    found = {"softmax_cli", "softmax_cli.metrics", "softmax_cli.reports", "softmax_cli.writers"}
    for package, names in PLAIN.items():
        start = ".".join(filter(None, ["softmax_cli", package.rstrip(".")]))
        found |= {f"{start}.{name}" for name in names}
    return found


@pytest.fixture
def files(tmp_path):
    """Logits as a model gives them, and their labels, where the first logit is no whole number."""
    np.save(tmp_path / "x.npy", np.array([[1.5, -0.25, 2.75], [-2.5, 0.5, 1.25]], np.float32))
    np.save(tmp_path / "y.npy", np.array([2, 0]))
    return tmp_path / "x.npy", tmp_path / "y.npy"


def loaded(*arguments):
    """The first line that a command prints, and the modules that it loads."""
    code = [sys.executable, "-c", SHOW, *map(str, arguments)]
    shown = subprocess.run(code, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "status=0" in shown[-1].split()
    return shown[0], set(shown[-1].split())


def test_a_plain_loss_loads_only_what_it_needs(files):
    number, modules = loaded("loss", "-q", *files)
    logits, labels = map(np.load, files)
    expected = np.mean(np.log(np.exp(logits.astype(float)).sum(axis=1)) - logits[[0, 1], labels])
    assert float(number) == pytest.approx(expected, rel=1e-6)
    assert {name for name in modules if name.startswith("softmax_cli")} <= plain_modules()
    assert not modules & {"torch", "rich", "polars", "numba"}


def test_what_is_asked_for_is_loaded(files):
    _, modules = loaded(
        "loss", *files, "--format", "tsv", "--top", "1", "--weight", "1,2,3", "--fail-if", "loss_sum < 0"
    )
    parts = ("evaluation.details", "evaluation.weighing", "gates", "inputs.weights")
    assert {f"softmax_cli.{name}" for name in parts} <= modules - plain_modules()
