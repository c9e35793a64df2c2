"""What the commands say unasked: planted files, and healthy ones that look alike at first."""

import numpy as np
import pytest
import scipy.special

import softmax_cli
from softmax_cli.backends.base import Backend
from softmax_cli.evaluation.hints.suspicions import SUSPICIONS, Part, Probabilities, Quantised
from softmax_cli.evaluation.hints.watch import is_healthy

PROBABILITIES = "every row sums to 1: these look like probabilities; use --values probabilities"
HEADER = "row 0 counts from 0 to 5: a header that was read as a row; use --skip-rows 0"
INDEX = "column 0 counts the rows (0, 1, 2, ...): an index, not a class; use --logit-columns 1:7"
LABELS = "column 6 equals the label in every row: labels, not logits; use --logit-columns 0:6"
INT8 = "int8 values: a quantised export without its scale; if the scale is S, use --temperature with 1 / S"


def logits(rows=300, classes=6, dtype=np.float32, seed=0):
    return (np.random.default_rng(seed).standard_normal((rows, classes)) * 3).astype(dtype)


def labels_of(x, seed=1):
    return np.random.default_rng(seed).integers(0, 6, len(x))


def with_header(x):
    return np.concatenate([np.arange(x.shape[1], dtype=x.dtype)[None], x])


def with_rounding(p):
    """Probabilities, one of which is the rest of a sum, a little below 0."""
    p[0, 0], p[2, 1] = -2.2e-16, -1e-7
    p[[0, 2]] /= p[[0, 2]].sum(axis=1, keepdims=True)
    return p


def percents(x):
    return 100 * scipy.special.softmax(x, axis=1)


def votes(x, total=25):
    """How many of so many trees vote for each class."""
    return np.random.default_rng(0).multinomial(total, scipy.special.softmax(x.astype(float), axis=1))


def shares(total, what):
    """What is said of shares."""
    return f"every row sums to {total}: these look like {what}; use --values probabilities"


ONE_HOT = "every row is a single 1 among zeros: labels or hard predictions, not logits; give the scores"

PLANTED = {
    "percentages": (percents, shares(100, "percentages")),
    "percentages of 2 decimals": (lambda x: percents(x).round(2), shares(100, "percentages")),
    "whole percentages": (lambda x: votes(x, 100), shares(100, "percentages")),
    "votes": (votes, shares(25, "votes, or counts")),
    "votes as floats": (lambda x: votes(x).astype(np.float32), shares(25, "votes, or counts")),
    "shares of 255": (lambda x: np.rint(2.55 * percents(x)).astype(np.int64), shares(255, "shares of 255")),
    "one-hot rows": (lambda x: np.eye(6)[x.argmax(axis=1)], ONE_HOT),
    "one-hot rows of whole numbers": (lambda x: np.eye(6, dtype=int)[x.argmax(axis=1)], ONE_HOT),
    "probabilities with a rounding error": (lambda x: with_rounding(scipy.special.softmax(x, axis=1)), PROBABILITIES),
    "probabilities": (lambda x: scipy.special.softmax(x, axis=1), PROBABILITIES),
    "probabilities of 4 decimals": (lambda x: scipy.special.softmax(x, axis=1).round(4), PROBABILITIES),
    "probabilities in float16": (lambda x: scipy.special.softmax(x, axis=1).astype(np.float16), PROBABILITIES),
    "three rows of probabilities": (lambda x: scipy.special.softmax(x, axis=1)[:3], PROBABILITIES),
    "a header": (with_header, HEADER),
    "an index": (lambda x: np.column_stack([np.arange(len(x)), x]), INDEX),
    "one row of probabilities in float64": (
        lambda x: scipy.special.softmax(x.astype(float), axis=1)[:1],
        PROBABILITIES,
    ),
    "two rows of them": (lambda x: scipy.special.softmax(x.astype(float), axis=1)[:2], PROBABILITIES),
    "the labels": (lambda x: np.column_stack([x, labels_of(x)]), LABELS),
    "int8": (lambda x: np.clip(np.rint(x * 10), -128, 127).astype(np.int8), INT8),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize(("rows", "threads"), [(1, 2), (7, 1), (100, 3), (10_000, 1)])
def test_a_planted_file_is_named_whatever_the_blocks(monkeypatch, name, rows, threads):
    make, sentence = PLANTED[name]
    x = make(logits())
    monkeypatch.setattr(Backend, "block_bytes", rows * x.shape[1] * 4)
    found = softmax_cli.evaluate(x, labels_of(x), threads=threads)
    assert found.hints == (f"logits: {sentence}",)
    assert found.loss() == softmax_cli.evaluate(x, labels_of(x)).loss()


def one_row_of(x, place):
    """Probabilities in every row but one."""
    p = scipy.special.softmax(x, axis=1)
    p[place] = x[place]
    return p


HEALTHY = {
    "logits": logits(),
    "log-probabilities": scipy.special.log_softmax(logits(), axis=1),
    "a last row that is none of probabilities": one_row_of(logits(3000), 2999),
    "a row behind the first ones that is none": one_row_of(logits(3000), 300),
    "probabilities but for one value below 0": with_rounding(scipy.special.softmax(logits(), axis=1)) - 1e-5,
    "values in [0, 1]": np.random.default_rng(0).random((300, 6)),
    "a single row of nice numbers": np.array([[0.5, 0.25, 0.25]]),
    "two rows of nice numbers": np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]),
    "three rows of nice numbers": np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.1, 0.2, 0.7]]),
    "a single row of probabilities": scipy.special.softmax(logits(), axis=1)[:1],
    "a row of thirds": np.array([[1 / 3, 1 / 3, 1 / 3]]),
    "one row in float64 that sums to 1 by luck": np.array([[0.5, 0.123456789012, 0.376543210988]]),
    "logits in float64 scaled to a sum of 1.0000001": scipy.special.softmax(logits()[:1].astype(float)) * (1 + 1e-7),
    "four one-hot rows": np.eye(6)[[0, 3, 2, 5]],
    "logits that sum to 100 in all rows but one": np.concatenate([percents(logits()), [[17.0] * 6]]),
    "whole numbers of one sum, in a few rows": votes(logits())[:5],
    "whole numbers of many sums": votes(logits()) + np.random.default_rng(0).integers(0, 2, (300, 6)),
    "centred logits, shifted": logits() - logits().mean(axis=1, keepdims=True) + 50,
    "zeros and ones": np.random.default_rng(0).integers(0, 2, (300, 6)),
    "three rows of whole numbers": np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]]),
    "a first row that counts, above whole numbers": np.concatenate([[range(6)], np.rint(logits())]),
    "four rows below a row that counts": with_header(logits(3)),
    "four rows by hand": np.array([[0.0, 1.5], [1.0, 0.5], [2.0, 2.5], [3.0, 0.25]]),
    "an index with a gap": np.column_stack([[*range(200), *range(201, 301)], logits()]),
    "a column that equals the labels but once": np.column_stack([logits(), [*labels_of(logits())[:-1], 9]]),
    "small whole numbers in 8 bits": np.rint(logits()).astype(np.int8),
    "whole numbers in 64 bits": np.rint(logits() * 10).astype(np.int64),
    "binary logits that count up": np.arange(300.0)[:, None],
    "nan in the first row": np.where(np.arange(300)[:, None] == 0, np.nan, logits()),
}


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("rows", [5, 10_000])
def test_a_healthy_file_is_left_alone(monkeypatch, name, rows):
    x = HEALTHY[name]
    monkeypatch.setattr(Backend, "block_bytes", rows * x.shape[1] * 4)
    y = np.minimum(labels_of(x), max(x.shape[1] - 1, 1))
    assert softmax_cli.evaluate(x, y).hints == ()
    assert softmax_cli.compare(x, x + 1).hints == ()


@pytest.mark.parametrize("make", [percents, votes])
def test_shares_have_the_loss_of_their_logarithms(make):
    """The option that is named gives the negative logarithm of the label's share, by numpy."""
    x = make(logits())
    y = x.argmax(axis=1)
    expected = -np.log(x[np.arange(300), y] / x.sum(axis=1)).mean()
    assert softmax_cli.evaluate(x, y, values="probabilities").loss() == pytest.approx(expected, rel=1e-6)


def test_a_column_to_leave_out_is_named_where_others_were_left_out_before(run, tmp_path):
    """Text, labels and names in the file: the option still counts the file's own columns."""
    x = logits(60, 3, float).round(4)
    names = ["cat", "dog", "fox"]
    rows = [f"{names[i % 3]},{','.join(map(str, row))},{i + 1},Fold1" for i, row in enumerate(x.tolist())]
    (tmp_path / "x.csv").write_text("\n".join(["obs,cat,dog,fox,rowIndex,Resample", *rows]) + "\n")
    found = run("loss", "-q", tmp_path / "x.csv", "--label-column", "obs")
    assert "column 3 counts the rows (1, 2, 3, ...): an index, not a class; use --logit-columns 1:4" in found.err
    found = run("loss", "-q", tmp_path / "x.csv", "--label-column", "obs", "--logit-columns", "1:4")
    y = np.arange(60) % 3
    expected = -scipy.special.log_softmax(x, axis=1)[np.arange(60), y].mean()
    assert "warning" not in found.err
    assert float(found.out) == pytest.approx(expected, rel=1e-12)


def test_every_command_says_it_of_the_file_that_it_is_of():
    x, y = logits(), labels_of(logits())
    p = scipy.special.softmax(x, axis=1)
    said = f"logits: {PROBABILITIES}"
    assert softmax_cli.report(p, y).hints == softmax_cli.steps(p, y).hints == (said,)
    assert softmax_cli.gradient(p, y).hints == softmax_cli.evaluate(p, y, dtype=["float32", "float64"]).hints == (said,)
    assert softmax_cli.compare(x, p).hints == (f"b: {PROBABILITIES}",)
    assert softmax_cli.compare(p, p, y).hints == (f"a: {PROBABILITIES}", f"b: {PROBABILITIES}")
    softmaxes = softmax_cli.softmax(p)
    assert (softmaxes.hints, len(list(softmaxes.rows())), softmaxes.hints) == ((), 300, (said,))


def test_labels_are_compared_as_their_file_has_them():
    x, y = logits(), labels_of(logits()) + 1
    x = np.column_stack([x, y])
    (hint,) = softmax_cli.evaluate(x, y, label_base=1).hints
    assert hint == f"logits: {LABELS}"
    assert softmax_cli.evaluate(x, y - 1).hints == ()


def test_nothing_is_said_of_values_that_were_named_or_of_the_numbers_of_rows_that_were_chosen():
    x = with_header(logits())
    assert softmax_cli.evaluate(x, labels_of(x), skip_rows="0").hints == ()
    assert softmax_cli.evaluate(x, labels_of(x), shift=1).hints == ()
    p = scipy.special.softmax(logits(), axis=1)
    assert softmax_cli.evaluate(p, labels_of(p), skip_rows="7").hints == (f"logits: {PROBABILITIES}",)
    assert softmax_cli.evaluate(p, labels_of(p), values="log-probabilities").hints == ()


@pytest.mark.parametrize(
    "command",
    [
        ("loss", "-q"),
        ("loss",),
        ("loss", "-f", "table"),
        ("loss", "-f", "json"),
        ("loss", "--steps"),
        ("loss", "--grad"),
        ("report",),
        ("report", "-f", "table"),
        ("softmax",),
    ],
)
def test_it_is_one_line_on_standard_error(run, tmp_path, command):
    p = tmp_path / "p.npy"
    np.save(p, scipy.special.softmax(logits(), axis=1))
    np.save(tmp_path / "y.npy", labels_of(logits()))
    files = (p,) if command[0] == "softmax" else (p, tmp_path / "y.npy")
    outcome = run(command[0], *files, *command[1:])
    assert (outcome.status, outcome.err) == (0, f"warning: {p}: {PROBABILITIES}\n")
    assert outcome.out


def test_a_gradient_that_is_written_has_its_line_too(run, tmp_path):
    np.save(tmp_path / "p.npy", scipy.special.softmax(logits(), axis=1))
    np.save(tmp_path / "y.npy", labels_of(logits()))
    outcome = run("loss", tmp_path / "p.npy", tmp_path / "y.npy", "--grad-output", tmp_path / "g.npy")
    assert (outcome.status, outcome.err) == (0, f"warning: {tmp_path / 'p.npy'}: {PROBABILITIES}\n")


@pytest.mark.parametrize(("name", "kept"), [("a header", slice(1, None)), ("the labels", slice(None))])
def test_the_option_runs_and_gives_the_loss_of_the_logits_alone(run, tmp_path, name, kept):
    make, sentence = PLANTED[name]
    x = make(logits())
    y = labels_of(x)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    option = sentence.rpartition("use ")[2].split()
    found = run("loss", "-q", tmp_path / "x.npy", tmp_path / "y.npy", *option)
    if "cut it in NumPy" in found.err:
        pytest.skip("classes of arrays cannot be chosen yet")
    assert (found.status, found.err.count("warning")) == (0, 0)
    own = scipy.special.log_softmax(x[kept, :6].astype(np.float64), axis=1)
    expected = -own[np.arange(len(own)), y[kept]].mean()
    assert float(found.out) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.int8, np.float16, np.float32, np.float64])
def test_no_suspicion_outlives_rows_that_are_called_healthy(dtype):
    """Rows of few values, so that each suspicion is met by chance and ruled out by chance."""
    draw = np.random.default_rng(8)
    seen = set()
    for _ in range(3000):
        rows, classes = draw.integers(1, 4), draw.integers(1, 4)
        x = draw.choice([-1.5, -1, 0, 0.25, 0.5, 0.75, 1, 2, np.nan, np.inf], (rows, classes))
        x = np.nan_to_num(x, posinf=3).astype(dtype) if dtype is np.int8 else x.astype(dtype)
        left = [kind for kind in SUSPICIONS if kind().add(Part(0, x, draw.integers(0, 3, rows)))]
        healthy = is_healthy(x)
        assert not (healthy and left), (x, left)
        seen |= {healthy, *left}
    assert seen >= {*SUSPICIONS, False} - {Probabilities if dtype is np.int8 else Quantised}
