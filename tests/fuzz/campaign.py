"""Many inputs and faults on several processes: what was drawn, what came of it, what was wrong."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz import faults, reproductions
from tests.fuzz.case import Case, Finding
from tests.fuzz.judging import judge, label
from tests.fuzz.kinds import KINDS, drawn
from tests.fuzz.sandbox import Sandbox

INPUTS, FAULTS = "inputs", "faults"
_AT_ONCE = {INPUTS: 250, FAULTS: 5}
_MOST_KEPT = 5  # reproductions of one kind of finding from one batch: the others are counted


@dataclass
class Tally:
    """What came of some draws."""

    drawn: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    folders: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count another's in."""
        self.drawn += other.drawn
        self.results += other.results
        self.findings += other.findings
        self.folders += other.folders


@dataclass(frozen=True)
class Plan:
    """What to run: so many inputs and faults, or for so long."""

    seed: int
    folder: Path
    inputs: int
    faults: int
    minutes: float | None = None
    jobs: int = 2


def run(plan: Plan) -> Tally:
    """Run a campaign; its reproductions are written to the plan's folder."""
    total = Tally()
    end = None if plan.minutes is None else time.monotonic() + 60 * plan.minutes
    with ProcessPoolExecutor(plan.jobs, get_context("spawn"), initializer=_begin) as pool:
        waiting: set[Future[Tally]] = set()
        for batch in _batches(plan):
            if end is not None and time.monotonic() > end:
                break
            waiting.add(pool.submit(_run, *batch, plan.seed, plan.folder))
            while len(waiting) > 2 * plan.jobs:
                waiting = _collect(waiting, total)
        while waiting:
            waiting = _collect(waiting, total)
    return total


def _collect(waiting: set[Future[Tally]], total: Tally) -> set[Future[Tally]]:
    done, rest = wait(waiting, return_when="FIRST_COMPLETED")
    for each in done:
        try:
            total.add(each.result())
        except BrokenProcessPool:
            total.findings["a worker was killed"] += 1
            return set()
    return rest


def _batches(plan: Plan) -> Iterator[tuple[str, int, int]]:
    """What to run, in batches (what, start, stop): inputs and faults in turn, so that both come early."""
    sizes = {INPUTS: plan.inputs, FAULTS: plan.faults}
    starts = {what: iter(range(0, size, _AT_ONCE[what])) for what, size in sizes.items()}
    batches = {what: -(-size // _AT_ONCE[what]) for what, size in sizes.items()}
    longest = max(batches.values(), default=0)
    for place in range(longest):
        for what, size in sizes.items():
            due = -(-batches[what] * (place + 1) // longest) - -(-batches[what] * place // longest)
            for start in _take(starts[what], due):
                yield what, start, min(start + _AT_ONCE[what], size)


def _take(starts: Iterator[int], count: int) -> Iterable[int]:
    return list(islice(starts, count))


_box: list[Sandbox] = []


def _begin() -> None:
    _box.append(Sandbox())
    import atexit

    atexit.register(_box[0].close)


def _run(what: str, start: int, stop: int, seed: int, folder: Path) -> Tally:
    tally = Tally()
    for index in range(start, stop):
        if what == FAULTS:
            _one_fault(seed, index, folder, tally)
        else:
            _one_input(seed, index, folder, tally)
    return tally


def _one_input(seed: int, index: int, folder: Path, tally: Tally) -> None:
    case = drawn(seed, index)
    outcome = _box[0].run(case)
    expected = KINDS[case.kind].expected(case)
    findings = judge(case, expected, outcome)
    tally.drawn[case.kind] += 1
    tally.results[f"{case.kind}: {label(expected, outcome)}"] += 1
    for finding in findings:
        tally.findings[f"{case.kind}: {finding.kind}"] += 1
    if findings and sum(tally.findings.values()) <= _MOST_KEPT:
        smallest = reproductions.smaller(case, findings[0].kind, judged)
        place = reproductions.write(folder, smallest, judged(smallest) or findings, f"{case.kind}:{seed}:{index}")
        tally.folders.append(str(place))


def judged(case: Case) -> list[Finding]:
    """Run a case in this process's sandbox, and say what was wrong."""
    if not _box:
        _begin()
    return judge(case, KINDS[case.kind].expected(case), _box[0].run(case))


def _one_fault(seed: int, index: int, folder: Path, tally: Tally) -> None:
    os.chdir(_box[0].work)
    fault = faults.drawn(seed, index)
    result, findings = faults.run(fault, _box[0].folder / f"fault{os.getpid()}")
    tally.drawn[f"fault: {fault.kind}"] += 1
    tally.results[f"fault: {fault.kind}: {result}"] += 1
    for finding in findings:
        tally.findings[f"fault: {fault.kind}: {finding.kind}"] += 1
    if findings:
        tally.folders.append(str(faults.write(folder, fault, findings, f"fault:{seed}:{index}")))
