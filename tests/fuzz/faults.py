"""What befalls a command while it runs: signals, files that change, full disks, little memory, streams that are closed.

What is right: an exit status that says so, no traceback, an output that is whole or as it was, inputs untouched, and
nothing left.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from random import Random

from tests.fuzz import aftermath, harness, stock
from tests.fuzz.case import Finding

_FAULT, _SAID = "fault.json", "finding.txt"
OUT = "out"
"""The folder of outputs within the folder of a run."""


@dataclass(frozen=True)
class Fault:
    """A command, and what happens to it ``when``: a kind of moment and how far, from 0 to 1.

    ``output`` is the file that it writes, which is there before (``old``) or not.
    """

    kind: str
    argv: tuple[str, ...]
    act: str
    when: tuple[str, float] = ("time", 0.0)
    stdin: str | None = None
    output: str | None = None
    old: bool = False


_TO_FILE = (
    ("softmax", "x-a.csv", "-o", "out/p.csv"), ("softmax", "x-a.npy", "-o", "out/p.npy"),
    ("softmax", "x-a.npy", "-o", "out/p.tsv"),
    ("report", "x-a.npy", "y.npy", "-o", "out/r.html"), ("loss", "x-a.csv", "y.csv", "--grad-output", "out/g.npy"),
)  # fmt: skip
_TO_STREAM = (
    ("loss", "-q", "x-a.csv", "y.csv"), ("loss", "-q", "x-a.npy", "y.npy"), ("loss", "x-a.csv", "y.csv"),
    ("report", "x-a.npy", "y.npy"),
    ("check", "x-a.csv", "y.csv"), ("compare", "x-a.npy", "x-b.npy", "y.npy"), ("softmax", "x-a.csv"),
    ("loss", "x-a.csv", "y.csv", "--per-row"),
)  # fmt: skip
_PIPED = (("loss", "-q", "-", "y.csv"), ("softmax", "-", "-o", "out/p.csv"), ("report", "-", "y.csv"))
_SHORT = (
    ("loss", "-q", "small.csv", "small-y.csv"), ("loss", "small.csv", "small-y.csv", "--format", "table"),
    ("softmax", "small.csv"),
    ("loss", "small.csv", "small-y.csv", "--format", "json"), ("report", "small.csv", "small-y.csv"),
    ("check", "small.csv", "small-y.csv"),
    ("compare", "small.csv", "small.csv"), ("losses",), ("checks",), ("--help",), ("loss", "--help"), ("--version",),
)  # fmt: skip
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "HUP": signal.SIGHUP, "KILL": signal.SIGKILL}
_LEAST_SPACE = 16 << 20  # bytes: with fewer, Python cannot import its own modules
_MORE_SPACE = 160 << 20


def _signal(random: Random) -> Fault:
    piped = random.random() < 0.25
    argv = random.choice(_PIPED if piped else (*_TO_FILE, *_TO_FILE, *_TO_STREAM))
    moments = ("fed", "time") if piped else ("time", "read", *(["written"] * 2 if _output(argv) else ()))
    act = random.choice(("INT", "TERM", "HUP", "KILL", "TERM TERM"))
    stdin = random.choice(("x-a.csv", "x-a.npy")) if piped else None
    return Fault(
        "signal", argv, act, (random.choice(moments), random.random()), stdin, _output(argv), random.random() < 0.5
    )


def _change(random: Random) -> Fault:
    argv = random.choice(
        tuple(each for each in (*_TO_STREAM, *_TO_FILE) if each[0] in {"loss", "softmax"} and "--per-row" not in each)
    )
    act = random.choice(("rewrite", "rewrite", "truncate", "append", "replace", "touch", "unlink"))
    return Fault(
        "change",
        argv,
        act,
        (random.choice(("time", "read", "read")), random.random()),
        None,
        _output(argv),
        random.random() < 0.5,
    )


def _disk(random: Random) -> Fault:
    argv = random.choice(_TO_FILE)
    return Fault("disk", argv, "limit", ("size", random.random()), None, _output(argv), random.random() < 0.5)


def _spool(random: Random) -> Fault:
    argv = random.choice(_PIPED)
    return Fault("disk", argv, "limit", ("size", random.random()), "x-a.csv", _output(argv))


def _memory(random: Random) -> Fault:
    argv = random.choice((*_TO_STREAM, *_TO_FILE))
    return Fault("memory", argv, "limit", ("memory", random.random()), None, _output(argv), random.random() < 0.5)


def _stream(random: Random) -> Fault:
    argv = random.choice((*_SHORT, ("softmax", "small.csv", "-o", "out/p.csv"), ("loss", "-q", "-", "small-y.csv")))
    act = random.choice(("closed 0", "closed 1", "closed 2", "full 1", "full 2", "closed 1 2", "closed 0 1 2"))
    return Fault(
        "stream", argv, act, output=_output(argv), stdin="small.csv" if "-" in argv and "0" not in act else None
    )


def _pipe(random: Random) -> Fault:
    if random.random() < 0.5:
        return Fault("pipe", random.choice(_PIPED), "cut", ("size", random.random()), "x-a.csv", "out/p.csv")
    return Fault(
        "pipe", random.choice((("softmax", "x-a.csv"), ("loss", "x-a.csv", "y.csv", "--per-row"), *_SHORT)), "head"
    )


_DRAWS: tuple[Callable[[Random], Fault], ...] = (
    _signal,
    _signal,
    _signal,
    _signal,
    _change,
    _change,
    _change,
    _disk,
    _spool,
    _memory,
    _stream,
    _stream,
    _pipe,
)


def _output(argv: tuple[str, ...]) -> str | None:
    return next((each for each in argv if each.startswith(f"{OUT}/")), None)


def drawn(seed: int, index: int) -> Fault:
    """The fault of that number, the same in every run with that seed."""
    random = Random(f"{seed}:fault:{index}")  # noqa: S311  (a reproducible draw is what is wanted)
    return random.choice(_DRAWS)(random)


def run(fault: Fault, folder: Path) -> tuple[str, list[Finding]]:
    """Let it happen in a folder, and look at what is left: a word for the summary, and what was wrong."""
    folder = folder.resolve()
    clean = _clean(folder, fault.argv, fault.stdin)
    work, temporary = _prepared(fault, folder)
    before = aftermath.seen(work)
    start = _start(fault, folder, clean)
    ended = harness.run(start, work, temporary, _moment(fault, folder, clean), _strike(fault, folder))
    after = aftermath.Scene(work, temporary, before, clean.output)
    return aftermath.judge(fault, ended, after, clean)


def _prepared(fault: Fault, folder: Path) -> tuple[Path, Path]:
    """A folder with copies of the stock's files that the command reads, and one for temporary files."""
    work, temporary = harness.emptied(folder / "work"), harness.emptied(folder / "tmp")
    (work / OUT).mkdir()
    for name in {*fault.argv, *([fault.stdin] if fault.stdin else [])}:
        if (_stock(folder) / name).is_file():
            (work / name).write_bytes((_stock(folder) / name).read_bytes())
    if fault.old and fault.output:
        (work / fault.output).write_bytes(aftermath.OLD)
    return work, temporary


@cache
def _stock(folder: Path) -> Path:
    """The files of the stock, made once."""
    stock.fill(folder / "stock")
    return folder / "stock"


@cache
def _clean(folder: Path, argv: tuple[str, ...], stdin: str | None) -> aftermath.Clean:
    """What the command does where nothing happens to it."""
    fault = Fault("none", argv, "none", stdin=stdin, output=_output(argv))
    work, temporary = _prepared(fault, folder)
    began = time.monotonic()
    ended = harness.run(harness.Start(argv, stdin), work, temporary, harness.never, lambda _: None)
    seconds = time.monotonic() - began
    output = work / fault.output if fault.output else None
    return aftermath.Clean(ended, output.read_bytes() if output and output.is_file() else None, seconds)


_PEAK = """
import sys
from softmax_cli.cli import main
try:
    main()
finally:
    print(open('/proc/self/status').read().split('VmPeak:')[1].split()[0], file=sys.stderr)
"""


@cache
def _least_memory(folder: Path, command: str) -> int:
    """The address space that a command takes on small files."""
    argv = [command, "small.csv", *{"softmax": (), "compare": ("small.csv",)}.get(command, ("small-y.csv",))]
    words = [sys.executable, "-c", _PEAK, *argv]
    environment = {"PYTHONPATH": str(harness.ROOT)}
    found = subprocess.run(words, cwd=_stock(folder), env=environment, capture_output=True, text=True, check=True)
    return int(found.stderr.split()[-1]) << 10


def _start(fault: Fault, folder: Path, clean: aftermath.Clean) -> harness.Start:
    """How the command is run under that fault."""
    share = fault.when[1]
    if fault.kind == "disk":
        largest = len(clean.output or b"") + 1 if fault.stdin is None else (_stock(folder) / fault.stdin).stat().st_size
        return harness.Start(fault.argv, fault.stdin, largest_file=int(share * largest))
    if fault.kind == "memory":
        return harness.Start(
            fault.argv, memory=_least_memory(folder, fault.argv[0]) + _LEAST_SPACE + int(share * _MORE_SPACE)
        )
    if fault.kind == "stream":
        word, *streams = fault.act.split()
        return harness.Start(fault.argv, fault.stdin, **{word: tuple(map(int, streams))})  # type: ignore[arg-type]
    if fault.act == "cut":
        size = (_stock(folder) / str(fault.stdin)).stat().st_size
        return harness.Start(fault.argv, fault.stdin, fed=int(share * (size - 200)))
    return harness.Start(fault.argv, fault.stdin, read_lines=1 if fault.act == "head" else None)


def _moment(fault: Fault, folder: Path, clean: aftermath.Clean) -> Callable[[harness.Running], bool]:
    """When it happens."""
    kind, share = fault.when
    if fault.kind not in {"signal", "change"}:
        return harness.never
    if kind == "read":
        path = folder / "work" / _input(fault)
        return harness.once_read(path, int(share * path.stat().st_size))
    if kind == "written":
        return harness.once_written(folder / "work" / OUT, int(share * len(clean.output or b"")))
    if kind == "fed":
        return harness.once_fed(int(share * (_stock(folder) / str(fault.stdin)).stat().st_size))
    return harness.after(share * max(clean.seconds - 0.1, 0.05))


def _input(fault: Fault) -> str:
    return next(each for each in fault.argv if each.startswith("x-a"))


def _strike(fault: Fault, folder: Path) -> Callable[[harness.Running], None]:
    """What happens."""
    if fault.kind == "signal":
        return lambda running: [running.process.send_signal(SIGNALS[each]) for each in fault.act.split()] and None
    if fault.kind == "change":
        path = folder / "work" / _input(fault)
        return lambda _: _CHANGES[fault.act](path, _stock(folder) / path.name.replace("x-a", "x-b"))
    return lambda _: None


def _rewrite(path: Path, other: Path) -> None:
    with path.open("r+b") as file:
        file.write(other.read_bytes())


def _truncate(path: Path, _other: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _append(path: Path, other: Path) -> None:
    with path.open("ab") as file:
        file.write(other.read_bytes()[-4000:])


def _replace(path: Path, other: Path) -> None:
    beside = path.with_name("replacing")
    beside.write_bytes(other.read_bytes())
    beside.replace(path)


_CHANGES: dict[str, Callable[[Path, Path], None]] = {
    "rewrite": _rewrite,
    "truncate": _truncate,
    "append": _append,
    "replace": _replace,
    "touch": lambda path, _: path.touch(),
    "unlink": lambda path, _: path.unlink(),
}


def write(folder: Path, fault: Fault, findings: list[Finding], origin: str) -> Path:
    """Write a fault and what was wrong into a folder of its own."""
    place = folder / origin.replace(":", "-")
    place.mkdir(parents=True, exist_ok=True)
    (place / _FAULT).write_text(json.dumps(asdict(fault), indent=1))
    said = "\n\n".join(f"{finding.kind}\n{finding.detail}" for finding in findings)
    (place / _SAID).write_text(f"{origin}\n\n{said}\n", errors="backslashreplace")
    return place


def folders(given: Path) -> list[Path]:
    """The folders with a fault, at or below a folder."""
    return sorted(path.parent for path in given.rglob(_FAULT))


def again(folder: Path) -> list[Finding]:
    """Let the fault in a folder happen again."""
    told = json.loads((folder / _FAULT).read_text())
    fault = Fault(**{**told, "argv": tuple(told["argv"]), "when": tuple(told["when"])})
    with tempfile.TemporaryDirectory() as place:
        return run(fault, Path(place))[1]
