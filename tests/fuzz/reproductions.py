"""A folder for each finding: its files, its command and what was wrong; made smaller, and run again."""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from tests.fuzz.case import Case, Finding

_MOST_TRIALS = 150
# What is right depends on rows and options there; and a hang takes its time.
_AS_IT_IS = {"refused", "accepted", "number", "no number", "hang"}
_CASE, _SCRIPT, _SAID = "case.json", "run.sh", "finding.txt"

Judge = Callable[[Case], list[Finding]]


def smaller(case: Case, kind: str, judge: Judge) -> Case:
    """The case with options and lines left out one by one, as long as a finding of that kind remains.

    Where what is right depends on these, the case stays as it was drawn.
    """
    trials = 0
    improved = kind not in _AS_IT_IS
    while improved and trials < _MOST_TRIALS:
        improved = False
        for candidate in _candidates(case):
            trials += 1
            if trials > _MOST_TRIALS:
                break
            if any(finding.kind == kind for finding in judge(candidate)):
                case, improved = candidate, True
                break
    return case


def _candidates(case: Case) -> Iterator[Case]:
    """Cases with one thing fewer: an option, or one row of all the text files."""
    for place, part in enumerate(case.argv):
        if (
            place
            and part.startswith("--")
            and not part.startswith(("--format", "--header", "--no-header", "--delimiter"))
        ):
            yield replace(case, argv=case.argv[:place] + case.argv[place + 1 :])
    lines = {name: data.split(b"\n") for name, data in case.files.items() if _is_text(data)}
    for row in range(max((len(each) for each in lines.values()), default=0)):
        fewer = {name: b"\n".join(each[:row] + each[row + 1 :]) for name, each in lines.items()}
        if any(fewer[name] != case.files[name] for name in fewer):
            yield replace(case, files={**case.files, **fewer})


def _is_text(data: bytes) -> bool:
    return b"\0" not in data and data.count(b"\n") > 1


def write(folder: Path, case: Case, findings: list[Finding], origin: str) -> Path:
    """Write a case and what was wrong into a folder of its own."""
    place = folder / origin.replace(":", "-")
    (place / "files").mkdir(parents=True, exist_ok=True)
    for name, data in case.files.items():
        (place / "files" / name).write_bytes(data)
    told = {**asdict(case), "files": list(case.files)}
    (place / _CASE).write_text(json.dumps(told, indent=1, ensure_ascii=True))
    stdin = f" < {shlex.quote(case.stdin)}" if case.stdin else ""
    script = f"cd {shlex.quote('files')} && python -m softmax_cli {shlex.join(case.argv)}{stdin}\n"
    (place / _SCRIPT).write_text(script, errors="backslashreplace")
    said = "\n\n".join(f"{finding.kind}\n{finding.detail}" for finding in findings)
    (place / _SAID).write_text(f"{origin}\n\n{said}\n", errors="backslashreplace")
    return place


def load(folder: Path) -> Case:
    """The case that a folder holds."""
    told = json.loads((folder / _CASE).read_text())
    files = {name: (folder / "files" / name).read_bytes() for name in told["files"]}
    lists = {name: tuple(told[name]) for name in ("argv", "outputs")}
    return Case(**{**told, **lists, "files": files})


def folders(given: Path) -> list[Path]:
    """The folders with a case, at or below a folder."""
    return sorted(path.parent for path in given.rglob(_CASE))
