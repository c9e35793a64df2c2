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
from softmax_cli.losses.variants import VARIANTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
refresh = runpy.run_path(str(ROOT / "docs" / "refresh.py"))
EXAMPLES = list(refresh["examples"]())


def without_ulps(text):
    """Without the columns headed ulp: another processor rounds elsewhere, and this is what they show."""
    ends = []
    for line in text.splitlines():
        ends = [match.end() for match in re.finditer(r"\bulp\b", line)] or (ends if line.strip() else [])
        cuts = [0, *ends, len(line)]
        parts = [line[start:end] for start, end in pairwise(cuts)]
        yield " ".join([*(re.sub(r"\S+$", "", part) for part in parts[:-1]), parts[-1]])


def comparable(text):
    """Without the versions of the frameworks, which the constraints pin and others may not."""
    text = "\n".join(without_ulps(text))
    return [word.strip("().") for word in re.sub(r"(numpy|torch):\S+?@", r"\1:VERSION@", text).split()]


def same(one, other):
    """Whether two words are the same; of numbers, whether they are but for the last digits of another processor."""
    if one == other:
        return True
    try:
        return float(one) == pytest.approx(float(other), rel=1e-12, abs=1e-7)
    except ValueError:
        return False


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_example(command, shown):
    found, expected = comparable(refresh["output"](command)), comparable(shown)
    assert len(found) == len(expected)
    assert all(map(same, found, expected)), list(zip(found, expected, strict=True))


def test_there_are_examples():
    assert len(EXAMPLES) > 15
    assert all(shown.strip() for _, shown in EXAMPLES)


def test_the_losses_are_all_listed():
    listing = next(shown for command, shown in EXAMPLES if command == "softmax-cli losses")
    listed = [line.split(maxsplit=1) for line in listing.splitlines()]
    for loss in (*VARIANTS.values(), *LOSSES.values()):
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
