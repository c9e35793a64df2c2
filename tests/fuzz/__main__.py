"""``python -m tests.fuzz``: a campaign, the replay of what it found, or a run guided by coverage."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz import campaign, reproductions

_MOST_SHOWN = 40
_ENDLESS = 1 << 40
_FAULTS_PER_INPUT = 100


def main(argv: list[str] | None = None) -> int:
    """Return 1 where something was found."""
    given = _arguments().parse_args(argv)
    if given.replay is not None:
        return _replay(given.replay)
    if given.coverage is not None:
        from tests.fuzz import coverage

        return coverage.run(given.coverage, given.folder)
    by_time = given.minutes is not None
    plan = campaign.Plan(
        seed=given.seed,
        folder=given.folder.resolve(),
        inputs=_ENDLESS if by_time else given.inputs,
        faults=_ENDLESS // _FAULTS_PER_INPUT if by_time else given.faults,
        minutes=given.minutes,
        jobs=given.jobs,
    )
    began = time.monotonic()
    tally = campaign.run(plan)
    _show(tally, given.seed, time.monotonic() - began)
    return 1 if tally.findings else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, help="run for so long, instead of a number of inputs and faults")
    parser.add_argument("--inputs", type=int, default=6000, help="how many inputs (6000)")
    parser.add_argument("--faults", type=int, default=60, help="how many faults (60)")
    parser.add_argument("--seed", type=int, default=0, help="what the draws depend on, and nothing else (0)")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes (2)")
    parser.add_argument("--folder", type=Path, default=Path("fuzz-findings"), help="where reproductions are written")
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="run the reproductions in a folder again")
    parser.add_argument("--coverage", type=float, metavar="MINUTES", help="guided by coverage; needs atheris")
    return parser


def _replay(folder: Path) -> int:
    from tests.fuzz import faults

    failed = 0
    for place in reproductions.folders(folder):
        findings = campaign.judged(reproductions.load(place))
        failed += bool(findings)
        print(f"{place}: {'; '.join(f'{each.kind}: {each.detail}' for each in findings) or 'fine'}")
    for place in faults.folders(folder):
        findings = faults.again(place)
        failed += bool(findings)
        print(f"{place}: {'; '.join(f'{each.kind}: {each.detail}' for each in findings) or 'fine'}")
    return 1 if failed else 0


def _show(tally: campaign.Tally, seed: int, seconds: float) -> None:
    faults = sum(count for name, count in tally.drawn.items() if name.startswith("fault"))
    inputs = sum(tally.drawn.values()) - faults
    print(f"{inputs} inputs and {faults} faults of seed {seed} in {seconds:.0f} s")
    _listing("drawn", tally.drawn)
    _listing("results", tally.results)
    _listing("findings", tally.findings)
    for folder in tally.folders[:_MOST_SHOWN]:
        print(f"  {folder}")


def _listing(title: str, counts: Counter[str]) -> None:
    print(f"{title}: {sum(counts.values())}")
    for name, count in counts.most_common(_MOST_SHOWN):
        print(f"{count:9} {name}")


if __name__ == "__main__":
    sys.exit(main())
