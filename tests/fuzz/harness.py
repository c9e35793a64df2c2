"""A command in a process of its own, to which something happens at a chosen moment."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 300.0
"""Seconds after which a process hangs."""
LONGEST_END = 60.0
"""Seconds in which it must end after a signal, on a busy machine."""
_POLL = 0.0005
_NUMPY = "_multiarray_umath"  # mapped once a command has begun to run: what is before it is Python's own start


@dataclass(frozen=True)
class Start:
    """How to run a command. ``fed`` is how many bytes of the file reach its standard input before it ends."""

    argv: tuple[str, ...]
    stdin: str | None = None
    fed: int | None = None
    closed: tuple[int, ...] = ()
    full: tuple[int, ...] = ()
    largest_file: int | None = None
    memory: int | None = None
    read_lines: int | None = None


@dataclass
class Ended:
    """How it ended; ``struck`` says whether what was to happen did, ``took`` how long it lived on."""

    status: int
    out: bytes
    err: str
    struck: bool = False
    took: float = 0.0
    hung: bool = False


@dataclass
class Running:
    """A process with the threads that feed it and take what it prints."""

    process: "subprocess.Popen[bytes]"
    out: list[bytes] = field(default_factory=list)
    err: list[bytes] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    fed: int = 0

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None


def run(
    start: Start, work: Path, temporary: Path, moment: Callable[[Running], bool], strike: Callable[[Running], None]
) -> Ended:
    """Run a command; once ``moment`` says so, ``strike``."""
    running = _started(start, work, temporary)
    deadline = time.monotonic() + LONGEST
    struck = False
    while running.alive and time.monotonic() < deadline:
        if moment(running):
            struck = running.alive
            strike(running)
            break
        time.sleep(_POLL)
    began = time.monotonic()
    hung = False
    try:
        running.process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        hung = True
        running.process.kill()
        running.process.wait()
    took = time.monotonic() - began
    for thread in running.threads:
        thread.join(LONGEST)
    _close(running.process)
    err = b"".join(running.err).decode("utf-8", "backslashreplace")
    return Ended(running.process.returncode, b"".join(running.out), err, struck, took, hung)


def _started(start: Start, work: Path, temporary: Path) -> Running:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOFTMAX_CLI_")}
    environment |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "COLUMNS": "80", "SOFTMAX_CLI_DEBUG": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "softmax_cli", *start.argv],
        cwd=work,
        env=environment,
        stdin=subprocess.PIPE if start.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: _prepare(start),  # noqa: PLW1509  (the threads of this process hold no lock that it needs)
    )
    running = Running(process)
    todo: list[Callable[[], None]] = [
        lambda: _take(process.stdout, running.out, start.read_lines),
        lambda: _take(process.stderr, running.err, None),
    ]
    if start.stdin:
        todo.append(lambda: _feed(running, (work / str(start.stdin)).read_bytes(), start.fed))
    running.threads = [threading.Thread(target=each, daemon=True) for each in todo]
    for thread in running.threads:
        thread.start()
    return running


def _prepare(start: Start) -> None:
    """In the child: the signals as at a prompt, limits, and streams that are closed or full."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if start.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (start.largest_file, start.largest_file))
    if start.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (start.memory, start.memory))
    for stream in start.full:
        os.dup2(os.open("/dev/full", os.O_WRONLY), stream)
    for stream in start.closed:
        os.close(stream)


def _take(pipe: object, into: list[bytes], lines: int | None) -> None:
    """Read a pipe to its end, or so many lines of it."""
    with suppress(OSError, ValueError):
        if lines is None:
            into.extend(iter(lambda: pipe.read1(1 << 16), b""))  # type: ignore[attr-defined]
        else:
            into.extend(pipe.readline() for _ in range(lines))  # type: ignore[attr-defined]
            pipe.close()  # type: ignore[attr-defined]


def _feed(running: Running, data: bytes, size: int | None) -> None:
    pipe = running.process.stdin
    with suppress(OSError, ValueError):
        for start in range(0, len(data) if size is None else size, 1 << 14):
            part = data[start : start + (1 << 14)]
            pipe.write(part)  # type: ignore[union-attr]
            pipe.flush()  # type: ignore[union-attr]
            running.fed += len(part)
    with suppress(OSError, ValueError):
        pipe.close()  # type: ignore[union-attr]


def _close(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError, ValueError):
                pipe.close()


def ready(running: Running) -> bool:
    """Whether the command itself has begun."""
    with suppress(OSError):
        return _NUMPY in Path(f"/proc/{running.process.pid}/maps").read_text()
    return False


def after(seconds: float) -> Callable[[Running], bool]:
    """So long after the command has begun."""
    began: list[float] = []

    def moment(running: Running) -> bool:
        if not began and ready(running):
            began.append(time.monotonic())
        return bool(began) and time.monotonic() - began[0] >= seconds

    return moment


def once_read(path: Path, size: int) -> Callable[[Running], bool]:
    """Once it has read so many bytes of a file."""

    def moment(running: Running) -> bool:
        descriptors = Path(f"/proc/{running.process.pid}/fd")
        with suppress(OSError):
            for each in descriptors.iterdir():
                if each.readlink() == path:
                    info = (descriptors.parent / "fdinfo" / each.name).read_text()
                    return int(info.split()[1]) >= size
        return False

    return moment


def once_written(folder: Path, size: int) -> Callable[[Running], bool]:
    """Once a file that was not there holds so many bytes."""
    before = {path.name for path in folder.iterdir()}

    def moment(_running: Running) -> bool:
        with suppress(OSError):
            return any(path.name not in before and path.stat().st_size >= size for path in folder.iterdir())
        return False

    return moment


def once_fed(size: int) -> Callable[[Running], bool]:
    """Once so many bytes of its standard input have been written."""
    return lambda running: running.fed >= size


def never(_running: Running) -> bool:
    """At no moment."""
    return False


def emptied(folder: Path) -> Path:
    """The folder, new and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
