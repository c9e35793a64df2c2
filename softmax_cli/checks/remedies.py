"""What mends a finding: options of this tool, and the command line that gives them."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Options = Mapping[str, Any]
"""Options by their Python names, ``{"label_base": 1}``; None takes an option back."""

NO_OPTIONS: Options = {}

OF_LABELS = ("label_column", "label_base", "label_values", "ignore_index", "ignore_missing", "multilabel", "shift")
"""Options that say something of the labels."""

_LONGEST_NAME = 44
_LONGEST_CHOICE = 400  # characters: a longer list of columns is no command that anybody pastes


def merged(*several: Options) -> dict[str, Any]:
    """All options in one; the later ones win, but rows to skip come together."""
    found: dict[str, Any] = {}
    for options in several:
        for name, value in options.items():
            both = name == "skip_rows" and found.get(name) and value
            found[name] = ",".join(dict.fromkeys(f"{found[name]},{value}".split(","))) if both else value
    return found


def needs_no_labels(options: Options) -> bool:
    """Whether the values are themselves those of the labels, so that these are left out."""
    return options.get("values") == "label-log-probabilities"


def name_of(options: Options) -> str:
    """What the figure of a trial is called: ``with --label-base 1``."""
    texts = [" ".join(_words(name, value)) or f"no {_switch(name)}" for name, value in options.items()]
    text = f"with {' '.join(texts)}"
    return text if len(text) <= _LONGEST_NAME else f"with {' '.join(map(_switch, options))} as below"


@dataclass(frozen=True)
class Given:
    """What was given, as a shell has it.

    Attributes:
        logits: paths or patterns; empty for what is no file.
        labels: likewise; empty too where there are none, or where they are a column of the logits' file.
        options: those that were given, by their Python names.
        with_labels: whether there are labels, in a file of their own or not.
        columns: what --logit-columns calls each class, None where it cannot choose them.
        logit_lines: whether the logits' file is text.
        label_lines: whether the labels' file is.
    """

    logits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    with_labels: bool = False
    columns: tuple[str, ...] | None = None
    logit_lines: bool = False
    label_lines: bool = False

    @property
    def without_labels(self) -> "Given":
        """The same without the labels, and without the options about them."""
        kept = {name: value for name, value in self.options.items() if name not in OF_LABELS}
        return replace(self, labels=(), options=kept)

    def command(self, options: Options, *, by_loss: bool = True) -> str:
        """The command line that reads the files with these options too: `loss`, or `check` where no loss would come.

        For arrays in Python, the options alone, as keywords.
        """
        if needs_no_labels(options):
            return self.without_labels._command("loss", options)
        return self._command("loss" if by_loss and self.with_labels else "check", options)

    def _command(self, command: str, options: Options) -> str:
        several = len(self.logits) > 1 or len(self.labels) > 1
        in_one = self.with_labels and "label_column" in self.options
        missing = self.with_labels and not (self.labels or in_one or needs_no_labels(options))
        if not self.logits or missing or (several and command == "check"):
            return ", ".join(f"{name}={value!r}" for name, value in options.items())
        words = ["softmax-cli", command, *self.logits]
        words += [word for path in self.labels for word in ("--labels", path)] if several else self.labels
        for name, value in merged(self.options, options).items():
            words += _words(name, value)
        return shlex.join(words)


def _switch(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _words(name: str, value: Any) -> list[str]:
    """An option as a shell has it; nothing for one that is taken back."""
    if value is None:
        return []
    if value is True:
        return [_switch(name)]
    if value is False:
        return [f"--no-{name}"] if name == "header" else []
    return [_switch(name), str(value)]


def ranges_text(positions: Sequence[int]) -> str:
    """Positions as --logit-columns and --skip-rows take them: ``0:3,4:10`` for 0, 1, 2, 4, ..., 9.

    >>> ranges_text([0, 1, 2, 4, 5, 9, 8])
    '0:3,4,5,9,8'
    """
    texts: list[str] = []
    start = 0
    for place in range(1, len(positions) + 1):
        if place < len(positions) and positions[place] == positions[place - 1] + 1:
            continue
        run = positions[start:place]
        texts += [f"{run[0]}:{run[-1] + 1}"] if len(run) > 2 else map(str, run)
        start = place
    return ",".join(texts)


def columns_in(columns: Sequence[str] | None, classes: Sequence[int]) -> Options:
    """The options that choose those classes in that order; none where they cannot, or take too long to be pasted.

    ``columns`` are what --logit-columns calls each class: its position in the file, or its name.
    """
    if columns is None:
        return NO_OPTIONS
    chosen = [columns[index] for index in classes]
    if all(re.fullmatch(r"\d+", name) for name in chosen) and all(map(_is_position, columns)):
        text = ranges_text(list(map(int, chosen)))
    else:
        text = ",".join(map(_quoted, chosen))
    return {"logit_columns": text} if len(text) <= _LONGEST_CHOICE else NO_OPTIONS


def _is_position(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _quoted(name: str) -> str:
    """A name as a cell of a line with commas."""
    return '"' + name.replace('"', '""') + '"' if re.search(r'[",]', name) else name
