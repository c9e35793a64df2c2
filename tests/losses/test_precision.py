"""The formats' limits, by numpy and torch."""

import math

import numpy as np
import pytest
import torch

from softmax_cli.losses.precision import PRECISIONS


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_limits(dtype):
    info = torch.finfo(getattr(torch, dtype))
    precision = PRECISIONS[dtype]
    assert precision.overflow == pytest.approx(math.log(info.max), rel=1e-15)
    assert precision.ulp(1.0) == info.eps
    # The smallest number below the normal ones; half of it rounds to 0.
    assert precision.underflow_gap == pytest.approx(-math.log(info.tiny) - math.log(info.eps / 2), rel=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_exponentials_end_there(dtype):
    one = np.dtype(dtype).type
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(one(PRECISIONS[dtype].overflow * (1 - 2e-3))))
        assert np.exp(one(PRECISIONS[dtype].overflow * (1 + 2e-3))) == np.inf
