"""The fold of `loss`, held against torch, scipy and identities."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import log_softmax

import softmax_cli
from softmax_cli import evaluate
from softmax_cli.backends import torch_backend
from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.backends.torch_backend import TorchBackend
from softmax_cli.errors import UsageError

STABLE = ("log_softmax", "nll_loss", "cross_entropy")
RELATIVE = {"float32": 1e-6, "float64": 1e-13}


def generated(count):
    """Seeded cases: shapes, dtypes, magnitudes from 1e-3 to 1e4, labels of every kind."""
    rng = np.random.default_rng(20261124)
    for number in range(count):
        rows, classes = int(rng.integers(1, 40)), int(rng.integers(2, 60))
        dtype = ("float32", "float64")[number % 2]
        magnitude = 10.0 ** rng.uniform(-3, 4)
        logits = np.clip(rng.standard_normal((rows, classes)) * magnitude, -1e4, 1e4).astype(dtype)
        indices = rng.integers(classes, size=rows)
        labels = {
            0: indices,
            1: indices.astype(np.uint8),
            2: indices.astype(np.float32),
            3: np.eye(classes)[indices],
            4: rng.dirichlet(np.ones(classes), size=rows).astype(dtype),
        }[number % 5]
        yield logits, labels, ("mean", "sum")[number // 10 % 2]


def by_scipy(logits, labels, reduction):
    """The loss in float64, by an implementation that is not this project's."""
    logits, labels = logits.astype(np.float64), np.asarray(labels)
    log_probs = log_softmax(logits, axis=1)
    if labels.ndim == 1:
        losses = -log_probs[np.arange(len(logits)), labels.astype(int)]
    else:
        losses = -(labels.astype(np.float64) * log_probs).sum(axis=1)
    total = math.fsum(losses)
    return (total / len(logits) if reduction == "mean" else total), losses


@pytest.mark.parametrize("tenth", range(10))
def test_a_thousand_cases_are_within_tolerance_of_float64_on_both_backends(tenth):
    for logits, labels, reduction in list(generated(1000))[tenth::10]:
        expected, _ = by_scipy(logits, labels, reduction)
        report = evaluate(logits, labels, backend="all", reduction=reduction)
        relative = RELATIVE[str(logits.dtype)]
        assert report.reference == pytest.approx(expected, rel=1e-13)
        for line in report.losses:
            if line.variant in STABLE:
                assert line.loss == pytest.approx(expected, rel=relative), line


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_of_softmax_is_as_close_while_no_softmax_is_subnormal(dtype, backend):
    # Smaller numbers than finfo.tiny have fewer digits, and their logarithm inherits that.
    rng = np.random.default_rng(3)
    widest = -math.log(np.finfo(dtype).tiny) - 5
    for _ in range(100):
        logits = (rng.random((20, 10)) * widest).astype(dtype)
        labels = rng.integers(10, size=20)
        expected, _ = by_scipy(logits, labels, "mean")
        found = evaluate(logits, labels, backend=backend, variants=["log_of_softmax"]).loss("log_of_softmax")
        assert found == pytest.approx(expected, rel=RELATIVE[dtype])


@pytest.mark.parametrize("size", [1.0, 1e4, 1e6, 1e8])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_two_equal_logits_give_ln_2_at_any_size(size, dtype, backend):
    report = evaluate([[size, size]], [0], backend=backend, dtype=dtype)
    assert [f"{line.loss:.6f}" for line in report.losses] == ["0.693147"] * 4


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_torch_backend_is_torch(reduction, dtype):
    generator = torch.Generator().manual_seed(5)
    logits = (torch.randn(30, 8, generator=generator) * 4).to(getattr(torch, dtype))
    labels = torch.randint(8, (30,), generator=generator)
    rows = F.cross_entropy(logits, labels, reduction="none").double()
    found = evaluate(logits, labels, backend="torch", dtype=dtype, reduction=reduction).loss()
    expected = {"mean": rows.mean, "sum": rows.sum, "none": lambda: rows}[reduction]()
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-15)


def test_float16_is_accumulated_in_float64():
    # torch's own mean overflows float16 at this size (SEMANTICS: 1000 classes, N = 4096 gives inf).
    logits = torch.randn(4096, 1000, generator=torch.Generator().manual_seed(0)).half() * 5
    labels = torch.arange(4096) % 1000
    assert math.isinf(F.cross_entropy(logits, labels))
    expected = F.cross_entropy(logits.double(), labels).item()
    for name in ("numpy", "torch"):
        assert evaluate(logits, labels, backend=name).loss() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("block_bytes", [1, 1000, 12345, 1 << 30])
def test_any_split_into_blocks_and_threads_gives_the_same_bits(block_bytes, dtype, threads, monkeypatch, backend):
    rng = np.random.default_rng(6)
    logits, labels = rng.standard_normal((997, 11)) * 9, rng.integers(11, size=997)
    asked = {"backend": backend, "dtype": dtype, "top": 7, "weight": rng.random(11), "frameworks": ["keras", "sklearn"]}
    whole = evaluate(logits, labels, threads=1, **asked)
    for each in (NumpyBackend, TorchBackend):
        monkeypatch.setattr(each, "block_bytes", block_bytes)
    split = evaluate(logits, labels, threads=threads, **asked)
    assert (split.ledger, split.details, split.frameworks) == (whole.ledger, whole.details, whole.frameworks)
    assert [line.loss for line in split.losses] == [line.loss for line in whole.losses]
    assert [(line.delta, line.nonfinite) for line in split.losses] == [
        (line.delta, line.nonfinite) for line in whole.losses
    ]
    assert split.reference == whole.reference
    assert [line.row for line in split.preview] == [line.row for line in whole.preview]


@pytest.mark.parametrize("rows", [1, 5, 19, 20, 21, 26, 1000])
@pytest.mark.parametrize("block_bytes", [1, 8 * 4 * 7, 1 << 20])
def test_the_preview_is_all_rows_of_few_and_the_first_and_last_of_many(rows, block_bytes, monkeypatch):
    monkeypatch.setattr(NumpyBackend, "block_bytes", block_bytes)
    rng = np.random.default_rng(7)
    logits, labels = rng.standard_normal((rows, 4)), rng.integers(4, size=rows)
    shown = list(range(rows)) if rows <= 20 else [*range(5), *range(rows - 5, rows)]
    preview = evaluate(logits, labels).preview
    assert [line.row for line in preview] == shown
    assert [line.label for line in preview] == [str(labels[row]) for row in shown]
    expected = torch.softmax(torch.tensor(logits[shown]), 1).numpy()
    np.testing.assert_allclose([line.probabilities for line in preview], expected, rtol=1e-14)


def test_delta_is_the_distance_from_float64_on_the_rounded_values(backend):
    logits = np.random.default_rng(8).standard_normal((50, 6))
    labels = np.arange(50) % 6
    report = evaluate(logits, labels, backend=backend, dtype="float16")
    expected, rows = by_scipy(logits.astype(np.float16), labels, "mean")
    assert report.reference == pytest.approx(expected, rel=1e-14)
    for line in report.losses:
        assert line.delta == pytest.approx(abs(line.loss - expected), rel=1e-9)
    per_row = evaluate(logits, labels, backend=backend, dtype="float16", reduction="none").losses[-1]
    assert per_row.delta == pytest.approx(np.abs(per_row.loss - rows).max(), rel=1e-9)


def test_delta_is_0_where_both_are_infinite_and_nan_where_one_is_nan(backend):
    report = evaluate([[-math.inf, 0.0], [0.0, 1.0]], [0, 0], backend=backend)
    assert {line.variant: line.delta for line in report.losses} == dict.fromkeys(
        ("log_of_softmax", "log_softmax", "nll_loss", "cross_entropy"), 0
    )
    report = evaluate([[0.0, -math.inf], [0.0, 1.0]], [0, 0], backend=backend)
    assert [math.isnan(line.delta) for line in report.losses] == [True, True, False, False]


@pytest.mark.parametrize(
    ("shape", "axis"), [((7, 5), 1), ((3, 5, 4), 1), ((3, 4, 5), 2), ((5, 3, 4), 0), ((2, 5, 3, 4), 1), ((5,), 0)]
)
def test_more_axes_give_what_torch_gives(shape, axis, backend):
    rng = np.random.default_rng(9)
    logits = rng.standard_normal(shape)
    labels = rng.integers(5, size=np.delete(shape, axis))
    moved = torch.tensor(np.moveaxis(logits, axis, -1).reshape(-1, 5))
    expected = F.cross_entropy(moved, torch.tensor(labels.reshape(-1)), reduction="none").numpy()
    report = evaluate(logits, labels, backend=backend, reduction="none")
    np.testing.assert_allclose(report.loss(), expected, rtol=1e-14)
    assert dict(report.signature.settings)["class_axis"] == axis
    by_torch = F.cross_entropy(torch.tensor(np.moveaxis(logits, axis, min(1, logits.ndim - 1))), torch.tensor(labels))
    assert evaluate(logits, labels, backend=backend).loss() == pytest.approx(by_torch.item(), rel=1e-14)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variants": ["ce"]}, "there is no variant 'ce'; the variants are log_of_softmax, log_softmax, nll_loss"),
        ({"reduction": "avg"}, "there is no reduction 'avg'; the reductions are mean, sum, none"),
        ({"backend": "jax"}, "there is no backend 'jax'; the backends are numpy, torch, all"),
        ({"dtype": "float8"}, "there is no dtype 'float8'; the dtypes are float16, bfloat16, float32, float64"),
        ({"dtype": "bfloat16"}, "NumPy has no bfloat16; use --backend torch"),
        ({"dtype": "bfloat16", "backend": "all"}, "NumPy has no bfloat16"),
        ({"device": "cuda"}, "the numpy backend has no device 'cuda'; use --backend torch"),
        ({"device": "tpu7", "backend": "torch"}, "there is no device 'tpu7'"),
        ({"device": "meta", "backend": "torch"}, "device meta is not available"),
    ],
)
def test_what_does_not_exist_is_refused(options, words):
    with pytest.raises(UsageError, match=words):
        evaluate([[1.0, 2.0]], [0], **options)


def test_a_report_shows_itself():
    report = softmax_cli.evaluate([[105.0, 0.0, 1.0]], [0], dtype="float32")
    assert "log_of_softmax" in str(report)
    assert "row 0: class 1 lies 105.0 below the maximum" in " ".join(str(report).split())
    html = report._repr_html_()
    assert html.startswith("<pre")
    assert "log_of_softmax" in html


def test_a_report_prints_in_a_rich_console():
    from rich.console import Console

    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(softmax_cli.evaluate([[1.0, 2.0, 3.0]], [2]))
        assert "0.407606" in console.export_text()


def test_a_loss_is_looked_up_by_variant_and_backend():
    report = softmax_cli.evaluate([[1.0, 2.0, 3.0]], [2], backend="all")
    assert report.loss("nll_loss", "torch") == pytest.approx(0.4076, abs=5e-5)  # torch's documented value
    with pytest.raises(KeyError):
        report.loss("hinge")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_cuda_gives_what_torch_gives_on_cuda(dtype):
    logits = torch.randn(200, 50, generator=torch.Generator().manual_seed(1)) * 5
    labels = torch.arange(200) % 50
    on_device = logits.to("cuda", getattr(torch, dtype))
    expected = F.cross_entropy(on_device, labels.cuda(), reduction="none").double().mean().item()
    report = evaluate(logits, labels, backend="torch", device="cuda", dtype=dtype)
    assert report.loss() == pytest.approx(expected, rel=1e-12)
    assert report.losses[0].device == "cuda"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_blocks_on_several_streams_give_the_bits_of_one(threads, monkeypatch):
    logits, labels = torch.randn(20_000, 50, generator=torch.Generator().manual_seed(1)) * 5, torch.arange(20_000) % 50
    whole = evaluate(logits, labels, backend="torch", device="cuda", reference=False)
    monkeypatch.setattr(torch_backend, "_DEVICE_BLOCK_BYTES", 30_000)
    split = evaluate(logits, labels, backend="torch", device="cuda", reference=False, threads=threads)
    assert [line.loss for line in split.losses] == [line.loss for line in whole.losses]
