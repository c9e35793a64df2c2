"""`check` on one value per row: a finding, never a fault, and no remedy that chooses among columns."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss

from softmax_cli.evaluation.checking.check import check


@pytest.mark.parametrize("values", ["logits", "probabilities", "log-probabilities"])
@pytest.mark.parametrize("form", ["column", "vector", "sequences", "csv", "pieces"])
def test_one_value_per_row_of_the_other_class(tmp_path, form, values):
    """The promised figure is scikit-learn's, of the values that should have been exported."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    logits = -(rng.normal(size=200) + 1.5 * (2 * labels - 1))
    given = {"logits": logits, "probabilities": expit(logits), "log-probabilities": -np.logaddexp(0, -logits)}[values]
    options = {} if values == "logits" else {"values": values}
    finding = one_column(tmp_path, form, given, labels, options)["Y222"]
    assert finding.message.startswith("the values are those of class 0")
    assert finding.command == ""
    (mended,) = [effect for effect in finding.effects if effect.name == "with that renaming"]
    assert mended.loss == pytest.approx(log_loss(labels, expit(-logits)), rel=1e-9)
    assert mended.accuracy == np.mean((logits < 0) == labels)


@pytest.mark.parametrize("form", ["column", "vector", "sequences", "csv", "pieces"])
@pytest.mark.parametrize("seed", range(4))
def test_no_finding_on_one_value_per_row_names_columns(tmp_path, form, seed):
    """Whatever the values and labels are, `check` answers, and no remedy chooses among columns."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 200)
    logits = rng.normal(size=200) + 2 * (2 * labels - 1)
    for values in (logits, expit(logits), 1.0 * (logits > 0), np.arange(200.0), labels.astype(float), 0 * logits):
        for given in (labels, 1 - labels, labels + 1, np.roll(labels, 1), np.ones_like(labels), 2 * labels - 1):
            for finding in one_column(tmp_path, form, values, given, {}).values():
                assert "columns" not in finding.command


def one_column(folder, form, values, labels, options):
    """What `check` finds on one value per row."""
    sources = [values[:, None], labels]
    if form == "vector":
        sources = [values, labels]
    if form == "sequences":
        sources = [values.reshape(10, 20, 1), labels.reshape(10, 20)]
    if form == "csv":
        sources = [folder / "x.csv", folder / "y.csv"]
        sources[0].write_text("".join(f"{value!r}\n" for value in values.tolist()))
        sources[1].write_text("".join(f"{label}\n" for label in labels.tolist()))
    if form == "pieces":
        for place in range(2):
            np.save(folder / f"x-{place}.npy", values[100 * place :][:100, None])
        np.save(folder / "y.npy", labels)
        sources = [str(folder / "x-*.npy"), folder / "y.npy"]
    return {finding.code: finding for finding in check(*sources, **options).findings}
