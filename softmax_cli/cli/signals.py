"""Ending when a signal asks for it, as after Ctrl-C: nothing half-written, no temporary file left."""

import signal
import sys
from typing import Any, NoReturn

from softmax_cli.errors import EndedError

_SAID = {"SIGTERM": "terminated", "SIGHUP": "hung up"}  # Windows lacks the second
_SOON = 0.01  # seconds


def end_in_order() -> None:
    """Raise EndedError in the main thread at SIGTERM and SIGHUP; one that is ignored, as under nohup, stays so."""
    for name in _SAID:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)
    sys.unraisablehook = _raise_again


def _pass(number: int, frame: Any) -> None:
    """Do nothing: with SIG_IGN, Python would complain of a signal that has come already."""


def _end(number: int, frame: Any) -> NoReturn:  # noqa: ARG001  (a handler's form)
    for name in _SAID:  # a second one, perhaps sent along with the first, must not cut the clean-up short
        if (other := getattr(signal, name, None)) is not None:
            signal.signal(other, _pass)
    raise EndedError(number, _SAID[signal.Signals(number).name])


def _raise_again(lost: Any) -> None:
    """Raise the end once more where Python passed over it, as it does in a callback of its garbage collection."""
    end = lost.exc_value
    if not isinstance(end, EndedError | KeyboardInterrupt) or not hasattr(signal, "setitimer"):
        sys.__unraisablehook__(lost)
        return

    def raise_it(number: int, frame: Any) -> NoReturn:  # noqa: ARG001  (a handler's form)
        raise end

    signal.signal(signal.SIGALRM, raise_it)
    signal.setitimer(signal.ITIMER_REAL, _SOON)
