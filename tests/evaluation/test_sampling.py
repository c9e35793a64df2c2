import numpy as np
import pytest

from softmax_cli.errors import UsageError
from softmax_cli.evaluation.sampling import sample


def drawn(folder, **options):
    logits, labels = sample(folder, **{"rows": 2000, "classes": 10, "seed": 0, "file_format": "npy", **options})
    return np.load(logits).astype(np.float64), np.load(labels)


@pytest.mark.parametrize(
    ("distribution", "fits"),
    [
        ("normal", lambda logits: abs(logits.mean()) < 0.05 and abs(logits.std() - 1) < 0.05),
        ("uniform", lambda logits: logits.min() >= 0 and logits.max() < 1),
        ("confident", lambda logits: np.median(np.sort(logits, axis=1)[:, -1] - np.sort(logits, axis=1)[:, -2]) > 5),
        ("heavy-tailed", lambda logits: np.abs(logits).max() > 20 and np.median(np.abs(logits)) < 1),
        ("hostile", lambda logits: np.abs(logits).max() > 1e4 and np.abs(logits).max(axis=1).min() < 0.01),
    ],
)
def test_distributions(tmp_path, distribution, fits):
    logits, _ = drawn(tmp_path, distribution=distribution)
    assert fits(logits)


@pytest.mark.parametrize("scale", [3.0, -1.0, 1e-3])
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_label_is_the_likeliest_class_of_the_logits_as_written(tmp_path, scale, dtype):
    logits, labels = drawn(tmp_path, scale=scale, dtype=dtype, wrong=0.0)
    np.testing.assert_array_equal(labels, logits.argmax(axis=1))


def test_scale_multiplies(tmp_path):
    one, _ = drawn(tmp_path / "one", dtype="float64")
    other, _ = drawn(tmp_path / "other", dtype="float64", scale=2.0)
    np.testing.assert_array_equal(one * 2, other)


def test_wrong_labels_are_every_other_class_alike(tmp_path):
    logits, labels = drawn(tmp_path, wrong=1.0)
    distances = np.bincount((labels - logits.argmax(axis=1)) % 10, minlength=10)
    assert distances[0] == 0
    assert distances[1:].min() > 150


def test_many_blocks_are_one_sample(tmp_path):
    # A block holds 131,072 values, so that these rows make four, the last of them short.
    logits, labels = drawn(tmp_path, rows=400, classes=1000, wrong=0.5)
    assert (logits.shape, labels.shape) == ((400, 1000), (400,))
    assert np.count_nonzero(labels != logits.argmax(axis=1)) == 200
    assert len(np.unique(logits[:, 0])) == 400


def test_overflow_is_an_error_and_leaves_no_file(tmp_path):
    with pytest.raises(UsageError, match="the logits overflow float64"):
        drawn(tmp_path, scale=1e308, distribution="hostile", dtype="float64")
    assert list(tmp_path.iterdir()) == []
