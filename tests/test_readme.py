"""The README says what is so: its examples' outputs, its commands, its table of recipes."""

import re
import runpy
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from softmax_cli.cli import app
from softmax_cli.cli.loss import command as loss_command
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.sigmoid_variants import SIGMOIDS
from softmax_cli.losses.variants import VARIANTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
refresh = runpy.run_path(str(ROOT / "docs" / "refresh.py"))
EXAMPLES = list(refresh["examples"]())


NUMBER = re.compile(r"(?<![\w.])([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?!\w)")
LOW_PRECISIONS = ("float32", "float16", "sequence_logits.npy", "digits.npz")  # files, and dtypes


def without_ulps(text):
    """Leave out ulp, in tables and in JSON: another processor rounds elsewhere, and this is what it shows."""
    ends = []
    for line in re.sub(r'"ulp": [^,}]+', "", text).splitlines():
        ends = [match.end() for match in re.finditer(r"\bulp\b", line)] or (ends if line.strip() else [])
        cuts = [0, *ends, len(line)]
        parts = [line[start:end] for start, end in pairwise(cuts)]
        yield " ".join([*(re.sub(r"\S+$", "", part) for part in parts[:-1]), parts[-1]])


def comparable(text):
    """Return what stands between the numbers of a text, and the numbers as they are written.

    Without what may differ elsewhere: the versions of the frameworks, which the constraints pin and others may not,
    blanks, and how far a table's lines are drawn.
    """
    text = re.sub(r"(numpy|torch):\S+?@", r"\1:VERSION@", "\n".join(without_ulps(text)))
    pieces = NUMBER.split(re.sub("─+", "─", text))
    return [" ".join(piece.split()) for piece in pieces[::2]], pieces[1::2]


def same(one, other, *, atol):
    """Return whether two numbers are the same but for the last digits, which differ between processors."""
    return one == other or float(one) == pytest.approx(float(other), rel=1e-12, abs=atol)


def different(found, shown, command=""):
    """Return the pairs of words in which two outputs of a command differ, numbers only where they differ visibly.

    A loss in float32 is off by a few units of 6e-8, and how far it is off depends on the processor.
    """
    atol = 1e-7 if any(precision in command + shown for precision in LOW_PRECISIONS) else 1e-12
    (words, numbers), (shown_words, shown_numbers) = comparable(found), comparable(shown)
    if words != shown_words:
        return [(found, shown)]
    pairs = zip(numbers, shown_numbers, strict=True)
    return [(one, other) for one, other in pairs if not same(one, other, atol=atol)]


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_example(command, shown):
    assert different(refresh["output"](command), shown, command) == []


@pytest.mark.parametrize(
    ("text", "on_another_processor"),
    [
        ("kl,0.0013661351852221454,3\n", "kl,0.0013661351852221448,3\n"),
        ('{"kl": [0.0013661351852221454, -2e-17]}', '{"kl": [0.0013661351852221448, 0.0]}'),
        ("a\t0.1\tb=1.5,\n", "a\t0.10000000000000002\tb=1.5,\n"),
        ('{"dtype": "float32", "delta": 1e-8, "ulp": 0.5}', '{"dtype": "float32", "delta": 3e-8, "ulp": 0.75}'),
        ("loss 0.25* (relative 3e-15).", "loss 0.25* (relative 0)."),
    ],
)
def test_the_last_digits_may_differ_wherever_they_stand(text, on_another_processor):
    assert different(on_another_processor, text) == []


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("kl,0.0013661351852221454,3\n", "kl,0.0013661361852221454,3\n"),
        ("kl,0.5,3\n", "kl,0.5,4\n"),
        ("kl,0.5,3\n", "kl,0.5\n"),
        ("kl,0.5,3\n", "kl2,0.5,3\n"),
        ("a\t1e-8\n", "a\t3e-8\n"),
        ('{"dtype": "float32", "loss": 0.2316871}', '{"dtype": "float32", "loss": 0.2316874}'),
        ("nan 1", "1 nan"),
        ("6 of 50 rows", "6 of 50rows"),
    ],
)
def test_nothing_else_may_differ(text, other):
    assert different(other, text) != []


def test_there_are_examples():
    assert len(EXAMPLES) > 15
    assert all(shown.strip() for _, shown in EXAMPLES)


def test_the_losses_are_all_listed():
    listing = next(shown for command, shown in EXAMPLES if command == "softmax-cli losses")
    listed = [line.split(maxsplit=1) for line in listing.splitlines()]
    for loss in (*VARIANTS.values(), *SIGMOIDS.values(), *LOSSES.values()):
        assert [loss.name, loss.recipe] in listed


def test_the_two_commands_are_one_line_each():
    assert len(re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)) == 2


def test_the_screenshot_is_there_and_asks_nothing_of_the_network():
    svg = (ROOT / "docs" / "screenshot.svg").read_text("utf-8")
    assert "log_of_softmax" in svg
    assert set(re.findall(r"https?://[^\"\s)]+", svg)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


def options_of(command):
    """The spellings of each option that a command declares."""
    context = typer.Context(get_command(app))
    for parameter in get_command(app).get_command(context, command).params:
        spellings = [*parameter.opts, *parameter.secondary_opts]
        if spellings[0].startswith("-") and "--help" not in spellings:
            yield spellings


@pytest.mark.parametrize("command", ["check", "checks", "compare", "loss", "losses", "report", "softmax"])
def test_every_option_has_an_example(command):
    words = {word for line, _ in EXAMPLES for word in re.findall(r"-[\w-]+", line)}
    assert [spellings for spellings in options_of(command) if not words & set(spellings)] == []


def test_the_help_of_loss_has_an_example_of_every_option():
    words = set(re.findall(r"-[\w-]+", loss_command.__doc__))
    shown_elsewhere = {"--format", "--quiet", "-T", "--header"}
    missing = [spellings for spellings in options_of("loss") if not words & set(spellings)]
    assert [spellings for spellings in missing if not shown_elsewhere & set(spellings)] == []
