"""Ids in both files: rows in another order are refused, and healthy files are read in silence."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 60)
LOGITS = (RNG.normal(size=(60, 3)) + 2 * np.eye(3)[LABELS]).round(4)
ORDER = RNG.permutation(60)
LOSS = -log_softmax(LOGITS, axis=1)[range(60), LABELS].mean()
TEXT = np.array([f"img_{place}.png" for place in range(60)])
NUMBERS = np.arange(60) + 100


def write(name, header, *columns):
    lines = [header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def logits(ids, name="id", file="x.csv", rows=LOGITS):
    write(file, f"{name},cat,dog,fox", ids, *rows.T)


def labels(ids, name="id", chosen=slice(None)):
    write("y.csv", f"{name},label", ids, np.array(["cat", "dog", "fox"])[LABELS[chosen]])


KINDS = [
    ("id", TEXT),
    ("image_id", TEXT),
    ("filename", TEXT),
    ("id", NUMBERS),
    ("row", np.arange(60)),
    ("", np.arange(60)),
    ("Unnamed: 0", np.arange(60)),
]


@pytest.mark.parametrize(("name", "ids"), KINDS)
@pytest.mark.parametrize("command", ["loss", "report", "check"])
def test_rows_in_another_order_are_refused_at_the_first_id_that_differs(run, command, name, ids):
    logits(ids, name)
    labels(ids[ORDER], name, ORDER)
    outcome = run(command, "x.csv", "y.csv")
    first = int(np.flatnonzero(ids != ids[ORDER])[0])
    assert (outcome.status, outcome.out) == (3, "")
    there, here = (each.item() for each in (ids[ORDER][first], ids[first]))
    place = (
        f"error: y.csv:{first + 2}: its id is {there!r}, and x.csv:{first + 2} has {here!r}: the rows are in another"
    )
    assert outcome.err.startswith(place)
    sorted_again = np.argsort(ORDER)
    labels(ids[ORDER][sorted_again], name, ORDER[sorted_again])
    assert float(run("loss", "-q", "x.csv", "y.csv").out) == pytest.approx(LOSS, rel=1e-12)


def test_the_remedy_reads_the_rows_as_they_stand(run):
    logits(TEXT)
    labels(TEXT[ORDER])
    assert run("loss", "x.csv", "y.csv", "--label-column", "label").status == 3
    outcome = run("loss", "-q", "x.csv", "y.csv", "--logit-columns", "cat,dog,fox")
    assert float(outcome.out) == pytest.approx(LOSS, rel=1e-12)


@pytest.mark.parametrize("ids", [TEXT, NUMBERS])
def test_a_row_that_only_one_file_has_is_named(run, ids):
    logits(ids)
    kept = np.arange(60) != 17
    labels(ids[kept], "id", kept)
    outcome = run("loss", "x.csv", "y.csv")
    assert outcome.status == 3
    assert f"y.csv:19: its id is {ids[18].item()!r}, and x.csv:19 has {ids[17].item()!r}" in outcome.err


@pytest.mark.parametrize(
    ("given", "others"),
    [
        (("id", TEXT), ("id", TEXT)),
        (("id", TEXT), ("id", NUMBERS)),
        (("image_id", TEXT), ("user_id", TEXT[ORDER])),
        (("id", np.arange(60)), ("id", np.arange(1, 61))),
        (("", np.arange(60)), ("", RNG.permutation(600)[:60])),
        (("id", TEXT), ("id", [f"data/{each}" for each in TEXT[ORDER]])),
        (("id", TEXT), ("id", [*TEXT[:20], "img_020.png", *TEXT[21:]])),
        (("group_id", NUMBERS // 7), ("group_id", NUMBERS[ORDER] // 7)),
        (("comment", TEXT), ("comment", TEXT[ORDER])),
    ],
)
def test_ids_that_do_not_tell_for_certain_are_passed_over(run, given, others):
    logits(given[1], given[0])
    labels(others[1], others[0])
    outcome = run("loss", "-q", "x.csv", "y.csv", "--label-column", "label")
    assert float(outcome.out) == pytest.approx(LOSS, rel=1e-12), outcome.err


def test_multilabel_rows_weights_and_two_models_are_held_together_too(run):
    logits(TEXT)
    logits(TEXT[ORDER], file="b.csv", rows=LOGITS[ORDER] + 0.5)
    write("y.csv", "id,cat,dog,fox", TEXT[ORDER], *np.eye(3, dtype=int)[LABELS[ORDER]].T)
    write("w.csv", "id,weight", TEXT[ORDER], np.linspace(0.5, 1.5, 60))
    Path("plain.csv").write_text("\n".join(map(str, LABELS.tolist())), encoding="utf-8")
    for command in (
        ["loss", "x.csv", "y.csv", "--multilabel"],
        ["loss", "x.csv", "plain.csv", "--row-weight", "w.csv"],
        ["compare", "x.csv", "b.csv"],
    ):
        outcome = run(*command)
        assert outcome.status == 3
        assert "the rows are in another order; sort both by id" in outcome.err


def test_pieces_are_held_together_as_one(run):
    for place, rows in enumerate(np.array_split(np.arange(60), 3)):
        logits(TEXT[rows], file=f"x-{place}.csv", rows=LOGITS[rows])
    labels(TEXT)
    assert float(run("loss", "-q", "x-*.csv", "y.csv").out) == pytest.approx(LOSS, rel=1e-12)
    swapped = np.r_[0:30, 31, 30, 32:60]
    labels(TEXT[swapped], "id", swapped)
    assert "y.csv:32: its id is 'img_31.png', and x-1.csv:12 has" in run("loss", "x-*.csv", "y.csv").err
