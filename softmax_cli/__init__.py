"""softmax-cli: softmax and every cross-entropy variant, side by side, from files, pipes or Python.

>>> import softmax_cli
>>> report = softmax_cli.evaluate([[1.0, 2.0, 3.0]], [2])
>>> round(report.loss("cross_entropy"), 4)
0.4076
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from softmax_cli.evaluation.checking.check import check
    from softmax_cli.evaluation.comparing.compare import compare
    from softmax_cli.evaluation.loss import evaluate
    from softmax_cli.evaluation.probabilities import softmax
    from softmax_cli.evaluation.reporting.report import report
    from softmax_cli.evaluation.steps import gradient, steps

__version__ = "0.1.0"
__all__ = ["__version__", "check", "compare", "evaluate", "gradient", "report", "softmax", "steps"]

_PUBLIC = {
    "check": "checking.check",
    "compare": "comparing.compare",
    "evaluate": "loss",
    "gradient": "steps",
    "report": "reporting.report",
    "softmax": "probabilities",
    "steps": "steps",
}


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is first asked for: importing the package loads no numpy."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.evaluation.{_PUBLIC[name]}"), name)
