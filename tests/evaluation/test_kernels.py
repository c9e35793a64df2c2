"""Which loop computes NumPy's cross-entropy, and that the compiled one gives what the plain one does."""

import sys

import numba
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli.errors import UsageError
from softmax_cli.evaluation import kernels
from softmax_cli.evaluation.loss import evaluate

RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.standard_normal((300, 37)) * 8, RNG.integers(37, size=300)
WEIGHT = RNG.random(37)


def kernel_of(**options):
    report = evaluate(LOGITS, LABELS, **options)
    return dict(report.signature.settings)["kernel"]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("more", [{}, {"weight": WEIGHT}, {"ignore_index": 5}, {"temperature": 2.5}], ids=str)
def test_the_fused_kernel_gives_what_torch_gives(dtype, more):
    report = evaluate(LOGITS, LABELS, kernel="fused", dtype=dtype, **more)
    held = torch.tensor(LOGITS.astype(dtype)).double() / more.get("temperature", 1)
    weight = torch.tensor(WEIGHT.astype(dtype)).double() if "weight" in more else None
    ignored = {name: value for name, value in more.items() if name == "ignore_index"}
    expected = F.cross_entropy(held, torch.tensor(LABELS), weight, **ignored).item()
    # A row's loss is rounded to the dtype, as torch's own is.
    assert report.loss() == pytest.approx(expected, rel=float(np.finfo(dtype).eps))


@pytest.mark.parametrize("threads", [1, 8])
def test_the_fused_kernel_gives_the_same_bits_for_any_number_of_threads(threads):
    logits, labels = np.tile(LOGITS, (40, 10)), np.tile(LABELS, 40)
    one = evaluate(logits, labels, kernel="fused", threads=1)
    assert evaluate(logits, labels, kernel="fused", threads=threads).loss() == one.loss()


def test_small_files_are_computed_plainly():
    assert kernel_of() == kernel_of(kernel="auto") == "plain"
    assert kernel_of(backend="torch") is None


def test_large_ones_are_not(monkeypatch):
    monkeypatch.setattr(kernels, "_PAYS", LOGITS.nbytes)
    assert kernel_of() == kernel_of(backend="all") == f"fused+numba-{numba.__version__}"
    assert kernel_of(kernel="plain") == kernel_of(label_smoothing=0.1) == "plain"
    assert kernel_of(backend="torch") is None
    monkeypatch.setattr(kernels, "_PAYS", LOGITS.nbytes + 1)
    assert kernel_of() == "plain"


def test_without_numba_large_ones_are_computed_plainly_too(monkeypatch):
    monkeypatch.setattr(kernels, "_PAYS", 0)
    monkeypatch.setattr(kernels, "find_spec", lambda _: None)
    assert kernel_of() == "plain"


def test_what_the_fused_kernel_cannot_compute_is_refused():
    for options in ({"label_smoothing": 0.1}, {"labels": np.full(LOGITS.shape, 1 / 37)}):
        labels = options.pop("labels", LABELS)
        with pytest.raises(UsageError, match=r"^the fused kernel is for class indices without smoothing"):
            evaluate(LOGITS, labels, kernel="fused", **options)
    with pytest.raises(UsageError, match=r"^the torch backend has no fused kernel; use --backend numpy$"):
        evaluate(LOGITS, LABELS, kernel="fused", backend="torch")
    with pytest.raises(UsageError, match="there is no kernel 'fast'; the kernels are auto, plain, fused"):
        evaluate(LOGITS, LABELS, kernel="fast")


def test_without_numba_the_fused_kernel_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "softmax_cli.backends.fused", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(UsageError, match=r"pip install 'softmax-loss\[fast\]'"):
        evaluate(LOGITS, LABELS, kernel="fused")
