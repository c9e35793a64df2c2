"""Rows that have a softmax, but none any more once their logits are divided by a small temperature."""

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.reports.grid import count


def divided(logits: Any, temperature: float) -> Any:
    """Return logits / T in their dtype, through float64 where their arithmetic does not hold T."""
    of_numpy = isinstance(logits, np.ndarray)
    held = np.finfo(logits.dtype if of_numpy else np.float32)
    if float(held.tiny) <= temperature <= float(held.max):
        return logits / temperature
    if of_numpy:
        return (logits.astype(np.float64) / temperature).astype(logits.dtype)
    if logits.device.type == "mps":  # has no float64
        return logits / temperature
    return (logits.double() / temperature).to(logits.dtype)


class Overflowing:
    """Counts such rows, of all that had a softmax; blocks may come from several threads, in any order."""

    def __init__(self, temperature: float, dtype: str, *, multilabel: bool = False) -> None:
        self._temperature = temperature
        self._dtype = dtype
        self._multilabel = multilabel
        self._lock = Lock()
        self._defined = self._lost = 0
        self._first: int | None = None

    def begin(self) -> None:
        """Forget what was counted: the rows are read anew."""
        self._defined = self._lost = 0
        self._first = None

    def afresh(self) -> "Overflowing":
        """Return one that has counted nothing yet."""
        return Overflowing(self._temperature, self._dtype, multilabel=self._multilabel)

    def divide(self, backend: Backend, logits: Any) -> Any:
        """Return a backend's rows divided, having looked at them."""
        found = divided(logits, self._temperature)
        self.look(backend.to_numpy(logits), backend.to_numpy(found))
        return found

    def look(self, given: NDArray[Any], divided: NDArray[Any], numbers: NDArray[Any] | int | None = None) -> None:
        """Look at rows (n, C) before and after they are divided; nothing overflows by a temperature from 1 on.

        ``numbers`` are the rows' numbers, or the first one's; None where nobody knows them.
        """
        if self._temperature >= 1 or not given.size:
            return
        defined = self._has_softmax(given)
        lost = np.flatnonzero(defined & ~self._has_softmax(divided[: len(given)]))
        with self._lock:
            self._defined += int(np.count_nonzero(defined))
            self._lost += len(lost)
            if len(lost) and numbers is not None:
                first = numbers + int(lost[0]) if isinstance(numbers, int) else int(numbers[lost[0]])
                self._first = first if self._first is None else min(self._first, first)

    @property
    def none_left(self) -> bool:
        """Whether no row that was looked at has a softmax any more."""
        return 0 < self._lost == self._defined

    def refuse(self) -> None:
        """Raise UsageError where no row is left."""
        if self.none_left:
            raise UsageError(f"{self._cause} in every row, which leaves nothing but nan; use a larger one")

    def notes(self) -> Iterator[str]:
        """Return what to say where some rows are left."""
        if self._lost:
            first = "" if self._first is None else f" (first row {self._first})"
            yield f"{self._cause} in {self._lost:,} of {count(self._defined, 'row')}{first}, and their softmax is nan"

    @property
    def _cause(self) -> str:
        return f"--temperature {self._temperature!r}: the logits divided by it overflow {self._dtype}"

    def _has_softmax(self, rows: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether there is no nan in a row, and a finite largest value; each sigmoid alone has a limit at infinity."""
        largest = rows.max(axis=1)
        found: NDArray[np.bool_] = ~np.isnan(largest) if self._multilabel else np.isfinite(largest)
        return found
