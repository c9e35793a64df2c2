"""What a fault left behind, held against what is right: status, output, inputs, leftovers, the number."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz import stock
from tests.fuzz.case import Finding
from tests.fuzz.harness import LONGEST_END, Ended

if TYPE_CHECKING:
    from tests.fuzz.faults import Fault

OLD = b"what was there before\n"
_SIGNALLED = {"INT": (130, -2), "TERM": (143, -15), "HUP": (129, -1), "KILL": (-9,), "TERM TERM": (143, -15)}
_TROUBLE, _BAD_INPUT = 2, 3
_TOLERANCE = 1e-9  # relative: another summation, and nothing else
_TRACES = ("Traceback", "Exception ignored", "Fatal Python error", "RuntimeWarning")

Seen = dict[str, tuple[bytes, int]]
"""The content of each file and the time of its last change."""


@dataclass(frozen=True)
class Clean:
    """What the command does where nothing happens to it, and how long it takes."""

    ended: Ended
    output: bytes | None
    seconds: float


@dataclass(frozen=True)
class Scene:
    """Where it happened, and how it looked before."""

    work: Path
    temporary: Path
    before: Seen
    whole: bytes | None


def seen(work: Path) -> Seen:
    """Every file at and below a folder."""
    files = [path for path in work.rglob("*") if path.is_file()]
    return {str(path.relative_to(work)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def judge(fault: "Fault", ended: Ended, scene: Scene, clean: Clean) -> tuple[str, list[Finding]]:
    """A word for the summary, and everything that is wrong."""
    found = [*_of_process(fault, ended), *_of_files(fault, ended, scene)]
    result, wrong = _RULES[fault.kind](fault, ended, clean)
    if wrong:
        found.append(Finding(wrong, f"status {ended.status}, printed {ended.out[-200:]!r}, said {ended.err[-1500:]}"))
    return result, found


def _of_process(fault: "Fault", ended: Ended) -> list[Finding]:
    found = []
    if ended.hung:
        found.append(Finding("hang", ended.err))
    if ended.struck and fault.kind == "signal" and ended.took > LONGEST_END:
        found.append(Finding("slow to end", f"{ended.took:.1f} s"))
    if any(trace in ended.err for trace in _TRACES):
        found.append(Finding("traceback", ended.err[-3000:]))
    if ended.status == 70:
        found.append(Finding("status 70", ended.err[-3000:]))
    return found


def _of_files(fault: "Fault", ended: Ended, scene: Scene) -> list[Finding]:
    """The output is whole or as it was, inputs are untouched, and nothing else is there."""
    found = []
    after = seen(scene.work)
    old = scene.before.get(fault.output or "", (None, 0))[0]
    new = after.get(fault.output or "", (None, 0))[0]
    finished = ended.status in {0, 1}
    if fault.output and new not in {old, scene.whole} and fault.kind != "change":
        found.append(Finding("output in part", f"{len(new or b'')} of {len(scene.whole or b'')} bytes"))
    if fault.output and finished and fault.kind != "change" and new != scene.whole:
        found.append(Finding("no output beside status 0", str(new and len(new))))
    changed = [name for name in scene.before if name != fault.output and after.get(name) != scene.before[name]]
    if changed and fault.kind != "change":
        found.append(Finding("input changed", ", ".join(changed)))
    extra = [name for name in after if name not in scene.before and name != fault.output]
    if not (fault.act == "KILL" and len(extra) == 1 and extra[0].startswith("out/.")) and extra:
        found.append(Finding("left behind", ", ".join(extra)))
    if left := [path.name for path in scene.temporary.iterdir()]:
        found.append(Finding("left in TMPDIR", ", ".join(left)))
    return found


def _of_signal(fault: "Fault", ended: Ended, clean: Clean) -> tuple[str, str]:
    if ended.status in _SIGNALLED[fault.act]:
        return f"{fault.act}: ended by it", "" if clean.ended.out.startswith(ended.out) else "odd output"
    return _finished(ended, clean)


def _finished(ended: Ended, clean: Clean) -> tuple[str, str]:
    """Nothing has happened: the command did what it always does."""
    same = ended.status == clean.ended.status and ended.out == clean.ended.out
    return "finished as ever", "" if same else "status" if ended.status != clean.ended.status else "odd output"


def _of_change(fault: "Fault", ended: Ended, clean: Clean) -> tuple[str, str]:
    """The number of the one version or of the other, or a refusal."""
    if ended.status in {_TROUBLE, _BAD_INPUT}:
        return f"{fault.act}: refused", "output beside an error" if ended.out else ""
    if ended.status != clean.ended.status:
        return "odd", "status"
    if "-q" not in fault.argv:
        return f"{fault.act}: a result", ""
    number = float(ended.out)
    versions = {name: stock.loss(name) for name in (stock.A, stock.B)}
    known = next((name for name, loss in versions.items() if math.isclose(number, loss, rel_tol=_TOLERANCE)), None)
    return f"{fault.act}: the number of {known}", "" if known else "number of neither version"


def _of_trouble(fault: "Fault", ended: Ended, clean: Clean) -> tuple[str, str]:
    if ended.status == _TROUBLE:
        lines = [line for line in ended.err.splitlines() if line and not line.startswith(("note: ", "warning: "))]
        return f"{fault.kind}: refused", "" if len(lines) == 1 and not ended.out else "not one line of error"
    return _finished(ended, clean)


def _of_stream(fault: "Fault", ended: Ended, clean: Clean) -> tuple[str, str]:
    """Without standard output there is no result; the other two are of no use to most commands."""
    _, *streams = fault.act.split()
    if "0" in streams and "-" in fault.argv:
        return f"{fault.act}: no input", "" if ended.status in {_TROUBLE, _BAD_INPUT} else "status"
    if "1" in streams and fault.output is None:
        return f"{fault.act}: no output", "" if ended.status == _TROUBLE else "status"
    same = ended.status == clean.ended.status and ("1" in streams or ended.out == clean.ended.out)
    return f"{fault.act}: finished as ever", "" if same else "status"


def _of_pipe(fault: "Fault", ended: Ended, clean: Clean) -> tuple[str, str]:
    if fault.act == "head":
        quiet = ended.status == clean.ended.status and clean.ended.out.startswith(ended.out)
        return "head: quiet", "" if quiet else "status"
    if fault.argv[0] == "softmax":  # fewer rows are as good as all, unless the last is cut
        return "cut: softmax", "" if ended.status in {0, _BAD_INPUT} else "status"
    return "cut: refused", "" if ended.status == _BAD_INPUT and not ended.out else "status"


_RULES: dict[str, Callable[["Fault", Ended, Clean], tuple[str, str]]] = {
    "signal": _of_signal,
    "change": _of_change,
    "disk": _of_trouble,
    "memory": _of_trouble,
    "stream": _of_stream,
    "pipe": _of_pipe,
}
