"""The recipes: they agree where they should, and break where torch's break."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from softmax_cli import evaluate
from softmax_cli.losses.variants import HEADLINE, VARIANTS

INF, NAN = math.inf, math.nan


def by_hand(name, logits, labels):
    """The recipe as the notebook writes it, in torch."""
    one_hot = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return {
        "log_of_softmax": lambda: (one_hot * -torch.log(torch.softmax(logits, 1))).sum(1),
        "log_softmax": lambda: (one_hot * -torch.log_softmax(logits, 1)).sum(1),
        "nll_loss": lambda: F.nll_loss(torch.log_softmax(logits, 1), labels, reduction="none"),
        "cross_entropy": lambda: F.cross_entropy(logits, labels, reduction="none"),
    }[name]()


def test_the_table_has_the_notebooks_four_and_the_headline_is_one_of_them():
    assert list(VARIANTS) == ["log_of_softmax", "log_softmax", "nll_loss", "cross_entropy"]
    assert all(name == variant.name for name, variant in VARIANTS.items())
    assert HEADLINE in VARIANTS


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "row",
    [
        pytest.param([1.0, 2.0, 3.0], id="ordinary"),
        pytest.param([105.0, 0.0, 1.0], id="another class underflows in float32"),
        pytest.param([0.0, 203.0, 1.0], id="the label underflows in float32"),
        pytest.param([800.0, 0.0, 1.0], id="another class underflows in float64"),
        pytest.param([0.0, 800.0, 799.0], id="the label underflows in float64"),
        pytest.param([-INF, 0.0, 1.0], id="-inf at the label"),
        pytest.param([0.0, -INF, 1.0], id="-inf elsewhere"),
        pytest.param([INF, 0.0, 1.0], id="+inf"),
        pytest.param([0.0, NAN, 1.0], id="nan"),
        pytest.param([-INF, -INF, -INF], id="all -inf"),
    ],
)
def test_each_recipe_is_finite_infinite_or_nan_as_the_same_recipe_in_torch(name, dtype, row, backend):
    expected = by_hand(name, torch.tensor([row], dtype=getattr(torch, dtype)), torch.tensor([0]))
    report = evaluate([row], [0], backend=backend, dtype=dtype, variants=[name], reduction="none")
    # torch adds the maximum's 1 before the logarithm, and so loses what is smaller than eps; this project does not.
    eps = torch.finfo(getattr(torch, dtype)).eps
    np.testing.assert_allclose(report.loss(name), expected.numpy(), rtol=2 * eps, atol=eps)


def test_on_torch_the_recipes_are_torchs_own_to_the_last_bit():
    logits, labels = torch.randn(50, 20, generator=torch.Generator().manual_seed(0)) * 5, torch.arange(50) % 20
    report = evaluate(logits, labels, backend="torch", reduction="none")
    for name in VARIANTS:
        assert np.array_equal(report.loss(name), by_hand(name, logits, labels).numpy() + 0)
