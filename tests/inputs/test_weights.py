"""Weights that stand in the option itself: by position, by name, and what is refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

X, Y, T = "cat,dog\n.5,-1\n2,0\n1,1\n", "0\n1\n1\n", "1,0\n0,1\n1,1\n"


@pytest.fixture
def loss(run, tmp_path, monkeypatch):
    """Run loss -q on the files above; gives the outcome."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"x.csv": X, "y.csv": Y, "t.csv": T}.items():
        (tmp_path / name).write_text(text)
    return lambda *arguments: run("loss", "-q", "x.csv", *arguments)


def values(text):
    return torch.tensor(np.loadtxt(text.splitlines(), delimiter=",", skiprows=int(text.startswith("cat"))))


@pytest.mark.parametrize("weights", ["2,0.5", "2.0, 5e-1", "cat=2,dog=.5", "dog=.5,cat=2"])
def test_weights_are_torchs_by_position_and_by_name(loss, weights):
    given = torch.tensor([2.0, 0.5], dtype=torch.float64)
    x, y, t = values(X), values(Y).long(), values(T)
    expected = F.cross_entropy(x, y, given).item()
    assert float(loss("y.csv", "--weight", weights).out) == pytest.approx(expected, rel=1e-13)
    expected = F.binary_cross_entropy_with_logits(x, t, given).item()
    assert float(loss("t.csv", "--multilabel", "--weight", weights).out) == pytest.approx(expected, rel=1e-13)
    expected = F.binary_cross_entropy_with_logits(x, t, pos_weight=given).item()
    assert float(loss("t.csv", "--multilabel", "--pos-weight", weights).out) == pytest.approx(expected, rel=1e-13)


def test_a_file_of_that_name_goes_before(loss, tmp_path):
    (tmp_path / "1,1").write_text("4\n1\n")
    expected = F.cross_entropy(values(X), values(Y).long(), torch.tensor([4.0, 1.0], dtype=torch.float64)).item()
    assert float(loss("y.csv", "--weight", "1,1").out) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("weights", "status", "message"),
    [
        ("1,2,3", 3, "--weight: 3 weights for 2 classes; give one weight per class"),
        ("2", 3, "--weight: 1 weight for 2 classes; give one weight per class"),
        ("1,x", 2, "--weight 1,x: 'x' is not a number; write it as 2,4,6 or give a file"),
        ("1,nan", 2, "--weight 1,nan: 'nan' is not a number; write it as 2,4,6 or give a file"),
        ("1_0,2", 2, "--weight 1_0,2: '1_0' is not a number; write it as 2,4,6 or give a file"),
        ("cat=1,2", 2, "--weight cat=1,2: some weights have a name and some have none"),
        ("cat=1,bird=2", 3, "--weight: 'bird' is not the name of a class"),
        ("cat=1,cat=2", 3, "--weight: a second weight for 'cat'"),
        ("cat=1", 3, "--weight: no weight for 'dog'; give one weight per class"),
        ("w.csv", 2, "w.csv: no such file or directory"),
    ],
)
def test_what_cannot_be_weights_is_one_line(loss, weights, status, message):
    outcome = loss("y.csv", "--weight", weights)
    assert (outcome.out, outcome.err) == ("", f"error: {message}\n")
    assert outcome.status == status or weights == "w.csv"
