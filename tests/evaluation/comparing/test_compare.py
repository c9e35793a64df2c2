"""The fold of `compare`, held against NumPy, scipy, torch and what must be so."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
import torch.nn.functional as F
from scipy.spatial.distance import jensenshannon

import softmax_cli
from softmax_cli.backends.base import Backend
from softmax_cli.errors import InputError, UsageError
from softmax_cli.reports.compare import QUANTITIES

INF, NAN = math.inf, math.nan


def pair(rows=300, classes=7, scale=0.5, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    one = (rng.standard_normal((rows, classes)) * 2).astype(dtype)
    return one, (one + rng.standard_normal((rows, classes)) * scale).astype(dtype), rng.integers(0, classes, rows)


def quantities(*data, **options):
    return softmax_cli.compare(*data, **options).quantities()


def entropy(p, q):
    return scipy.stats.entropy(p, q, axis=1)


def sem(values):
    return pytest.approx(scipy.stats.sem(values), rel=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_distance_as_numpy_and_scipy_have_it(dtype):
    a, b, _ = pair(dtype=dtype)
    found = quantities(a, b)
    a, b = a.astype(np.float64), b.astype(np.float64)
    p, q = (scipy.special.softmax(logits, axis=1) for logits in (a, b))
    expected = {
        "abs_diff": np.abs(a - b).ravel(),
        "prob_diff": np.abs(p - q).ravel(),
        "shift_free_diff": np.ptp(a - b, axis=1) / 2,
        "kl": entropy(p, q),
        "reverse_kl": entropy(q, p),
        "js": jensenshannon(p, q, axis=1) ** 2,
    }
    for name, values in expected.items():
        mean = found[name] if name in found else found[f"mean_{name}"]
        # scipy's own sums are exact to about 1e-16 in all, and the least of these distances is 1e-5.
        assert mean == pytest.approx(values.mean(), rel=1e-11)
        assert found[f"max_{name}"] == pytest.approx(values.max(), rel=1e-11)
        for share, quantile in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)):
            assert found[f"{share}_{name}"] == pytest.approx(np.quantile(values, quantile), rel=1e-9)


def test_where_the_largest_distances_are():
    a, b, _ = pair()
    report = softmax_cli.compare(a, b)
    for name, values in (
        ("abs_diff", np.abs(a - b)),
        ("prob_diff", np.abs(scipy.special.softmax(a, axis=1) - scipy.special.softmax(b, axis=1))),
    ):
        row, column = np.unravel_index(values.argmax(), values.shape)
        spread = report.spread(name)
        assert (spread.row, spread.class_name, spread.largest) == (row, str(column), pytest.approx(values[row, column]))
    assert report.spread("kl").row == report.changed_rows[0].row


def test_standard_errors_are_those_of_the_rows():
    a, b, _ = pair()
    p, q = scipy.special.softmax(a, axis=1), scipy.special.softmax(b, axis=1)
    report = softmax_cli.compare(a, b)
    assert report.spread("kl").standard_error == sem(entropy(p, q))
    assert report.spread("abs_diff").standard_error is None
    same = p.argmax(axis=1) == q.argmax(axis=1)
    assert report.agreements[0].standard_error == sem(same)


@pytest.mark.parametrize("k", [1, 3, 7, 100])
def test_agreement_of_the_likeliest(k):
    a, b, _ = pair()
    report = softmax_cli.compare(a, b, top_k=k)
    k = min(k, 6)  # of all 7 there is nothing to say
    first, same, overlap = report.agreements
    tops = [np.argsort(-logits, axis=1)[:, :k].tolist() for logits in (a, b)]
    common = np.array([len(set(one) & set(other)) for one, other in zip(*tops, strict=True)])
    assert first.rows == np.count_nonzero(a.argmax(axis=1) == b.argmax(axis=1)) < 300
    assert same.rows == np.count_nonzero(common == k)
    assert overlap.share == pytest.approx(common.mean() / k, rel=1e-14)
    assert (first.share, same.share) == (pytest.approx(first.rows / 300), pytest.approx(same.rows / 300))


def test_a_tie_is_said_to_be_one():
    a = np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 5.0]])
    b = np.array([[2.0, 2.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 5.0]])
    report = softmax_cli.compare(a, b)
    assert (report.agreements[0].rows, report.ties) == (1, 1)
    assert "A and B predict different classes in 2 of 3 rows, 1 of them because of a tie." in report.remarks()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_the_labels_say_as_torch_has_it(dtype):
    a, b, y = pair(dtype=dtype)
    found = {change.name: change for change in softmax_cli.compare(a, b, y).changes}
    one, other = (torch.from_numpy(logits.astype(np.float64)) for logits in (a, b))
    losses = [F.cross_entropy(logits, torch.from_numpy(y), reduction="none").numpy() for logits in (one, other)]
    right = [(logits.argmax(1).numpy() == y).astype(float) for logits in (one, other)]
    p_label = [torch.softmax(logits, 1).numpy()[np.arange(300), y] for logits in (one, other)]
    for name, (of_a, of_b) in (("loss", losses), ("accuracy", right), ("p_label", p_label)):
        change = found[name]
        assert change.a == pytest.approx(of_a.mean(), rel=1e-12)
        assert change.b == pytest.approx(of_b.mean(), rel=1e-12)
        assert change.change == pytest.approx((of_b - of_a).mean(), rel=1e-10)
        assert change.standard_error == sem(of_b - of_a)
        assert change.low < change.change < change.high
    perplexity, ratio = found["perplexity"], found["perplexity_ratio"]
    assert perplexity.a == pytest.approx(math.exp(losses[0].mean()), rel=1e-12)
    assert perplexity.change == pytest.approx(math.exp(losses[1].mean()) - math.exp(losses[0].mean()), rel=1e-10)
    assert ratio.change == pytest.approx(math.exp((losses[1] - losses[0]).mean()), rel=1e-12)
    # The delta method, from the covariance matrix of the two means.
    means = np.array([math.exp(losses[1].mean()), -math.exp(losses[0].mean())])
    variance = means @ (np.cov(losses[1], losses[0]) / 300) @ means
    assert perplexity.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert ratio.standard_error == pytest.approx(ratio.change * scipy.stats.sem(losses[1] - losses[0]), rel=1e-9)
    assert (ratio.low, ratio.high) == pytest.approx(
        (math.exp(found["loss"].low), math.exp(found["loss"].high)), rel=1e-6
    )


def test_the_paired_standard_error_by_hand():
    """Two classes, label 0, logits (x, 0): the loss is ln(1 + e^-x). Differences of 0, ln 2 and 2 ln 2."""

    def rows(*losses):
        return np.array([[-math.log(math.expm1(loss)), 0.0] for loss in losses])

    ln2 = math.log(2)
    loss, *_ = softmax_cli.compare(rows(ln2, ln2, ln2), rows(ln2, 2 * ln2, 3 * ln2), [0, 0, 0]).changes
    assert loss.change == pytest.approx(ln2, rel=1e-14)
    # The mean is ln 2, the deviations -ln 2, 0, ln 2: a variance of 2 (ln 2)^2 / 2, and sqrt(that / 3) of the mean.
    assert loss.standard_error == pytest.approx(ln2 / math.sqrt(3), rel=1e-12)


def test_the_interval_is_that_of_scipys_paired_bootstrap():
    a, b, y = pair(rows=200, scale=1)
    losses = [F.cross_entropy(torch.from_numpy(x), torch.from_numpy(y), reduction="none").numpy() for x in (a, b)]
    loss, perplexity, *_ = softmax_cli.compare(a, b, y, resamples=20_000).changes
    for change, statistic in (
        (loss, lambda one, other, axis: other.mean(axis=axis) - one.mean(axis=axis)),
        (perplexity, lambda one, other, axis: np.exp(other.mean(axis=axis)) - np.exp(one.mean(axis=axis))),
    ):
        expected = scipy.stats.bootstrap(
            losses, statistic, paired=True, n_resamples=20_000, random_state=np.random.default_rng(1)
        ).confidence_interval
        # Each end has a Monte Carlo error of about 0.02 standard errors; two of them, thrice.
        assert (change.low, change.high) == pytest.approx(tuple(expected), abs=0.09 * change.standard_error)


def test_mcnemar_counts_the_rows_that_one_alone_has_right():
    a, b, y = pair(scale=1.5)
    right = [logits.argmax(axis=1) == y for logits in (a, b)]
    found = softmax_cli.compare(a, b, y).discordance
    assert found.only_a == np.count_nonzero(right[0] & ~right[1])
    assert found.only_b == np.count_nonzero(right[1] & ~right[0])
    assert found.p == pytest.approx(scipy.stats.binomtest(found.only_a, found.pairs).pvalue, rel=1e-9)


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_file_and_itself_are_not_apart(dtype, labelled):
    a, _, y = pair(dtype=dtype)
    a[3, 2], a[4] = -INF, NAN
    report = softmax_cli.compare(a, a.copy(), y if labelled else None, atol=0.0)
    found = report.quantities()
    ones = {"top1_agreement", "topk_agreement", "topk_overlap", "perplexity_ratio", "mcnemar_p", "loss_correlation"}
    of_one = {name for name in found if name.endswith(("_a", "_b"))}
    assert {name: value for name, value in found.items() if name not in of_one} == {
        name: float(name in ones) for name in found if name not in of_one
    }
    for name in ("loss", "perplexity", "accuracy", "p_label") if labelled else ():
        assert found[f"{name}_a"] == found[f"{name}_b"]
    assert (report.failure, report.changed_rows, report.same) == ("", [], True)
    assert all(change.low == change.high == change.change for change in report.changes)


def test_the_rounding_to_float16_is_half_a_unit_in_the_last_place():
    rng = np.random.default_rng(0)
    a = (rng.standard_normal((400, 9)) * 10.0 ** rng.integers(-3, 4, (400, 9))).astype(np.float32)
    b = a.astype(np.float16)
    found = softmax_cli.compare(a, b).spread("abs_diff")
    expected = np.abs(a.astype(np.float64) - b.astype(np.float64))
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    assert (found.largest, found.row, found.class_name) == (expected.max(), row, str(column))
    assert 0.4 < found.largest / float(np.spacing(np.abs(b).max())) <= 0.5
    # And no logit is further away than half the spacing of float16 at its size.
    assert (expected <= np.spacing(np.abs(b)).astype(np.float64) / 2).all()


def test_a_constant_in_each_row_changes_nothing_but_the_logits():
    a, _, y = pair()
    b = a + np.arange(300)[:, None]
    report = softmax_cli.compare(a, b, y)
    found = report.quantities()
    assert found["max_abs_diff"] == pytest.approx(299)
    assert max(found["max_shift_free_diff"], found["max_prob_diff"]) < 1e-13
    assert max(found["max_kl"], found["max_reverse_kl"], found["max_js"]) < 1e-26
    assert (found["top1_agreement"], found["accuracy_change"]) == (1, 0)
    assert any(
        remark.startswith("After removing a constant per row, which softmax ignores") for remark in report.remarks()
    )


def test_where_a_constant_in_each_row_is_all_it_says_so():
    report = softmax_cli.compare([[1.0, 2.0], [0.0, 3.0]], [[2.0, 3.0], [0.0, 3.0]])
    assert "After removing a constant per row, which softmax ignores, the logits are the same." in report.remarks()


@pytest.mark.parametrize("classes", [1, 7, 40])
def test_neither_blocks_nor_threads_change_a_bit(monkeypatch, classes):
    a, b, y = pair(rows=1000, classes=classes, dtype=np.float32)
    y = np.where(np.arange(1000) % 7 == 3, -100, y)
    a[5, 0], b[900, 0], a[70] = NAN, -INF, INF
    monkeypatch.setattr("softmax_cli.evaluation.comparing.parts.ROWS_AT_ONCE", 100)
    options = {"ignore_index": -100, "atol": 0.1, "rtol": 0.1, "top": 9, "resamples": 100}
    reports = []
    for rows, threads in ((2000, 1), (2000, 3), (1, 2), (13, 1), (13, 4), (999, 2)):
        monkeypatch.setattr(Backend, "block_bytes", rows * classes * 8)
        reports.append(softmax_cli.compare(a, b, y, threads=threads, **options).as_dict())
    for report in reports[1:]:
        np.testing.assert_equal(report, reports[0])


def test_beyond_a_million_values_quantiles_are_within_what_is_said(monkeypatch):
    monkeypatch.setattr("softmax_cli.metrics.quantiles.EXACT_UP_TO", 500)
    a, b, _ = pair(rows=600)
    report = softmax_cli.compare(a, b)
    for name, values in (("abs_diff", np.abs(a - b).ravel()), ("shift_free_diff", np.ptp(a - b, axis=1) / 2)):
        spread = report.spread(name)
        assert not spread.exact
        expected = np.quantile(values, (0.5, 0.9, 0.99, 0.999), method="lower")
        np.testing.assert_allclose(spread.quantiles, expected, rtol=0.002)
        assert spread.largest == pytest.approx(values.max(), rel=1e-15)
    assert "quantiles within 0.2 % of themselves" in str(report)


def test_of_many_rows_neighbours_are_drawn_together_for_the_same_interval():
    a, b, y = pair(rows=40_000, classes=2)
    report = softmax_cli.compare(a, b, y, resamples=2000)
    assert report.rows_drawn_at_once == 4
    assert "the bootstrap draws groups of 4 neighbouring rows" in str(report)
    loss = report.changes[0]
    # So many rows have a mean that is normal; an end of 2,000 resamples is within 0.06 of them, thrice.
    normal = (loss.change - 1.96 * loss.standard_error, loss.change + 1.96 * loss.standard_error)
    assert (loss.low, loss.high) == pytest.approx(normal, abs=0.18 * loss.standard_error)


def test_ignored_rows_count_nowhere():
    a, b, y = pair()
    ignored = np.arange(300) % 3 == 1
    kept = quantities(a[~ignored], b[~ignored], y[~ignored], atol=0.1)
    b[ignored], a[4] = NAN, INF  # row 4 is ignored too
    report = softmax_cli.compare(a, b, np.where(ignored, -1, y), ignore_index=-1, atol=0.1)
    assert report.quantities() == kept
    assert (report.rows, report.counted, report.warnings()) == (300, 200, ())
    assert not ignored[[row.row for row in report.changed_rows]].any()


def test_nothing_but_ignored_rows_is_an_error():
    a, b, _ = pair(rows=3)
    with pytest.raises(InputError, match="no row counts: all 3 labels are ignored"):
        softmax_cli.compare(a, b, [9, 9, 9], ignore_index=9)


def test_what_is_not_finite_in_one_alone_is_counted_and_named():
    a, b, y = pair()
    a[20, 3], b[30, 1], a[40], b[40] = NAN, -INF, NAN, NAN
    a[50, 2] = b[50, 2] = -INF
    report = softmax_cli.compare(a, b, y)
    found = report.quantities()
    assert (found["nonfinite"], found["undefined"]) == (2, 1)
    assert (report.oddities.alike, report.oddities.undefined_in_both) == (8, 1)
    assert math.isnan(found["max_abs_diff"])
    assert report.spread("abs_diff").row == 20
    assert math.isnan(found["kl"])
    assert [report.changed_rows[place].row for place in (0, 1)] == [20, 30]
    first, second = report.warnings()
    assert (
        first == f"2 logits are nan or infinite in only one file, first in row 20, class 3: nan in A, {b[20, 3]} in B."
    )
    assert second == "1 row has no softmax in only one file, first row 20."
    assert "8 logits are nan or the same infinity in both files, which counts as no difference." in report.remarks()
    assert "1 row has no softmax in either file; only their logits are compared." in report.remarks()
    assert "with the labels of 299 rows" in str(report)


def test_a_row_without_a_softmax_is_never_right():
    a, b, y = pair()
    b[:, :] = a
    y[9] = b[9].argmax()
    a[9, y[9]] = NAN
    report = softmax_cli.compare(a, b, y)
    assert report.changed_rows[0].row == 9
    assert (report.changed_rows[0].prediction_a, report.changed_rows[0].prediction_b) == ("", str(b[9].argmax()))
    assert (report.discordance.only_a, report.discordance.only_b) == (0, 1)


def test_a_class_masked_in_b_alone_is_infinitely_far_and_no_other_row_is():
    a, b, _ = pair()
    b[7, 2] = -INF
    report = softmax_cli.compare(a, b)
    assert (report.spread("kl").mean, report.spread("kl").row) == (INF, 7)
    assert math.isfinite(report.spread("reverse_kl").mean)
    assert math.isfinite(report.spread("kl").quantiles[2])
    assert report.spread("prob_diff").largest < 1


def test_a_class_masked_in_both_is_as_if_it_were_not_there():
    a, b, y = pair()
    masked = [np.insert(logits, 2, -INF, axis=1) for logits in (a, b)]
    one, other = quantities(a, b, y), quantities(*masked, y + (y >= 2))
    for name in ("max_abs_diff", "kl", "js", "top1_agreement", "loss_change", "max_shift_free_diff"):
        assert other[name] == pytest.approx(one[name], rel=1e-12)


def test_a_loss_that_is_infinite_in_both_is_no_change():
    a = np.array([[0.0, -INF], [1.0, 2.0]])
    loss, perplexity, *_ = softmax_cli.compare(a, np.array([[0.0, -INF], [1.0, 3.0]]), [1, 0]).changes
    assert (loss.a, loss.b) == (INF, INF)
    assert loss.change == pytest.approx((math.log1p(math.e**2) - math.log1p(math.e)) / 2, rel=1e-14)
    assert math.isfinite(loss.standard_error)
    assert math.isnan(perplexity.change)


@pytest.mark.parametrize(("atol", "rtol"), [(0.8, None), (None, 0.5), (0.3, 0.3), (5.0, None)])
def test_the_tolerance_is_numpys_allclose(atol, rtol):
    a, b, _ = pair()
    report = softmax_cli.compare(a, b, atol=atol, rtol=rtol)
    expected = ~np.isclose(a, b, atol=atol or 0, rtol=rtol or 0)
    assert report.tolerance.outside == expected.sum() == report.quantities()["outside"]
    assert (report.failure == "") == np.allclose(a, b, atol=atol or 0, rtol=rtol or 0)
    if report.failure:
        row, column = np.argwhere(expected)[0]
        assert f"first in row {row}, class {column}: {a[row, column]} in A, {b[row, column]} in B" in report.failure
        assert f"{expected.sum():,} of 2,100 logits differ" in report.failure
        would_do = float(report.failure.split("--atol ")[1].split()[0])
        assert np.allclose(a, b, atol=would_do, rtol=rtol or 0)
        assert not np.allclose(a, b, atol=would_do * 0.99, rtol=rtol or 0)


def test_no_atol_would_do_where_a_logit_is_nan_in_one_alone():
    a, b, _ = pair()
    b[1, 1] = NAN
    report = softmax_cli.compare(a, b, atol=100)
    assert (report.tolerance.outside, "allows" in report.failure) == (1, False)


def test_the_rows_that_changed_most():
    a, b, y = pair()
    a, b = a.astype(np.float32), b.astype(np.float32)
    p, q = (scipy.special.softmax(logits.astype(np.float64), axis=1) for logits in (a, b))
    order = np.argsort(-entropy(p, q), kind="stable")[:20]
    found = softmax_cli.compare(a, b, y, top=20).changed_rows
    assert [each.row for each in found] == order.tolist()
    for each, row in zip(found, order, strict=True):
        assert (each.label, each.prediction_a, each.prediction_b) == (
            str(y[row]),
            str(p[row].argmax()),
            str(q[row].argmax()),
        )
        assert (each.p_a, each.p_b) == pytest.approx((p[row].max(), q[row].max()))
        assert each.kl == pytest.approx(entropy(p, q)[row])
        assert each.js == pytest.approx(jensenshannon(p[row], q[row]) ** 2)
        assert each.max_prob_diff == pytest.approx(np.abs(p - q)[row].max())
        assert each.max_abs_diff == np.abs(a.astype(float) - b)[row].max()
        assert (each.loss_a, each.loss_b) == pytest.approx((-math.log(p[row, y[row]]), -math.log(q[row, y[row]])))
    assert len(softmax_cli.compare(a, b).changed_rows) == 5
    assert softmax_cli.compare(a, b, top=0).changed_rows == []


def test_every_quantity_is_there_and_none_that_is_not_listed():
    a, b, y = pair()
    assert tuple(quantities(a, b, y, atol=1.0)) == QUANTITIES
    without = quantities(a, b)
    assert set(without) < set(QUANTITIES)
    assert not any("loss" in name or "accuracy" in name for name in without)


@pytest.mark.parametrize(
    "labels",
    [lambda y: y, lambda y: np.eye(7)[y], lambda y: y.astype(np.float32)],
    ids=["indices", "one-hot", "floats"],
)
def test_labels_of_every_kind_say_the_same(labels):
    a, b, y = pair()
    one, other = quantities(a, b, y), quantities(a, b, labels(y))
    assert one == pytest.approx(other, rel=1e-13)


def test_soft_labels_have_the_expected_loss():
    a, b, _ = pair()
    soft = scipy.special.softmax(np.random.default_rng(5).standard_normal((300, 7)), axis=1)
    loss, *_ = softmax_cli.compare(a, b, soft).changes
    expected = [F.cross_entropy(torch.from_numpy(x), torch.from_numpy(soft)).item() for x in (a, b)]
    assert (loss.a, loss.b) == pytest.approx(tuple(expected), rel=1e-13)
    report = softmax_cli.compare(a, b, soft)
    assert report.notes == ("the labels are probabilities; the likeliest class of each row counts as its label",)
    assert report.quantities()["accuracy_a"] == (a.argmax(axis=1) == soft.argmax(axis=1)).mean()
    with pytest.raises(UsageError, match="--ignore-index is for class indices, and these labels are probabilities"):
        softmax_cli.compare(a, b, soft, ignore_index=1)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (2, 2, 3, 2)])
def test_any_shape(shape):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(shape), rng.standard_normal(shape)
    report = softmax_cli.compare(a, b, class_axis=-1)
    assert report.rows == math.prod(shape[:-1])
    assert report.spread("abs_diff").mean == pytest.approx(np.abs(a - b).mean(), rel=1e-14)


def test_the_seed_decides_the_intervals_and_nothing_else():
    a, b, y = pair()
    one, again, other = (softmax_cli.compare(a, b, y, seed=seed) for seed in (1, 1, 2))
    assert one.changes == again.changes
    assert one.changes[0].low != other.changes[0].low
    assert one.quantities() == other.quantities()
    assert "seed:1" in one.signature_line()


def test_without_resamples_there_are_no_intervals():
    a, b, y = pair()
    report = softmax_cli.compare(a, b, y, resamples=0)
    assert all(math.isnan(change.low) and math.isnan(change.high) for change in report.changes)
    assert all(math.isfinite(change.standard_error) for change in report.changes)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"top_k": 0}, "--top-k 0: a whole number from 1 to 1000000"),
        ({"top": -1}, "--top -1: a whole number from 0 to 100000"),
        ({"resamples": -1}, "--resamples -1: a whole number from 0 to 1000000"),
        ({"seed": -1}, "--seed -1: a whole number from 0 to 9223372036854775807"),
        ({"atol": -1.0}, "--atol -1.0: a finite number from 0 on"),
        ({"rtol": NAN}, "--rtol nan: a finite number from 0 on"),
        ({"atol": INF}, "--atol inf: a finite number from 0 on"),
    ],
)
def test_options_out_of_range(option, message):
    a, b, _ = pair(rows=2)
    with pytest.raises(UsageError, match=message):
        softmax_cli.compare(a, b, **option)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 1e3])
def test_at_a_temperature_as_torchs_distillation(temperature):
    a, b, y = pair()
    found = quantities(a, b, y, temperature=temperature)
    log_p, log_q = (F.log_softmax(torch.from_numpy(x) / temperature, dim=1) for x in (a, b))
    for name, target, other in (("kl", log_p, log_q), ("reverse_kl", log_q, log_p)):
        expected = F.kl_div(other, target, reduction="batchmean", log_target=True).item()
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-15)  # torch's sum cancels at 1e3
    for name, logs in (("loss_a", log_p), ("loss_b", log_q)):
        assert found[name] == pytest.approx(F.nll_loss(logs, torch.from_numpy(y)).item(), rel=1e-13)
    assert found["max_prob_diff"] == pytest.approx((log_p.exp() - log_q.exp()).abs().max().item(), rel=1e-10)
    plain = quantities(a, b, y)
    for name in ("max_abs_diff", "mean_shift_free_diff", "top1_agreement", "accuracy_a"):
        assert found[name] == plain[name]
    assert softmax_cli.compare(a, b, temperature=temperature).signature.as_dict()["temperature"] == temperature


def test_a_temperature_does_not_unmask_a_class_or_lose_digits_of_large_logits():
    a = np.array([[1e8, 1e8 + 3, -INF]])
    found = softmax_cli.compare(a, a + np.array([0, 1, 0]), [0], temperature=3.0)
    assert found.changes[0].a == pytest.approx(math.log1p(math.e), rel=1e-15)
    with pytest.raises(UsageError, match=r"--temperature 0.0: a positive number is needed"):
        softmax_cli.compare(a, a, temperature=0.0)
