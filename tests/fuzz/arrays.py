"""NPY files of every dtype, order, byte order, version and rank: what is right for them is what numpy.load reads."""

import io
import warnings
from random import Random
from typing import Any

import numpy as np

from tests.fuzz import drawing, reading
from tests.fuzz.arithmetic import Criterion, Doubtful, Label
from tests.fuzz.case import Case, Expected, Refusal

KIND = "arrays"
_LOGITS = ("f8", "f8", "f8", "f4", "f4", "f2", "g", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
_UNREAD = ("?", "c8", "c16", "S4", "U4", "M8[s]", "m8[s]", "O", "V3", "i4,f4")
_LABELS = ("i8", "i8", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "?")
_LARGEST_SHOWN = 1 << 24


def draw(random: Random) -> Case:
    """Logits and labels; some of dtypes that hold no numbers, some empty or of another rank than they should be."""
    classes, count = random.choice((2, 3, 3, 4, 7, 30)), random.choice((1, 2, 3, 5, 8, 21, 300))
    by = drawing.criterion(random, classes)
    shape, axis = _shape(random, count, classes)
    total = int(np.prod(shape)) // classes
    x = _values(random, drawing.rows(random, total, classes), random.choice(_LOGITS))
    laid = np.moveaxis(x.reshape(*shape[:axis], *shape[axis + 1 :], classes), -1, axis)
    y = _labels(random, total, classes, by).reshape(*shape[:axis], *shape[axis + 1 :])
    if random.random() < 0.08:
        laid = _odd(random, laid)
    files = {"x.npy": _saved(random, laid), "y.npy": _saved(random, y)}
    more = [f"--class-axis={axis}"] if laid.ndim > 2 else []
    if random.random() < 0.15:
        more.append(f"--dtype={random.choice(('float64', 'float32', 'float16'))}")
    argv = drawing.command(random, ("x.npy", "y.npy"), by, more)
    if argv[0] in {"check", "compare"} or ("report" in argv and "--dtype=float16" in argv):
        argv = tuple(each for each in argv if not each.startswith("--dtype"))
    return Case(KIND, files, argv, {"criterion": drawing.facts_of(by), "axis": axis})


def _shape(random: Random, count: int, classes: int) -> tuple[tuple[int, ...], int]:
    """The shape of the logits, and the axis of the classes."""
    kind = random.random()
    if kind < 0.7:
        return (count, classes), 1
    rest = tuple(random.choice((1, 2, 3)) for _ in range(random.choice((2, 2, 3))))
    axis = random.choice((1, len(rest)))
    return (*rest[:axis], classes, *rest[axis:]), axis


def _values(random: Random, rows: list[list[float]], dtype: str) -> np.ndarray[Any, Any]:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        with np.errstate(all="ignore"):
            return np.array(rows).astype(kind)
    info = np.iinfo(kind)
    low, high = (
        (int(info.min), int(info.max)) if random.random() < 0.2 else (max(int(info.min), -90), min(int(info.max), 90))
    )
    return np.array([[random.randint(low, high) for _ in row] for row in rows], kind)


def _labels(random: Random, count: int, classes: int, by: Criterion) -> np.ndarray[Any, Any]:
    """Labels of a dtype that holds them; now and then one that is outside."""
    indices = [random.randrange(classes) + by.label_base for _ in range(count)]
    if by.ignore_index is not None:
        indices = [by.ignore_index if random.random() < 0.3 else index for index in indices]
    if random.random() < 0.08:
        indices[random.randrange(count)] = random.choice(
            (-1, 255, 256, 2048, 65535, 1 << 31, (1 << 63) - 1, -(1 << 63))
        )
    kind = np.dtype(random.choice(_LABELS))
    values = np.array(indices)
    if kind.kind == "f":
        with np.errstate(all="ignore"):
            made = values.astype(kind)
        if random.random() < 0.05:
            made[random.randrange(count)] = random.choice((0.5, np.nan, np.inf))
        return made
    info = np.iinfo(kind) if kind.kind != "b" else np.iinfo("u1")
    fits = values.min() >= info.min and values.max() <= (1 if kind.kind == "b" else info.max)
    return values.astype(kind) if fits else values


def _odd(random: Random, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Something that is no table of logits, or not plainly one."""
    kind = random.randrange(6)
    if kind == 0:
        return np.zeros(x.shape, random.choice(_UNREAD))
    if kind == 1:
        return x[:0] if random.random() < 0.5 else x[..., :0]
    if kind == 2:
        return x.reshape(-1)[0]
    if kind == 3:
        return x.reshape(-1)
    return x[np.newaxis] if kind == 4 else x.reshape(*x.shape, 1)


def _saved(random: Random, array: np.ndarray[Any, Any]) -> bytes:
    """The bytes of a file, in an order, a byte order and a version."""
    array = np.asarray(array)
    if random.random() < 0.3:
        array = np.asfortranarray(array)
    if random.random() < 0.2 and array.dtype.kind in "iufc":
        array = array.astype(array.dtype.newbyteorder(random.choice("<>")))
    stream = io.BytesIO()
    version = random.choice((None, (1, 0), (2, 0), (3, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # versions 2 and 3 are known to NumPy from 1.9 and 1.17 on
        np.lib.format.write_array(stream, array, version, allow_pickle=True)
    return stream.getvalue()


def expected(case: Case) -> Expected:
    """What numpy.load reads, and the loss of it."""
    by = drawing.criterion_of(case.facts["criterion"])
    lenient = case.argv[0] == "check"
    try:
        x = reading.array(case.files["x.npy"])
        if x.dtype.kind not in "iuf" or x.size == 0:
            raise reading.Unreadable(f"dtype {x.dtype}, shape {x.shape}")
        if x.ndim < 2 or x.size > _LARGEST_SHOWN:
            raise Doubtful
        rows = np.moveaxis(x, case.facts["axis"] if x.ndim > 2 else 1, -1)
        return _expected(case, rows, by)
    except reading.Unreadable as error:
        return Expected(refusal=Refusal.MAY if lenient else Refusal.MUST, why=str(error))
    except (Doubtful, np.exceptions.AxisError):
        return Expected()


def _expected(case: Case, x: np.ndarray[Any, Any], by: Criterion) -> Expected:
    classes = x.shape[-1]
    dtype = _dtype(case, x)
    with np.errstate(all="ignore"):
        rows = x.reshape(-1, classes).astype(dtype).astype(np.float64).tolist()
    if case.argv[0] == "softmax":
        return drawing.expected(case.argv, rows, [0] * len(rows), by, dtype)
    y = reading.array(case.files["y.npy"])
    if (
        y.shape == x.shape
        or y.ndim != x.ndim - 1
        or y.dtype.kind not in "iufb"
        or y.shape != x.shape[:-1]
        or classes == 1
    ):
        raise Doubtful
    values: list[Label] = reading.indices(
        [int(v) if y.dtype.kind != "f" else float(v) for v in y.reshape(-1)], classes, by
    )
    return drawing.expected(case.argv, rows, values, by, dtype)


def _dtype(case: Case, x: np.ndarray[Any, Any]) -> str:
    """The precision in which the command computes."""
    asked = next((each.split("=")[1] for each in case.argv if each.startswith("--dtype=")), None)
    if asked is not None:
        return asked
    return x.dtype.newbyteorder("=").name if x.dtype.kind == "f" and x.dtype.itemsize < 8 else "float64"
