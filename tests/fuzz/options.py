"""Every option of every command, as the program's own tables have them, at legal, odd and illegal values.

The commands and their options are asked of the application itself, so that a new one joins by itself. What is right:
a result or one line of error, whatever the value.
"""

import io
from functools import cache
from random import Random
from typing import Any

import numpy as np
import typer.main

from softmax_cli.cli.app import app
from tests.fuzz.case import Case, Expected

KIND = "options"
_WHOLE = (
    "0",
    "1",
    "2",
    "3",
    "5",
    "-1",
    "-100",
    "10",
    "255",
    "100000",
    "2147483648",
    "99999999999999999999",
    "1_0",
    "１",
    "1.0",
    "0x1",
    "+1",
    " 1",
    "",
)
_DECIMAL = (
    "0",
    "1",
    "0.5",
    "2",
    "-1",
    "1e-3",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1e-320",
    "1e308",
    "1_0.5",
    "٣",
    "0x1p3",
    "",
    "1,5",
    ".5",
    "1e",
)
_FIGURES = (
    "loss",
    "accuracy",
    "cross_entropy",
    "max_abs_diff",
    "kl",
    "ece",
    "nonfinite",
    "agreement",
    "mean",
    "nothing_known",
    "",
)
_SIGNS = (">", "<", ">=", "<=", "==", "!=", "=", "")
_TEXT = (
    "",
    "a",
    "0",
    "1",
    "0,1",
    "0:2",
    "2:0",
    "-1",
    "a,b",
    "a,a",
    ":",
    ",",
    "tab",
    "space",
    ";",
    "\t",
    "é",
    "고양이",
    "\x1b[31m",
    "\u202e",
    "a\nb",
    "x" * 300,
    "nan",
    "--",
    "'",
    '"',
    "%s",
    "{0}",
    "0,7,100:164",
    "a=1,b=2",
    "1,2,3",
    "1,nan,3",
    "1,2",
)
_FILES = (
    "x.csv",
    "y.csv",
    "z.csv",
    "w.csv",
    "x.npy",
    "y.npy",
    "soft.npy",
    "none.csv",
    "",
    ".",
    "./x.csv",
    "x*",
    "*.npy",
    "-",
    "nodir/x.csv",
    "binary.npy",
    "multi.npy",
)
_OUTPUTS = (
    "out.csv",
    "out.npy",
    "out.tsv",
    "out.html",
    "out.json",
    "out.md",
    "out.xyz",
    "out",
    "",
    ".",
    "nodir/out.csv",
    "x.csv",
    "o" * 300 + ".csv",
    "-dash.csv",
    "out.CSV",
)
_MAKES_FILES = ("grad_output", "output")
_SLOW = {"backend", "device", "kernel"}  # torch and numba take seconds to load: seldom, and only in a long run
_MOST = {"sample": ("--rows", "--classes")}


@cache
def _files() -> dict[str, bytes]:
    """Healthy files, one of each kind that the commands take."""

    def saved(array: Any) -> bytes:
        stream = io.BytesIO()
        np.save(stream, array)
        return stream.getvalue()

    x = np.array([[1.5, 0.25, -1.0], [0.5, 2.5, 0.0], [-0.75, 0.125, 1.75], [2.0, 1.0, 0.5]])
    z = x + 0.125 * np.arange(12).reshape(4, 3)
    text = lambda rows: "\n".join(",".join(map(str, row)) for row in rows)  # noqa: E731
    return {
        "x.csv": f"a,b,c\n{text(x.tolist())}\n".encode(),
        "z.csv": f"a,b,c\n{text(z.tolist())}\n".encode(),
        "y.csv": b"label\n0\n1\n2\n0\n",
        "w.csv": b"1\n2\n0.5\n",
        "x.npy": saved(x),
        "y.npy": saved(np.array([0, 1, 2, 0])),
        "soft.npy": saved(np.array([[0.5, 0.25, 0.25]] * 4)),
        "binary.npy": saved(np.array([0.5, -1.0, 2.0, 0.25])),
        "multi.npy": saved(np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])),
    }


@cache
def _commands() -> dict[str, list[Any]]:
    """The parameters of each command."""
    group: Any = typer.main.get_command(app)
    context = group.make_context("softmax-cli", [], resilient_parsing=True)
    return {name: group.get_command(context, name).params for name in group.list_commands(context)}


def draw(random: Random) -> Case:
    """A command with a few of its options; their values are drawn by what they take."""
    name = random.choice(tuple(_commands()))
    parameters = _commands()[name]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    known = [each for each in parameters if each.param_type_name == "option" and each.name != "help"]
    argv = [name, *_arguments(random, arguments)]
    for option in random.sample(known, min(len(known), random.choice((0, 1, 1, 1, 2, 2, 3, 6)))):
        if option.name in _SLOW and random.random() < 0.9:
            continue
        argv += _given(random, name, option)
    if random.random() < 0.03:
        argv.insert(
            random.randrange(1, len(argv) + 1), random.choice(("--help", "-h", "--no-such-option", "-Z", "--", "extra"))
        )
    return Case(KIND, _files(), tuple(argv), stdin="x.csv", outputs=_made(argv))


def _arguments(random: Random, arguments: list[Any]) -> list[str]:
    """Files in the order that the command takes them, mostly those that belong there."""
    if random.random() < 0.85 and arguments:
        ending = random.choice(("csv", "npy"))
        plain = {
            "logits": f"x.{ending}",
            "a": f"x.{ending}",
            "b": "z.csv",
            "labels": f"y.{ending}",
            "more": f"y.{ending}",
        }
        found = [plain.get(each.name, "x.csv") for each in arguments]
        return found[: len(found) - (random.random() < 0.15)]
    return [random.choice(_FILES) for _ in range(random.choice((0, 1, 2, 2, 3)))]


def _given(random: Random, command: str, option: Any) -> list[str]:
    """An option with a value, in one of the ways to write it."""
    flag = random.choice((*option.opts, *option.secondary_opts))
    if option.is_flag:
        return [flag]
    value = _value(random, command, option)
    if flag.startswith("--") and random.random() < 0.5:
        return [f"{flag}={value}"]
    return [flag, value]


def _value(random: Random, command: str, option: Any) -> str:
    known = _completions(option)
    if known and random.random() < 0.8:
        return random.choice(known)
    if option.name in _MAKES_FILES:
        return random.choice(_OUTPUTS)
    if option.name == "fail_if":
        return f"{random.choice(_FIGURES)} {random.choice(_SIGNS)} {random.choice(_DECIMAL)}"
    if option.name == "parameters":
        name = random.choice(
            ("focal.gamma", "focal.alpha", "poly_1.epsilon", "multi_margin.p", "nothing.x", "gamma", "")
        )
        return f"{name}{random.choice(('=', '=', '=', '', ' = '))}{random.choice((*_DECIMAL, '1,2,3'))}"
    if command in _MOST and set(option.opts) & set(_MOST[command]):
        return random.choice(("1", "3", "7", "0", "-1", "1_0", "nan", ""))
    kind = option.type.name
    pool = _WHOLE if "int" in kind else _DECIMAL if "float" in kind else (*_TEXT, *_FILES, *_WHOLE)
    return random.choice(pool)


def _completions(option: Any) -> list[str]:
    """The names that an option offers to a shell."""
    complete = getattr(option, "_custom_shell_complete", None)
    if complete is None:
        return []
    try:
        return [getattr(each, "value", each) for each in complete(None, option, "")]
    except Exception:
        return []


def _made(argv: list[str]) -> tuple[str, ...]:
    """The names that the command may write: what it is told to, and where `sample` writes without being told."""
    told = {each.split("=", 1)[-1] for each in argv} | set(argv)
    of_short = {each[2:] for each in argv if each.startswith("-o")}
    made = {name for name in told | of_short if name.startswith(("out", "-dash", "ooo"))}
    # Any other file, too, if it is nothing but the output.
    given = [each.split("=", 1)[-1] for each in argv]
    made |= {
        name
        for flag, name in zip(argv, [*given[1:], ""], strict=True)
        if flag in {"-o", "--output", "--grad-output"} and given.count(name) == 1
    }
    made |= {name for flag, name in zip(argv, given, strict=True) if "output=" in flag and given.count(name) == 1}
    if argv[0] == "sample":
        made |= (
            {f"{what}.{ending}" for what in ("logits", "labels") for ending in ("csv", "npy", "tsv")} | {"nodir"} | told
        )
    return tuple(made)


def expected(case: Case) -> Expected:
    """Nothing is known of the result."""
    return Expected()
