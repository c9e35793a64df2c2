"""The files in question, and command lines about them that can be pasted."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

MENDED = "mended.npy"


@dataclass(frozen=True)
class Files:
    """What was given, as a shell has it: ``logits`` is None for what is no file, ``labels`` too where there are none.

    ``options`` are those of reading and of ignored rows, each one word (``--label-base=1``). ``load`` is the
    expression by which NumPy reads the logits, empty where there is no simple one; ``delimited`` says that their file
    is one of text.
    """

    logits: str | None = None
    labels: str | None = None
    options: tuple[str, ...] = ()
    load: str = ""
    delimited: bool = False

    def loss(self, *more: str, without: Sequence[str] = ()) -> str:
        """``softmax-cli loss`` of them with more options, and less some; empty where there are no files."""
        return self._loss(self.logits, self.options, *more, without=without) if self.logits else ""

    def rewritten(self, expression: str) -> str:
        """The loss of what NumPy makes of the logits, which ``expression`` calls x.

        Without a file to read from, the expression alone.
        """
        if not (self.load and self.logits):
            return f"x = {expression}"
        script = f"import numpy as np; x = {self.load}; np.save('{MENDED}', {expression})"
        quoted = shlex.quote(script) if re.search(r'["$`\\!]', script) else f'"{script}"'
        kept = [option for option in self.options if not option.startswith(("--logit-columns", "--delimiter"))]
        return f"python3 -c {quoted} && {self._loss(MENDED, kept)}"

    def header_cut(self) -> str:
        """The loss of the logits without their first line."""
        if not (self.logits and self.delimited):
            return "x = x[1:]"
        return f"tail -n +2 {shlex.quote(self.logits)} | {self._loss('-', self.options, '--no-header')}"

    def _loss(self, logits: str | None, options: Sequence[str], *more: str, without: Sequence[str] = ()) -> str:
        in_one_file = self.labels is None and any(option.startswith("--label-column") for option in options)
        labels = self.logits if in_one_file and logits != self.logits else self.labels
        kept = [option for option in options if option.partition("=")[0] not in without]
        words = [part for option in (*kept, *more) for part in option.split("=", 1)]
        return shlex.join(word for word in ("softmax-cli", "loss", logits, labels, *words) if word is not None)
