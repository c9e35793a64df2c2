"""Which loop computes NumPy's cross-entropy: plain NumPy, or one that is compiled."""

from collections.abc import Sequence
from importlib.util import find_spec

from softmax_cli.backends.base import Backend
from softmax_cli.errors import UsageError
from softmax_cli.evaluation.settings import Settings

_PAYS = 1 << 32
"""Bytes of logits: loading it takes 0.5 s, and it saves 0.25 s a GB (of 1,000 classes). That is the double of where it
begins to pay, since compiling it, at its first use, takes 2 s more."""


def choose_kernel(settings: Settings, backends: Sequence[Backend], logits_bytes: int, *, by_index: bool) -> None:
    """Have the NumPy backend use the fused kernel, where it is asked for or pays.

    Raises UsageError where it is asked for and cannot be had: never another one in its place.
    """
    if settings.kernel == "plain":
        return
    obstacle = ""
    if settings.label_smoothing or not by_index:
        obstacle = "the fused kernel is for class indices without smoothing; use --kernel plain"
    if settings.kernel == "fused":
        if obstacle:
            raise UsageError(obstacle)
        backends[0].fuse()
    elif not obstacle and logits_bytes >= _PAYS and find_spec("numba") and backends[0].kernel:
        backends[0].fuse()
