"""Every number that the tool prints on the digits sample, by scikit-learn and torch."""

import csv
import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import brier_score_loss, log_loss


@pytest.fixture(scope="module")
def digits(request):
    samples = request.config.rootpath / "samples"
    with (samples / "digits_logits.csv").open() as file:
        names, *rows = csv.reader(file)
    labels = [int(line) for line in (samples / "digits_labels.csv").read_text().split()[1:]]
    return (
        names,
        torch.tensor([[float(cell) for cell in row] for row in rows], dtype=torch.float64),
        torch.tensor(labels),
    )


@pytest.fixture
def files(samples):
    return samples / "digits_logits.csv", samples / "digits_labels.csv"


@pytest.fixture
def printed(run, files, backend):
    options = ("--backend", backend, "--loss", "all", "--as", "torch", "--as", "sklearn", "--top", "7")
    return json.loads(run("loss", *files, *options, "--format", "json").out)


def test_the_losses(printed, digits):
    _, logits, labels = digits
    losses = F.cross_entropy(logits, labels, reduction="none")
    probabilities = torch.softmax(logits, 1)
    p_label = torch.exp(-losses)
    margins = logits + 1 - F.one_hot(labels, 10)
    expected = {
        **dict.fromkeys(("log_of_softmax", "log_softmax", "nll_loss"), losses.mean().item()),
        "cross_entropy": log_loss(labels.numpy(), probabilities.numpy()),
        "focal": (0.25 * (1 - p_label) ** 2 * losses).mean().item(),
        "poly_1": (losses + 2 * (1 - p_label)).mean().item(),
        "z_loss": (losses + 1e-4 * torch.logsumexp(logits, 1) ** 2).mean().item(),
        "multi_margin": F.multi_margin_loss(logits, labels).item(),
        "crammer_singer": (margins.max(1).values - logits.gather(1, labels[:, None])[:, 0]).mean().item(),
        "brier": brier_score_loss(labels.numpy(), probabilities.numpy(), labels=range(10), scale_by_half=False),
        "kl_divergence": F.kl_div(torch.log_softmax(logits, 1), F.one_hot(labels, 10).double(), reduction="batchmean"),
    }
    found = {line["variant"]: line["loss"] for line in printed["losses"]}
    assert found == pytest.approx({name: float(value) for name, value in expected.items()}, rel=1e-12)
    for line in printed["losses"]:
        assert line["reference"] == pytest.approx(float(expected[line["variant"]]), rel=1e-12)
        assert line["delta"] == abs(line["loss"] - line["reference"])
        assert line["ulp"] == pytest.approx(line["delta"] / math.ulp(line["reference"]))
        assert line["nonfinite"] == 0


def test_the_ledger(printed, digits):
    _, logits, labels = digits
    losses = F.cross_entropy(logits, labels, reduction="none")
    mean = losses.mean().item()
    assert printed["ledger"] == pytest.approx(
        {
            "rows": 500,
            "counted": 500,
            "ignored": 0,
            "loss_sum": losses.sum().item(),
            "weight_sum": 500,
            **dict.fromkeys(("mean", "mean_per_counted_row", "mean_per_row"), mean),
            "perplexity": math.exp(mean),
            "bits": (losses / math.log(2)).mean().item(),
            "standard_error": (losses.std(correction=1) / math.sqrt(500)).item(),
        },
        rel=1e-12,
    )


def test_the_frameworks(printed, digits):
    _, logits, labels = digits
    found = {line["framework"]: line["loss"] for line in printed["frameworks"]}
    expected = {
        "torch": F.cross_entropy(logits, labels).item(),
        "sklearn": log_loss(labels.numpy(), torch.softmax(logits, 1).numpy()),
    }
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_largest_losses(printed, digits):
    names, logits, labels = digits
    losses = F.cross_entropy(logits, labels, reduction="none")
    probabilities = torch.softmax(logits, 1)
    assert [detail["row"] for detail in printed["details"]] == losses.argsort(descending=True)[:7].tolist()
    for detail in printed["details"]:
        row = detail["row"]
        assert detail["label"] == str(labels[row].item())
        assert detail["prediction"] == names[logits[row].argmax()]
        assert detail["p_label"] == pytest.approx(probabilities[row, labels[row]].item(), rel=1e-12)
        assert detail["p_prediction"] == pytest.approx(probabilities[row].max().item(), rel=1e-12)
        assert detail["loss"] == pytest.approx(losses[row].item(), rel=1e-12)


def test_the_softmax_table(run, files, digits, backend):
    _, logits, labels = digits
    out = run("loss", *files, "--backend", backend, "--format", "markdown").out
    probabilities, losses = torch.softmax(logits, 1), F.cross_entropy(logits, labels, reduction="none")
    rows = [line.strip("|").split("|") for line in out.splitlines() if line.startswith("| ") and "| 1" in line]
    shown = {int(row[0]): [cell.strip().strip("*") for cell in row] for row in rows if row[0].strip().isdigit()}
    assert list(shown) == [*range(5), *range(495, 500)]
    for row, cells in shown.items():
        assert cells[1] == str(labels[row].item())
        assert [float(cell) for cell in cells[2:12]] == pytest.approx(probabilities[row].tolist(), abs=5.1e-5)
        assert float(cells[-1]) == pytest.approx(losses[row].item(), abs=5.1e-5)


def test_the_probabilities(run, files, digits, backend):
    names, logits, _ = digits
    header, *rows = run("softmax", files[0], "--backend", backend).lines
    assert header == names
    np.testing.assert_allclose(np.array(rows, float), torch.softmax(logits, 1).numpy(), rtol=1e-13)
