"""Ending when a signal asks for it, as after Ctrl-C: nothing half-written, no temporary file left."""

import signal
from typing import Any, NoReturn

from softmax_cli.errors import EndedError

_SAID = {"SIGTERM": "terminated", "SIGHUP": "hung up"}  # Windows lacks the second


def end_in_order() -> None:
    """Raise EndedError in the main thread at SIGTERM and SIGHUP; one that is ignored, as under nohup, stays so."""
    for name in _SAID:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _pass(number: int, frame: Any) -> None:
    """Do nothing: with SIG_IGN, Python would complain of a signal that has come already."""


def _end(number: int, frame: Any) -> NoReturn:  # noqa: ARG001  (a handler's form)
    for name in _SAID:  # a second one, perhaps sent along with the first, must not cut the clean-up short
        if (other := getattr(signal, name, None)) is not None:
            signal.signal(other, _pass)
    raise EndedError(number, _SAID[signal.Signals(number).name])
