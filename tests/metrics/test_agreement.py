"""The likeliest classes and what two rows have in common, against a sort and sets."""

import math

import numpy as np
import pytest

from softmax_cli.metrics.agreement import shared, top_classes


def by_sorting(logits, k):
    return np.argsort(-logits, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize("k", [1, 3, 12])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_first_and_of_equals_the_first(k, dtype):
    logits = np.random.default_rng(0).integers(-3, 4, (200, 12)).astype(dtype)
    kept = logits.copy()
    assert np.array_equal(top_classes(logits, k), by_sorting(logits, k))
    assert np.array_equal(logits, kept)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_no_class_twice_where_the_rest_is_masked(k):
    logits = np.array([[-math.inf, 5.0, -math.inf, -math.inf], [-math.inf] * 4, [1.0, 2.0, 3.0, -math.inf]])
    assert np.array_equal(top_classes(logits, k), by_sorting(logits, k))


def test_shared_as_sets_have_it():
    rng = np.random.default_rng(1)
    one, other = (np.array([rng.permutation(9)[:4] for _ in range(100)]) for _ in range(2))
    expected = [len(set(a) & set(b)) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    assert shared(one, other).tolist() == expected
