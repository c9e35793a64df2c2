"""Damaged and hostile pickles and files of torch.save, and what has to hold of whatever reads them.

``python -m tests.readers.containers.mutations --seed 1 --count 20000`` reads so many and prints what did not hold, and
how much memory and time the worst of them took.
"""

import argparse
import codecs
import io
import pickle
import pickletools
import random
import sys
import time
import tracemalloc
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch

from softmax_cli.errors import InputError
from softmax_cli.readers.containers import pickled, torch_file
from softmax_cli.readers.entry import Entry

MEMORY = 150
"""Times the size of a file: what may be taken to read it. An empty dict is one byte of a pickle, and 64 in memory."""
MEMORY_ANYWAY = 3_000_000

READERS: dict[str, Callable[..., list[Entry]]] = {"pickle": pickled.entries, "torch": torch_file.entries}

DANGEROUS = [
    *(
        "os system",
        "posix system",
        "nt system",
        "subprocess Popen",
        "builtins eval",
        "builtins exec",
        "__builtin__ eval",
    ),
    *("builtins __import__", "builtins getattr", "builtins open", "pickle loads", "_pickle loads", "marshal loads"),
    *("importlib import_module", "runpy run_path", "sys exit", "socket socket", "ctypes CDLL", "webbrowser open"),
    *(
        "torch load",
        "torch.hub load",
        "torch.jit.unsupported_tensor_ops execWrapper",
        "numpy load",
        "numpy.f2py.crackfortran getlincoef",
    ),
    *("numpy.testing._private.utils runstring", "numpy save", "torch.storage _load_from_bytes", "operator attrgetter"),
    *("codecs decode", "zipfile Path", "timeit timeit", "cProfile run", "pty spawn", "logging.config _resolve"),
]
KNOWN = [
    *("numpy.core.multiarray _reconstruct", "numpy._core.multiarray scalar", "numpy._core.numeric _frombuffer"),
    *("numpy ndarray", "numpy dtype", "_codecs encode", "collections OrderedDict", "__builtin__ bytearray"),
    *("torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3", "torch FloatStorage", "torch Size"),
    *("torch._utils _rebuild_parameter", "torch._tensor _rebuild_from_type_v2", "torch._utils _rebuild_sparse_tensor"),
    *("torch.storage UntypedStorage", "torch float32", "torch Tensor", "builtins set", "torch LongStorage"),
]


class Wild(random.Random):
    """Draws bytes that a reader may stumble over."""

    def number(self) -> int:
        return self.choice(
            [0, 1, 2, 3, 7, 127, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
        )

    def operation(self) -> bytes:
        """One operation of a pickle with its argument, whole or not."""
        each = self.choice(pickletools.opcodes)
        return each.code.encode("latin-1") + self.argument(each.arg.name if each.arg else None)

    def argument(self, kind: str | None) -> bytes:
        if kind is None:
            return b""
        if kind == "stringnl_noescape_pair":
            return self.choice(DANGEROUS + KNOWN).replace(" ", "\n").encode() + b"\n"
        if "nl" in kind:
            return self.choice(
                [b"1\n", b"00\n", b"-1\n", b"'a'\n", b"'\\q'\n", b"9" * 400 + b"\n", b"1e999\n", b"\\ud800\n"]
            )
        fixed = {"uint1": 1, "uint2": 2, "int4": 4, "uint4": 4, "uint8": 8, "float8": 8}
        if kind in fixed:
            small = self.random() < 0.7
            value = self.randrange(8) if small else self.number() % 256 ** fixed[kind]
            return value.to_bytes(fixed[kind], "little")
        width = 1 if kind.endswith("1") else 8 if kind.endswith("8") else 4
        text = self.choice([*DANGEROUS, *KNOWN, "f4", "latin1", "x", "storage", "0", "<"]).split(" ")[
            self.randrange(2) - 1
        ]
        length = len(text) if self.random() < 0.8 else self.number() % 256**width
        return length.to_bytes(width, "little") + text.encode()

    def program(self) -> bytes:
        """A pickle that nobody wrote, often with a call that is well-formed."""
        parts = [b"\x80", bytes([self.randrange(6)])]
        parts += [self.call() if self.random() < 0.2 else self.operation() for _ in range(self.randrange(1, 40))]
        return b"".join([*parts, b"."])

    def call(self) -> bytes:
        """A call by one of the operations that Python's own machine would run."""
        module, name = self.choice(DANGEROUS + KNOWN).split(" ")[:2] if self.random() < 0.9 else ("os.path", "join")
        text = (f"{module}\n{name}\n").encode()
        short = b"".join(b"\x8c" + bytes([len(part)]) + part.encode() for part in (module, name)) + b"\x93"
        inner = b"X\x04\x00\x00\x00true"
        return self.choice(
            [
                b"c" + text + inner + b"\x85R",
                short + inner + b"\x85R",
                short + inner + b"\x85\x81",
                short + inner + b"\x85}\x92",
                b"(" + inner + b"i" + text,
                b"(" + short + inner + b"o",
                short + b"}" + inner + inner + b"sb",
                short + b"N}" + inner + inner + b"s\x86b",
                b"(" + inner + inner + inner + inner + b"J\x01\x00\x00\x00tQ",
            ]
        )

    def changed(self, data: bytes) -> bytes:
        """The bytes with a few changes."""
        made = bytearray(data)
        for _ in range(self.choice([1, 1, 1, 2, 4, 16])):
            at = self.randrange(len(made) + 1)
            how = self.randrange(8)
            if how == 0 and made:
                made[at % len(made)] ^= 1 << self.randrange(8)
            elif how == 1:
                made[at : at + 1] = bytes([self.randrange(256)])
            elif how == 2:
                del made[at : at + self.choice([1, 4, 30])]
            elif how == 3:
                made[at:at] = self.operation()
            elif how == 4:
                made[at:at] = self.call()
            elif how == 5:
                made[at:at] = made[at : at + self.choice([2, 20, 200])] * self.choice([1, 2, 50])
            elif how == 6:
                width = self.choice([1, 2, 4, 8])
                made[at : at + width] = (self.number() % 256**width).to_bytes(width, "little")
            else:
                del made[at + self.choice([0, 100, 1000]) :]
        return bytes(made)


@cache
def originals() -> list[bytes]:
    """What the libraries themselves write."""
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)
    cycle: list[Any] = [numbers]
    cycle.append(cycle)
    held = [
        numbers,
        numbers.T,
        ((numbers, np.zeros((3, 1), np.int64)), (numbers, np.arange(3))),
        {"logits": numbers, "labels": [1, 2, 3], "names": ["a", "b"], "epoch": 3, 5: {"x": [[1.5, 2.0], [3.0, 4.0]]}},
        OrderedDict(a=np.float32(1), b=defaultdict(list, c=np.zeros(300, ">i8"))),
        [np.zeros(4), np.ones(4)],
        cycle,
        [{1, 2}, frozenset([3]), 1j, bytearray(b"abc"), 2**70, np.array(["a"]), np.array([None]), np.zeros(2, "i4,f4")],
    ]
    pickles = [pickle.dumps(each, protocol) for each in held for protocol in range(6)]
    tensors = [
        torch.arange(12.0).reshape(3, 4),
        {
            "out": {"logits": torch.zeros(3, 4, dtype=torch.bfloat16), "labels": torch.arange(3)},
            "rows": [torch.ones(2)] * 3,
        },
        torch.nn.Linear(2, 3).state_dict(),
        [torch.arange(20.0).reshape(4, 5)[1:, ::2], torch.nn.Parameter(torch.ones(2)), np.ones(3)],
        [torch.eye(2).to_sparse(), torch.zeros(2, dtype=torch.uint16), torch.zeros(2, device="meta")],
    ]
    return pickles + [saved(each) for each in tensors]


def saved(held: Any) -> bytes:
    """A file of torch.save."""
    file = io.BytesIO()
    torch.save(held, file)
    return file.getvalue()


def mutated(seed: int, index: int) -> bytes:
    """The damaged file of that number."""
    wild = Wild(f"{seed}/{index}")
    chosen = wild.choice(originals())
    if wild.random() < 0.15:
        return wild.program()
    if not chosen.startswith(b"PK") or wild.random() < 0.3:
        return wild.changed(chosen)
    return rewritten(chosen, lambda data: wild.program() if wild.random() < 0.2 else wild.changed(data))


def rewritten(archive: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """An archive whose pickle is changed and whose directory is right."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(file, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name.endswith("data.pkl") else data)
    return file.getvalue()


_seen: list[str] = []
_watching = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event != "builtins.id":
        _seen.append(f"{event} {arguments!r:.80}")


@cache
def watch() -> None:
    """Begin to note what Python itself tells of: imports, files, processes. This cannot be ended."""
    for codec in (
        "raw-unicode-escape",
        "unicode-escape",
        "cp437",
    ):  # Python imports those of pickles' and zip archives' text once
        codecs.lookup(codec)
    sys.addaudithook(_hook)


def wrongs(data: bytes) -> Iterator[str]:
    """What did not hold while each reader read the bytes."""
    global _watching  # noqa: PLW0603  (a hook has no other way to know)
    watch()
    for name, entries in READERS.items():
        file = io.BytesIO(data)
        modules = set(sys.modules)
        tracemalloc.start()
        _watching = True
        try:
            found, error = entries(file, len(data), "x"), None
        except InputError as refusal:
            found, error = [], str(refusal)
        except Exception as crash:
            found, error = [], None
            yield f"{name}: {type(crash).__name__}: {crash}"
        finally:
            _watching = False
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        if _seen or set(sys.modules) != modules:
            yield f"{name}: Python tells of {_seen[:3]}, {set(sys.modules) - modules}"
            _seen.clear()
        if peak > MEMORY * len(data) + MEMORY_ANYWAY:
            yield f"{name}: {peak:,} bytes of memory for a file of {len(data):,}"
        if error is not None and (not error.isprintable() or len(error) > 400):
            yield f"{name}: {error!r} is no line"
        yield from (f"{name}: {entry!r:.200}" for entry in found if not fits(entry, len(data)))


def fits(entry: Entry, size: int) -> bool:
    """Whether the values of an entry lie in the file."""
    if entry.refusal or entry.values is not None or 0 in entry.shape:
        return True
    sizes = [length or 0 for length in entry.shape]
    strides = entry.layout().strides
    span = sum((length - 1) * stride for length, stride in zip(sizes, strides, strict=True)) + entry.dtype.itemsize
    return entry.offset is not None and 0 <= entry.offset <= entry.offset + span <= size


def main() -> None:
    """Read so many damaged files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1_000)
    asked = parser.parse_args()
    slowest, bad, whole = 0.0, 0, 0
    for index in range(asked.count):
        data = mutated(asked.seed, index)
        begun = time.perf_counter()
        for wrong in wrongs(data):
            bad += 1
            print(f"{index}: {wrong}")  # noqa: T201
        slowest = max(slowest, time.perf_counter() - begun)
        whole += len(data)
    print(f"{asked.count:,} files of {whole:,} bytes: {bad} wrong; the slowest took {slowest:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
