"""The line by which a result can be had again."""

from dataclasses import dataclass, replace
from typing import Any

from softmax_cli import __version__


@dataclass(frozen=True)
class BackendSignature:
    """A framework, its version, and where it ran."""

    name: str
    version: str
    device: str


@dataclass(frozen=True)
class Signature:
    """The version, the backends, and every setting that changes a figure, in a fixed order."""

    backends: tuple[BackendSignature, ...]
    settings: tuple[tuple[str, Any], ...]
    version: str = __version__

    def line(self) -> str:
        """``softmax-cli:0.1.0|numpy:2.4.6@cpu|dtype:float64|...``, without blanks."""
        backends = (f"{backend.name}:{backend.version}@{backend.device}" for backend in self.backends)
        settings = (f"{name}:{_text(value)}" for name, value in self.settings)
        return "|".join((f"softmax-cli:{self.version}", *backends, *settings))

    def of(self, backend: str | None, **more: Any) -> "Signature":
        """The signature of one backend's figure (of all for None), with what is particular to it."""
        only = tuple(each for each in self.backends if backend in {None, each.name})
        return replace(self, backends=only, settings=tuple({**dict(self.settings), **more}.items()))

    def as_dict(self) -> dict[str, Any]:
        """The same as an object."""
        backends = [vars(backend) for backend in self.backends]
        return {"version": self.version, "backends": backends, **dict(self.settings)}


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return "+".join(value) if isinstance(value, tuple) else str(value)
