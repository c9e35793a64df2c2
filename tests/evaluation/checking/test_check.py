"""`check` from Python: one pass, whatever the blocks and threads, and files that it refuses."""

import numpy as np
import pytest
from scipy.special import softmax

import softmax_cli
from softmax_cli.errors import InputError, UsageError
from softmax_cli.evaluation.checking import trials
from softmax_cli.evaluation.checking.check import check
from softmax_cli.evaluation.checking.survey import fold
from softmax_cli.inputs.raw import RawPair


def files(seed=0, rows=300, classes=7):
    """Logits that know the labels, and the labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(0, 1, (rows, classes))
    logits[np.arange(rows), labels] += rng.normal(3, 1, rows)
    return logits, labels


def with_nan_and_padding(logits, labels):
    """Four rows with a nan, two without a label."""
    logits[[5, 90, 91, 250], 2] = np.nan
    labels[[7, 200]] = -100
    return logits, labels


def with_other_labels(logits, labels):
    """Two numbers that are no classes."""
    labels[[4, 100, 299]] = [90, 80, 90]
    return logits, labels


def with_a_dead_class(logits, labels):
    """Class 2 never has a chance."""
    logits[:, 2] = -40
    return logits, labels


DEFECTS = {
    "none": lambda x, y: (x, y),
    "probabilities": lambda x, y: (softmax(x, 1), y),
    "nan and padding": with_nan_and_padding,
    "a batch again": lambda x, y: (np.r_[x, x[40:90]], np.r_[y, y[40:90]]),
    "outside": with_other_labels,
    "clipped": lambda x, y: (np.float32(np.clip(x, -1, 2)), y),
    "shifted": lambda x, y: (x, np.roll(y, 1)),
    "permuted": lambda x, y: (x, (y + 2) % 7),
    "from 1": lambda x, y: (x, y + 1),
    "a dead class": with_a_dead_class,
    "one-hot, flat": lambda x, y: (x, np.eye(7, dtype=int)[y].reshape(-1)),
    "too many labels": lambda x, y: (x, np.r_[y, y[:9]]),
    "an index": lambda x, y: (np.c_[np.arange(300), x], y),
    "a transposed square": lambda _x, _y: (files(rows=20, classes=20)[0].T, files(rows=20, classes=20)[1]),
    "soft labels": lambda x, _y: (x, softmax(x, 1) * 0.9),
}


def spoilt(defect):
    """The files with a defect."""
    return DEFECTS[defect](*files())


@pytest.mark.parametrize("defect", DEFECTS)
def test_what_is_found_depends_neither_on_blocks_nor_on_threads(monkeypatch, defect):
    report = check(*spoilt(defect), threads=1)
    assert bool(report.findings) == (defect != "none")
    for rows, threads in ((1, 1), (7, 2), (64, 3), (299, 1)):
        monkeypatch.setattr(fold, "rows_per_block", lambda *_, rows=rows: rows)
        monkeypatch.setattr(trials, "rows_per_block", lambda *_, rows=rows: rows)
        assert str(check(*spoilt(defect), threads=threads).as_dict()) == str(report.as_dict())  # nan is not nan


def test_a_file_in_pieces_is_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    logits, labels = spoilt("a batch again")
    for place, rows in enumerate(np.array_split(np.arange(len(logits)), 3)):
        np.save(f"x-{place}.npy", logits[rows])
        np.savetxt(f"y-{place}.csv", labels[rows] + 1, "%d")
    report = check("x-*.npy", "y-*.csv")
    whole = check(logits, labels + 1)
    assert [(each.code, each.rows, each.effects) for each in report.findings] == [
        (each.code, each.rows, each.effects) for each in whole.findings
    ]
    assert {each.code: (each.where, each.command) for each in report.findings}["Y202"] == (
        f"y-0.csv:{int(np.flatnonzero(labels == 6)[0]) + 1}",
        "softmax-cli loss 'x-*.npy' 'y-*.csv' --label-base 1",
    )


def test_pieces_that_seem_to_be_transposed_have_no_other_axis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    logits, labels = files(rows=40, classes=6)
    for place in range(2):
        np.save(f"x-{place}.npy", logits.T[3 * place : 3 * place + 3])
    np.save("y.npy", labels)
    (finding,) = check("x-*.npy", "y.npy").findings
    assert (finding.code, finding.effects) == ("S301", ())


def test_it_tells_how_far_it_has_come():
    seen = []
    check(*spoilt("none"), watcher=seen.append)
    assert [each.rows for each in seen] == [300]


def test_healthy_files_are_read_once_and_others_once_more(monkeypatch):
    passes = []
    blocks = RawPair.blocks
    monkeypatch.setattr(RawPair, "blocks", lambda self, *a, **b: passes.append(1) or blocks(self, *a, **b))
    check(*files())
    assert len(passes) == 1
    check(*spoilt("probabilities"))
    assert len(passes) == 3


def test_it_is_a_function_of_the_package():
    assert softmax_cli.check is check
    report = softmax_cli.check(*spoilt("from 1"))
    assert report.failed
    assert "error[Y202] the labels start at 1" in str(report)
    assert "<pre" in report._repr_html_()


@pytest.mark.parametrize(
    ("labels", "evidence"),
    [
        (np.array([0, 1, 2**63], np.uint64), "9223372036854775808 (row 2)"),
        (np.array([0, 1, -(2**63)]), "-9223372036854775808"),
        (np.array([0, 1, 1e300]), f"{int(1e300)} (row 2)"),
        (np.array([0, 1, 4], np.int8), "4 (row 2)"),
        (np.array([[0], [1], [4]]), "4 (row 2)"),
    ],
)
def test_labels_of_any_size_are_counted_and_shown(labels, evidence):
    (finding,) = check([[1.5, 2, 3], [3, 1.5, 2], [0.5, 1, 2]], labels).findings
    assert finding.code in {"Y201", "Y203"}
    assert finding.rows == (2,)
    assert evidence.split()[0] in "".join((*finding.evidence, finding.message))


def test_names_are_ignored_by_their_spelling(tmp_path):
    (tmp_path / "x.csv").write_text("cat,dog\n1.5,2\n3,1.25\n0.5,1\n")
    (tmp_path / "y.csv").write_text("cat\ndog\n-1\n")
    assert [finding.code for finding in check(tmp_path / "x.csv", tmp_path / "y.csv").findings] == ["Y205"]
    assert check(tmp_path / "x.csv", tmp_path / "y.csv", ignore_index=-1).findings == ()


def test_labels_of_the_same_file(tmp_path):
    (tmp_path / "all.csv").write_text("a,b,y\n1.5,2,1\n3,1.25,0\n0.5,1,3\n")
    (finding,) = check(tmp_path / "all.csv", label_column="y").findings
    assert (finding.code, finding.where) == ("Y201", f"{tmp_path / 'all.csv'}:4")


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (([[1, 2], [3, 4]], [0, 1]), {"select": ["Q"]}, "--select 'Q': no check's code begins so"),
        (([[1, 2], [3, 4]], [0, 1]), {"ignore": ["X9"]}, "--ignore 'X9': no check's code begins so"),
        (([[1, 2], [3, 4]], [0, 1]), {"select": [""]}, "--select '': no check's code begins so"),
        (([[1, 2], [3, 4]], [0, 1]), {"threads": 0}, "--threads 0: a whole number from 1 to 1024 is needed"),
        (([[1, 2], [3, 4]], [[0.5, 0.5], [1, 0]]), {"ignore_index": 0}, "--ignore-index is for class indices"),
    ],
)
def test_what_cannot_be_asked(given, options, words):
    with pytest.raises(UsageError, match=words):
        check(*given, **options)


@pytest.mark.parametrize(
    ("logits", "labels", "words"),
    [
        ([[1, 2], [3]], [0, 1], "not an array"),
        (np.zeros((4, 6, 11)), None, "the classes could be on axis 0 or 1 or 2"),
        (np.zeros((4, 6, 11)), np.zeros((6, 4), int), "labels of shape 6x4; expected 6x11 or 4x11 or 4x6"),
        (
            [[1, 2, 3], [3, 4, 5]],
            [[0, 1], [1, 0]],
            "labels of shape 2x2; expected one label per row",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(logits, labels, words):
    with pytest.raises(InputError, match=words):
        check(logits, labels)
