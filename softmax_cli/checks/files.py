"""The files in question, and command lines about them that can be pasted."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

MENDED = "mended.npy"

_HEADER_OPTIONS = ("--header", "--no-header")


@dataclass(frozen=True)
class Files:
    """What was given, as a shell has it: ``logits`` is None for what is no file, ``labels`` too where there are none.

    ``options`` are those of reading and of ignored rows, each one word (``--label-base=1``). ``load`` is the
    expression by which NumPy reads the logits, empty where there is no simple one. ``delimited`` says that their file
    is one of text, ``takes_header`` that the option --header is right for it: it begins with the columns' names, or
    has no lines. ``plain_logits`` and ``plain_labels`` say that a file's lines can be cut off by other programs.
    """

    logits: str | None = None
    labels: str | None = None
    options: tuple[str, ...] = ()
    load: str = ""
    delimited: bool = False
    takes_header: bool = False
    plain_logits: bool = False
    plain_labels: bool = False

    def loss(self, *more: str, without: Sequence[str] = ()) -> str:
        """``softmax-cli loss`` of them with more options, and less some; empty where a file of them is missing."""
        if not self.logits or (self.labels is None and not self.in_one_file):
            return ""
        return self._loss(self.logits, self.labels, self.options, *more, without=without)

    def of_logits(self, *more: str) -> str:
        """``softmax-cli loss`` of the logits alone, with these options and those of reading; empty without a file."""
        kept = [option for option in self.options if not option.startswith(("--label", "--ignore-index", "--values"))]
        return self._loss(self.logits, None, kept, *more) if self.logits else ""

    def rewritten(self, expression: str) -> str:
        """The loss of what NumPy makes of the logits, which ``expression`` calls x; without labels, its check.

        Without a file to read from, the expression alone.
        """
        if not (self.load and self.logits):
            return f"x = {expression}"
        script = f"import numpy as np; x = {self.load}; np.save('{MENDED}', {expression})"
        quoted = shlex.quote(script) if re.search(r'["$`\\!]', script) else f'"{script}"'
        kept = [option for option in self.options if not option.startswith(("--logit-columns", "--delimiter"))]
        labels = self.logits if self.in_one_file else self.labels
        read = self._loss(MENDED, labels, kept) if labels else f"softmax-cli check {MENDED}"
        return f"python3 -c {quoted} && {read}"

    def header_cut(self) -> str:
        """The loss of the logits without their first line."""
        if not (self.logits and self.labels and self.plain_logits):
            return "x = x[1:]"
        return f"tail -n +2 {shlex.quote(self.logits)} | {self._without_header('-', self.labels)}"

    def label_header_cut(self) -> str:
        """The loss of the labels without their first line."""
        if not (self.logits and self.labels and self.plain_labels):
            return "y = y[1:]"
        if self.takes_header:
            return self.loss("--header", without=_HEADER_OPTIONS)
        return f"tail -n +2 {shlex.quote(self.labels)} | {self._without_header(self.logits, '-')}"

    @property
    def in_one_file(self) -> bool:
        """Whether the labels are a column of the logits' file."""
        return self.labels is None and any(option.startswith("--label-column") for option in self.options)

    def _without_header(self, logits: str, labels: str) -> str:
        return self._loss(logits, labels, self.options, "--no-header", without=_HEADER_OPTIONS)

    def _loss(
        self, logits: str, labels: str | None, options: Sequence[str], *more: str, without: Sequence[str] = ()
    ) -> str:
        kept = [option for option in options if option.partition("=")[0] not in without]
        words = [part for option in (*kept, *more) for part in option.split("=", 1)]
        return shlex.join(word for word in ("softmax-cli", "loss", logits, labels, *words) if word is not None)
