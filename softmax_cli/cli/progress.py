"""How far a command has come, on standard error."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from softmax_cli.errors import AbortedError
from softmax_cli.inputs.progress import Progress

_PATIENCE = 1.0  # seconds without a word
_INTERVAL = 0.1  # seconds between two words


class Watch:
    """Shows rows, bytes, their rate and the time left, at a terminal only, and only for what takes over a second.

    An interrupt within it says how far it came.
    """

    def __init__(self) -> None:
        self._next = time.monotonic() + _PATIENCE
        self._last: Progress | None = None
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        """Take note of how far it has come."""
        self._last = progress
        if time.monotonic() < self._next or not sys.stderr.isatty():
            return
        self._next = time.monotonic() + _INTERVAL
        shown = {"completed": progress.position, "total": progress.size or None, "rows": f"{progress.rows:,} rows"}
        if self._bar is None:
            self._bar = _bar()
            self._bar.add_task("", **shown)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], **shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if isinstance(error, KeyboardInterrupt) and self._last is not None:
            last = self._last
            share = f", {last.position / last.size:.0%} of the logits" if last.size else ""
            raise AbortedError(f"interrupted after {last.rows:,} rows{share}") from None


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.fields[rows]}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
