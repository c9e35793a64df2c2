"""The fused kernel against mpmath and torch: its values on any row, and what it promises of bits and arrays."""

import importlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mpmath
import numba
import numpy as np
import pytest
import torch

from softmax_cli.backends import fused
from softmax_cli.backends.fused import cross_entropy
from softmax_cli.errors import UsageError

DTYPES = ("float16", "bfloat16", "float32", "float64")

# float32: rounding the loss costs 0.6e-7, exp(r) 0.9e-7, adding a group's terms in pairs 1.2e-7 if all goes wrong at
# once; rows of many kinds came to 1.3e-7, and to 1.5e-7 without a fused multiply-add.
# float64: a few roundings of 1.1e-16 each, in the exponential, the logarithm and the last sum.
BOUNDS = {"float16": 2e-7, "bfloat16": 2e-7, "float32": 2e-7, "float64": 6e-16}

# Lengths around the lanes of a vector (8 or 16), a group of them (64), and a stretch (2048).
LENGTHS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 1000, 2047, 2048, 2049, 4097)


def stored(values, dtype):
    """Values rounded to the dtype, as the kernel takes them and in float64."""
    if dtype == "bfloat16":
        tensor = torch.tensor(np.asarray(values, np.float64)).to(torch.bfloat16)
        return tensor.view(torch.int16).numpy().view(np.uint16), tensor.double().numpy()
    with np.errstate(over="ignore"):
        array = np.asarray(values).astype(dtype)
    return array, array.astype(np.float64)


def exact(row, label):
    """The loss of a row, to 30 digits."""
    with mpmath.workdps(30):
        row = [mpmath.mpf(float(value)) for value in row]
        top = max(range(len(row)), key=row.__getitem__)
        others = mpmath.fsum(mpmath.exp(value - row[top]) for c, value in enumerate(row) if c != top)
        return mpmath.log1p(others) + (row[top] - row[label])


def assert_exact(values, classes, dtype):
    logits, rows = stored(values, dtype)
    losses = cross_entropy(logits, np.asarray(classes))
    assert losses.dtype == (np.float64 if dtype == "float64" else np.float32)
    # Below its normal range a format has one spacing, and that is all that can be asked for.
    spacing = float(np.finfo(losses.dtype).smallest_subnormal)
    for loss, row, label in zip(losses, rows, classes, strict=True):
        expected = exact(row, label)
        error = abs(mpmath.mpf(float(loss)) - expected)
        assert error <= max(BOUNDS[dtype] * expected, spacing), (row, label, loss, expected)


def random_rows(rows, classes, scale, seed=0):
    rng = np.random.default_rng([seed, classes])
    values = rng.standard_normal((rows, classes)) * scale + rng.normal() * 5
    labels = rng.integers(0, classes, rows)
    labels[::2] = values.argmax(1)[::2]  # half of the rows are classified rightly, and have small losses
    return values, labels


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", LENGTHS)
def test_every_length_of_row_is_exact(classes, dtype):
    for scale in (0.5, 3, 20):
        assert_exact(*random_rows(max(2, 64 // classes), classes, scale), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_very_long_row_is_exact(dtype):
    assert_exact(*random_rows(1, 131_071, 3.0), dtype)


def test_the_losses_are_torchs():
    values, labels = random_rows(500, 300, 4.0)
    for dtype in DTYPES:
        logits, rows = stored(values, dtype)
        expected = torch.nn.functional.cross_entropy(torch.tensor(rows), torch.tensor(labels), reduction="none")
        # torch's own log_softmax subtracts a logarithm near 10 from x in float64: some 1e-15 of absolute error.
        np.testing.assert_allclose(cross_entropy(logits, labels), expected.numpy(), rtol=BOUNDS[dtype], atol=4e-15)


def test_the_exponential_over_its_range_in_float32():
    # Of two classes whose label leads by d, the loss is log1p(exp(-d)): exp itself where d is large. libm's float64 is
    # off by 1e-16, which does not count here. 1.3e-7 is 1.1 units in the last place.
    gaps = np.unique(np.geomspace(1e-8, 110, 400_000, dtype=np.float32))
    for top in (0.0, 0.1, 13.3, -77.7, 1599.0, 1601.0, -1e5):
        logits = np.stack([np.full_like(gaps, top), np.float32(top) - gaps], axis=1)
        with np.errstate(under="ignore"):
            expected = np.log1p(np.exp(logits[:, 1].astype(np.float64) - logits[:, 0]))
        losses = cross_entropy(logits, np.zeros(len(gaps), np.int64))
        np.testing.assert_allclose(losses, expected, rtol=1.5e-7, atol=np.finfo(np.float32).smallest_subnormal)


def test_the_exponential_over_its_range_in_float64():
    gaps = np.concatenate([np.geomspace(1e-17, 750, 1500), np.arange(1, 1080) * np.log(2) / 2])
    for top in (0.0, 0.1, -1599.3, 1e9):
        assert_exact(np.stack([np.full_like(gaps, top), top - gaps], axis=1), np.zeros(len(gaps), int), "float64")


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_logits_give_the_logarithm_of_their_number_at_any_magnitude(dtype):
    largest = {"float16": 65504.0, "float64": 1.7e308}.get(dtype, 3.3e38)
    for value in (0.0, -0.0, 1e-40, -3.0, 1599.0, 1600.0, -1600.0, 1e4, largest, -largest):
        for classes in (2, 3, 17, 100, 5000):
            logits, _ = stored(np.full((1, classes), value), dtype)
            losses = cross_entropy(logits, np.array([classes - 1]))
            np.testing.assert_allclose(losses, np.log(classes), rtol=BOUNDS[dtype])


def test_zeros_of_either_sign_are_equal():
    assert cross_entropy(np.array([[0.0, -0.0], [-0.0, 0.0]]), np.array([0, 1])) == pytest.approx([np.log(2)] * 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_class_costs_nothing(dtype):
    logits, _ = stored([[3.7], [-65000.0], [0.0]], dtype)
    assert cross_entropy(logits, np.zeros(3, np.int64)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("dtype", "gaps"), [("float32", (40, 87, 88, 95, 103)), ("float64", (40, 700, 709, 730, 744))])
def test_a_confident_row_keeps_its_small_loss(dtype, gaps):
    for gap in gaps:
        for others in (1, 20, 2000):
            assert_exact([[5.0, *[5.0 - gap] * others]], [0], dtype)


@pytest.mark.parametrize(
    ("dtype", "gap"), [("float32", 105.0), ("float32", 1e30), ("float64", 746.0), ("float64", 1e300)]
)
def test_what_underflows_is_nothing(dtype, gap):
    logits, _ = stored([[0.0, -gap], [gap, 0.0]], dtype)
    assert cross_entropy(logits, np.array([0, 0])).tolist() == [0.0, 0.0]
    assert cross_entropy(logits, np.array([1, 1])).tolist() == [np.dtype(dtype).type(gap)] * 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_logits_below_the_normal_range_are_themselves(dtype):
    smallest = {"float16": 6e-8, "float64": 5e-324}.get(dtype, 1e-40)
    logits, _ = stored([[smallest, -smallest, 0.0]], dtype)
    np.testing.assert_allclose(cross_entropy(logits, np.array([0])), np.log(3), rtol=BOUNDS[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_others_may_all_be_alike(dtype):
    # Then the roundings of a sum that is added up one by one all go the same way.
    for classes in (17, 100, 1000, 2048, 6000):
        for value in (-0.001, -0.7, -3.3, -17.9, -29.1):
            row, rows = stored(np.where(np.arange(classes) == classes // 3, 0.0, value)[None], dtype)
            with mpmath.workdps(30):
                expected = float(mpmath.log1p((classes - 1) * mpmath.exp(mpmath.mpf(float(rows[0, 0])))))
            loss = cross_entropy(row, np.array([classes // 3]))[0]
            assert loss == pytest.approx(expected, rel=BOUNDS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [3, 16, 17, 100, 2049, 5000])
def test_non_finite_logits(dtype, classes):
    # SEMANTICS: -inf at the label inf; -inf elsewhere finite; any +inf, any nan, or all -inf nan.
    values, _ = random_rows(1, classes, 2.0)
    last = classes - 1
    for place in {1, classes // 2, last}:
        for value, label, kind in (
            (-np.inf, place, "inf"),
            (-np.inf, 0, "finite"),
            (np.inf, 0, "nan"),
            (np.inf, place, "nan"),
            (np.nan, 0, "nan"),
            (-np.nan, place, "nan"),
        ):
            row = values.copy()
            row[0, place] = value
            loss = cross_entropy(stored(row, dtype)[0], np.array([label]))[0]
            found = "nan" if np.isnan(loss) else "inf" if loss == np.inf else "finite"
            assert found == kind, (value, place, label, loss)
    for value in (-np.inf, np.nan, np.inf):
        assert np.isnan(cross_entropy(stored(np.full((1, classes), value), dtype)[0], np.array([last]))[0])
    both = np.full((1, classes), -np.inf)
    both[0, last] = np.nan
    assert np.isnan(cross_entropy(stored(both, dtype)[0], np.array([0]))[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("masked", [-np.inf, -1e9, -60000.0])
def test_masked_classes_add_nothing(dtype, masked):
    for classes, left in ((10, 3), (100, 1), (5000, 40)):
        values, _ = random_rows(1, left, 3.0)
        for first in (0, classes // 2, classes - left):  # stretches of nothing but masked classes come first or last
            row = np.full((1, classes), masked)
            row[0, first : first + left] = values
            label = np.array([first])
            alone = cross_entropy(stored(values, dtype)[0], np.array([0]))
            np.testing.assert_allclose(cross_entropy(stored(row, dtype)[0], label), alone, rtol=2 * BOUNDS[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_may_stand_anywhere(dtype):
    # Rising rows have a new largest value in each stretch, falling ones none after the first.
    rising = np.linspace(-30, 30, 6000)
    for row in (rising, rising[::-1], np.abs(rising), -np.abs(rising), rising * 1e3, rising * 1e6, rising + 1600):
        assert_exact(row[None], [123], dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("offset", [1599.0, -1599.9, 1600.0, 1601.0, -1700.0, 1e5, 1e12])
def test_large_logits_are_exact(dtype, offset):
    for classes in (2, 10, 300):
        values, labels = random_rows(20, classes, 5.0)
        assert_exact(values + offset, labels, dtype)


def test_the_largest_numbers_of_float32():
    big = np.finfo(np.float32).max
    losses = cross_entropy(np.array([[big, -big], [big, big / 2], [-big, -np.inf]], np.float32), np.array([0, 1, 0]))
    assert losses.tolist() == [0.0, float(big / 2), 0.0]
    # Their difference is beyond float32.
    assert cross_entropy(np.array([[big, -big]], np.float32), np.array([1])).tolist() == [np.inf]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [1, 5, 16, 100, 1000, 3000])
def test_a_row_has_the_same_bits_in_any_block(dtype, classes):
    values, labels = random_rows(150, classes, 3.0)
    logits, _ = stored(values, dtype)
    whole = cross_entropy(logits, labels)
    rng = np.random.default_rng(classes)
    for cuts in ([1], [149], range(1, 150), np.sort(rng.choice(149, 12, replace=False) + 1)):
        blocks = zip(np.split(logits, cuts), np.split(labels, cuts), strict=True)
        with ThreadPoolExecutor(2) as threads:
            parts = list(threads.map(lambda block: cross_entropy(*block), blocks))
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_the_order_of_rows_changes_nothing():
    values, labels = random_rows(64, 100, 3.0)
    assert (
        cross_entropy(values[::-1].copy(), labels[::-1].copy()).tobytes()
        == cross_entropy(values, labels)[::-1].tobytes()
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_layout_of_the_array_gives_the_same_bits(dtype):
    logits, _ = stored(random_rows(40, 70, 3.0)[0], dtype)
    labels = np.arange(40) % 70
    expected = cross_entropy(logits, labels).tobytes()
    wide = np.zeros((80, 140), logits.dtype)
    wide[::2, ::2] = logits
    shifted = np.frombuffer(b"\0" + logits.tobytes(), logits.dtype, logits.size, offset=1).reshape(logits.shape)
    read_only = logits.copy()
    read_only.flags.writeable = False
    assert not shifted.flags.aligned
    for array in (wide[::2, ::2], np.asfortranarray(logits), logits[::-1][::-1], shifted, read_only):
        before = array.tobytes()
        assert cross_entropy(array, labels).tobytes() == expected
        assert array.tobytes() == before
    two = np.repeat(labels, 2)[::2]
    two.flags.writeable = False
    assert cross_entropy(logits, two).tobytes() == expected


def test_nothing_behind_a_row_is_read_into_its_loss():
    for classes in (1, 7, 16, 33, 2050):
        room = np.full((3, classes), np.nan)
        room[1] = 0.5
        assert cross_entropy(room[1:2], np.array([0])) == pytest.approx(np.log(classes), rel=1e-15)


def test_no_rows_give_no_losses():
    assert cross_entropy(np.empty((0, 5), np.float32), np.empty(0, np.int64)).shape == (0,)


@pytest.mark.parametrize("label", [-1, 3, 2**62, -(2**63)])
def test_a_class_that_is_not_there_is_refused(label):
    with pytest.raises(IndexError, match="a class is outside"):
        cross_entropy(np.zeros((2, 3)), np.array([0, label]))


class _Without:
    """A finder that finds everything but one package."""

    def __init__(self, missing, name=None):
        self._missing = missing
        self._name = name or missing

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002
        if name.partition(".")[0] == self._missing:
            raise ModuleNotFoundError(f"No module named {self._name!r}", name=self._name)


def _import_anew(monkeypatch, finder=None):
    monkeypatch.delitem(sys.modules, fused.__name__)
    if finder:
        for name in [name for name in sys.modules if name.partition(".")[0] in {"numba", "llvmlite"}]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    importlib.import_module(fused.__name__)


def test_without_numba_it_says_what_to_install(monkeypatch):
    with pytest.raises(UsageError, match=r"^the fused kernel needs numba, .* pip install 'softmax-loss\[fast\]'$"):
        _import_anew(monkeypatch, _Without("numba"))


def test_a_numba_that_is_broken_says_so_itself(monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="something_else"):
        _import_anew(monkeypatch, _Without("numba", "something_else"))


def test_with_numbas_compiler_turned_off_it_is_refused(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    with pytest.raises(UsageError, match="NUMBA_DISABLE_JIT"):
        _import_anew(monkeypatch)


_ONE_LOSS = """
import numpy as np
from softmax_cli.backends import fused
losses = fused.cross_entropy(np.zeros((1, 2), np.float32), np.array([0]))
print(losses[0], sum(fused._losses.stats.cache_hits.values()))
"""


@pytest.fixture
def installed(tmp_path):
    """A copy of the modules that the kernel needs, in folders that no cache can be written to."""
    package = Path(fused.__file__).parents[1]
    for name in ("__init__.py", "errors.py", "backends/__init__.py", "backends/fused.py"):
        copy = tmp_path / "softmax_cli" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(package / name, copy)
        (copy.parent / "__pycache__").touch()
    return tmp_path


def _printed(program, installed, home):
    """What the program prints; a warning would be an error."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "XDG_"))}
    environment = {**inherited, "PYTHONPATH": str(installed), "HOME": str(home), "NUMBA_CACHE_DIR": ""}
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=installed, env=environment).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="where a user's cache is depends on the system")
def test_an_install_that_cannot_be_written_to_uses_the_users_cache(installed):
    assert _printed(_ONE_LOSS, installed, installed) == "0.6931472 0\n"
    assert list((installed / ".cache" / "numba").iterdir())
    assert _printed(_ONE_LOSS, installed, installed) == "0.6931472 1\n"


def test_without_any_place_for_a_cache_it_is_compiled_anew(installed):
    assert _printed(_ONE_LOSS, installed, os.devnull) == "0.6931472 0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_cache_that_is_full_does_no_harm(installed):
    full = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
"""
    assert _printed(full + _ONE_LOSS, installed, installed) == "0.6931472 0\n"
