"""The architecture, read from the import statements: data and imports go one way."""

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "softmax_cli"
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def is_type_checking(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def imported(path, *, deferred=True):
    """The modules that a file imports: those within functions (deferred) too, those for type checkers never."""
    found = set()
    waiting = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if is_type_checking(node):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif deferred or not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


def within(module, *packages):
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def own(*packages):
    return tuple(f"softmax_cli.{package}" for package in packages)


def importers(*packages, deferred=True):
    """The modules that import one of these packages."""
    return {
        name_of(path)
        for path in MODULES
        if any(within(module, *packages) for module in imported(path, deferred=deferred))
    }


def part(*names):
    """The modules of some parts of the package."""
    return {name_of(path) for path in MODULES if within(name_of(path), *own(*names))}


def test_the_parts_are_there():
    parts = ("backends", "checks", "cli", "errors", "evaluation", "files", "gates", "inputs", "losses", "metrics")
    parts += ("option_numbers", "parallel", "readers", "reports", "writers")
    assert all(part(name) for name in parts)
    assert part(*parts) == {name_of(path) for path in MODULES} - {"softmax_cli", "softmax_cli.__main__"}


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("errors", ("softmax_cli", "numpy", "torch", "typer", "rich")),
        ("files", ("numpy", "torch", "rich", "typer", *own("backends", "cli", "evaluation", "losses", "readers"))),
        ("files", own("inputs", "reports", "writers")),
        ("parallel", ("softmax_cli", "numpy", "torch", "rich", "typer")),
        (
            "option_numbers",
            ("numpy", "torch", "rich", "typer", *own("cli", "evaluation", "inputs", "losses", "readers")),
        ),
        ("losses", ("numpy", "torch", "array_api_compat", "rich", "typer")),
        ("losses", own("backends", "cli", "evaluation", "inputs", "readers", "reports", "writers")),
        ("metrics", ("torch", "array_api_compat", "rich", "typer")),
        ("metrics", own("backends", "checks", "cli", "evaluation", "gates", "inputs", "readers", "reports", "writers")),
        ("checks", ("torch", "array_api_compat", "rich", "typer", *own("backends", "cli", "evaluation", "gates"))),
        ("checks", own("inputs", "readers", "writers")),
        ("gates", ("numpy", "torch", "rich", "typer", *own("backends", "cli", "evaluation", "inputs", "readers"))),
        ("gates", own("writers")),
        ("backends", own("cli", "evaluation", "inputs", "readers", "reports", "writers")),
        ("readers", own("backends", "cli", "evaluation", "inputs", "losses", "reports", "writers")),
        ("inputs", ("torch", "rich", "typer", *own("backends", "checks", "cli", "evaluation", "gates", "writers"))),
        ("reports", ("numpy", "torch", "rich", "typer")),
        ("reports", own("backends", "cli", "evaluation", "inputs", "losses", "readers")),
        ("writers", ("numpy", "torch", "typer")),
        ("writers", own("backends", "cli", "errors", "evaluation", "inputs", "losses", "readers")),
        ("evaluation", ("torch", "rich", "typer", *own("cli"))),
        ("cli", ("torch",)),
    ],
)
def test_who_imports_what_never(who, what):
    assert part(who) & importers(*what) == set()


def test_what_is_imported_is_a_dependency_or_an_extra():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {
        "torch": {"torch"},
        "plot": {"matplotlib"},
        "tables": {"polars", "backports"},
        "fast": {"numba"},
        "hdf5": {"h5py"},
    }
    assert set(project["optional-dependencies"]) == {*extras, "dev"}
    optional = {*set().union(*extras.values()), "llvmlite"}  # numba brings it
    imports = {module.partition(".")[0] for path in MODULES for module in imported(path)}
    needed = imports - {*sys.stdlib_module_names, "softmax_cli"} - optional
    assert needed == {re.match(r"[\w-]+", each)[0].replace("-", "_") for each in project["dependencies"]}


def test_errors_import_nothing():
    assert imported(PACKAGE / "errors.py") == set()


def test_only_one_module_imports_torch():
    assert importers("torch", "array_api_compat") == {"softmax_cli.backends.torch_backend"}


def test_rich_is_imported_by_what_draws_at_a_terminal_and_only_when_it_does():
    writers = {f"softmax_cli.writers.{name}" for name in ("table", "diagnostics", "charts.terminal")}
    assert importers("rich") == {*writers, "softmax_cli.cli.progress"}
    assert importers("rich", deferred=False) == writers


def test_what_an_extra_adds_is_imported_in_one_place():
    assert importers("matplotlib") == {"softmax_cli.writers.plot"}
    assert importers("h5py") == {"softmax_cli.readers.containers.hdf5_datasets"}
    assert importers("polars") == {"softmax_cli.readers.polars_csv", "softmax_cli.readers.frames"}
    assert importers("numba", "llvmlite") <= part("backends.fused")


def test_only_the_command_line_imports_typer():
    assert importers("typer") <= part("cli")


def test_click_is_never_imported():
    assert importers("click") == set()


def test_a_report_reaches_up_to_a_writer_only_when_it_is_shown():
    assert part("reports") & importers(*own("writers")) == {"softmax_cli.reports.display"}
    assert part("reports") & importers(*own("writers"), deferred=False) == set()


@pytest.mark.parametrize("module", ["softmax_cli", "softmax_cli.__main__", *sorted(part("cli"))])
def test_the_command_line_starts_without_numpy(module):
    assert module not in importers("numpy", *own("evaluation.loss", "evaluation.saving"), deferred=False)


def test_nothing_opens_a_connection():
    assert importers("socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx") == set()


def test_nothing_runs_what_is_in_a_file():
    assert importers("pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib") == set()
