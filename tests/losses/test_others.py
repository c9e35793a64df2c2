"""The losses beside the cross-entropy, held against torch, scikit-learn and mpmath; their gradients by differences."""

import math

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import brier_score_loss

import softmax_cli
from softmax_cli import evaluate
from softmax_cli.errors import UsageError
from softmax_cli.losses.others import LOSSES
from softmax_cli.losses.variants import VARIANTS

mpmath.mp.dps = 50
EPS = 2.0**-52  # torch adds the maximum's 1 before the logarithm, and so loses what is smaller


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 6)) * 3, rng.integers(6, size=40)


def rows_of(name, logits, labels, backend="numpy", **options):
    return evaluate(logits, labels, losses=[name], backend=backend, reduction="none", **options).loss(name)


def cross_entropy(logits, labels):
    return F.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="none")


def test_focal_is_kerass_formula_over_torchs_cross_entropy(case, backend):
    losses = cross_entropy(*case)
    expected = 0.25 * (1 - torch.exp(-losses)) ** 2 * losses
    np.testing.assert_allclose(rows_of("focal", *case, backend), expected.numpy(), rtol=1e-12)


def test_focal_with_gamma_0_and_alpha_1_is_the_cross_entropy(case, backend):
    found = rows_of("focal", *case, backend, parameters={"focal.gamma": 0.0, "focal.alpha": 1.0})
    np.testing.assert_allclose(found, cross_entropy(*case).numpy(), rtol=1e-14, atol=EPS)


def test_poly_1(case, backend):
    losses = cross_entropy(*case)
    expected = losses + 2 * (1 - torch.exp(-losses))
    np.testing.assert_allclose(rows_of("poly_1", *case, backend), expected.numpy(), rtol=1e-13, atol=EPS)
    found = rows_of("poly_1", *case, backend, parameters={"poly_1.epsilon": 0.0})
    np.testing.assert_allclose(found, losses.numpy(), rtol=1e-14, atol=EPS)


def test_z_loss(case, backend):
    expected = cross_entropy(*case) + 0.01 * torch.logsumexp(torch.tensor(case[0]), 1) ** 2
    found = rows_of("z_loss", *case, backend, parameters={"z_loss.scale": 0.01})
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-13)


@pytest.mark.parametrize(("margin", "p"), [(1.0, 1), (0.5, 2), (3.0, 1)])
def test_multi_margin_is_torchs(case, backend, margin, p):
    logits, labels = torch.tensor(case[0]), torch.tensor(case[1])
    expected = F.multi_margin_loss(logits, labels, p=p, margin=margin, reduction="none")
    found = rows_of("multi_margin", *case, backend, parameters={"multi_margin.margin": margin, "multi_margin.p": p})
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-13)
    mean = evaluate(*case, losses=["multi_margin"], backend=backend).loss("multi_margin")
    assert mean == pytest.approx(F.multi_margin_loss(logits, labels).item(), rel=1e-13)


def test_crammer_singer_by_its_definition(case, backend):
    expected = [max(x[j] + (j != y) for j in range(6)) - x[y] for x, y in zip(*case, strict=True)]
    np.testing.assert_allclose(rows_of("crammer_singer", *case, backend), expected, rtol=1e-13)


def test_brier_is_scikit_learns(case, backend):
    probabilities = torch.softmax(torch.tensor(case[0]), 1).numpy()
    expected = brier_score_loss(case[1], probabilities, labels=list(range(6)), scale_by_half=False)
    assert evaluate(*case, losses=["brier"], backend=backend).loss("brier") == pytest.approx(expected, rel=1e-12)


def test_kl_divergence_is_torchs_batchmean(case, backend):
    labels = np.random.default_rng(1).dirichlet(np.ones(6), size=40)
    labels[0] = np.eye(6)[2]
    expected = F.kl_div(torch.log_softmax(torch.tensor(case[0]), 1), torch.tensor(labels), reduction="batchmean")
    found = evaluate(case[0], labels, losses=["kl_divergence"], backend=backend)
    assert found.loss("kl_divergence") == pytest.approx(expected.item(), rel=1e-12)
    entropies = [-math.fsum(q * math.log(q) for q in row if q) for row in labels]
    assert found.loss() == pytest.approx(found.loss("kl_divergence") + math.fsum(entropies) / 40, rel=1e-12)


def test_a_confident_rows_focal_loss_keeps_its_digits():
    exact = mpmath.log(1 + mpmath.exp(-30))
    miss = 1 - mpmath.exp(-exact)
    expected = float(mpmath.mpf("0.25") * miss**2 * exact)
    assert rows_of("focal", [[0.0, -30.0]], [0])[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("name", LOSSES)
def test_ignored_rows_count_nowhere(case, backend, name):
    logits, labels = case[0].copy(), case[1].copy()
    kept = np.arange(40) % 3 > 0
    labels[~kept], logits[~kept] = -100, math.nan
    found = evaluate(logits, labels, losses=[name], backend=backend, ignore_index=-100).loss(name)
    alone = evaluate(logits[kept], labels[kept], losses=[name], backend=backend).loss(name)
    assert found == alone


DIFFERENTIABLE = ("cross_entropy", *LOSSES)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_by_finite_differences(case, backend, name):
    logits, labels, step = case[0][:10], case[1][:10], 1e-6
    options = {"backend": backend, "losses": [name] if name in LOSSES else []}
    expected = np.empty_like(logits)
    for column in range(6):
        moved = np.zeros(6)
        moved[column] = step
        high, low = (
            evaluate(logits + sign * moved, labels, reduction="none", **options).loss(name) for sign in (1, -1)
        )
        expected[:, column] = (high - low) / (2 * step)
    for reduction, divisor in (("sum", 1), ("mean", 10)):
        found = softmax_cli.gradient(logits, labels, reduction=reduction, **options).steps[-1]
        np.testing.assert_allclose(found.values, expected / divisor, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_closed_form_is_autograds(case, name):
    losses = [name] if name in LOSSES else []
    report = softmax_cli.gradient(*case, backend="all", losses=losses)
    mine, autograds = (step.values for step in report.steps if step.name.endswith(name) or not losses)
    np.testing.assert_allclose(mine, autograds, rtol=1e-11, atol=1e-16)


def test_the_cross_entropys_gradient_with_everything(case):
    labels = case[1].copy()
    labels[::4] = -100
    weight = np.arange(1.0, 7.0)
    leaf = torch.tensor(case[0], requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(labels), torch.tensor(weight), label_smoothing=0.2).backward()
    for backend in ("numpy", "torch"):
        report = softmax_cli.gradient(
            case[0], labels, backend=backend, weight=weight, ignore_index=-100, label_smoothing=0.2
        )
        shown = list(report.rows)
        np.testing.assert_allclose(report.steps[0].values, leaf.grad.numpy()[shown], rtol=1e-12, atol=1e-17)


def test_all_names_every_loss(case):
    report = evaluate(*case, losses=["all"])
    assert [line.variant for line in report.losses] == [*VARIANTS, *LOSSES]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"losses": ["hinge"]}, "there is no loss 'hinge'; "),
        ({"losses": ["focal"], "parameters": {"focal.beta": 1}}, "there is no parameter 'focal.beta'; "),
        ({"losses": ["focal"], "label_smoothing": 0.1}, "leave --loss out"),
        ({"losses": ["focal"], "weight": [1, 2]}, "leave --loss out"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(UsageError, match=words):
        evaluate([[1.0, 2.0]], [0], **options)


def test_probabilities_are_no_labels_for_a_loss_of_one_class():
    with pytest.raises(UsageError, match="focal is for class indices"):
        evaluate([[1.0, 2.0]], [[0.5, 0.5]], losses=["focal"])


@pytest.mark.parametrize("name", LOSSES)
def test_every_row_says_what_it_is(name):
    loss = LOSSES[name]
    assert loss.recipe
    assert loss.source
    assert name == loss.name
    assert all(isinstance(value, float) for value in loss.parameters.values())


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_focal_alpha_may_be_one_number_per_class(gamma, backend):
    rng = np.random.default_rng(11)
    x, y, alpha = rng.normal(size=(20, 3)) * 3, rng.integers(3, size=20), [0.1, 0.2, 0.7]
    leaf = torch.tensor(x, requires_grad=True)
    p = torch.softmax(leaf, 1)[torch.arange(20), torch.tensor(y)]
    # The formula of keras.losses.CategoricalFocalCrossentropy(alpha=[...]), whose alpha is one number per class too.
    expected = (torch.tensor(alpha, dtype=torch.float64)[torch.tensor(y)] * (1 - p) ** gamma * -torch.log(p)).mean()
    expected.backward()
    parameters = {"focal.alpha": alpha, "focal.gamma": gamma}
    report = evaluate(x, y, losses=["focal"], parameters=parameters, backend=backend)
    assert report.loss("focal") == pytest.approx(expected.item(), rel=1e-12)
    slopes = softmax_cli.gradient(x, y, losses=["focal"], parameters=parameters, backend=backend).steps[-1]
    np.testing.assert_allclose(slopes.values, leaf.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"focal.alpha": [0.1, 0.2]},
            "--param focal.alpha: 2 numbers for 3 classes; give one number, or one per class",
        ),
        ({"focal.gamma": (1.0, 2.0)}, "--param focal.gamma takes one number"),
    ],
)
def test_another_number_of_alphas_is_refused(parameters, message):
    with pytest.raises(UsageError) as caught:
        evaluate([[1.0, 2.0, 3.0]], [0], losses=["focal"], parameters=parameters)
    assert str(caught.value) == message
