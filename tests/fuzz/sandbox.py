"""A folder of its own in which commands run within this process, watched: what they print, leave and change."""

import gc
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

import typer.main
from typer.testing import CliRunner

from softmax_cli.cli.app import Manners, app
from tests.fuzz.case import Case, Outcome

SECONDS = 20
"""How long a command on a small input may compute before it hangs; it may wait so many times as long."""
_PATIENCE = 30
_LARGEST_FILE = 64 << 20
_LARGEST_SPACE = 16 << 30
_SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)  # Python shows none of these


class Hang(BaseException):
    """The time of one input is over: nothing that catches Exception keeps it."""


class Sandbox:
    """Runs cases, one after another, in a folder that is emptied in between. To be made once in a process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self.temporary = self.folder / "tmp"
        self.work = self.folder / "work"
        for made in (self.temporary, self.work):
            made.mkdir()
        for name in [name for name in os.environ if name.startswith("SOFTMAX_CLI_")]:
            del os.environ[name]
        os.environ.update(TMPDIR=str(self.temporary), COLUMNS="80", TERM="xterm", SOFTMAX_CLI_DEBUG="1")
        tempfile.tempdir = None
        os.chdir(self.work)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (_LARGEST_SPACE, resource.RLIM_INFINITY))
        signal.signal(signal.SIGALRM, _over)
        signal.signal(signal.SIGPROF, _over)
        Manners.get_command = cache(Manners.get_command)  # type: ignore[method-assign]
        self._command = typer.main.get_command(app)
        self._runner = CliRunner()

    def close(self) -> None:
        """Remove the folder."""
        os.chdir("/")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, case: Case) -> Outcome:
        """Run a case's command on its files."""
        for name, data in case.files.items():
            Path(name).write_bytes(data)
        threads = threading.active_count()
        outcome = self._invoke(case)
        left, changed = self._cleared(case)
        if threading.active_count() > threads + 1:
            left = (*left, f"{threading.active_count() - threads} threads")
        return Outcome(outcome.status, outcome.out, outcome.err, outcome.warnings, outcome.crash, left, changed)

    def _invoke(self, case: Case) -> Outcome:
        given = case.files[case.stdin] if case.stdin else b""
        status, crash = 0, ""
        with warnings.catch_warnings(record=True) as seen, self._runner.isolation(input=given) as streams:
            warnings.simplefilter("always")
            try:
                with _limited(SECONDS):
                    self._command.main(args=list(case.argv), prog_name="softmax-cli")
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            except Hang:
                crash = f"hang: {traceback.format_exc()}"
            except Exception:
                crash = traceback.format_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            out, err = streams[0].getvalue(), streams[1].getvalue()
        shown = [each for each in seen if not issubclass(each.category, _SILENT)]
        said = tuple(f"{each.category.__name__}: {each.message}" for each in shown)
        return Outcome(status, _text(out), _text(err), said, crash)

    def _cleared(self, case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names that should not be there, and those of the inputs that are not as they were; all are removed."""
        left, changed = [], []
        found = sorted(self.work.iterdir())
        there = {path.name for path in found}
        for path in found:
            if path.name in case.outputs:
                pass
            elif path.name in case.files:
                if not path.is_file() or path.read_bytes() != case.files[path.name]:
                    changed.append(path.name)
            else:
                left.append(path.name)
            _remove(path)
        changed += [name for name in case.files if name not in there]
        if any(self.temporary.iterdir()):
            gc.collect()  # a report that an exception still holds
        left += [f"TMPDIR/{path.name}" for path in sorted(self.temporary.iterdir())]
        for path in self.temporary.iterdir():
            _remove(path)
        return tuple(left), tuple(changed)


def _text(given: bytes) -> str:
    return given.decode("utf-8", "backslashreplace")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _over(_signal: int, _frame: FrameType | None) -> None:
    raise Hang


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """So many seconds of computing, however busy the machine is; and many more of waiting."""
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE * seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
