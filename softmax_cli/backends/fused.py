"""Cross-entropy of class indices in one reading of the logits: compiled by numba, written for vector registers.

L = log1p(sum_{c != top} exp(x_c - x_top)) + (x_top - x_y), in nats, with top one of the row's largest classes: the
formula of losses/softmax.py, without its arrays in between.

A row is taken in stretches that fit the first-level cache: once for the largest value, once for the exponentials,
while the next stretch is being fetched from memory.

The exponentials are those of x itself, and the largest value comes in at the end, in float64:

    x = n ln 2 + r with |r| <= ln(2) / 2,    sum_c exp(x_c - x_top) = exp(N ln 2 - x_top) sum_c 2^(n_c - N) exp(r_c)

with N the n of x_top. (In float32, x_c - x_top has lost digits: at -10 they are worth 4.8e-7 of the exponential.)
exp(r) is a polynomial, 2^n is put together from its bits, and n ln 2 is subtracted in two parts: the reduction of Cody
and Waite, Software Manual for the Elementary Functions (1980). Past +-1600 it would lose digits in its turn, but there
x_c - x_top is exact for every x_c whose exponential counts (Sterbenz: neither is twice the other), and takes x_c's
place.

All of it is in one file, since numba's cache on disk watches no other than that of the function it compiled.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from softmax_cli.errors import UsageError

try:
    import numba
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic
except ModuleNotFoundError as error:
    # Only a missing extra: a numba that is there but broken must say so itself.
    if error.name not in {"numba", "llvmlite"}:
        raise
    raise UsageError("the fused kernel needs numba, which is not installed; pip install 'softmax-loss[fast]'") from None

if numba.config.DISABLE_JIT:
    raise UsageError("the fused kernel needs numba's compiler, which NUMBA_DISABLE_JIT turns off")

VERSION = str(numba.__version__)
"""numba's, for a signature."""


def cross_entropy(logits: NDArray[Any], classes: NDArray[np.int64]) -> NDArray[Any]:
    """The loss of each row, in nats: logits (N, C) and classes (N,), 0 <= y < C, to losses (N,).

    float64 gives float64; float32, float16 and uint16 (the bits of bfloat16, which NumPy lacks) give float32. The bits
    of a row's loss do not depend on the rows beside it. Threads may call this at the same time: the kernel runs
    without Python's lock.

    inf where the label's logit is -inf; nan for a row with a nan, a +inf, or nothing but -inf. Another class at -inf
    is masked: it adds nothing.

    >>> import numpy as np
    >>> cross_entropy(np.array([[1.0, 2.0, 3.0]]), np.array([2])).round(4).tolist()
    [0.4076]
    """
    losses = np.empty(len(logits), np.float64 if logits.dtype.type is np.float64 else np.float32)
    if logits.dtype.type is np.float16:
        logits = logits.view(np.int16)  # numba has no float16 on the CPU
    arrays = (_plain(logits), _plain(classes), losses)
    try:
        _losses(*arrays)
    except OSError:
        # The disk is full, say: it is compiled by now, and only not kept for the next process.
        _losses(*arrays)
    return losses


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """The array row after row, aligned and read-only: the one kind of array that the kernel is compiled for."""
    if not (array.flags.c_contiguous and array.flags.aligned):
        array = np.require(array, requirements=["C", "A"])
    array = array.view()
    array.flags.writeable = False
    return array


_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function, **options: Any) -> _Function:
    """The function as numba compiles it at the first call: without Python's lock, and 0 / 0 is nan as in NumPy."""
    compiled: _Function = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return compiled


def _kept(function: _Function) -> _Function:
    """The same, and kept on disk for the next process, where there is a directory to write to."""
    try:
        return _compiled(function, cache=True)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return _compiled(function)


def _instruction(function: Callable[..., Any]) -> Callable[..., Any]:
    """What compiled functions can call, given the types of their arguments and how to write it for LLVM."""
    instruction: Callable[..., Any] = intrinsic(function)
    return instruction


_STRETCH = 2048
"""Values in a stretch: 8 KB of float32, a quarter of a small first-level cache."""


@_kept
def _losses(logits: NDArray[Any], classes: NDArray[np.int64], losses: NDArray[Any]) -> None:
    """Fill losses (N,) from logits (N, C) and classes (N,)."""
    width = logits.shape[1]
    for row in range(len(classes)):
        if not 0 <= classes[row] < width:
            raise IndexError("a class is outside 0..C - 1")
    if width <= _STRETCH:
        _losses_of_short_rows(logits, classes, losses)
    else:
        _losses_of_long_rows(logits, classes, losses)


@_compiled
def _losses_of_short_rows(logits: NDArray[Any], classes: NDArray[np.int64], losses: NDArray[Any]) -> None:
    """As many rows at a time as make a stretch, step by step: within a step, the processor works on several rows."""
    rows, width = logits.shape
    tops, bases, exponents = np.empty_like(losses), np.empty_like(losses), np.empty_like(losses)
    totals, ties, gaps = np.empty(rows), np.empty(rows), np.empty(rows)
    together = max(1, _STRETCH // width)
    for first in range(0, rows, together):
        last = min(first + together, rows)
        _find_tops(logits, first, last, tops, bases, exponents)
        _add_up(logits, classes, first, last, tops, bases, exponents, totals, ties, gaps)
    for row in range(rows):
        losses[row] = _log1p(_others(tops[row], totals[row], ties[row])) + gaps[row]


@_compiled
def _find_tops(
    logits: NDArray[Any],
    first: int,
    last: int,
    tops: NDArray[Any],
    bases: NDArray[Any],
    exponents: NDArray[Any],
) -> None:
    """The first step: the rows' largest values, and what their exponentials refer to."""
    width = logits.shape[1]
    for row in range(first, last):
        tops[row] = _largest(logits, row * width, width)
    for row in range(first, last):
        bases[row], exponents[row] = _reference(tops[row])


@_compiled
def _add_up(
    logits: NDArray[Any],
    classes: NDArray[np.int64],
    first: int,
    last: int,
    tops: NDArray[Any],
    bases: NDArray[Any],
    exponents: NDArray[Any],
    totals: NDArray[np.float64],
    ties: NDArray[np.float64],
    gaps: NDArray[np.float64],
) -> None:
    """The second step: the rows' sums of exponentials, and x_top - x_y."""
    width = logits.shape[1]
    for row in range(first, last):
        start = row * width
        totals[row], ties[row] = _exponentials(logits, start, width, tops[row], bases[row], exponents[row])
        gaps[row] = np.float64(tops[row]) - _value(logits, start + classes[row])


@_compiled
def _losses_of_long_rows(logits: NDArray[Any], classes: NDArray[np.int64], losses: NDArray[Any]) -> None:
    """Stretch by stretch, each with a largest value of its own."""
    rows, width = logits.shape
    for row in range(rows):
        start, end = row * width, (row + 1) * width
        top, others = -math.inf, -1.0
        for first in range(start, end, _STRETCH):
            top, others = _joined(top, others, *_stretch(logits, first, min(_STRETCH, end - first)))
        losses[row] = _log1p(others) + (top - _value(logits, start + classes[row]))


@_compiled
def _stretch(logits: NDArray[Any], first: int, count: int) -> tuple[float, float]:
    """The largest of some values of a row, and the others' sum_c exp(x_c - x_top)."""
    top = _largest(logits, first, count)
    base, exponent = _reference(top)
    total, ties = _exponentials(logits, first, count, top, base, exponent)
    return top, _others(top, total, ties)


@_compiled
def _joined(top: float, others: float, lower_top: float, lower_others: float) -> tuple[float, float]:
    """The same of two stretches together, in each of which the largest value counts 1."""
    if lower_top > top:
        top, others, lower_top, lower_others = lower_top, lower_others, top, others
    return top, others + (1 + lower_others) * math.exp(lower_top - top)


@_compiled
def _reference(top: float) -> tuple[float, float]:
    """What is subtracted from x, and the N of what is then the largest: base and exponent."""
    top = np.float64(top)
    base = top if abs(top) >= _FAR else 0.0
    return base, np.rint((top - base) * _LOG2_E)


@_compiled
def _others(top: float, total: float, ties: float) -> float:
    """sum_{c != top} exp(x_c - x_top) from the total of _exponentials; -1 if all x_c are -inf, and none of them is top.

    Equals of the largest value are 1 each, and one of them is the top itself.
    """
    base, exponent = _reference(top)
    high, low = _LN2
    scale: float = _exp((exponent * high - (top - base)) + exponent * low)
    return total * (scale * 2.0**-_HEADROOM) + (ties - 1)


@_compiled
def _log1p(x: float) -> float:
    """log(1 + x) for x >= 0, nan for -1; error below one unit in the last place, and LLVM can vectorise it.

    u = 1 + x = 2^k m with m in [sqrt(1/2), sqrt(2)); log1p(x) = k ln 2 + log(m) + (what u lost of x) / u.
    The logarithm is fdlibm's e_log.c, polynomial and all: https://www.netlib.org/fdlibm/e_log.c
    """
    u = 1 + x
    lost = (x - (u - 1)) / u
    k: int = (_bits(u) - 0x3FE6A09E667F3BCD) >> 52  # the bits of sqrt(1/2)
    f: float = _from_bits(_bits(u) - (k << 52)) - 1
    s = f / (2 + f)
    z = s * s
    series = 1.531383769920937332e-01 + z * 1.479819860511658591e-01
    series = 2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * series)
    series = 3.999999999940941908e-01 + z * (2.857142874366239149e-01 + z * series)
    series = z * (6.666666666666735130e-01 + z * series)
    half = 0.5 * f * f
    high, low = _LN2
    return k * high - ((half - (s * (half + series) + (k * low + lost))) - f)


# What follows is written in LLVM's instructions: its own vectoriser leaves the end of a row to a scalar loop, which of
# 100 classes is a third.

_LOG2_E = 1 / math.log(2)
_LN2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)
"""ln 2 in two parts, as in fdlibm's e_exp.c; the first times an integer up to 2^20 is exact."""

_HEADROOM = 100
"""Exponentials are summed times 2^100. So float32 goes down to 2^-226 = exp(-156), and not only to exp(-104)."""

_FAR = 1600.0
"""Twice 778 and more: exp(-778) = 2^-1123 is 0 in float64 even times 2^100 (and 0 in float32 long before)."""


@dataclass(frozen=True)
class _Format:
    """A floating-point format, and what the exponential is made of in it.

    ``coefficients`` are the c of exp(r) = 1 + r + r^2 (c_0 + c_1 r + ...) with the least relative error on
    |r| <= ln(2) / 2, by Remez's algorithm in 60 digits: 3.1e-9 in float32, 3.7e-18 in float64.
    """

    number: ir.Type
    integer: ir.IntType
    lanes: int  # 64 bytes: one register of AVX-512, two of AVX, four of SSE or NEON
    bias: int
    fraction_bits: int
    ln2: tuple[float, float]
    coefficients: tuple[float, ...]

    @property
    def lowest(self) -> float:
        """The smallest finite number."""
        return -math.ldexp(2 - 2.0**-self.fraction_bits, self.bias)

    @property
    def rounder(self) -> float:
        """1.5 * 2^23 in float32. Adding a number to it rounds that to an integer, which the last bits then show."""
        return math.ldexp(1.5, self.fraction_bits)


_SINGLE = _Format(
    number=ir.FloatType(),
    integer=ir.IntType(32),
    lanes=16,
    bias=127,
    fraction_bits=23,
    ln2=(0.693359375, -2.12194440e-4),  # as in Cephes's expf.c
    coefficients=(
        0.49999993442180121,
        0.16666520547805548,
        0.041668389025418842,
        0.0083687270595594003,
        0.0013814577929396712,
    ),
)
_DOUBLE = _Format(
    number=ir.DoubleType(),
    integer=ir.IntType(64),
    lanes=8,
    bias=1023,
    fraction_bits=52,
    ln2=_LN2,
    coefficients=(
        0.50000000000000106,
        0.16666666666666412,
        0.041666666666530003,
        0.0083333333334946494,
        0.0013888888943677143,
        0.00019841269506285784,
        2.4801493044864648e-05,
        2.7557586530650432e-06,
        2.7630269324642051e-07,
        2.5000045760023272e-08,
    ),
)

_FORMATS = {types.float32: _SINGLE, types.float64: _DOUBLE, types.int16: _SINGLE, types.uint16: _SINGLE}
"""The format computed in, by what the logits are stored as: int16 has float16's bits, uint16 bfloat16's."""

_MASKED = {types.float32: -math.inf, types.float64: -math.inf, types.int16: 0xFC00, types.uint16: 0xFF80}
"""-inf, as it is stored."""

_GROUPS = (4, 2, 1)
"""Vectors worked on side by side: four while there are four, then two, then one."""

_CONTRACT = ("contract",)
"""The one liberty that LLVM has: a * b + c rounded once. Others would break nan, inf, or the order of a sum."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class _Lanes:
    """A vector, or a single number; an operator writes the instruction that does it in all lanes at once."""

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder = builder
        self.value = value
        self.kind = value.type

    def __add__(self, other: "_Lanes | float") -> "_Lanes":
        if self.kind == _I64:
            return self._new(self.builder.add(self.value, self.like(other).value))
        return self._new(self.builder.fadd(self.value, self.like(other).value, flags=_CONTRACT))

    def __sub__(self, other: "_Lanes | float") -> "_Lanes":
        return self._new(self.builder.fsub(self.value, self.like(other).value, flags=_CONTRACT))

    def __mul__(self, other: "_Lanes | float") -> "_Lanes":
        return self._new(self.builder.fmul(self.value, self.like(other).value, flags=_CONTRACT))

    def __and__(self, other: int) -> "_Lanes":
        return self._new(self.builder.and_(self.value, self.like(other).value))

    def __or__(self, other: "_Lanes") -> "_Lanes":
        return self._new(self.builder.or_(self.value, other.value))

    def __lshift__(self, other: int) -> "_Lanes":
        return self._new(self.builder.shl(self.value, self.like(other).value))

    def like(self, number: "_Lanes | float") -> "_Lanes":
        """The number in every lane."""
        if isinstance(number, _Lanes):
            return number
        return self._new(ir.Constant(self.kind, [number] * self.kind.count if _is_vector(self.kind) else number))

    def unequal(self, other: "_Lanes") -> Any:
        """Where the two differ; nan does, from everything."""
        return self.builder.fcmp_unordered("!=", self.value, other.value)

    def or_larger(self, other: "_Lanes | float") -> "_Lanes":
        """The larger of the two; self where either is nan."""
        larger = self.builder.fcmp_unordered(">=", self.value, self.like(other).value)
        return self.where(larger, other)

    def where(self, mask: Any, other: "_Lanes | float") -> "_Lanes":
        """Self where the mask is set, the other elsewhere."""
        return self._new(self.builder.select(mask, self.value, self.like(other).value))

    def bits_as(self, scalar: ir.Type) -> "_Lanes":
        """The same bits as numbers of another type."""
        return self._new(self.builder.bitcast(self.value, _shaped(scalar, self.kind)))

    def wide(self) -> "_Lanes":
        """The same numbers in float64."""
        kind = _shaped(ir.DoubleType(), self.kind)
        return self if kind == self.kind else self._new(self.builder.fpext(self.value, kind))

    def folded(self, operation: Callable[["_Lanes", "_Lanes"], "_Lanes"]) -> "_Lanes":
        """All lanes in one: the upper half with the lower, until there is one."""
        half, lanes = self, self.kind.count
        while lanes := lanes // 2:
            lower, upper = (ir.Constant(ir.VectorType(_I32, lanes), list(range(k, k + lanes))) for k in (0, lanes))
            pair = (self.builder.shuffle_vector(half.value, half.value, indices) for indices in (lower, upper))
            half = operation(*map(self._new, pair))
        return half.first()

    def first(self) -> "_Lanes":
        """The first lane."""
        return self._new(self.builder.extract_element(self.value, _I32(0)))

    def _new(self, value: Any) -> "_Lanes":
        return _Lanes(self.builder, value)


def _is_vector(kind: ir.Type) -> bool:
    return isinstance(kind, ir.VectorType)


def _shaped(scalar: ir.Type, kind: ir.Type) -> ir.Type:
    """A vector of the scalar type if the other type is a vector, as long as that one; else the scalar type."""
    return ir.VectorType(scalar, kind.count) if _is_vector(kind) else scalar


def _in_every_lane(builder: ir.IRBuilder, number: Any, lanes: int) -> Any:
    """A vector of a number that is computed."""
    kind = ir.VectorType(number.type, lanes)
    empty = ir.Constant(kind, ir.Undefined)
    zeros = ir.Constant(ir.VectorType(_I32, lanes), [0] * lanes)
    return builder.shuffle_vector(builder.insert_element(empty, number, _I32(0)), empty, zeros)


def _population(builder: ir.IRBuilder, mask: Any) -> _Lanes:
    """In how many lanes the mask is set."""
    bits = builder.bitcast(mask, ir.IntType(mask.type.count))
    return _Lanes(builder, builder.zext(builder.ctpop(bits), _I64))


def _paired(lanes: list[_Lanes], operation: Callable[[_Lanes, _Lanes], _Lanes]) -> _Lanes:
    """All vectors in one, by pairs, pairs of pairs and so on."""
    while len(lanes) > 1:
        lanes = [operation(*pair) for pair in zip(lanes[::2], lanes[1::2], strict=True)]
    return lanes[0]


class _Values:
    """Values of an array in memory, from a first one on; they come into registers a vector at a time."""

    def __init__(self, context: Any, builder: ir.IRBuilder, array_type: Any, array: Any, first: Any) -> None:
        self.builder = builder
        self.stored_as = array_type.dtype
        self.format = _FORMATS[self.stored_as]
        self.stored = ir.VectorType(context.get_data_type(self.stored_as), self.format.lanes)
        self.start = builder.gep(context.make_array(array_type)(context, builder, array).data, [first])

    def lanes(self, number: Any) -> _Lanes:
        """A number that is computed, in every lane of a vector of the format."""
        if self.format.number != number.type:
            number = self.builder.fptrunc(number, self.format.number)
        return _Lanes(self.builder, _in_every_lane(self.builder, number, self.format.lanes))

    def one(self) -> _Lanes:
        """The first value."""
        return self._widened(self.builder.load(self.start))

    def vector(self, at: Any) -> _Lanes:
        """A vector of them."""
        return self._widened(self.builder.load(self._pointer(at), align=1))

    def end(self, at: Any, count: Any) -> _Lanes:
        """A vector of the last ``count``, and -inf after them; what is after them in memory is not read."""
        pointer, lanes = self._pointer(at), self.format.lanes
        indices = ir.Constant(ir.VectorType(_I32, lanes), list(range(lanes)))
        mask = self.builder.icmp_signed("<", indices, _in_every_lane(self.builder, count, lanes))
        masked = ir.Constant(self.stored, [_MASKED[self.stored_as]] * lanes)
        kind = ir.FunctionType(self.stored, [pointer.type, _I32, mask.type, self.stored])
        name = f"llvm.masked.load.v{lanes}{self.stored.element.intrinsic_name}.p0"
        load = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self._widened(self.builder.call(load, [pointer, _I32(1), mask, masked]))

    def fetch(self, at: Any) -> None:
        """Have the vector one stretch ahead brought into the cache. Past the end of memory, nothing happens."""
        ahead = self._pointer(self.builder.add(at, _I64(_STRETCH)))
        kind = ir.FunctionType(ir.VoidType(), [ahead.type, _I32, _I32, _I32])
        prefetch = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        self.builder.call(prefetch, [ahead, _I32(0), _I32(3), _I32(1)])  # to be read; into the nearest cache; data

    def each(self, count: Any, work: Callable[[list[Any], list[_Lanes]], None]) -> None:
        """Loops over the first ``count`` values; the work is given the places and the vectors of one group."""
        lanes, done = self.format.lanes, _I64(0)
        for vectors in _GROUPS:
            until = self.builder.and_(count, _I64(-vectors * lanes))
            with cgutils.for_range_slice(self.builder, done, until, _I64(vectors * lanes), _I64) as (at, _):
                places = [self.builder.add(at, _I64(vector * lanes)) for vector in range(vectors)]
                work(places, [self.vector(place) for place in places])
            done = until
        left = self.builder.and_(count, _I64(lanes - 1))
        with self.builder.if_then(self.builder.icmp_signed(">", left, _I64(0))):
            work([done], [self.end(done, self.builder.trunc(left, _I32))])

    def _pointer(self, at: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.start, [at]), self.stored.as_pointer())

    def _widened(self, stored: Any) -> _Lanes:
        """What is stored, in the format computed in: the same values."""
        if self.stored_as == types.int16:
            return _from_float16(_Lanes(self.builder, self.builder.sext(stored, _shaped(_I32, stored.type))))
        if self.stored_as == types.uint16:
            # bfloat16 is the upper half of float32.
            bits = _Lanes(self.builder, self.builder.zext(stored, _shaped(_I32, stored.type)))
            return (bits << 16).bits_as(ir.FloatType())
        return _Lanes(self.builder, stored)


def _from_float16(bits: _Lanes) -> _Lanes:
    """float32 from the sign-extended bits of float16.

    Fraction and exponent are moved to float32's places. The exponents' biases are 127 and 15; inf and nan have the
    largest exponent in either. (LLVM's own conversion needs F16C, or else a library that numba does not load.)
    """
    size = (bits << 13) & 0x0FFFE000
    finite = size.builder.icmp_signed("<", size.value, size.like(0x0F800000).value)
    largest = size.like(0).where(finite, 0x7F800000)
    number = (size.bits_as(ir.FloatType()) * 2.0**112).bits_as(_I32)
    return (number | largest | (bits & -(2**31))).bits_as(ir.FloatType())


class _Variable:
    """A vector that a loop changes."""

    def __init__(self, start: _Lanes) -> None:
        self.builder = start.builder
        self.place = cgutils.alloca_once(start.builder, start.kind)
        self.value = start

    @property
    def value(self) -> _Lanes:
        """What it is by then."""
        return _Lanes(self.builder, self.builder.load(self.place))

    @value.setter
    def value(self, value: _Lanes) -> None:
        self.builder.store(value.value, self.place)


class _Sum:
    """A sum in float64, lane by lane: of float64 with Kahan's correction (1965), of float32 without need of it."""

    def __init__(self, like: _Lanes) -> None:
        self.corrected = like.kind == like.wide().kind
        self.total = _Variable(like.like(0.0).wide())
        self.excess = _Variable(like.like(0.0).wide())

    def add(self, term: _Lanes) -> None:
        """Add a vector of terms."""
        before = self.total.value
        if self.corrected:
            term = term - self.excess.value
            self.excess.value = ((before + term) - before) - term
        self.total.value = before + term.wide()

    def result(self) -> _Lanes:
        """The sum over the lanes, too."""
        return self.total.value.folded(_Lanes.__add__)


class _Exponential:
    """2^100 2^(n - N) exp(r) for vectors x, n and r with x = n ln 2 + r; N is the n of the largest x.

    Beyond the range of the reduction, x - base takes the place of x; base is 0 or the largest x.
    """

    def __init__(self, base: _Lanes, exponent: _Lanes, of: _Format) -> None:
        self.of = of
        self.base = base
        # The last bits of a rounded number are to be its power's exponent field; where that is 0, the power is 0.
        zero = float(of.bias + _HEADROOM)
        self.rounder = exponent.like(of.rounder + zero) - exponent
        self.smallest = (exponent - zero) * math.log(2)

    def __call__(self, x: _Lanes) -> _Lanes:
        x = (x - self.base).or_larger(self.smallest)
        rounded = x * _LOG2_E + self.rounder
        n = rounded - self.rounder
        high, low = self.of.ln2
        r = x - n * high - n * low
        power = (rounded.bits_as(self.of.integer) << self.of.fraction_bits).bits_as(self.of.number)
        return _polynomial(r, self.of) * power


def _polynomial(r: _Lanes, of: _Format) -> _Lanes:
    """exp(r) for |r| <= ln(2) / 2, by Horner's rule."""
    total = r.like(of.coefficients[-1])
    for coefficient in (*of.coefficients[-2::-1], 1.0, 1.0):
        total = total * r + coefficient
    return total


@_instruction
def _value(_: Any, logits: Any, index: Any) -> Any:
    """logits.flat[index], in float64."""

    def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        return _Values(context, builder, signature.args[0], *arguments).one().wide().value

    return types.float64(logits, index), write


@_instruction
def _largest(_: Any, logits: Any, first: Any, count: Any) -> Any:
    """The largest of ``count`` values from the ``first`` on, nan aside; the lowest number if all are nan or -inf."""

    def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array, start, length = arguments
        values = _Values(context, builder, signature.args[0], array, start)
        lowest = values.lanes(ir.Constant(values.format.number, values.format.lowest))
        tops = [_Variable(lowest) for _ in range(max(_GROUPS))]

        def work(_: list[Any], vectors: list[_Lanes]) -> None:
            for top, vector in zip(tops, vectors, strict=False):  # a small group has no use for the last ones
                top.value = top.value.or_larger(vector)

        values.each(length, work)
        return _paired([top.value for top in tops], _Lanes.or_larger).folded(_Lanes.or_larger).wide().value

    return types.float64(logits, first, count), write


@_instruction
def _exponentials(_: Any, logits: Any, first: Any, count: Any, top: Any, base: Any, exponent: Any) -> Any:
    """Of ``count`` values from the ``first`` on: the sum of _Exponential without the top ones, and their number.

    The terms of a group are added in pairs in their own format; the groups, in float64.
    """

    def write(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array, start, length, *numbers = arguments
        values = _Values(context, builder, signature.args[0], array, start)
        tops, bases, exponents = map(values.lanes, numbers)
        exponential = _Exponential(bases, exponents, values.format)
        total = _Sum(tops)
        others = _Variable(_Lanes(builder, _I64(0)))

        def work(places: list[Any], vectors: list[_Lanes]) -> None:
            for place in places:
                values.fetch(place)
            masks = [vector.unequal(tops) for vector in vectors]
            terms = [exponential(vector).where(mask, 0.0) for vector, mask in zip(vectors, masks, strict=True)]
            total.add(_paired(terms, _Lanes.__add__))
            for mask in masks:
                others.value += _population(builder, mask)

        values.each(length, work)
        lanes = values.format.lanes
        of_all = builder.and_(builder.add(length, _I64(lanes - 1)), _I64(-lanes))
        ties = builder.sitofp(builder.sub(of_all, others.value.value), ir.DoubleType())
        return context.make_tuple(builder, signature.return_type, [total.result().value, ties])

    return types.UniTuple(types.float64, 2)(logits, first, count, top, base, exponent), write


@_instruction
def _exp(_: Any, _r: Any) -> Any:
    """exp(r) for |r| <= ln(2) / 2, in float64."""

    def write(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return _polynomial(_Lanes(builder, arguments[0]), _DOUBLE).value

    return types.float64(types.float64), write


@_instruction
def _bits(_: Any, _number: Any) -> Any:
    """The bits of a float64, as an integer."""

    def write(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _I64)

    return types.int64(types.float64), write


@_instruction
def _from_bits(_: Any, _bits: Any) -> Any:
    """The float64 that has these bits."""

    def write(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), write
