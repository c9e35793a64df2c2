"""softmax-cli beside what people would run instead, as whole processes and within one.

    python benchmarks/peers.py [--rounds N] [--markdown] [CASE ...]

Every round runs each contender once, in turn, so that a change of the machine's speed meets all of them; the
figures are medians over the rounds, and a ratio is the median of the rounds' ratios. The inputs are made anew from a
seed in a temporary folder, and have been read once before. Peers that are not installed are left out, by name.

Install without -e, with the extras torch, tables and fast, and beside them pandas and scikit-learn.
"""

import argparse
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np

COMMAND = str(Path(sys.executable).parent / "softmax-cli")

_TORCH = """
import numpy, torch
x, y = torch.from_numpy(numpy.load({x!r})), torch.from_numpy(numpy.load({y!r}))
print(torch.nn.functional.cross_entropy(x, y).item())
"""
_NUMPY = """
import numpy
x, y = numpy.load({x!r}), numpy.load({y!r})
x = x - x.max(axis=1, keepdims=True)
print((numpy.log(numpy.exp(x).sum(axis=1)) - x[numpy.arange(len(x)), y]).mean())
"""
_SKLEARN = """
import numpy, scipy.special, sklearn.metrics
x, y = numpy.load({x!r}), numpy.load({y!r})
print(sklearn.metrics.log_loss(y, scipy.special.softmax(x, axis=1), labels=numpy.arange(x.shape[1])))
"""
_PANDAS = """
import pandas, torch
x = torch.from_numpy(pandas.read_csv({x!r}, header=None).to_numpy())
y = torch.from_numpy(pandas.read_csv({y!r}, header=None)[0].to_numpy())
print(torch.nn.functional.cross_entropy(x, y).item())
"""
_POLARS = """
import numpy, polars
x = polars.read_csv({x!r}, has_header=False).to_numpy()
y = polars.read_csv({y!r}, has_header=False).to_numpy()[:, 0]
x = x - x.max(axis=1, keepdims=True)
print((numpy.log(numpy.exp(x).sum(axis=1)) - x[numpy.arange(len(x)), y]).mean())
"""


@dataclass(frozen=True)
class Contender:
    """One way to the number: a command line, or a function to be called; ``needs`` are the packages it imports."""

    name: str
    run: list[str] | Callable[[], object]
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]


@dataclass(frozen=True)
class Case:
    """Contenders for the same number, the first of which the others are compared with."""

    title: str
    contenders: Sequence[Contender]


@dataclass(frozen=True)
class Run:
    """What one run took."""

    seconds: float
    peak_bytes: int | None = None


def ours(name: str, files: Sequence[Path], *options: str, needs: tuple[str, ...] = ()) -> Contender:
    """softmax-cli as a process."""
    return Contender(f"softmax-cli {name}".strip(), [COMMAND, "loss", *map(str, files), *options], needs)


def script(name: str, text: str, files: Sequence[Path], *needs: str) -> Contender:
    """A script that people would write."""
    x, y = map(str, files)
    return Contender(name, [sys.executable, "-c", text.format(x=x, y=y)], needs)


def npy_case(folder: Path) -> Case:
    """A validation set as NPY, from the command to the number."""
    files = [folder / "x.npy", folder / "y.npy"]
    made_by_another_process(save_npy, files, 50_000, 1_000)
    return Case(
        "NPY, 50,000 x 1,000 float32 (200 MB), whole processes",
        [
            ours("-q", files, "-q"),
            ours("-q --kernel fused", files, "-q", "--kernel", "fused", needs=("numba",)),
            ours("-q --backend torch", files, "-q", "--backend", "torch", needs=("torch",)),
            ours("--backend all (all variants)", files, "--backend", "all", needs=("torch",)),
            script("np.load + torch cross_entropy", _TORCH, files, "torch"),
            script("np.load + NumPy", _NUMPY, files),
            script("softmax + sklearn log_loss", _SKLEARN, files, "scipy", "sklearn"),
        ],
    )


def csv_case(folder: Path) -> Case:
    """Logits of a smaller model as CSV, from the command to the number."""
    files = [folder / "x.csv", folder / "y.csv"]
    made_by_another_process(save_csv, files, 180_000, 100)
    size = files[0].stat().st_size / 1e6
    return Case(
        f"CSV, 180,000 x 100 ({size:.0f} MB), whole processes",
        [
            ours("-q (with polars)", files, "-q", needs=("polars",)),
            script("pandas.read_csv + torch", _PANDAS, files, "pandas", "torch"),
            script("polars.read_csv + NumPy", _POLARS, files, "polars"),
        ],
    )


def arrays_case(folder: Path, rows: int, classes: int) -> Case:
    """Arrays in memory, without a process's start."""
    from softmax_cli.evaluation.loss import evaluate

    files = [folder / "x.npy", folder / "y.npy"]
    save_npy(files, rows, classes)
    x, y = map(np.load, files)

    def loss(**options: object) -> Callable[[], object]:
        return lambda: evaluate(x, y, variants=["cross_entropy"], reference=False, preview=False, **options)

    def eager() -> object:
        import torch

        return torch.nn.functional.cross_entropy(torch.from_numpy(x), torch.from_numpy(y)).item()

    return Case(
        f"arrays, {rows:,} x {classes:,} float32 ({x.nbytes / 1e6:.0f} MB), within one process",
        [
            Contender("torch cross_entropy, eager", eager, ("torch",)),
            Contender("softmax-cli, torch", loss(backend="torch"), ("torch",)),
            Contender("softmax-cli, NumPy plain", loss(kernel="plain")),
            Contender("softmax-cli, NumPy fused", loss(kernel="fused"), ("numba",)),
            Contender("... its kernel alone", lambda: fused_alone(x, y), ("numba",)),
            Contender("all variants, both backends", lambda: evaluate(x, y, backend="all"), ("torch",)),
            Contender("reading it once (maximum)", lambda: read_once(x)),
        ],
    )


def read_once(x: np.ndarray) -> float:
    """The maximum, on as many threads as the loss."""
    from softmax_cli.parallel import available_threads, in_order

    return max(in_order(lambda rows: np.max(x[rows]), pieces(x), available_threads()))


def fused_alone(x: np.ndarray, y: np.ndarray) -> float:
    """The fused kernel without what is around it: checks, exact sums, a report."""
    from softmax_cli.backends.fused import cross_entropy
    from softmax_cli.parallel import available_threads, in_order

    losses = in_order(lambda rows: cross_entropy(x[rows], y[rows]).sum(), pieces(x), available_threads())
    return sum(losses) / len(x)


def pieces(x: np.ndarray) -> Iterator[slice]:
    """Rows, 4 MiB at a time."""
    step = max(1, (1 << 22) // x[0].nbytes)
    return (slice(start, start + step) for start in range(0, len(x), step))


CASES: dict[str, Callable[[Path], Case]] = {
    "npy": npy_case,
    "csv": csv_case,
    "arrays": lambda folder: arrays_case(folder, 50_000, 1_000),
    "narrow": lambda folder: arrays_case(folder, 200_000, 100),
    "wide": lambda folder: arrays_case(folder, 512, 128_256),
}


def made_by_another_process(save: Callable[..., None], files: Sequence[Path], rows: int, classes: int) -> None:
    """Have the files saved elsewhere: a process counts as its own peak what the one that started it held."""
    process = multiprocessing.get_context("spawn").Process(target=save, args=(files, rows, classes))
    process.start()
    process.join()


def save_npy(files: Sequence[Path], rows: int, classes: int) -> None:
    """Logits and labels from a seed, as NPY."""
    rng = np.random.default_rng(0)
    x, y = files
    np.save(y, rng.integers(0, classes, rows))
    np.save(x, rng.standard_normal((rows, classes), np.float32) * 3)


def save_csv(files: Sequence[Path], rows: int, classes: int) -> None:
    """Logits and labels from a seed, as CSV without a header, seven significant digits each."""
    rng = np.random.default_rng(0)
    x, y = files
    np.savetxt(y, rng.integers(0, classes, rows), fmt="%d")
    with x.open("w") as file:
        for _ in range(rows):
            file.write(",".join(f"{value:.7g}" for value in (rng.standard_normal(classes) * 3).tolist()) + "\n")


def measured(contender: Contender) -> Run:
    """One run of a process, with its peak memory as the system counts it, or of a function."""
    start = time.perf_counter()
    if callable(contender.run):
        contender.run()
        return Run(time.perf_counter() - start)
    with subprocess.Popen(contender.run, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{contender.name}: exit status {process.returncode}")
    return Run(seconds, usage.ru_maxrss * 1024)


def rows_of(case: Case, rounds: int) -> list[tuple[str, ...]]:
    """Each contender's name, seconds, peak memory, and its time as a multiple of the first's."""
    contenders = [contender for contender in case.contenders if not contender.missing]
    for contender in contenders:
        measured(contender)
    runs = [[measured(contender) for contender in contenders] for _ in range(rounds)]
    lines = []
    for contender, column in zip(contenders, zip(*runs, strict=True), strict=True):
        peaks = [run.peak_bytes for run in column if run.peak_bytes is not None]
        ratio = median(run.seconds / first[0].seconds for run, first in zip(column, runs, strict=True))
        lines.append(
            (
                contender.name,
                f"{median(run.seconds for run in column):.3f}",
                f"{median(peaks) / 1e6:.0f}" if peaks else "",
                f"{ratio:.2f}",
            )
        )
    lines += [
        (contender.name, f"needs {', '.join(contender.missing)}", "", "")
        for contender in case.contenders
        if contender.missing
    ]
    return lines


HEADER = ("contender", "seconds", "peak MB", "times the first's")


def show(case: Case, lines: Sequence[tuple[str, ...]], *, markdown: bool) -> None:
    """A table, for the terminal or for the README."""
    print(f"\n{case.title}\n")
    if markdown:
        for line in (HEADER, ("---", "---:", "---:", "---:"), *lines):
            print(f"| {' | '.join(line)} |")
        return
    for name, *figures in (HEADER, *lines):
        print(f"{name:<34}" + "".join(f"{figure:>18}" for figure in figures))


def machine() -> str:
    """What the figures hold for."""
    found = [f"Python {platform.python_version()}"]
    for package in ("numpy", "torch", "numba", "polars", "pandas", "scikit-learn"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({platform.machine()}), {', '.join(found)}"


def main() -> None:
    """Measure the cases that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help=f"out of {', '.join(CASES)}; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    print(f"{machine()}; medians of {asked.rounds} rounds")
    for name in asked.cases or CASES:
        with tempfile.TemporaryDirectory() as folder:
            case = CASES[name](Path(folder))
            show(case, rows_of(case, asked.rounds), markdown=asked.markdown)


if __name__ == "__main__":
    main()
