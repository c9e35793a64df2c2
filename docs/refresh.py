"""The README's examples: `python docs/refresh.py` runs each and writes its output, and the screenshot, anew.

An example is a line `$ command` in a block marked `console`; what follows, up to the next one, is its output,
as a terminal of 80 columns shows it. A test runs the same commands and holds the outputs against the README.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SCREENSHOT = ROOT / "docs" / "screenshot.svg"

_BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
_EXAMPLE = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def examples() -> Iterator[tuple[str, str]]:
    """Each command of the README with its output."""
    for block in _BLOCK.findall(README.read_text("utf-8")):
        yield from _EXAMPLE.findall(block)


def output(command: str) -> str:
    """What a terminal shows of a command, standard error included; an exit status other than 0 as [status]."""
    import pty

    # A terminal of its own, so that the tool sees one; TERM=dumb has no colours and 80 columns.
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        environment.pop(name, None)
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b"".join(_read(ours))
    os.close(ours)
    text = "".join(line.rstrip() + "\n" for line in seen.decode().replace("\r\n", "\n").splitlines())
    return text + (f"[{process.returncode}]\n" if process.returncode else "")


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says EIO where the other side is closed
            return
        if not piece:
            return
        yield piece


def _refresh() -> None:
    def renewed(block: re.Match[str]) -> str:
        return _EXAMPLE.sub(lambda example: f"$ {example[1]}\n{output(example[1])}\n", block[0]).rstrip() + "\n"

    README.write_text(_BLOCK.sub(renewed, README.read_text("utf-8")), "utf-8")
    _take_screenshot()


def _take_screenshot() -> None:
    import io

    from rich.console import Console

    from softmax_cli import evaluate

    hostile = str(ROOT / "samples" / "hostile.csv")
    report = evaluate(hostile, label_column="label", dtype="float32", backend="all")
    console = Console(file=io.StringIO(), record=True, width=80, force_terminal=True, color_system="truecolor")
    console.print("$ softmax-cli loss samples/hostile.csv --label-column label --dtype float32 \\\n    --backend all")
    console.print(report)
    console.print()
    svg = console.export_svg(title="softmax-cli")
    # rich names a font on the network; a picture in a repository does without.
    SCREENSHOT.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    _refresh()
