"""The files that faults happen to: large enough to be read for a while, each in two versions, and their losses."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

ROWS, CLASSES = 40_000, 10
A, B = "a", "b"
"""The two versions: of the same size, so that one may be written over the other."""
_SMALL = 50


@cache
def logits(version: str) -> np.ndarray[Any, Any]:
    """Logits with two digits before the point and six behind it, so that every line is as long as the others."""
    drawn = np.random.default_rng(ord(version)).uniform(10, 99, (ROWS, CLASSES))
    return np.round(drawn, 6)


@cache
def labels() -> np.ndarray[Any, Any]:
    """The same labels for both."""
    return np.random.default_rng(0).integers(0, CLASSES, ROWS)


@cache
def loss(version: str, rows: int = ROWS) -> float:
    """The mean cross-entropy of the first rows."""
    x, y = logits(version)[:rows], labels()[:rows]
    shifted = x - x.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(rows), y]))


def fill(folder: Path) -> None:
    """Write every file of the stock into a folder: x-a.csv, x-b.npy, y.csv, small.csv, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for version in (A, B):
        np.save(folder / f"x-{version}.npy", logits(version))
        (folder / f"x-{version}.csv").write_bytes(_text(logits(version)))
    np.save(folder / "y.npy", labels())
    (folder / "y.csv").write_bytes(b"".join(b"%d\n" % label for label in labels()))
    (folder / "small.csv").write_bytes(_text(logits(A)[:_SMALL]))
    (folder / "small-y.csv").write_bytes(b"".join(b"%d\n" % label for label in labels()[:_SMALL]))


def _text(x: np.ndarray[Any, Any]) -> bytes:
    return b"".join(b",".join(b"%.6f" % value for value in row) + b"\n" for row in x.tolist())
