"""The walk through the calculation, held against the same steps in torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import UsageError


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 4, generator=generator, dtype=torch.float64) * 3, torch.tensor([0, 3, 2, 1, 1, 0])


def by_torch(logits, labels):
    one_hot = F.one_hot(labels, 4).double()
    return {
        "logits": logits,
        "softmax": torch.softmax(logits, 1),
        "one_hot": one_hot,
        "log_of_softmax": torch.log(torch.softmax(logits, 1)),
        "log_softmax": torch.log_softmax(logits, 1),
        "product": one_hot * -torch.log(torch.softmax(logits, 1)),
    }


def test_each_step_is_torchs(case, backend):
    report = softmax_cli.steps(*case, backend=backend)
    found = {step.name: step for step in report.steps}
    for name, expected in by_torch(*case).items():
        np.testing.assert_allclose(found[name].values, expected.numpy(), rtol=1e-13)
    np.testing.assert_allclose(found["softmax"].totals, np.ones(6), rtol=1e-15)
    losses = F.cross_entropy(*case, reduction="none").numpy()
    np.testing.assert_allclose(found["product"].totals, losses, rtol=1e-13)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_gradient_is_autograds(case, backend, reduction):
    logits, labels = case
    leaf = logits.clone().requires_grad_()
    F.cross_entropy(leaf, labels, reduction=reduction).backward()
    report = softmax_cli.steps(logits, labels, backend=backend, reduction=reduction)
    np.testing.assert_allclose(report.steps[-1].values, leaf.grad.numpy(), rtol=1e-12, atol=1e-16)


def test_the_gradient_of_probability_labels(backend):
    rng = np.random.default_rng(1)
    logits, labels = rng.standard_normal((5, 3)), rng.dirichlet(np.ones(3), size=5)
    leaf = torch.tensor(logits, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(labels)).backward()
    report = softmax_cli.steps(logits, labels, backend=backend)
    np.testing.assert_allclose(report.steps[-1].values, leaf.grad.numpy(), rtol=1e-12, atol=1e-16)


def test_a_long_file_shows_its_edges_and_divides_by_all_its_rows(backend):
    rng = np.random.default_rng(2)
    logits, labels = rng.standard_normal((100, 3)), rng.integers(3, size=100)
    leaf = torch.tensor(logits, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(labels)).backward()
    report = softmax_cli.steps(logits, labels, backend=backend)
    shown = [0, 1, 2, 3, 4, 95, 96, 97, 98, 99]
    assert list(report.rows) == shown
    np.testing.assert_allclose(report.steps[-1].values, leaf.grad.numpy()[shown], rtol=1e-12, atol=1e-16)
    assert report.loss.loss() == pytest.approx(F.cross_entropy(leaf, torch.tensor(labels)).item(), rel=1e-14)


def test_both_backends_are_compared(case):
    report = softmax_cli.steps(*case, backend="all")
    assert [step.backend for step in report.steps] == ["numpy"] * 7 + ["torch"] * 7
    (comparison,) = (finding for finding in report.findings if finding.startswith("The gradient on numpy and on torch"))
    assert "apart" in comparison or "equal" in comparison
    titles = [grid.title for grid in report.grids()]
    assert "7. gradient (softmax(x) - one_hot) / 6, by the closed form, on numpy" in titles
    assert "7. gradient (softmax(x) - one_hot) / 6, by autograd, on torch" in titles


def test_records_have_one_line_a_value(case):
    report = softmax_cli.steps(*case)
    records = [dict(zip(report.records().columns, row, strict=True)) for row in report.records().rows]
    softmax = [record["value"] for record in records if record["step"] == "softmax" and record["row"] == 2]
    np.testing.assert_allclose(softmax, torch.softmax(case[0], 1)[2].numpy(), rtol=1e-14)
    sums = [record for record in records if record["step"] == "softmax_sum"]
    assert [record["class"] for record in sums] == [""] * 6


def test_there_is_no_walk_without_one_loss(case):
    with pytest.raises(UsageError, match="--reduction mean or sum"):
        softmax_cli.steps(*case, reduction="none")
