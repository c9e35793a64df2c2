"""`softmax-cli loss --multilabel`."""

import json

import pytest
import torch
import torch.nn.functional as F

X, T = [[0.5, -1.0], [2.0, 0.0]], [[1, 0], [0, 1]]
LOSS = F.binary_cross_entropy_with_logits(torch.tensor(X, dtype=torch.float64), torch.tensor(T).double()).item()
NAME = "binary_cross_entropy_with_logits"


@pytest.fixture
def loss(run, tmp_path, monkeypatch):
    """Run loss --multilabel on the files above."""
    monkeypatch.chdir(tmp_path)
    for name, rows in {"x.csv": X, "t.csv": T}.items():
        (tmp_path / name).write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return lambda *arguments: run("loss", "x.csv", "t.csv", "--multilabel", *arguments)


def test_one_number(loss):
    assert float(loss("-q").out) == pytest.approx(LOSS, rel=1e-14)
    assert float(loss("-q", "--variant", "bce_with_logits").out) == pytest.approx(LOSS, rel=1e-14)
    assert float(loss("-q", "--reduction", "sum").out) == pytest.approx(4 * LOSS, rel=1e-14)


def test_labels_of_several_1s_need_the_option(run, tmp_path):
    # A public report's situation: multi-hot labels were taken for a distribution.
    (tmp_path / "x.csv").write_text("1,-1,0.5\n0,2,1\n")
    (tmp_path / "t.csv").write_text("1,0,0\n1,1,0\n")
    outcome = run("loss", "-q", tmp_path / "x.csv", tmp_path / "t.csv")
    assert (outcome.status, outcome.out) == (3, "")
    assert outcome.err == (
        f"error: {tmp_path / 't.csv'}:2: a row of 0 and 1 with 2 ones, where a label of one class has a single 1; "
        "if several classes may be right, use --multilabel\n"
    )


def test_gates(loss):
    assert loss("--expect", str(LOSS)).status == 0
    assert loss("--expect", "1").status == 1
    assert loss("--fail-if", f"{NAME} > 0.5").status == 1
    assert loss("--fail-if", "bce_with_logits > 1").status == 0
    assert loss("--fail-if", "agreement > 1e-9").status == 0
    assert loss("--fail-if", "mean > 1").status == 0
    refused = loss("--fail-if", "perplexity > 10")
    assert refused.status == 2
    assert refused.err.startswith("error: perplexity is not of multi-label losses; there are rows, counted, ")


def test_json_has_everything(loss):
    found = json.loads(loss("--format", "json", "--ledger").out)
    assert [line["variant"] for line in found["losses"]][-2:] == [NAME, "multilabel_soft_margin_loss"]
    assert found["losses"][0]["loss"] == pytest.approx(LOSS, rel=1e-12)
    assert found["losses"][2]["clamped"] == 0
    assert found["ledger"]["weight_sum"] == 4
    assert found["signature"]["multilabel"] is True


def test_rows_one_by_one(loss):
    lines = loss("--per-row").lines
    assert lines[0] == ["row", "label", "prediction", "worst", "p_worst", "worst_loss", "loss"]
    assert [line[:4] for line in lines[1:]] == [["0", "0", "0", "0"], ["1", "1", "0+1", "0"]]
    assert sum(float(line[-1]) for line in lines[1:]) == pytest.approx(4 * LOSS, rel=1e-12)


def test_the_gradient_is_written_in_the_shape_of_the_logits(loss, tmp_path):
    import numpy as np

    assert loss("--grad-output", "g.npy").status == 0
    leaf = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    F.binary_cross_entropy_with_logits(leaf, torch.tensor(T).double()).backward()
    np.testing.assert_allclose(np.load(tmp_path / "g.npy"), leaf.grad.numpy(), rtol=1e-13)


def test_the_walk_shows_the_sigmoid(loss):
    steps = {line[1] for line in loss("--steps").lines[1:]}
    assert {"sigmoid", "labels", "log_of_sigmoid", "logsigmoid", "elements", "elements_sum", "gradient", NAME} <= steps
