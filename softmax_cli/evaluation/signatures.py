"""What a report's signature says of the backends."""

from collections.abc import Sequence

from softmax_cli.backends.base import Backend
from softmax_cli.reports.signature import BackendSignature


def backend_signatures(backends: Sequence[Backend]) -> tuple[BackendSignature, ...]:
    """Each with its version and where it computes."""
    return tuple(BackendSignature(backend.name, backend.version, backend.device) for backend in backends)
