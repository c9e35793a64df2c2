"""Rows without a label under --ignore-missing, against torch's ignore_index of the same rows."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.inputs.missing import target_of_present
from softmax_cli.losses.targets import Indices

RNG = np.random.default_rng(7)
LOGITS = RNG.standard_normal((300, 4))
LABELS = RNG.integers(4, size=300).astype(float)
MISSING = RNG.random(300) < 0.2
MISSING[[0, 1, 299]] = True
GIVEN = np.where(MISSING, np.nan, LABELS)
EXPECTED = F.cross_entropy(torch.tensor(LOGITS), torch.tensor(np.where(MISSING, -100, LABELS)).long()).item()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_rows_without_a_label_count_nowhere(dtype, backend):
    given = GIVEN.astype(dtype)
    report = softmax_cli.evaluate(LOGITS, given, ignore_missing=True, backend=backend)
    assert report.loss("cross_entropy") == pytest.approx(EXPECTED, rel=1e-12)
    assert report.ledger.ignored == MISSING.sum()
    assert report.notes == (f"labels: {MISSING.sum()} rows without a label are left out (--ignore-missing)",)
    assert ("ignore_missing", True) in report.signature.settings


def test_every_command_leaves_them_out():
    assert softmax_cli.report(LOGITS, GIVEN, ignore_missing=True).quantities()["loss"] == pytest.approx(EXPECTED)
    found = softmax_cli.compare(LOGITS, LOGITS * 2, GIVEN, ignore_missing=True)
    assert found.counted == (~MISSING).sum()
    checked = softmax_cli.check(LOGITS, GIVEN, ignore_missing=True)
    assert not {"Y204", "Y201"} & {finding.code for finding in checked.findings}
    assert "Y204" in {finding.code for finding in softmax_cli.check(LOGITS, GIVEN).findings}
    leaf = torch.tensor(LOGITS, requires_grad=True)
    F.cross_entropy(leaf, torch.tensor(np.where(MISSING, -100, LABELS)).long()).backward()
    shown = softmax_cli.gradient(LOGITS, GIVEN, ignore_missing=True)
    np.testing.assert_allclose(shown.steps[0].values, leaf.grad[list(shown.rows)], rtol=1e-12, atol=1e-17)


def test_beside_an_ignored_index_and_a_base():
    given = np.where(np.arange(300) % 7 == 3, -1, GIVEN + 1)
    wanted = np.where(np.isnan(given) | (given == -1), -100, given - 1)
    expected = F.cross_entropy(torch.tensor(LOGITS), torch.tensor(wanted).long()).item()
    found = softmax_cli.evaluate(LOGITS, given, ignore_missing=True, ignore_index=-1, label_base=1)
    assert found.loss() == pytest.approx(expected, rel=1e-12)


def test_with_a_shift():
    wanted = torch.tensor(np.where(MISSING, -100, LABELS)).long()
    expected = F.cross_entropy(torch.tensor(LOGITS[:-1]), wanted[1:]).item()
    assert softmax_cli.evaluate(LOGITS, GIVEN, ignore_missing=True, shift=1).loss() == pytest.approx(expected)


def test_each_row_is_spelled_as_it_is():
    assert softmax_cli.steps(LOGITS[:3], [np.nan, 2, 3], ignore_missing=True).labels == ("", "2", "3")


def test_a_nan_is_an_error_that_names_the_option(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("y.npy", GIVEN)
    with pytest.raises(InputError, match=r"^y\.npy\[0\]: .*use --ignore-missing$"):
        softmax_cli.evaluate(LOGITS, Path("y.npy"))


def test_the_first_fault_is_named_by_its_own_row():
    given = GIVEN.copy()
    given[50], given[51] = 9, np.nan
    with pytest.raises(InputError, match=r"^labels\[50\]: label 9 is outside"):
        softmax_cli.evaluate(LOGITS, given, ignore_missing=True)
    given = [np.nan, np.nan, 9, 1]
    with pytest.raises(InputError, match=r"^labels\[2\]: label 9 is outside"):
        softmax_cli.evaluate(LOGITS[:4], given, ignore_missing=True)


def test_blocks_in_which_all_or_none_are_missing():
    def target(values, _start):
        assert not np.isnan(values).any()
        return Indices(values.astype(int))

    for values, classes, counted in (
        ([np.nan, np.nan], [0, 0], [False, False]),
        ([np.nan, 2.0], [0, 2], [False, True]),
        ([2.0, np.nan, 1.0], [2, 2, 1], [True, False, True]),
    ):
        found = target_of_present(target, np.array(values), 0)
        assert found.classes.tolist() == classes
        assert found.counted.tolist() == counted
    assert target_of_present(target, np.array([1.0, 3.0]), 0).counted is None


def test_rows_of_probabilities_have_no_missing_label():
    soft = np.full((3, 4), 0.25)
    with pytest.raises(UsageError, match="--ignore-missing is for one class per row"):
        softmax_cli.evaluate(LOGITS[:3], soft, ignore_missing=True)


@pytest.mark.parametrize("empty", ["", "NA", "nan", "null", "None"])
def test_cells_without_a_label(tmp_path, empty):
    x, y = tmp_path / "x.csv", tmp_path / "y.csv"
    x.write_text("cat,dog\n" + "".join(f"{a},{b}\n" for a, b in LOGITS[:, :2].tolist()))
    names = np.where(MISSING, empty, np.where(LABELS % 2 == 1, "dog", "cat"))
    wanted = torch.tensor(np.where(MISSING, -100, LABELS % 2)).long()
    expected = F.cross_entropy(torch.tensor(LOGITS[:, :2]), wanted).item()
    for spelled in (names, np.where(names == "dog", "1", np.where(names == "cat", "0", names))):
        y.write_text("id,label\n" + "".join(f"{row},{name}\n" for row, name in enumerate(spelled.tolist())))
        found = softmax_cli.evaluate(x, y, label_column="label", ignore_missing=True)
        assert found.loss() == pytest.approx(expected, rel=1e-12)
        with pytest.raises(InputError, match="--ignore-missing"):
            softmax_cli.evaluate(x, y, label_column="label")
