"""How long `softmax-cli loss` takes on the sample, beside importing what it is made of.

    python benchmarks/startup.py [PAIRS]

Runs the two in turn, as whole processes, and prints the medians of their times and of the pairwise ratios. The
aim: a ratio of at most 1.5. Install without -e, or compile the package's bytecode, to measure what a user has.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
FILES = [str(ROOT / "samples" / name) for name in ("logits.csv", "labels.csv")]
BASELINE = [sys.executable, "-c", "import numpy, typer, rich.table"]
COMMAND = str(Path(sys.executable).parent / "softmax-cli")
CASES = {
    "loss, TSV": [COMMAND, "loss", *FILES, "--format", "tsv"],
    "loss, table": [COMMAND, "loss", *FILES, "--format", "table"],
    "loss -q": [COMMAND, "loss", "-q", *FILES],
    "--help": [COMMAND, "--help"],
}


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(pairs: int) -> None:
    """Measure each case against the baseline."""
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'case':<12} {'case ms':>8} {'baseline ms':>12} {'ratio':>6}   (medians of {pairs} pairs)")
    for name, command in CASES.items():
        seconds(command)
        runs = [(seconds(command), seconds(BASELINE)) for _ in range(pairs)]
        ours, theirs = (median(column) * 1000 for column in zip(*runs, strict=True))
        ratio = median(one / other for one, other in runs)
        print(f"{name:<12} {ours:8.0f} {theirs:12.0f} {ratio:6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
