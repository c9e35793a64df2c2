"""The fold of `softmax`, held against torch."""

import math

import numpy as np
import pytest
import torch

import softmax_cli
from softmax_cli.backends.numpy_backend import NumpyBackend
from softmax_cli.errors import InputError, UsageError


def rows_of(report):
    return np.array([values for values, _, _ in report.rows()])


@pytest.mark.parametrize("temperature", [1.0, 0.25, 3.0])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_probabilities_are_torchs(temperature, dtype, backend):
    logits = np.random.default_rng(0).standard_normal((30, 6)).astype(dtype) * 4
    expected = torch.softmax(torch.tensor(logits) / temperature, 1).numpy()
    found = rows_of(softmax_cli.softmax(logits, backend=backend, temperature=temperature))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=4 * float(np.finfo(dtype).eps), atol=np.finfo(dtype).tiny)


def test_both_logarithms_and_their_largest_difference(backend):
    logits = np.random.default_rng(1).standard_normal((30, 6)).astype(np.float32) * 20
    one, other = torch.log(torch.softmax(torch.tensor(logits), 1)), torch.log_softmax(torch.tensor(logits), 1)
    report = softmax_cli.softmax(logits, backend=backend, log=True)
    found = report.as_dict()
    np.testing.assert_allclose(np.array(found["log_of_softmax"]), one.numpy(), rtol=1e-5)
    # torch adds the maximum's 1 before the logarithm, and so loses what is smaller than float32's eps.
    eps = float(np.finfo(np.float32).eps)
    np.testing.assert_allclose(np.array(found["log_softmax"]), other.numpy(), rtol=4 * eps, atol=eps)
    expected = np.abs(np.array(found["log_of_softmax"], float) - np.array(found["log_softmax"], float)).max()
    assert found["largest_difference"] == expected
    assert report.remarks() == (f"Largest difference of the two: {expected:.1e}.",)


def test_the_logarithm_of_an_underflow_is_infinitely_far(backend):
    report = softmax_cli.softmax(np.float32([[105, 0, 1]]), backend=backend, log=True)
    assert report.as_dict()["largest_difference"] == math.inf


def test_any_split_into_blocks_gives_the_same_rows(monkeypatch, backend):
    logits = np.random.default_rng(2).standard_normal((101, 7))
    whole = rows_of(softmax_cli.softmax(logits, backend=backend))
    monkeypatch.setattr(NumpyBackend, "block_bytes", 7 * 8 * 3)
    assert np.array_equal(rows_of(softmax_cli.softmax(logits, backend=backend)), whole)


def test_a_report_can_be_read_twice():
    report = softmax_cli.softmax([[1.0, 2.0]])
    assert rows_of(report).tolist() == rows_of(report).tolist()


def test_more_axes_need_the_classes_axis(backend):
    logits = np.random.default_rng(3).standard_normal((2, 5, 3))
    with pytest.raises(InputError, match=r"axis 0 or 1 or 2 \(shape 2x5x3\).*--class-axis"):
        softmax_cli.softmax(logits, backend=backend)
    expected = torch.softmax(torch.tensor(logits), 1).permute(0, 2, 1).reshape(-1, 5).numpy()
    found = rows_of(softmax_cli.softmax(logits, backend=backend, class_axis=1))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert np.array_equal(rows_of(softmax_cli.softmax(logits, backend=backend, class_axis=-2)), found)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_is_positive(temperature):
    with pytest.raises(UsageError, match="a positive number is needed"):
        softmax_cli.softmax([[1.0]], temperature=temperature)


def test_one_backend_at_a_time():
    with pytest.raises(UsageError, match="one backend at a time"):
        softmax_cli.softmax([[1.0]], backend="all")


def test_rows_that_a_small_temperature_spoils_are_refused_only_where_no_later_row_is_left(backend, monkeypatch):
    monkeypatch.setattr("softmax_cli.evaluation.probabilities.rows_per_block", lambda *_: 2)
    spoiled = [[2.0, 1.0]] * 5
    report = softmax_cli.softmax([*spoiled, [0.0, 0.0]], backend=backend, temperature=1e-320)
    found = rows_of(report)
    assert np.isnan(found[:5]).all()
    np.testing.assert_array_equal(found[5], [0.5, 0.5])
    assert [note for note in report.notes_so_far() if "in 5 of 6 rows" in note]
    with pytest.raises(UsageError, match="in every row"):
        next(iter(softmax_cli.softmax(spoiled, backend=backend, temperature=1e-320).rows()))


@pytest.mark.parametrize(("dtype", "temperature"), [("float16", 7e4), ("float32", 1e39), ("float32", 1e-45)])
def test_a_temperature_that_the_dtype_does_not_hold(backend, dtype, temperature):
    values = np.array([[0.9, 0.0, -0.5]]) * float(np.finfo(dtype).max if temperature > 1 else 1e-44)
    logits = values.astype(dtype)
    wide = torch.softmax(torch.tensor(logits).double() / temperature, 1).numpy()
    found = rows_of(softmax_cli.softmax(logits, backend=backend, temperature=temperature))
    # The quotients, up to 14 apart, are rounded to the dtype; exp makes of that up to 14 times as much.
    np.testing.assert_allclose(found, wide, rtol=16 * float(np.finfo(dtype).eps))
