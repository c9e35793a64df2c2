"""Healthy files of many kinds: no error and no warning in any of them, and no note that is not expected.

A false alarm is worse than a miss. Most are of models that scikit-learn trains here, on rows that they have not seen.
"""

import warnings
from functools import cache

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn import datasets
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from softmax_cli.evaluation.checking.check import check

LOADERS = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}


@cache
def trained(name, kind, **options):
    """A model of one of the data sets, with rows that it has not seen and their labels."""
    inputs, labels = LOADERS[name](return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(inputs, labels, test_size=0.4, random_state=0)
    model = make_pipeline(StandardScaler(), kind(**options))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a model that stopped early is a model too
        return model.fit(train, train_labels), test, test_labels


def scores(name, kind, **options):
    """A model's decision function; of two classes the logits (0, x)."""
    model, test, labels = trained(name, kind, **options)
    values = model.decision_function(test)
    return (np.c_[np.zeros(len(test)), values] if values.ndim == 1 else values), labels


def log_probabilities(name, kind, **options):
    """A model's log-probabilities."""
    model, test, labels = trained(name, kind, **options)
    return model.predict_log_proba(test), labels


def drawn(rows, classes, scale, seed=0, bias=0.0):
    """Logits, and labels that were drawn from their softmax: a model that is exactly as sure as it may be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, scale, (rows, classes)) + rng.normal(0, bias, classes)
    return logits, sample(softmax(logits, 1), rng)


def sample(probabilities, rng):
    """A class of each row, by its probabilities."""
    uniform = rng.random((len(probabilities), 1))
    return np.minimum((probabilities.cumsum(1) < uniform).sum(1), probabilities.shape[1] - 1)


def quantised(logits, bits=8):
    """What a quantiser makes of them: levels of equal distance over the whole range."""
    step = np.abs(logits).max() / (2 ** (bits - 1) - 1)
    return np.float32(np.rint(logits / step) * step)


def rounded(by, logits, labels):
    """The logits in fewer digits."""
    return by(logits), labels


def floored(name, floor, **options):
    """The logarithms of a random forest's probabilities, of which many are 0."""
    model, test, labels = trained(name, RandomForestClassifier, random_state=0, **options)
    return np.log(np.maximum(model.predict_proba(test), floor)), labels


def joint():
    """log p(x, y) of naive Bayes: thousands of nats."""
    model, test, labels = trained("digits", GaussianNB)
    return model[-1].predict_joint_log_proba(model[0].transform(test)), labels


def fraud():
    """Two rows in a hundred are of the other class, and the model knows some of them."""
    rng = np.random.default_rng(0)
    logits = np.c_[np.zeros(5000), rng.normal(-5, 1.5, 5000)]
    return logits, sample(softmax(logits, 1), rng)


def language_model(dtype=np.float32):
    """Tokens of a vocabulary as text has them (Zipf), logits that are all negative, as those of GPT-2 are."""
    rng = np.random.default_rng(0)
    rows, words = 400, 5000
    prior = 1 / np.arange(1, words + 1)
    labels = rng.choice(words, rows, p=prior / prior.sum())
    logits = np.log(prior) + rng.normal(0, 2, (rows, words)) - 90
    logits[np.arange(rows), labels] += rng.normal(6, 3, rows)
    return logits.astype(dtype), labels


def in_batches():
    """Logits (batch, time, vocabulary), with padding that is said to be."""
    logits, labels = drawn(240, 17, 3)
    labels = labels.copy()
    labels[::7] = -100
    return logits.reshape(12, 20, 17), labels.reshape(12, 20), {"ignore_index": -100}


def masked(fill):
    """Logits of a vocabulary that was padded to a multiple of 8, the padding masked."""
    logits, labels = drawn(300, 21, 3)
    return np.c_[logits, np.full((300, 3), fill)], labels


def taught():
    """Logits of a student, and the probabilities of its teacher, which is of two minds."""
    logits, _ = drawn(300, 4, 2)
    return logits, softmax((logits + np.random.default_rng(1).normal(0, 1, (300, 4))) / 2, 1)


def sorted_by_label(logits, labels):
    """The rows in the order of their labels, as folders of images have them."""
    order = np.argsort(labels, kind="stable")
    return logits[order], labels[order]


def confident():
    """Rows of one large logit each: nearly one-hot when softmax is done, and no labels for that."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 200)
    return 40 * np.eye(6)[np.where(rng.random(200) < 0.97, labels, 0)] + rng.normal(0, 2, (200, 6)), labels


HEALTHY = {
    "digits sample": lambda digits: digits,
    "digits sample, float32": lambda digits: (np.float32(digits[0]), digits[1]),
    "digits sample without labels": lambda digits: (digits[0], None),
    "digits sample, sorted": lambda digits: sorted_by_label(*digits),
    "digits sample, one-hot labels": lambda digits: (digits[0], np.eye(10)[digits[1]]),
    "digits sample, soft labels": lambda digits: (digits[0], 0.9 * np.eye(10)[digits[1]] + 0.01),
    "digits sample, ten rows": lambda digits: (digits[0][:10], digits[1][:10]),
    "digits sample, one row": lambda digits: (digits[0][0], digits[1][0]),
    "digits sample, shifted a little": lambda digits: (digits[0] + 20, digits[1]),
    "iris, logistic regression": lambda _: scores("iris", LogisticRegression),
    "wine, logistic regression": lambda _: scores("wine", LogisticRegression),
    "cancer, logistic regression, (0, x)": lambda _: scores("cancer", LogisticRegression),
    "digits, logistic regression": lambda _: scores("digits", LogisticRegression, max_iter=300),
    "iris, barely trained": lambda _: scores("iris", LogisticRegression, C=1e-2),
    "digits, support vectors": lambda _: scores("digits", SVC),
    "digits, linear support vectors": lambda _: scores("digits", LinearSVC),
    "wine, support vectors": lambda _: scores("wine", SVC),
    "cancer, ridge": lambda _: scores("cancer", RidgeClassifier),
    "digits, discriminant analysis": lambda _: scores("digits", LinearDiscriminantAnalysis),
    "digits, float16": lambda _: rounded(np.float16, *drawn(500, 10, 2)),
    "a language model": lambda _: language_model(),
    "a language model, float16": lambda _: rounded(np.float16, *drawn(200, 3000, 2)),
    "batches with padding": lambda _: in_batches(),
    "two classes": lambda _: drawn(400, 2, 2),
    "two classes, float32": lambda _: rounded(np.float32, *drawn(4000, 2, 2)),
    "a weak model": lambda _: drawn(1000, 5, 0.7),
    "a hundred classes": lambda _: drawn(2000, 100, 2),
    "confident": lambda _: confident(),
    "a few rows": lambda _: drawn(4, 3, 1),
    "a few rows in [0, 1]": lambda _: (np.random.default_rng(0).random((6, 5)), np.arange(6) % 5),
    "less each row's minimum": lambda digits: (digits[0] - digits[0].min(1, keepdims=True), digits[1]),
    "less each row's maximum, and one a little lower": lambda digits: (
        digits[0] - digits[0].max(1, keepdims=True) - 0.3 * np.eye(500)[:, :1],
        digits[1],
    ),
    "soft labels that say nothing": lambda digits: (digits[0], np.full((500, 10), 0.1)),
    "a teacher's soft labels": lambda _: taught(),
    "written by hand": lambda _: ([[1.0, 2.0, 3.0], [0.5, 0.1, 2.0], [2.0, 0.3, -1.0]], [2, 2, 0]),
    "four decimals": lambda _: rounded(lambda logits: logits.round(4), *drawn(300, 7, 3)),
}


def listed(given, digits):
    """The logits, the labels and the options that a builder gives."""
    logits, labels, *options = given(digits)
    return logits, labels, options[0] if options else {}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_found_in_a_healthy_file(digits, name):
    logits, labels, options = listed(HEALTHY[name], digits)
    report = check(logits, labels, **options)
    assert [(finding.code, finding.evidence) for finding in report.findings] == []


NOTED = {
    "naive Bayes, log-probabilities": (lambda _: log_probabilities("wine", GaussianNB), {"X105"}),
    "naive Bayes on digits, joint": (lambda _: joint(), {"X119", "L404"}),
    "a network's log-probabilities": (
        lambda _: log_probabilities("digits", MLPClassifier, hidden_layer_sizes=32, max_iter=60, random_state=0),
        {"X105"},
    ),
    "a random forest's, floored": (lambda _: floored("digits", 1e-7, n_estimators=40), {"X105"}),
    "three small trees, floored": (lambda _: floored("iris", 1e-3, n_estimators=3, max_depth=2), {"X105", "X122"}),
    "float16 of a sure model": (lambda _: rounded(np.float16, *drawn(400, 10, 8)), {"X119"}),
    "8 bits": (lambda _: rounded(quantised, *drawn(2000, 10, 3)), {"X116"}),
    "marks from 0 to 10 in 8 bits": (
        lambda _: rounded(lambda x: np.rint(x + 5).clip(0, 10).astype(np.uint8), *drawn(2000, 10, 1)),
        {"X115"},
    ),
    "masked with -inf": (lambda _: masked(-np.inf), {"X135"}),
    "8 bits, two classes": (lambda _: rounded(quantised, *drawn(3000, 2, 3)), {"X116"}),
    "one decimal": (lambda _: rounded(lambda logits: logits.round(1), *drawn(300, 7, 3)), {"X115"}),
    "masked with -1e4": (lambda _: masked(-1e4), {"X119", "X135"}),
    "imbalanced": (lambda _: drawn(2000, 5, 1, bias=4), {"X132", "Y211", "Y212"}),
    "fraud": (lambda _: fraud(), {"X132", "Y212"}),
    "rows that were trained on": (lambda _: (drawn(150, 4, 3)[0], drawn(150, 4, 3)[0].argmax(1)), {"L406"}),
    "rows that occur twice in the data": (
        lambda digits: tuple(np.r_[each, each[[3, 99, 250]]] for each in digits),
        {"X122"},
    ),
    "cosines": (
        lambda digits: (digits[0] / np.linalg.norm(digits[0], axis=1, keepdims=True) / 2, digits[1]),
        {"L405"},
    ),
}


@pytest.mark.parametrize("name", NOTED)
def test_of_what_is_unusual_there_are_notes_and_no_alarms(digits, name):
    build, expected = NOTED[name]
    logits, labels, options = listed(build, digits)
    report = check(logits, labels, **options)
    assert not report.failed, [finding for finding in report.findings if finding.severity != "note"]
    assert {finding.code for finding in report.findings} <= expected


def test_there_are_many_healthy_sets():
    assert len(HEALTHY) + len(NOTED) >= 40


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
@pytest.mark.parametrize("scale", [1, 3])
def test_models_that_are_as_sure_as_they_may_be_raise_no_alarm(classes, scale):
    """2,240 files of 1 to 1000 rows: in three precisions, imbalanced, sorted, too sure, and too little."""
    rng = np.random.default_rng(classes * scale)
    for round_number in range(5):
        for rows in (1, 2, 3, 5, 10, 30, 100, 1000):
            logits = rng.normal(0, scale, (rows, classes)) + (round_number % 2) * rng.normal(0, 1.5, classes)
            labels = sample(softmax(logits, 1), rng)
            dtype = (np.float64, np.float32, np.float16)[round_number % 3]
            for given in (
                (logits.astype(dtype), labels),
                sorted_by_label(logits, labels),
                (logits * 2, labels),
                (logits / 2, labels),
                (log_softmax(logits, 1).round(3), labels),
                (quantised(logits), labels),
                (logits - logits.min() + 0.1, labels),
            ):
                report = check(*given, threads=1)
                assert not report.failed, report.findings
