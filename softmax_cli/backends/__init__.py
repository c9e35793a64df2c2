"""Where the arithmetic runs. Add a backend by writing its module and its row in the table below.

A table of strings, so that choosing NumPy never imports torch, and neither is imported for ``--help``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from softmax_cli.errors import UsageError

if TYPE_CHECKING:
    from softmax_cli.backends.base import Backend

BACKENDS = {
    "numpy": "softmax_cli.backends.numpy_backend:NumpyBackend",
    "torch": "softmax_cli.backends.torch_backend:TorchBackend",
}
EVERY_BACKEND = "all"
DTYPES = ("float16", "bfloat16", "float32", "float64")


def backend_names(choice: str) -> tuple[str, ...]:
    """The backends that ``--backend CHOICE`` stands for."""
    if choice == EVERY_BACKEND:
        return tuple(BACKENDS)
    if choice not in BACKENDS:
        known = ", ".join((*BACKENDS, EVERY_BACKEND))
        raise UsageError(f"there is no backend {choice!r}; the backends are {known}")
    return (choice,)


def load_backends(choice: str, device: str, dtype: str) -> list["Backend"]:
    """The backends of a choice, for one dtype; a device other than the CPU is the torch backend's.

    Raises UsageError for a name, a device or a dtype that a backend does not have.
    """
    names = backend_names(choice)
    if dtype not in DTYPES:
        raise UsageError(f"there is no dtype {dtype!r}; the dtypes are {', '.join(DTYPES)}")
    return [_load(name, "cpu" if name == "numpy" and len(names) > 1 else device, dtype) for name in names]


def _load(name: str, device: str, dtype: str) -> "Backend":
    module, _, cls = BACKENDS[name].partition(":")
    backend: Backend = getattr(import_module(module), cls)(device, dtype)
    return backend
