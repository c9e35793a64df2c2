"""Findings for a terminal, as a compiler shows what it complains about.

A headline, where it is, what was seen, what it does to the loss, and what mends it. Texts are wrapped to the width; a
command is never broken, so that it can be copied: the terminal wraps it.
"""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text

from softmax_cli.reports.findings import Effect, Finding, Severity
from softmax_cli.writers.numbers import rounded
from softmax_cli.writers.signs import Signs

_COLOURS: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_GAP = 3  # blanks between two columns
_ODD = {"nan", "inf", "-inf"}
_EDGE = "dim"


def diagnostic_lines(
    finding: Finding, console: Console, width: int, signs: Signs, shown: Callable[[str], str]
) -> Iterator[Text]:
    """The finding in lines of ``width`` cells, and an empty one; ``shown`` makes a text printable."""
    colour = _COLOURS[finding.severity]
    edge = f"  {signs.target} "
    headline = Text.assemble((f"{finding.severity}[{finding.code}]", colour), (f" {shown(finding.message)}", "bold"))
    yield from _wrapped(headline, console, width, "", "  ")
    yield Text.assemble((f"  {signs.rule * 2}> ", _EDGE), (shown(finding.where), "cyan"))
    for sentence in finding.evidence:
        yield from _wrapped(Text(shown(sentence)), console, width, edge, edge)
    if finding.effects:
        yield Text(edge.rstrip(), style=_EDGE)
        yield from _effect_lines(finding.effects, edge, shown)
    if finding.remedy or finding.command:
        yield Text(edge.rstrip(), style=_EDGE)
    if finding.remedy:
        yield from _wrapped(Text(shown(finding.remedy)), console, width, "  = ", "    ")
    if finding.command:
        yield Text.assemble(("    ", ""), (shown(finding.command), "green"), no_wrap=True, overflow="ignore")
    yield Text("")


def _wrapped(text: Text, console: Console, width: int, first: str, later: str) -> Iterator[Text]:
    """The text in lines with what stands before the first of them and before the others."""
    for number, line in enumerate(text.wrap(console, max(1, width - len(later)))):
        line.rstrip()
        yield Text.assemble((later if number else first, _EDGE), line)


def _effect_lines(effects: tuple[Effect, ...], edge: str, shown: Callable[[str], str]) -> Iterator[Text]:
    """An effect a line: what it is of, and its loss and its accuracy, or its number, under a header."""
    names = [shown(effect.name) for effect in effects]
    losses = ["loss", *("" if effect.loss is None else rounded(effect.loss, "loss") for effect in effects)]
    accuracies = ["accuracy", *("" if each.accuracy is None else rounded(each.accuracy, "decimal") for each in effects)]
    numbers = ["", *("" if effect.number is None else rounded(effect.number, "decimal") for effect in effects)]
    columns = [column for column in (losses, accuracies, numbers) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    longest = max(map(len, names))
    for place, name in enumerate(["", *names]):
        line = Text.assemble((edge, _EDGE), name.ljust(longest))
        for column, width in zip(columns, widths, strict=True):
            odd = column[place] in _ODD
            line.append(" " * _GAP + column[place].rjust(width), style="dim" if not place else "red" if odd else "bold")
        if place or columns != [numbers]:
            line.rstrip()
            yield line
