"""Every defect there is a check for, planted in the digits sample: found by its code and its rows, and nothing else."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from softmax_cli.checks import CHECKS
from softmax_cli.evaluation.checking.check import check

EVERY = (0, 1, 2, 3, 4)
PERMUTATION = np.array([7, 9, 2, 4, 0, 5, 1, 3, 8, 6])


IDS = np.random.default_rng(3).permutation(5000)[:500]


def soft(y):
    """Distributions in which every class has a share."""
    return softmax(3 * np.eye(10)[y], 1)


MULTI = {"multilabel": True}


def weak(x):
    """Logits that are right in fewer than half of the rows."""
    return x + np.random.default_rng(0).normal(0, 5, x.shape)


def prompt(length, batch=1, words=5000):
    """A language model's logits (batch, length, words) and the tokens, most of which the row before knows."""
    rng = np.random.default_rng(5)
    tokens = rng.integers(0, words, (batch, length))
    logits = rng.normal(0, 1, (batch, length, words))
    known = np.argwhere(rng.random((batch, length - 1)) < 0.7)
    logits[known[:, 0], known[:, 1], tokens[known[:, 0], known[:, 1] + 1]] += 9
    return logits, tokens


def changed(array, places, values):
    """A copy with other values at some places."""
    array = array.copy()
    array[places] = values
    return array


def two(x, y):
    """The rows of zeros and ones, as two classes."""
    return x[y < 2][:, :2], y[y < 2]


def rounded(p):
    """Probabilities, one of which is a little below 0, as the rest of a sum may be."""
    return changed(p, (7, p[7].argmin()), -2.2e-16)


def single(x, y):
    """The probability of class 3 in the rows of the classes 3 and 5, in one column."""
    rows = (y == 3) | (y == 5)
    return expit(x[rows, 3:4] - x[rows, 5:6]), 1 * (y[rows] == 3)


def prior():
    """Logits that know the labels' shares and nothing else, and labels of uneven shares."""
    rng = np.random.default_rng(0)
    labels = rng.choice(10, 500, p=[0.7, 0.1] + [0.025] * 8)
    return np.log(np.bincount(labels, minlength=10) / 500) + rng.normal(0, 0.01, (500, 10)), labels


def float16(x):
    """What a cast to float16 makes of it."""
    with np.errstate(over="ignore"):
        return x.astype(np.float16)


def random(scale):
    """Logits that know nothing."""
    return np.random.default_rng(0).normal(0, scale, (500, 10))


def uneven(x, y):
    """Forty noisy copies of the rows of one class."""
    ones = np.repeat(x[y == 1], 40, axis=0)
    ones = ones + np.random.default_rng(0).normal(0, 0.1, ones.shape)
    return np.r_[ones, x], np.r_[np.ones(len(ones), int), y]


def first(chosen):
    """The first five rows that are chosen."""
    return tuple(np.flatnonzero(chosen)[:5].tolist())


PLANTED = [
    ("X101", "probabilities", lambda x, y: (softmax(x, 1), y), EVERY),
    ("X101", "one below 0 by rounding", lambda x, y: (rounded(softmax(x, 1)), y), EVERY),
    ("X101", "in float16", lambda x, y: (softmax(x, 1).astype(np.float16), y), EVERY),
    ("X101", "of four decimals", lambda x, y: (softmax(x, 1).round(4), y), EVERY),
    ("X101", "without labels", lambda x, _y: (softmax(x, 1), None), EVERY),
    ("X101", "three rows", lambda x, y: (softmax(x, 1)[:3], y[:3]), EVERY[:3]),
    ("X101", "of two classes", lambda x, y: (softmax(two(x, y)[0], 1), two(x, y)[1]), EVERY),
    ("X102", "percentages", lambda x, y: (100 * softmax(x, 1), y), EVERY),
    ("X102", "votes of 100 trees", lambda x, y: (np.random.default_rng(0).multinomial(100, softmax(x, 1)), y), EVERY),
    ("X103", "hard predictions", lambda x, y: (np.eye(10)[x.argmax(1)], y), EVERY),
    ("X104", "sigmoids", lambda x, y: (expit(x), y), EVERY),
    ("X104", "sigmoids without labels", lambda x, _y: (expit(x), None), EVERY),
    ("X105", "log-probabilities", lambda x, y: (np.log(softmax(x, 1)), y), EVERY),
    ("X106", "distances", lambda x, y: (-x, y), EVERY),
    ("X107", "softmax over the rows", lambda x, y: (softmax(x, 0), y), EVERY),
    ("X107", "softmax over the time", lambda x, y: (softmax(x.reshape(20, 25, 10), 1), y.reshape(20, 25)), EVERY),
    ("X107", "softmax over the batch", lambda x, y: (softmax(x.reshape(20, 25, 10), 0), y.reshape(20, 25)), EVERY),
    ("X108", "int8 without its scale", lambda x, y: (np.rint(x / 0.1).clip(-128, 127).astype(np.int8), y), EVERY),
    ("X108", "uint8 without labels", lambda x, _y: (np.rint(x / 0.15 + 90).clip(0, 255).astype(np.uint8), None), EVERY),
    ("X111", "nan", lambda x, y: (changed(x, ([17, 40], [3, 2]), np.nan), y), (17, 40)),
    ("X111", "inf", lambda x, _y: (changed(x, (23, 1), np.inf), None), (23,)),
    ("X111", "nothing but -inf", lambda x, y: (changed(x, 17, -np.inf), y), (17,)),
    ("X111", "float16 overflow", lambda x, y: (float16(changed(x, (9, 4), 7e4)), y), (9,)),
    ("X112", "65504", lambda x, y: (changed(x, ([9, 12], [4, 4]), 65504), y), (9, 12)),
    ("X113", "clipped", lambda x, y: (np.clip(x, -4, 4), y), EVERY),
    ("X113", "clipped above", lambda x, _y: (np.minimum(x, 6), None), (0, 2, 10, 15, 16)),
    ("X113", "clipped below", lambda x, y: (np.maximum(x, -4), y), (23, 24, 26, 28, 30)),
    ("X114", "a ReLU", lambda x, y: (np.maximum(x, 0), y), EVERY),
    ("X115", "one decimal", lambda x, y: (x.round(1), y), EVERY),
    ("X115", "whole numbers", lambda x, y: (np.rint(x).astype(int), y), EVERY),
    ("X116", "8 bits", lambda x, y: (np.rint(x / 0.0773) * 0.0773, y), EVERY),
    ("X117", "a shift", lambda x, y: (x + 1000, y), EVERY),
    ("X118", "a shift in float32", lambda x, y: (np.float32(x) + np.float32(1e6), y), EVERY),
    ("X119", "large logits", lambda x, y: (np.float32(x * 100), y), EVERY),
    ("X121", "constant rows", lambda x, y: (changed(x, [10, 20], 0.5), y), (10, 20)),
    ("X121", "a head of zeros", lambda x, y: (0 * x, y), EVERY),
    ("X122", "a row again", lambda x, y: (changed(x, 10, x[3]), changed(y, 10, y[3])), (10,)),
    ("X123", "a batch again", lambda x, y: (np.r_[x, x[100:164]], np.r_[y, y[100:164]]), (500, 501, 502, 503, 504)),
    ("X124", "the logits' header", lambda x, y: (np.r_[[np.arange(10.0)], x], y), (0,)),
    ("X124", "both headers", lambda x, y: (np.r_[[np.arange(10.0)], x], np.r_[0, y]), (0,)),
    ("X131", "a dead class", lambda x, y: (changed(x, (slice(None), 3), -30), y), EVERY),
    ("X132", "a class without a maximum", lambda x, _y: (changed(x, (slice(None), 3), -30), None), EVERY),
    ("X133", "an index", lambda x, y: (np.c_[np.arange(500), x], y), EVERY),
    ("X133", "an index from 1 at the end", lambda x, _y: (np.c_[x, np.arange(500) + 1], None), EVERY),
    ("X133", "an id that does not count", lambda x, y: (np.c_[IDS, x], y), EVERY),
    ("X133", "an id in the middle", lambda x, y: (np.c_[x[:, :4], IDS, x[:, 4:]], y), EVERY),
    ("X135", "a padded vocabulary", lambda x, y: (np.c_[x, np.full((500, 6), -np.inf)], y), EVERY),
    ("X135", "a vocabulary padded with a number", lambda x, y: (np.c_[x, np.full((500, 6), -9.5)], y), EVERY),
    ("X136", "the predictions behind", lambda x, y: (np.c_[x, x.argmax(1)], y), EVERY),
    ("X136", "the predictions in front", lambda x, _y: (np.c_[x.argmax(1), x], None), EVERY),
    ("X134", "the labels in front", lambda x, y: (np.c_[y, x], y), EVERY),
    ("X134", "the labels behind", lambda x, y: (np.c_[x, y], y), EVERY),
    ("Y201", "labels of other classes", lambda x, y: (x, changed(y, [7, 9], [12, 11])), (7,)),
    ("Y201", "another mark for padding", lambda x, y: (x, changed(y, [7, 9], 77)), (7, 9)),
    ("Y202", "labels from 1", lambda x, y: (x, y + 1), lambda y: first(y == 9)),
    ("Y202", "labels from 1 without the last", lambda x, y: (x, np.minimum(y + 1, 9)), EVERY),
    ("Y202", "labels from 0, said to be from 1", lambda x, y: (x, y, {"label_base": 1}), lambda y: first(y == 0)),
    ("Y203", "-100", lambda x, y: (x, changed(y, [3, 8], -100)), (3, 8)),
    ("Y203", "-1", lambda x, y: (x, changed(y, [3, 8], -1)), (3, 8)),
    ("Y203", "255", lambda x, y: (x, changed(y, [3, 8], 255)), (3, 8)),
    ("Y203", "-100 throughout", lambda x, y: (x, np.full_like(y, -100)), EVERY),
    ("Y204", "half a class, and none", lambda x, y: (x, changed(y.astype(float), [4, 5], [2.5, np.nan])), (4, 5)),
    ("Y204", "missing labels", lambda x, y: (x, changed(y.astype(float), [4, 5], np.nan)), (4, 5)),
    ("Y204", "infinities", lambda x, y: (x, changed(y.astype(float), [4, 5], [-np.inf, np.inf])), (4, 5)),
    ("Y204", "an overflow", lambda x, y: (x, changed(y.astype(np.float16), 4, np.inf)), (4,)),
    ("Y206", "-1 and 1", lambda x, y: (two(x, y)[0], 2 * two(x, y)[1] - 1), lambda y: first(y[y < 2] == 0)),
    ("Y207", "one-hot, flat", lambda x, y: (x, np.eye(10, dtype=int)[y].reshape(-1)), EVERY),
    ("Y208", "a column of one-hot rows", lambda x, y: (x, (y == 3).astype(int)), EVERY),
    ("Y209", "probabilities of another sum", lambda x, y: (x, 0.9 * np.eye(10)[y]), EVERY),
    ("Y209", "a teacher's logits", lambda x, _y: (x, x), EVERY),
    ("Y209", "votes as labels", lambda x, y: (x, 3 * np.eye(10)[y] + 1), EVERY),
    ("Y214", "multi-hot", lambda x, y: (x, np.eye(10)[y] + np.eye(10)[(y + 3) % 10]), EVERY),
    ("Y214", "multi-hot, here and there", lambda x, y: (x, changed(np.eye(10, dtype=int)[y], [3, 8], 1)), (3, 8)),
    ("Y210", "all ignored", lambda x, y: (x, np.full_like(y, -100), {"ignore_index": -100}), EVERY),
    ("Y210", "all ignored, of class 3", lambda x, y: (x, np.full_like(y, 3), {"ignore_index": 3}), EVERY),
    ("Y211", "a class without labels", lambda x, y: (x[y != 3], y[y != 3]), ()),
    ("Y212", "uneven classes", uneven, ()),
    ("Y213", "one label", lambda x, _y: (x, np.full(500, 3)), EVERY),
    ("Y221", "labels a row later", lambda x, y: (x, np.roll(y, 1)), EVERY),
    ("Y221", "labels a row earlier", lambda x, y: (x, np.roll(y, -1)), EVERY),
    ("Y221", "a first row missing", lambda x, y: (x[1:], y[:-1]), EVERY),
    ("Y222", "permuted", lambda x, y: (x, PERMUTATION[y]), EVERY),
    ("Y222", "two swapped", lambda x, y: (x, np.array([0, 1, 2, 5, 4, 3, 6, 7, 8, 9])[y]), EVERY),
    ("Y222", "two classes swapped", lambda x, y: (two(x, y)[0], 1 - two(x, y)[1]), EVERY),
    ("Y222", "the last class first", lambda x, y: (weak(x), 9 - y), EVERY),
    ("Y223", "the labels of another batch", lambda x, y: (x, np.roll(y, 32)), EVERY),
    ("Y221", "two rows missing", lambda x, y: (x[2:], y[:-2]), EVERY),
    ("Y221", "a short prompt", lambda _x, _y: prompt(14), EVERY),
    ("Y221", "prompts in a batch", lambda _x, _y: prompt(16, 2, 1000), EVERY),
    ("Y223", "three rows missing", lambda x, y: (x[3:], y[:-3]), EVERY),
    ("Y223", "the last row first", lambda x, y: (x, y[::-1]), EVERY),
    ("Y223", "each label four times", lambda x, y: (x, np.repeat(y, 4)[:500]), EVERY),
    ("Y223", "two axes the other way round", lambda x, y: (x.reshape(20, 25, 10), y.reshape(25, 20).T), EVERY),
    ("Y224", "superclasses", lambda x, y: (x, y % 3), EVERY),
    ("S301", "transposed", lambda x, y: (x.T.copy(), y), ()),
    ("S301", "a transposed square", lambda x, y: (x[:10].T.copy(), y[:10]), ()),
    ("S302", "a cube", lambda x, y: (x[:100].reshape(10, 10, 10), y[:100].reshape(10, 10)), ()),
    (
        "S302",
        "a cube, and the wrong axis",
        lambda x, y: (x[:100].reshape(10, 10, 10).swapaxes(1, 2), y[:100].reshape(10, 10), {"class_axis": 2}),
        (),
    ),
    ("S303", "labels that end", lambda x, y: (x, y[:-3]), (497, 498, 499)),
    ("S303", "logits that end", lambda x, y: (x[:-3], y), (497, 498, 499)),
    ("S303", "another row of the logits first", lambda x, y: (np.r_[x[-1:] + 1, x], y), (500,)),
    ("S303", "the labels' header", lambda x, y: (x, np.r_[0, y]), (500,)),
    ("S305", "a probability of class 1", single, EVERY),
    ("S308", "log-probabilities of tokens", lambda x, y: (-np.abs(x[:, :1]) - 0.01, 0 * y), EVERY),
    ("S306", "classes first", lambda x, y: (x[:30].reshape(5, 6, 10).transpose(2, 0, 1), y[:30].reshape(5, 6)), ()),
    ("L401", "untrained", lambda _x, y: (random(0.2), y), EVERY),
    ("L402", "only the shares", lambda _x, _y: prior(), EVERY),
    ("L403", "other rows' labels", lambda x, y: (x, np.random.default_rng(0).permutation(y)), EVERY),
    ("L403", "noise", lambda _x, y: (random(1.0), y), EVERY),
    ("L404", "far too sure", lambda x, y: (20 * (x - 2.5 * np.eye(10)[y]), y), EVERY),
    ("L405", "no temperature", lambda x, y: (x / 100, y), EVERY),
    ("L406", "too good", lambda x, _y: (x, x.argmax(1)), EVERY),
    ("L408", "0 * inf", lambda x, y: (changed(x, ([5, 9], (y[[5, 9]] + 1) % 10), -np.inf), np.eye(10)[y]), (5, 9)),
    (
        "L407",
        "masked, and a little right",
        lambda x, y: (changed(x, (5, 0), -np.inf), softmax(3 * np.eye(10)[y], 1)),
        (5,),
    ),
    ("L409", "an infinite element", lambda x, y: (changed(x, (5, y[5]), -np.inf), np.eye(10)[y], MULTI), ()),
    ("L407", "masked labels", lambda x, y: (changed(x, ([5, 9], y[[5, 9]]), -np.inf), y), (5, 9)),
]


@pytest.mark.parametrize(("code", "what", "plant", "rows"), PLANTED, ids=[f"{each[0]} {each[1]}" for each in PLANTED])
def test_a_planted_defect_is_found_and_nothing_else(digits, code, what, plant, rows):  # noqa: ARG001
    logits, labels, *options = plant(*digits)
    report = check(logits, labels, **(options[0] if options else {}))
    (finding,) = report.findings
    assert finding.code == code
    assert finding.rows == (rows(digits[1]) if callable(rows) else rows)
    assert finding.row_count >= len(finding.rows)
    assert report.failed == (CHECKS[code].severity != "note")
    assert finding.message
    assert all(finding.evidence)
    assert finding.remedy


def test_every_check_has_its_defect():
    # Y205 is about names, which arrays do not have.
    assert {each[0] for each in PLANTED} == set(CHECKS) - {"Y205"}


def test_names_that_no_class_has(tmp_path):
    (tmp_path / "x.csv").write_text("cat,dog,Great Dane\n0.5,1.25,3\n4,5,6.5\n0,1,1\n")
    (tmp_path / "y.csv").write_text("cat\ngreat_dane\nbird\n")
    report = check(tmp_path / "x.csv", tmp_path / "y.csv")
    (finding,) = report.findings
    assert (finding.code, finding.rows, finding.where) == ("Y205", (1, 2), f"{tmp_path / 'y.csv'}:2")
    assert finding.evidence == (
        "'great_dane' in row 1",
        "'bird' in row 2",
        "there is a class 'Great Dane', spelled otherwise",
    )
    assert finding.remedy == "the classes are 'cat', 'dog' and 'Great Dane'"


def test_permuted_labels_are_called_as_they_are_spelled(tmp_path, digits):
    logits, labels = digits
    swapped = np.array([0, 1, 2, 5, 4, 3, 6, 7, 8, 9])[labels]
    (finding,) = check(logits, swapped + 1, label_base=1).findings
    assert finding.evidence[0] == "by the logits label 4 is 6 and 6 is 4"
    assert finding.command == "logit_columns='0:3,5,4,3,6:10'"
    names = list("abcdefghij")
    rows = [",".join(names), *(",".join(map(str, row)) for row in logits.tolist())]
    (tmp_path / "x.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "y.csv").write_text("".join(f"{names[label]}\n" for label in swapped))
    (finding,) = check(tmp_path / "x.csv", tmp_path / "y.csv").findings
    assert finding.evidence[0] == "by the logits label d is f and f is d"


def test_several_causes_are_several_findings(digits):
    logits, labels = digits
    logits = changed(changed(logits, [17, 60], np.nan), slice(100, 120), logits[30:50])
    report = check(logits, changed(labels + 1, slice(5, 9), -100))
    assert [(finding.code, finding.rows) for finding in report.findings] == [
        ("X111", (17, 60)),
        ("Y202", first(labels * ~np.isin(np.arange(500), range(5, 9)) == 9)),
        ("Y203", (5, 6, 7, 8)),
        ("X123", (100, 101, 102, 103, 104)),
    ]


def test_what_hides_what_goes_round_in_no_circle():
    hides = {
        code: {other for other in CHECKS if other.startswith(one.hides)} for code, one in CHECKS.items() if one.hides
    }
    seen = set()

    def follow(code, path):
        assert code not in path, path
        if code not in seen:
            for other in hides.get(code, ()):
                follow(other, (*path, code))
            seen.add(code)

    for code in hides:
        follow(code, ())


def test_hidden_findings_stay_hidden_when_their_cause_is_ignored(digits):
    logits, labels = digits
    report = check(softmax(logits, 1), np.random.default_rng(0).permutation(labels), ignore=["X101"])
    assert report.findings == ()


def test_select_and_ignore_take_beginnings(digits):
    logits, labels = digits
    spoilt = changed(logits, 17, np.nan), labels + 1
    assert [finding.code for finding in check(*spoilt).findings] == ["X111", "Y202"]
    assert [finding.code for finding in check(*spoilt, select=["X1"]).findings] == ["X111"]
    assert [finding.code for finding in check(*spoilt, select=["X,Y2"], ignore=["Y20"]).findings] == ["X111"]
    assert check(*spoilt, ignore=["X", "Y"]).findings == ()
    assert check(*spoilt, select=["L4"]).checks == 9


def codes(logits, labels=None):
    """What is found, by its code."""
    return [finding.code for finding in check(logits, labels).findings]


@pytest.mark.parametrize("by", [lambda p: p.round(2), lambda p: np.rint(p * 255) / 255], ids=["decimals", "8 bits"])
def test_probabilities_of_few_digits_are_probabilities(digits, by):
    logits, labels = digits
    given = by(softmax(logits / 4, 1))
    assert np.abs(given.sum(1) - 1).max() > 0.01  # which is what the digits cost
    assert codes(given, labels) == ["X101"]


def test_whole_percentages_are_percentages(digits):
    logits, labels = digits
    given = np.rint(100 * softmax(logits / 4, 1))
    assert np.unique(given.sum(1)).size > 2
    assert [code for code in codes(given, labels) if code != "X115"] == ["X102"]


def test_levels_are_a_quantisers_though_they_can_be_written_in_two_decimals(digits):
    logits, labels = digits
    (finding,) = check(np.rint(logits / 0.07) * 0.07, labels).findings
    assert (finding.code, finding.effects[-1].loss) == ("X116", pytest.approx(0.07))


def test_rows_without_a_softmax_are_nothing_else(digits):
    logits, labels = digits
    assert codes(np.where(np.arange(10) == 3, np.nan, logits), labels) == ["X111"]
    assert codes(np.where(np.random.default_rng(0).random(logits.shape) < 0.3, np.nan, logits), labels) == ["X111"]


def test_what_is_no_worse_than_uniform_is_not_called_so(digits):
    labels = digits[1]
    assert codes(np.zeros((500, 10)), labels) == ["X121"]
    # The loss of independent logits of variance v is ln C + v / 2, about: above ln C by many standard errors.
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 200_000)
    assert codes(rng.normal(0, 0.3, (200_000, 10)), labels) == ["L401"]


def test_probabilities_that_are_nan(digits):
    logits, labels = digits
    (finding,) = check(logits, np.full((500, 10), np.nan)).findings
    assert (finding.code, finding.row_count) == ("Y209", 500)
    (finding,) = check(logits, 2 * np.eye(10)[labels]).findings
    assert (finding.rows, finding.evidence[0]) == (EVERY, "the rows sum to 2")
