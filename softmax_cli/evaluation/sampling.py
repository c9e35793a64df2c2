"""Logits and labels made up from a seed. Imports numpy only to make them: the command's help lists the names."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from softmax_cli.errors import UsageError
from softmax_cli.option_numbers import CLASSES, ROWS, SEED
from softmax_cli.reports.grid import header_names

FILE_FORMATS = ("csv", "npy")
DTYPES = ("float16", "float32", "float64")
_BLOCK_VALUES = 1 << 17  # fixed: another size would draw other numbers from the same seed


def _confident(rng: Any, shape: tuple[int, int]) -> Any:
    logits = rng.standard_normal(shape)
    logits[range(shape[0]), rng.integers(shape[1], size=shape[0])] += 8
    return logits


def _hostile(rng: Any, shape: tuple[int, int]) -> Any:
    """Rows of every magnitude from 1e-3 to 1e4."""
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-3, 4, size=(shape[0], 1))


Draw = Callable[[Any, tuple[int, int]], Any]

DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "confident": _confident,
    "heavy-tailed": lambda rng, shape: rng.standard_t(2, shape),
    "hostile": _hostile,
}


def sample(
    directory: Path,
    *,
    rows: int,
    classes: int,
    seed: int,
    distribution: str = "normal",
    scale: float = 1.0,
    wrong: float = 0.2,
    file_format: str = "csv",
    dtype: str = "float32",
    force: bool = False,
) -> tuple[Path, Path]:
    """Write logits (rows, classes) and labels (rows,) into a directory, and give their paths.

    A label is the likeliest class but for the share ``wrong`` of the rows (rounded to whole rows), which are
    any other class. The same arguments give the same files.

    Raises:
        UsageError: a name that does not exist, a file that is there already (unless ``force``), a share of
            wrong labels where there is but one class, a scale at which the logits overflow their dtype.
    """
    from softmax_cli.evaluation.saving import save

    _check_names(distribution, file_format, dtype)
    _check_numbers(rows, classes, seed, scale, wrong)
    if classes == 1 and wrong > 0:
        raise UsageError("with one class no label can be wrong; use --wrong 0 or more classes")
    logits, labels = (directory / f"{name}.{file_format}" for name in ("logits", "labels"))
    there = next((path for path in (logits, labels) if path.exists()), None)
    if there is not None and not force:
        raise UsageError(f"{there} is there already; use --force to overwrite it")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory}: cannot be made ({(error.strerror or '').lower()})") from None

    labels_found: list[Any] = []

    def blocks() -> Iterator[Any]:
        for block, found in _blocks(rows, classes, seed, _scaled(DISTRIBUTIONS[distribution], scale, dtype), wrong):
            labels_found.append(found)
            yield block

    save(logits, blocks(), header_names(map(str, range(classes))), (rows, classes), 1)
    save(labels, (found[:, None] for found in labels_found), ["label"], (rows,), 0)
    return logits, labels


def _check_names(distribution: str, file_format: str, dtype: str) -> None:
    for what, name, known in (
        ("distribution", distribution, tuple(DISTRIBUTIONS)),
        ("file format", file_format, FILE_FORMATS),
        ("dtype", dtype, DTYPES),
    ):
        if name not in known:
            raise UsageError(f"there is no {what} {name!r}; there are {', '.join(known)}")


def _check_numbers(rows: int, classes: int, seed: int, scale: float, wrong: float) -> None:
    for option, value, bounds in (("--rows", rows, ROWS), ("--classes", classes, CLASSES), ("--seed", seed, SEED)):
        bounds.check(option, value)
    if not math.isfinite(scale):
        raise UsageError(f"--scale {scale}: a finite number is needed")
    if not 0 <= wrong <= 1:
        raise UsageError(f"--wrong {wrong}: a share from 0 to 1 is needed")


def _scaled(draw: Draw, scale: float, dtype: str) -> Draw:
    """Draws logits as they stand in the file."""
    import numpy as np

    def scaled(rng: Any, shape: tuple[int, int]) -> Any:
        try:
            with np.errstate(over="raise"):
                return (draw(rng, shape) * scale).astype(dtype)
        except FloatingPointError:
            raise UsageError(f"--scale {scale:g}: the logits overflow {dtype}; use a smaller one") from None

    return scaled


def _blocks(rows: int, classes: int, seed: int, draw: Draw, wrong: float) -> Iterator[tuple[Any, Any]]:
    import numpy as np

    rng = np.random.default_rng(seed)
    is_wrong = np.zeros(rows, bool)
    is_wrong[rng.choice(rows, round(wrong * rows), replace=False)] = True
    step = max(1, _BLOCK_VALUES // classes)
    for start in range(0, rows, step):
        logits = draw(rng, (min(step, rows - start), classes))
        likeliest = logits.argmax(axis=1)
        others = (likeliest + rng.integers(1, max(2, classes), size=len(logits))) % classes
        yield logits, np.where(is_wrong[start : start + len(logits)], others, likeliest)
